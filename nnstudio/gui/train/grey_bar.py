"""The legend of grey tiles: how bright is how much."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnstudio.gui.theme import current_theme, tabular, theme_source

_BAR, _GAP = 12, 6


class GreyBar(QWidget):
    """A vertical strip from black (bottom) to white (top), with the numbers that they stand for."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("grey_bar")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self._range = (0.0, 1.0)
        self.set_range(0.0, 1.0)
        theme_source.themeChanged.connect(self._repaint)

    def set_range(self, low: float, high: float) -> None:
        """What black and what white stand for."""
        self._range = (low, high)
        self.setAccessibleName(f"Grey scale from {_text(low)}, black, to {_text(high)}, white")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(_BAR + _GAP + self.fontMetrics().horizontalAdvance("−0.00055"), 160)

    def _repaint(self) -> None:
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme, height = current_theme(), self.fontMetrics().height()
        greys = np.arange(255, -1, -1, dtype=np.uint8)[:, None].repeat(4, axis=1)  # rows of whole words, as Qt wants
        strip = QImage(greys.tobytes(), 4, len(greys), 4, QImage.Format.Format_Grayscale8)
        bar = self.rect().adjusted(0, height // 2, 0, -(height // 2) - 1)
        bar.setWidth(_BAR)
        low, high = self._range
        with QPainter(self) as painter:
            painter.drawImage(bar, strip)
            painter.setPen(theme.color("border"))
            painter.drawRect(bar)
            painter.setFont(tabular(self.font()))
            painter.setPen(theme.color("quiet"))
            for share, value in ((0.0, high), (0.5, (low + high) / 2), (1.0, low)):
                middle = bar.top() + round(share * bar.height())
                place = QRect(bar.right() + _GAP, middle - height // 2, self.width(), height)
                painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, _text(value))


def _text(value: float) -> str:
    return f"{value:.2g}".replace("-", "−")
