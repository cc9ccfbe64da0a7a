"""Draw, and watch the network answer: the sheet, what the network sees of it, and what it says."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QHideEvent, QKeyEvent, QKeySequence, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from nnstudio.gui.draw.answer import Answer
from nnstudio.gui.draw.canvas import Canvas
from nnstudio.gui.draw.inference import LiveInference
from nnstudio.gui.draw.tool_row import ToolRow
from nnstudio.gui.models.drawing_model import DrawingModel
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.pen_model import PenModel
from nnstudio.gui.models.prediction_model import PredictionModel
from nnstudio.gui.models.weights_model import WeightsModel

_MARGIN, _SPACE, _COLUMN_SPACE = 8, 8, 32
_ANSWER_WIDTH = range(280, 480)
_ANSWER_HEIGHT = 280
_LEAST_SHEET = 120
_WIDTH_STEP = 5


class DrawPanel(QWidget):
    """The whole of *Draw*. It makes the models it needs; the network and the weights are the window's."""

    def __init__(self, network: NetworkModel, weights: WeightsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("draw_panel")
        self.drawing, self.pen, self.predictions = DrawingModel(self), PenModel(self), PredictionModel(self)
        self.undo_stack = self.drawing.undo_stack
        self._inference = LiveInference(self.drawing, network, weights, self.predictions, self)
        self._tools = ToolRow(self.drawing, self.pen, self)
        self.canvas = Canvas(self.drawing, self.pen, self)
        self._answer = Answer(self.predictions, self)
        self.setFocusProxy(self.canvas)

    def set_class_names(self, names: tuple[str, ...]) -> None:
        """What the data set calls its classes."""
        self.predictions.set_class_names(names)

    def shut_down(self) -> None:
        """End the inference thread; for the end of the program."""
        self._inference.shut_down()

    def showEvent(self, event: QShowEvent) -> None:
        self._inference.watch(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """In another workspace training has the machine for itself."""
        self._inference.watch(False)

    # ---- places

    def minimumSizeHint(self) -> QSize:
        return QSize(self._tools.minimumSizeHint().width() + 2 * _MARGIN, 300)

    def sizeHint(self) -> QSize:
        return QSize(960, 560)

    def resizeEvent(self, event: QResizeEvent) -> None:
        room = self.rect().adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        tools, sheet, answer = arrange(room, self._tools.minimumSizeHint())
        self._tools.setGeometry(tools)
        self.canvas.setGeometry(sheet)
        self._answer.setGeometry(answer)

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


def arrange(room: QRect, tools: QSize) -> tuple[QRect, QRect, QRect]:
    """Where the tools, the square sheet below them and the answer go: beside or below, as leaves the larger sheet.

    The tools are as wide as the sheet, or wider where they need it.
    """
    width, height = room.width(), room.height()
    left, top = room.x(), room.y() + tools.height() + _SPACE
    below_tools = room.bottom() + 1 - top
    beside = min(below_tools, width - _COLUMN_SPACE - _ANSWER_WIDTH.start)
    below = min(width, below_tools - _SPACE - _ANSWER_HEIGHT)
    if beside >= max(below, _LEAST_SHEET):
        side, column = beside, max(beside, tools.width())
        answer_width = min(width - column - _COLUMN_SPACE, _ANSWER_WIDTH.stop)
        left += (width - column - _COLUMN_SPACE - answer_width) // 2
        answer = QRect(left + column + _COLUMN_SPACE, room.y(), answer_width, height)
    else:
        side = max(below, _LEAST_SHEET)
        column = min(width, max(side, tools.width()))
        left += (width - column) // 2
        answer = QRect(room.x(), top + side + _SPACE, width, below_tools - side - _SPACE)
    return (
        QRect(left, room.y(), column, tools.height()),
        QRect(left + (column - side) // 2, top, side, side),
        answer,
    )
