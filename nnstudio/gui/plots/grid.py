"""Lines across a plot at the numbers of its vertical axis."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsObject, QStyleOptionGraphicsItem, QWidget

from nnstudio.gui.theme import current_theme, mixed

_SHARE = 0.5


class Grid(QGraphicsObject):
    """A quiet line at each number that the axis tells.

    An axis of pyqtgraph can draw them itself, but then it is as large as the plot: too large to be kept in memory, and
    the half-transparent lines take longer than all curves.
    """

    def __init__(self, box: pg.ViewBox, axis: pg.AxisItem) -> None:
        super().__init__()
        self.setParentItem(box)  # given to the constructor, Python and Qt would both delete it
        self._box, self._axis = box, axis
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setZValue(-1)  # under the curves
        box.sigResized.connect(self._resize)
        box.sigYRangeChanged.connect(self._move)

    def _resize(self) -> None:
        self.prepareGeometryChange()

    def _move(self) -> None:
        self.update()

    def boundingRect(self) -> QRectF:
        return self._box.rect()

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        bottom, top = self._box.viewRange()[1]
        rect, theme = self._box.rect(), current_theme()
        colour = mixed(theme.border, theme.panel, _SHARE)
        for value in self._told(bottom, top, rect.height()):
            y = round(rect.bottom() - (value - bottom) * rect.height() / (top - bottom))
            painter.fillRect(QRectF(rect.left(), y, rect.width(), 1), colour)

    def _told(self, bottom: float, top: float, height: float) -> list[float]:
        """The numbers of the coarsest ticks; a logarithmic axis has ticks there that it tells no number for."""
        spacing, values = next(iter(self._axis.tickValues(bottom, top, height)), (1.0, ()))
        texts = self._axis.tickStrings(values, 1.0, spacing)
        return [value for value, text in zip(values, texts, strict=True) if text]
