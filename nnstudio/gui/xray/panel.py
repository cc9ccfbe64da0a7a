"""The panel of the engine X-ray."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from nnstudio.engine.backend import Phase
from nnstudio.gui.icons import SIZE, icon
from nnstudio.gui.models.tuning_model import TuningModel
from nnstudio.gui.models.xray_model import Note, XRayModel, XRayState
from nnstudio.gui.theme import tabular, theme_source
from nnstudio.gui.xray.controls import Controls
from nnstudio.gui.xray.summary import Summary
from nnstudio.gui.xray.table import Findings, Line, Section
from nnstudio.gui.xray.table_view import XRayTable

_EMPTY = (
    "Where a step of training spends its time: each layer forward and backward, "
    "how fast it is, and what keeps it from being faster."
)
_HINT = "Choose a row to read what limits it."
_PHASES = {
    Phase.FORWARD: "Forward: from the pictures of a batch to its loss.",
    Phase.BACKWARD: "Backward: from the loss to the gradient of every weight.",
    Phase.UPDATE: "Update: the optimizer moves every weight along its gradient.",
}
_LINES = 3
"""Room for what is told about a row, so that nothing jumps: its name, and a sentence for each of two devices."""


class XRayPanel(QWidget):
    """Choices, totals, the table, and a sentence about the chosen row."""

    copyAsked = Signal(str)
    """The name of a format in `EXPORTS`."""

    def __init__(self, model: XRayModel, tuning: TuningModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("xray_panel")
        self._model = model
        self._shown: Findings | None = None
        self._controls = Controls(model, tuning)
        self._controls.copyAsked.connect(self.copyAsked)
        self._notes = ((model, _NoteLine("xray_note")), (tuning, _NoteLine("tuning_note")))
        self._summary = Summary()
        self.table = XRayTable()
        self.table.chosen.connect(self._tell)
        self._told = QLabel(_HINT)
        self._told.setObjectName("xray_told")
        self._told.setFont(tabular(self._told.font()))
        self._told.setWordWrap(True)
        self._told.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._told.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._told.setMinimumHeight(_LINES * self._told.fontMetrics().lineSpacing())
        self._pages = QStackedWidget()
        self._pages.addWidget(self._make_empty())
        self._pages.addWidget(self._make_results())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(12)
        layout.addWidget(self._controls)
        for _, line in self._notes:
            layout.addWidget(line)
        layout.addWidget(self._pages, 1)
        model.changed.connect(self._show)
        tuning.changed.connect(self._show)
        theme_source.themeChanged.connect(self._show)
        self._show()

    def _show(self) -> None:
        model = self._model
        for source, line in self._notes:
            line.show_note(source.note)
        self._start.setText("Pause and measure" if model.must_pause else "Measure")
        self._start.setVisible(model.state is XRayState.IDLE)
        self._start.setEnabled(not model.obstacle)
        if model.findings is None or model.findings is self._shown:
            return
        self._shown = model.findings
        self._summary.show_findings(model.findings)
        self.table.show_xrays(model.findings.xrays)
        self._pages.setCurrentIndex(1)
        self._tell(None)

    def _tell(self, part: Section | Line | None) -> None:
        if isinstance(part, Line):
            devices = [xray.device for xray in self.table.items.xrays]
            told = [f"{device}: {row.explanation}." for device, row in zip(devices, part.rows, strict=True) if row]
            self._told.setText("\n".join([f"{part.name}, {part.phase}", *told]))
        else:
            self._told.setText(_PHASES[part.phase] if part else _HINT)

    def _make_empty(self) -> QWidget:
        words = QLabel(_EMPTY)
        words.setProperty("role", "quiet")
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        words.setWordWrap(True)
        self._start = QPushButton()
        self._start.setObjectName("xray_start")
        self._start.clicked.connect(lambda _=False: self._model.measure())
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(48, 0, 48, 0)
        layout.setSpacing(16)
        layout.addStretch(1)
        layout.addWidget(words)
        layout.addWidget(self._start, 0, Qt.AlignmentFlag.AlignCenter)
        layout.addStretch(1)
        return page

    def _make_results(self) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(self._summary)
        layout.addWidget(self.table, 1)
        layout.addWidget(self._told)
        return page


class _NoteLine(QFrame):
    """What went wrong and what to do; without a note it is not there."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("role", "panel")
        self._sign, self._text = QLabel(), QLabel()
        self._text.setObjectName(f"{name}_text")
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(8)
        layout.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self._text, 1)

    def show_note(self, note: Note | None) -> None:
        self.setVisible(note is not None)
        if note:
            glyph = {"warning": "alert-outline", "error": "alert-circle-outline"}[note.severity]
            self._sign.setPixmap(icon(glyph, note.severity).pixmap(SIZE, SIZE))
            self._text.setText(f"{note.text} {note.hint}".rstrip())
            self.setAccessibleName(f"{note.severity}: {self._text.text()}")
