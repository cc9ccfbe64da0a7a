"""Draw, and watch the network answer: the sheet, what the network sees of it, and what it says."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QCheckBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from nnstudio.gui.draw.canvas import Canvas
from nnstudio.gui.draw.inference import LiveInference
from nnstudio.gui.draw.pixel_view import PixelView
from nnstudio.gui.draw.probability_bars import ProbabilityBars
from nnstudio.gui.draw.tool_row import ToolRow
from nnstudio.gui.draw.verdict import Verdict
from nnstudio.gui.models.drawing_model import DrawingModel
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.pen_model import PenModel
from nnstudio.gui.models.prediction_model import PredictionModel
from nnstudio.gui.models.weights_model import WeightsModel

_GRID = 8
_WIDE = 1.3
"""From this ratio of width to height on, the answer stands beside the sheet, else below it."""
_WIDEST_ANSWER = 560
_UNLIMITED = 16_777_215
_WIDTH_STEP = 5


class DrawPanel(QWidget):
    """The whole of *Draw*. It makes the models it needs; the network and the weights are the window's."""

    def __init__(self, network: NetworkModel, weights: WeightsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("draw_panel")
        self.drawing, self.pen, self.predictions = DrawingModel(self), PenModel(self), PredictionModel(self)
        self.undo_stack = self.drawing.undo_stack
        self._inference = LiveInference(self.drawing, network, weights, self.predictions, self)
        self.canvas = Canvas(self.drawing, self.pen)
        self.setFocusProxy(self.canvas)
        self._layout = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._layout.setContentsMargins(_GRID, _GRID, _GRID, _GRID)
        self._layout.setSpacing(3 * _GRID)
        self._sheet, self._answer = self._sheet_column(), self._answer_column()
        self._layout.addWidget(self._sheet, 3)
        self._layout.addWidget(self._answer, 2)

    def set_class_names(self, names: tuple[str, ...]) -> None:
        """What the data set calls its classes."""
        self.predictions.set_class_names(names)

    def shut_down(self) -> None:
        """End the inference thread; for the end of the program."""
        self._inference.shut_down()

    # ---- parts

    def _sheet_column(self) -> QWidget:
        column = QWidget()
        layout = _column(column)
        self._tools = ToolRow(self.drawing, self.pen)
        layout.addWidget(self._tools)
        layout.addWidget(self.canvas, 1)
        return column

    def _answer_column(self) -> QWidget:
        column = QWidget()
        layout = _column(column)
        layout.addWidget(Verdict(self.predictions))
        layout.addWidget(ProbabilityBars(self.predictions))
        layout.addSpacing(_GRID)
        layout.addWidget(_title("What the network sees: 28 × 28 numbers"))
        pixels = PixelView(self.predictions)
        layout.addWidget(pixels, 1)
        layout.addLayout(self._caption(pixels))
        return column

    def _caption(self, pixels: PixelView) -> QHBoxLayout:
        """Under the picture: the number under the mouse, and a switch for the grid."""
        value = QLabel(objectName="pixel_value")
        value.setProperty("role", "quiet")
        pixels.pixelHovered.connect(lambda text: value.setText(text or "Point at a pixel to read its number"))
        value.setText("Point at a pixel to read its number")
        grid = QCheckBox("Grid", objectName="pixel_grid", toolTip="Lines between the pixels")
        grid.toggled.connect(pixels.set_grid)
        row = QHBoxLayout()
        row.addWidget(value, 1)
        row.addWidget(grid)
        return row

    def resizeEvent(self, event: QResizeEvent) -> None:
        """No column is wider than its content: the tools end where the sheet ends, and bars stay easy to compare."""
        wide = self.width() >= _WIDE * self.height()
        self._layout.setDirection(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)
        self._sheet.setMaximumWidth(self.height() - 2 * _GRID - self._tools.height() if wide else _UNLIMITED)
        self._answer.setMaximumWidth(_WIDEST_ANSWER if wide else _UNLIMITED)

    # ---- keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys that none of the parts wants; undo and redo reach it where no menu takes them first."""
        if event.matches(QKeySequence.StandardKey.Undo):
            self.undo_stack.undo()
        elif event.matches(QKeySequence.StandardKey.Redo):
            self.undo_stack.redo()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.drawing.clear()
        elif event.key() in (Qt.Key.Key_E, Qt.Key.Key_P):
            self.pen.set_erases(event.key() == Qt.Key.Key_E)
        elif event.key() in (Qt.Key.Key_BracketLeft, Qt.Key.Key_BracketRight):
            step = _WIDTH_STEP if event.key() == Qt.Key.Key_BracketRight else -_WIDTH_STEP
            self.pen.set_width(self.pen.width + step)
        else:
            super().keyPressEvent(event)


def _column(widget: QWidget) -> QVBoxLayout:
    layout = QVBoxLayout(widget)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(_GRID)
    return layout


def _title(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "title")
    return label
