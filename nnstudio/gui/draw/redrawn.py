"""What a network that answers with a picture makes of the drawing."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from nnstudio.gui.draw.paper import picture_image
from nnstudio.gui.models.prediction_model import Prediction, PredictionModel
from nnstudio.gui.theme import current_theme, theme_source

_LEAST = 114


class Redrawn(QWidget):
    """The network's picture with its title, as large as there is room; empty paper while there is none."""

    def __init__(self, predictions: PredictionModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = QLabel("What the network draws")
        title.setProperty("role", "title")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(title)
        layout.addWidget(_Pixels(predictions), 1)


class _Pixels(QWidget):
    """Crisp squares, one for each pixel."""

    def __init__(self, predictions: PredictionModel) -> None:
        super().__init__()
        self.setObjectName("redrawn_picture")
        self.setAccessibleName("The picture that the network draws")
        self.setMinimumSize(_LEAST, _LEAST)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._predictions = predictions
        self._show(predictions.prediction)
        predictions.changed.connect(self._show)
        theme_source.themeChanged.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(2 * _LEAST, 2 * _LEAST)

    def _show(self, prediction: Prediction) -> None:
        shape = None if prediction.drawing is None else prediction.drawing.shape
        self.setAccessibleDescription("Nothing yet" if shape is None else f"{shape[1]} by {shape[2]} pixels")
        self.update()

    def _room(self, height: int, width: int) -> QRect:
        """Whole screen pixels for each picture pixel where there are enough, so that all are of one size."""
        scale = min((self.width() - 2) / width, (self.height() - 2) / height)
        scale = max(int(scale), 1) if scale >= 1 else scale
        size = QSize(max(1, round(width * scale)), max(1, round(height * scale)))
        return QRect((self.width() - size.width()) // 2, 1, size.width(), size.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, drawing = current_theme(), self._predictions.prediction.drawing
        with QPainter(self) as painter:
            image: QImage | None = None if drawing is None else picture_image(drawing)
            height, width = self._predictions.prediction.picture.shape if drawing is None else drawing.shape[1:]
            room = self._room(height, width)
            if image is None:
                painter.fillRect(room, theme.color("hover"))
            else:
                painter.drawImage(room, image)
            painter.setPen(theme.color("border"))
            painter.drawRect(room.adjusted(-1, -1, 0, 0))
