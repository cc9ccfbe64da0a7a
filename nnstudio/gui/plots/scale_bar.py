"""The legend of the sequential map."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnstudio.gui.plots.colours import sequential
from nnstudio.gui.theme import current_theme, tabular, theme_source

_BAR, _GAP = 12, 6


class ScaleBar(QWidget):
    """A vertical strip from 0 (bottom) to most (top); ``about`` says of what. Colours grow with the root of what they
    stand for, so that little is seen too."""

    def __init__(self, name: str, about: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self._about = about
        self._top = "100%"
        self.set_top(self._top)
        theme_source.themeChanged.connect(self._repaint)

    def set_top(self, text: str) -> None:
        """What the end of the map stands for."""
        self._top = text
        words = f"from 0 to {text} {self._about}, on a root scale"
        self.setAccessibleName(f"Colour scale {words}")
        self.setToolTip(f"{words[:1].upper()}{words[1:]}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(_BAR + _GAP + self.fontMetrics().horizontalAdvance("1,000"), 120)

    def _repaint(self) -> None:
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme, height = current_theme(), self.fontMetrics().height()
        colours = sequential(theme)[::-1].copy()
        strip = QImage(colours.data, 1, len(colours), 3, QImage.Format.Format_RGB888)
        bar = self.rect().adjusted(0, height // 2, 0, -(height // 2) - 1)
        bar.setWidth(_BAR)
        with QPainter(self) as painter:
            painter.drawImage(bar, strip)
            painter.setPen(theme.color("border"))
            painter.drawRect(bar)
            painter.setFont(tabular(self.font()))
            painter.setPen(theme.color("quiet"))
            for share, text in ((0.0, self._top), (1.0, "0")):
                middle = bar.top() + round(share * bar.height())
                place = QRect(bar.right() + _GAP, middle - height // 2, self.width(), height)
                painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
