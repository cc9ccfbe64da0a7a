"""What can only be read about a layer: its shapes and costs, and what is wrong with it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from nnstudio.gui.designer.signs.problems import problem_icon
from nnstudio.gui.designer.signs.texts import output_text, parameter_formula
from nnstudio.gui.icons import SIZE, icon
from nnstudio.gui.theme import GRID, tabular
from nnstudio.gui.widgets.form import form_grid
from nnstudio.network import LayerReport, Problem
from nnstudio.network.layers import shape_text
from nnstudio.units import bytes_text


class FactSheet(QWidget):
    """Shapes, parameters with the reckoning behind them, multiply-adds, memory."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = form_grid(self)
        self._input = self._row(layout, "Input", "fact_input")
        self._output = self._row(layout, "Output", "fact_output")
        self._parameters = self._row(layout, "Parameters", "fact_parameters")
        self._multiply_adds = self._row(layout, "Multiply-adds", "fact_multiply_adds")
        self._memory = self._row(layout, "Memory", "fact_memory")

    def show_report(self, report: LayerReport | None, batch_size: int) -> None:
        """Show a layer's figures; without a report they cannot be known."""
        if report is None:
            texts = ["unknown until the problem is solved"] + ["–"] * 4
        else:
            texts = [
                ", ".join(map(shape_text, report.inputs)) or "pictures from the data",
                output_text(report),
                parameter_formula(report.parameters) or "none",
                f"{report.multiply_adds:,} an image" if report.multiply_adds else "none",
                f"{bytes_text(report.bytes)} at batch {batch_size}",
            ]
        fields = (self._input, self._output, self._parameters, self._multiply_adds, self._memory)
        for field, text in zip(fields, texts, strict=True):
            field.setText(text)

    def _row(self, layout: QGridLayout, title: str, name: str) -> QLabel:
        value = QLabel()
        value.setObjectName(name)
        value.setFont(tabular(self.font()))
        value.setWordWrap(True)
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        label = QLabel(title)
        label.setProperty("role", "quiet")
        row = layout.rowCount()
        layout.addWidget(label, row, 0, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        layout.addWidget(value, row, 1)
        return value


class ProblemNotes(QWidget):
    """Each problem with its sign, and below it what to do."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("layer_problems")
        self._layout = QGridLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setColumnStretch(1, 1)
        self._layout.setHorizontalSpacing(GRID)
        self._layout.setVerticalSpacing(4)

    def show_problems(self, problems: tuple[Problem, ...]) -> None:
        """Show these and no others."""
        while item := self._layout.takeAt(0):
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        for row, problem in enumerate(problems):
            sign = QLabel()
            sign.setPixmap(icon(problem_icon(problem.severity), problem.severity.value).pixmap(SIZE, SIZE))
            sign.setAccessibleName(problem.severity.value)
            message = _wrapped(problem.message, problem.severity.value)
            self._layout.addWidget(sign, 2 * row, 0, Qt.AlignmentFlag.AlignTop)
            self._layout.addWidget(message, 2 * row, 1)
            self._layout.addWidget(_wrapped(problem.hint, "quiet"), 2 * row + 1, 1)
        self.setVisible(bool(problems))


def _wrapped(text: str, role: str) -> QLabel:
    label = QLabel(f"{text[:1].upper()}{text[1:]}.")
    label.setProperty("role", role)
    label.setWordWrap(True)
    return label
