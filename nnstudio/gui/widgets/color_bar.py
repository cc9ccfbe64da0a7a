"""The legend of the diverging map: which colour is which number."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnstudio.gui.theme import current_theme, tabular, theme_source

_BAR = 12
_GAP = 6


class ColorBar(QWidget):
    """A vertical strip from −limit (bottom) to +limit (top), with its numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("color_bar")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self._limit = 1.0
        theme_source.themeChanged.connect(self._repaint)
        self.set_limit(1.0)

    def _repaint(self) -> None:
        self.update()

    def set_limit(self, limit: float) -> None:
        if limit != self._limit or not self.accessibleName():
            self._limit = limit
            self.setAccessibleName(f"Colour scale from −{limit:g} to {limit:g}")
            self.update()

    def sizeHint(self) -> QSize:
        widest = self.fontMetrics().horizontalAdvance("−0.00055")
        return QSize(_BAR + _GAP + widest, 160)

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme, height = current_theme(), self.fontMetrics().height()
        colours = theme.diverging[::-1].copy()
        strip = QImage(colours.data, 1, len(colours), 3, QImage.Format.Format_RGB888)
        bar = self.rect().adjusted(0, height // 2, 0, -(height // 2) - 1)
        bar.setWidth(_BAR)
        painter = QPainter(self)
        painter.drawImage(bar, strip)
        painter.setPen(theme.color("border"))
        painter.drawRect(bar)
        painter.setFont(tabular(self.font()))
        painter.setPen(theme.color("quiet"))
        for share, text in ((0.0, f"+{self._limit:g}"), (0.5, "0"), (1.0, f"−{self._limit:g}")):
            middle = bar.top() + round(share * bar.height())
            place = QRect(bar.right() + _GAP, middle - height // 2, self.width(), height)
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
