"""What the legends of all maps have in common: a strip of their colours, and what these stand for."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnstudio.gui.theme import Theme, current_theme, tabular, theme_source

_BAR, _GAP = 12, 6


class LegendBar(QWidget):
    """A vertical strip with texts beside it, as wide as ``widest`` and at best ``height`` pixels high."""

    def __init__(self, name: str, widest: str, height: int) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self._widest, self._height = widest, height
        theme_source.themeChanged.connect(self._repaint)

    @abstractmethod
    def colours(self, theme: Theme) -> NDArray[np.uint8]:
        """From bottom to top, (n, 3)."""

    @abstractmethod
    def marks(self) -> list[tuple[float, str]]:
        """Texts, each with its share of the way from top to bottom."""

    def sizeHint(self) -> QSize:
        return QSize(_BAR + _GAP + self.fontMetrics().horizontalAdvance(self._widest), self._height)

    def _repaint(self) -> None:
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme, height = current_theme(), self.fontMetrics().height()
        colours = self.colours(theme)[::-1].copy()
        strip = QImage(colours.data, 1, len(colours), 3, QImage.Format.Format_RGB888)
        bar = self.rect().adjusted(0, height // 2, 0, -(height // 2) - 1)
        bar.setWidth(_BAR)
        with QPainter(self) as painter:
            painter.drawImage(bar, strip)
            painter.setPen(theme.color("border"))
            painter.drawRect(bar)
            painter.setFont(tabular(self.font()))
            painter.setPen(theme.color("quiet"))
            for share, text in self.marks():
                middle = bar.top() + round(share * bar.height())
                place = QRect(bar.right() + _GAP, middle - height // 2, self.width(), height)
                painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
