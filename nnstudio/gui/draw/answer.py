"""What the network sees, and what it says: the answer to the drawing."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QCheckBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from nnstudio.gui.draw.pixel_view import PixelView
from nnstudio.gui.draw.probability_bars import ProbabilityBars
from nnstudio.gui.draw.redrawn import Redrawn
from nnstudio.gui.draw.verdict import Verdict
from nnstudio.gui.models.prediction_model import Prediction, PredictionModel

_SPACE = 8
_TALL, _BROAD, _ROOM_FOR_BARS = 440, 360, 225
"""With this much height the picture stands below the bars, with this much width beside them, with less nowhere; with
less height than the last there is only the verdict."""
_POINT_AT_IT = "Point at a pixel to read its number"


class Answer(QWidget):
    """The verdict, the bars (or what the network draws) and the 28 × 28 picture, arranged as the place allows."""

    def __init__(self, predictions: PredictionModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bars, self._picture = ProbabilityBars(predictions), _Picture(predictions)
        self._redrawn = Redrawn(predictions)
        self._predictions = predictions
        self._lower = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._lower.setSpacing(2 * _SPACE)
        self._lower.addWidget(self._bars)
        self._lower.addWidget(self._redrawn)
        self._lower.addWidget(self._picture)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(_SPACE)
        layout.addWidget(Verdict(predictions))
        layout.addLayout(self._lower, 1)
        predictions.changed.connect(self._show)
        self._redrawn.hide()

    def minimumSizeHint(self) -> QSize:
        """Picture and bars give way, so they ask for nothing."""
        return QSize(160, 80)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place()

    def _show(self, prediction: Prediction) -> None:
        if prediction.draws == self._redrawn.isHidden():
            self._place()

    def _place(self) -> None:
        """Bars for classes; for a network that answers with a picture that picture, as large as what it sees."""
        tall, room, draws = self.height() >= _TALL, self.height() >= _ROOM_FOR_BARS, self._predictions.prediction.draws
        self._lower.setDirection(QBoxLayout.Direction.TopToBottom if tall else QBoxLayout.Direction.LeftToRight)
        self._lower.setStretch(0, 0 if tall else 3)
        self._lower.setStretch(1, 1 if tall else 2)
        self._lower.setStretch(2, 1 if tall else 2)
        self._bars.setVisible(room and not draws)
        self._redrawn.setVisible(room and draws)
        self._picture.setVisible(tall or (room and self.width() >= _BROAD))


class _Picture(QWidget):
    """The picture with its title, the number under the mouse and a switch for the grid."""

    def __init__(self, predictions: PredictionModel) -> None:
        super().__init__()
        title = QLabel("What the network sees")
        title.setProperty("role", "title")
        self._value = QLabel(_POINT_AT_IT, objectName="pixel_value")
        self._value.setProperty("role", "quiet")
        grid = QCheckBox("Grid", objectName="pixel_grid", toolTip="Lines between the 28 × 28 pixels")
        pixels = PixelView(predictions)
        pixels.pixelHovered.connect(self._say)
        grid.toggled.connect(pixels.set_grid)
        head = QHBoxLayout()
        head.addWidget(title, 1)
        head.addWidget(grid)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(_SPACE // 2)
        layout.addLayout(head)
        layout.addWidget(self._value)
        layout.addWidget(pixels, 1)

    def _say(self, text: str) -> None:
        self._value.setText(text or _POINT_AT_IT)
