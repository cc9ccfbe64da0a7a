"""A connection on the canvas, and the loose end behind a layer that feeds nothing yet: the places for a new layer."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPainterPathStroker, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QGraphicsSceneHoverEvent, QStyleOptionGraphicsItem, QWidget

from nnstudio.gui.designer.blocks.painter import FAR, ink
from nnstudio.gui.designer.editing.edits import Place
from nnstudio.gui.theme import GRID, current_theme
from nnstudio.network import Connection

HANDLE = 9
"""Radius of the + handle."""
_ARROW = 7
_BAR = 11 * GRID
"""Half the height of the bar that marks where a dragged layer will come; it looks out from behind the block."""
_REACH = 3 * GRID
"""How far from the line the mouse still brings up its handle."""
_BACK = 6 * GRID
"""How far a connection swings out where a block stands before the one that feeds it."""
_NEAR = 6
"""How far from the line a click still selects it."""


class WireItem(QGraphicsItem):
    """A curve from a block's output to a block's input, with a + handle in its middle while the mouse is near.

    The loose end of a network is a short dashed line whose handle always shows.
    """

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.lead(place, place)
        self.marked = self.selected = False
        self._hovered = False
        self._curve, self._tip = QPainterPath(), QPointF()
        self._bounds, self._arrow = QRectF(), QPolygonF()
        self.middle = QPointF()
        """Where the handle is."""
        self.setAcceptHoverEvents(True)
        self.setZValue(-1)
        self.setToolTip("+ inserts a layer; a click on the line selects it" if place.connection else "Insert a layer")

    def lead(self, place: Place, drawn: Place) -> None:
        """Stand for a place of the network, which is drawn between other blocks where some are closed."""
        self.place, self.drawn = place, drawn

    @property
    def connections(self) -> tuple[Connection, ...]:
        """The connections that the line stands for."""
        return (self.place.connection, *self.place.along) if self.place.connection else ()

    def set_route(self, points: Sequence[QPointF]) -> None:
        """Lead the curve through these points: first the output, last the input."""
        self.prepareGeometryChange()
        self._curve = QPainterPath(points[0])
        for start, end in pairwise(points):
            wide, high = end.x() - start.x(), abs(end.y() - start.y())
            # A steep one keeps clear of other ports; a way back leaves to the right all the same.
            reach = _BACK if wide <= 0 else wide if high > 2 * wide else wide / 2
            self._curve.cubicTo(start + QPointF(reach, 0), end - QPointF(reach, 0), end)
        self._tip = points[-1]
        self.middle = self._curve.pointAtPercent(0.5) if self.place.connection else self._tip
        bar = QRectF(self.middle.x() - HANDLE, self.middle.y() - _BAR, 2 * HANDLE, 2 * _BAR)
        self._bounds = self._curve.boundingRect().adjusted(-_REACH, -_REACH, _REACH, _REACH)
        self._bounds |= bar.adjusted(-2, -2, 2, 2)
        back = self._tip - QPointF(_ARROW, 0)
        self._arrow = QPolygonF([self._tip, back + QPointF(0, _ARROW / 2), back - QPointF(0, _ARROW / 2)])
        self.update()

    def set_marked(self, marked: bool) -> None:
        """Show that a dragged layer would come here."""
        if marked != self.marked:
            self.marked = marked
            self.update()

    def set_selected(self, selected: bool) -> None:
        """Draw the line as the chosen one."""
        if selected != self.selected:
            self.selected = selected
            self.update()

    def near(self, point: QPointF, reach: float = _NEAR) -> bool:
        """Whether a point of the scene is so near to the line that it is meant."""
        if not self.boundingRect().contains(point):
            return False
        stroker = QPainterPathStroker()
        stroker.setWidth(2 * reach)
        return stroker.createStroke(self._curve).contains(point)

    @property
    def curve(self) -> QPainterPath:
        """The line in the scene."""
        return self._curve

    def on_handle(self, point: QPointF) -> bool:
        """Whether a point of the scene is on the handle."""
        return (point - self.middle).manhattanLength() <= 1.5 * HANDLE

    def boundingRect(self) -> QRectF:
        return self._bounds

    def shape(self) -> QPainterPath:
        stroker = QPainterPathStroker()
        stroker.setWidth(2 * _REACH)
        stroker.setCapStyle(Qt.PenCapStyle.FlatCap)
        path = stroker.createStroke(self._curve)
        path.addEllipse(self.middle, HANDLE, HANDLE)
        return path

    def hoverEnterEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        self._hovered = True
        self.update()

    def hoverLeaveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        self._hovered = False
        self.update()

    def hoverMoveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        on = self.on_handle(event.scenePos()) or (self.place.connection is not None and self.near(event.scenePos()))
        self.setCursor(Qt.CursorShape.PointingHandCursor if on else Qt.CursorShape.ArrowCursor)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        roles, zoom = ink().roles, option.levelOfDetailFromTransform(painter.worldTransform())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, zoom >= FAR)
        strong = self.marked or self.selected
        colour = roles["accent" if strong else "quiet"]
        pen = QPen(colour, 3 if strong else 1.5)
        if zoom < FAR:
            pen.setCosmetic(True)
            pen.setWidth(2 if strong else 1)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        if not self.place.connection:
            pen.setDashPattern([3, 3])
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(self._curve)
        if zoom < FAR:
            return
        if self.place.connection:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            painter.drawPolygon(self._arrow)
        if self.marked or self._hovered or not self.place.connection:
            self._paint_handle(painter)
        if self.marked:
            painter.setPen(QPen(roles["accent"], 3))
            for bar in (QPointF(0, _BAR), QPointF(0, -_BAR)):
                painter.drawLine(self.middle + bar * 0.2, self.middle + bar)

    def _paint_handle(self, painter: QPainter) -> None:
        theme = current_theme()
        filled = self.marked or self._hovered
        painter.setPen(QPen(theme.color("accent" if filled else "quiet"), 1.5))
        painter.setBrush(theme.color("accent" if filled else "panel"))
        painter.drawEllipse(self.middle, HANDLE, HANDLE)
        painter.setPen(QPen(theme.color("on_accent" if filled else "quiet"), 2))
        for arm in (QPointF(HANDLE / 2, 0), QPointF(0, HANDLE / 2)):
            painter.drawLine(self.middle - arm, self.middle + arm)
