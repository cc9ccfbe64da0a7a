"""One layer on the canvas."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath
from PySide6.QtWidgets import QGraphicsItem, QGraphicsSceneHoverEvent, QStyleOptionGraphicsItem, QWidget

from nnstudio.gui.designer.blocks.content import BlockContent
from nnstudio.gui.designer.blocks.layout import PORT_STEP, Composer, frame_path
from nnstudio.gui.designer.blocks.painter import Face, Offer, paint_block
from nnstudio.gui.designer.blocks.thumbnails import ThumbnailItem, Thumbnails
from nnstudio.gui.theme import GRID

PORT_REACH = 7
"""How near to a port's middle the mouse finds it; less than the + handle between two blocks leaves free."""


def within(way: QPointF, reach: float) -> bool:
    """Whether one point is that near to another."""
    return QPointF.dotProduct(way, way) <= reach * reach


class BlockItem(QGraphicsItem):
    """A layer: its family's colour and sign, name, kind, key settings, filters, output shape and number of parameters.

    Upright, because a network is long and a screen has height to spare. The origin is the middle of the left edge,
    where the first input arrives; further ones arrive below it. The output leaves in the middle of the right edge.
    What is painted is kept as a picture, so that panning paints nothing anew.
    """

    def __init__(self, content: BlockContent, thumbnails: Thumbnails | None = None) -> None:
        super().__init__()
        self.selected = False
        self.offer, self.offered_port = Offer.NOTHING, -1
        self._strip = ThumbnailItem(thumbnails, self) if thumbnails else None
        self.setAcceptHoverEvents(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        self.set_content(content)

    def set_content(self, content: BlockContent) -> None:
        """Show something else; the block takes the width that its text needs."""
        self.prepareGeometryChange()
        self.content = content
        self._fonts = Composer.current()
        self.layout = self._fonts.lay_out(content)
        self.width, self.height = self.layout.width, self.layout.height
        self._shape: QPainterPath | None = None
        if self._strip:
            self._strip.show_strip(self.layout.strip)
            self._strip.setPos(self.layout.strip_at)
        self.setToolTip(content.spoken.replace("; ", "\n"))
        self.update()

    def renew_thumbnail(self) -> None:
        """There are newer weights: paint the filters anew, and nothing else."""
        if self._strip:
            self._strip.update()

    def set_selected(self, selected: bool) -> None:
        """Frame the block, or stop framing it."""
        if selected != self.selected:
            self.selected = selected
            self.update()

    def set_offer(self, offer: Offer, port: int = -1) -> None:
        """Show whether a connection that is being drawn may end here; ``port`` is the input that it would end in."""
        if (offer, port) != (self.offer, self.offered_port):
            self.offer, self.offered_port = offer, port
            self.setOpacity(0.4 if offer is Offer.IMPOSSIBLE else 1)
            self.update()

    @property
    def outline(self) -> QRectF:
        """The block's outline in its own coordinates."""
        return QRectF(0, -self.height / 2, self.width, self.height)

    @property
    def output_port(self) -> QPointF:
        """Where its output leaves, in the scene."""
        return self.pos() + QPointF(self.width, 0)

    def input_port(self, port: int) -> QPointF:
        """Where an input arrives, in the scene."""
        return self.pos() + QPointF(0, PORT_STEP * port)

    def port_at(self, point: QPointF, reach: float) -> int | None:
        """The input within reach of a point of the scene."""
        return next(
            (port for port in range(len(self.content.inputs)) if within(self.input_port(port) - point, reach)), None
        )

    def hoverMoveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        point = event.scenePos()
        on_port = self.port_at(point, PORT_REACH) is not None or (
            self.content.gives and within(self.output_port - point, PORT_REACH)
        )
        self.setCursor(Qt.CursorShape.CrossCursor if on_port else Qt.CursorShape.PointingHandCursor)

    def boundingRect(self) -> QRectF:
        return QRectF(-GRID, -GRID - self.height / 2, self.width + 2 * GRID, self.height + 2 * GRID)

    def shape(self) -> QPainterPath:
        """The block with its ports, which stand out at its sides."""
        if self._shape is None:
            path = QPainterPath(frame_path(self.width, self.height))
            path.setFillRule(Qt.FillRule.WindingFill)
            for port in range(len(self.content.inputs)):
                path.addEllipse(QPointF(0, PORT_STEP * port), PORT_REACH, PORT_REACH)
            if self.content.gives:
                path.addEllipse(QPointF(self.width, 0), PORT_REACH, PORT_REACH)
            self._shape = path
        return self._shape

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        face = Face(self.content, self.layout, self.selected, self.offer, self.offered_port)
        paint_block(painter, face, self._fonts, option.levelOfDetailFromTransform(painter.worldTransform()))
