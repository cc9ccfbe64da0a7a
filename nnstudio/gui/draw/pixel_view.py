"""The picture that the network sees, pixel by pixel, and each pixel's number."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnstudio.data.preprocess import SIDE
from nnstudio.gui.draw.paper import in_colours
from nnstudio.gui.models.prediction_model import Prediction, PredictionModel
from nnstudio.gui.theme import current_theme, theme_source

_ARROWS = {
    Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0), Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1),
}  # fmt: skip


class PixelView(QWidget):
    """28 × 28 crisp squares. The pixel under the mouse, or the one that the arrow keys lead to, is outlined, and its
    place and value are announced."""

    pixelHovered = Signal(str)
    """Place and value of the outlined pixel in words; empty when there is none."""

    def __init__(self, predictions: PredictionModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("network_picture")
        self.setAccessibleName("The 28 by 28 pixels that the network sees")
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMinimumSize(4 * SIDE + 2, 4 * SIDE + 2)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._hovered: tuple[int, int] | None = None
        self._grid = False
        self._show(predictions.prediction)
        predictions.changed.connect(self._show)
        theme_source.themeChanged.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(8 * SIDE + 2, 8 * SIDE + 2)

    def set_grid(self, shown: bool) -> None:
        """Draw lines between the pixels."""
        self._grid = shown
        self.update()

    def _show(self, prediction: Prediction) -> None:
        self._picture = np.ascontiguousarray(prediction.picture)
        self._hover(self._hovered)

    # ---- places

    def _square(self) -> QRect:
        """Whole screen pixels for each picture pixel, so that all are of one size."""
        cell = max(1, (min(self.width(), self.height()) - 2) // SIDE)
        side = cell * SIDE
        return QRect((self.width() - side) // 2, 1, side, side)

    def pixel_at(self, place: QPointF) -> tuple[int, int] | None:
        """Row and column, counted from 0, under a place of the widget."""
        square = self._square()
        if not square.contains(place.toPoint()):
            return None
        cell = square.width() / SIDE
        return int((place.y() - square.y()) / cell), int((place.x() - square.x()) / cell)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.pixel_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(None)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._hover((SIDE // 2, SIDE // 2))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._hover(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = _ARROWS.get(Qt.Key(event.key()))
        if step is None or self._hovered is None:
            super().keyPressEvent(event)
        else:
            row, column = (min(max(at + by, 0), SIDE - 1) for at, by in zip(self._hovered, step, strict=True))
            self._hover((row, column))

    def _hover(self, pixel: tuple[int, int] | None) -> None:
        self._hovered = pixel
        if pixel is None:
            self.pixelHovered.emit("")
        else:
            value = self._picture[pixel] / 255
            self.pixelHovered.emit(f"Row {pixel[0]}, column {pixel[1]}: {value:.2f}")
        self.update()

    # ---- looks

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, square = current_theme(), self._square()
        painter = QPainter(self)
        painter.drawImage(square, in_colours(self._picture))
        cell = square.width() // SIDE
        painter.setPen(theme.color("border"))
        for place in range(cell, square.width(), cell) if self._grid else ():
            painter.drawLine(square.x() + place, square.top(), square.x() + place, square.bottom())
            painter.drawLine(square.left(), square.y() + place, square.right(), square.y() + place)
        painter.drawRect(square.adjusted(-1, -1, 0, 0))
        if self._hovered is not None:
            row, column = self._hovered
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.drawRect(QRectF(square.x() + column * cell, square.y() + row * cell, cell, cell))
        painter.end()
