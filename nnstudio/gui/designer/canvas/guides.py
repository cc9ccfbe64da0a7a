"""Thin helpers over the canvas: alignment lines, the selection frame, and the frame of an opened block."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from nnstudio.gui.designer.blocks.painter import OVERVIEW
from nnstudio.gui.icons import paint_glyph
from nnstudio.gui.theme import CORNER, GRID, canvas_font, current_theme
from nnstudio.network import Group

HEADER = 3 * GRID
"""Height of an opened block's title."""
_FRAME = GRID
"""Between an opened block's frame and its layers."""


class GuideItem(QGraphicsItem):
    """The lines along which a carried block is in line with others."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: tuple[QLineF, ...] = ()
        self.setZValue(4)

    def show_lines(self, lines: tuple[QLineF, ...]) -> None:
        """Show these lines of the scene instead of those shown now."""
        self.prepareGeometryChange()
        self._lines = lines
        self.update()

    def boundingRect(self) -> QRectF:
        room = QRectF()
        for line in self._lines:
            room |= QRectF(line.p1(), line.p2()).normalized().adjusted(-1, -1, 1, 1)
        return room

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.setPen(QPen(current_theme().color("accent"), 0))
        painter.drawLines(self._lines)


class BandItem(QGraphicsItem):
    """The frame that is drawn around what to select."""

    def __init__(self, corner: QPointF) -> None:
        super().__init__()
        self._corner = self._other = corner
        self.setZValue(4)

    def stretch(self, point: QPointF) -> None:
        """Draw it to a point."""
        self.prepareGeometryChange()
        self._other = point

    @property
    def room(self) -> QRectF:
        """What it encloses."""
        return QRectF(self._corner, self._other).normalized()

    def boundingRect(self) -> QRectF:
        return self.room.adjusted(-1, -1, 1, 1)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        colour = current_theme().color("accent")
        painter.setPen(QPen(colour, 0))
        colour.setAlpha(32)
        painter.setBrush(colour)
        painter.drawRect(self.room)


class GroupFrame(QGraphicsItem):
    """Around the layers of an opened block: its name, how often it is repeated, and a button that closes it."""

    def __init__(self, group: Group) -> None:
        super().__init__()
        self.block, self.selected = group, False
        self._room = QRectF()
        self.setZValue(-2)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(f"Block {group.id}\nClick to select it, double-click to close it")

    def enclose(self, room: QRectF) -> None:
        """Enclose what lies in this part of the scene."""
        self.prepareGeometryChange()
        self._room = room.adjusted(-_FRAME, -_FRAME - HEADER, _FRAME, _FRAME)
        self.update()

    def set_selected(self, selected: bool) -> None:
        """Frame it as the chosen one."""
        if selected != self.selected:
            self.selected = selected
            self.update()

    @property
    def outline(self) -> QRectF:
        """Its outline in the scene."""
        return self._room

    @property
    def header(self) -> QRectF:
        """Its title, in the scene."""
        return QRectF(self._room.topLeft(), self._room.topRight() + QPointF(0, HEADER + GRID))

    def boundingRect(self) -> QRectF:
        return self._room.adjusted(-1, -1, 1, 1)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        theme = current_theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color("accent" if self.selected else "border"), 2 if self.selected else 1))
        painter.setBrush(theme.color("hover"))
        painter.drawRoundedRect(self._room.adjusted(0.5, 0.5, -0.5, -0.5), CORNER, CORNER)
        if option.levelOfDetailFromTransform(painter.worldTransform()) < OVERVIEW:
            return
        bold = canvas_font(bold=True)
        sign = QRectF(self._room.left() + GRID, self._room.top() + GRID, 2 * GRID, 2 * GRID)
        paint_glyph(painter, sign, "arrow-collapse", theme.color("quiet"))
        words = self._room.adjusted(4 * GRID, GRID, -GRID, 0)
        painter.setFont(bold)
        painter.setPen(theme.color("text"))
        painter.drawText(words, 0, self.block.id)
        if self.block.repeat > 1:
            painter.setPen(theme.color("accent"))
            words.setLeft(words.left() + QFontMetricsF(bold).horizontalAdvance(self.block.id) + GRID)
            painter.drawText(words, 0, f"× {self.block.repeat}")
