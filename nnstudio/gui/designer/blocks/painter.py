"""Painting a block: everything where its layout has put it, and less of it the farther away one looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPainter, QPen

from nnstudio.gui.designer.blocks.content import BlockContent
from nnstudio.gui.designer.blocks.layout import (
    BAR,
    EDGE,
    ICON,
    LARGER,
    PORT_STEP,
    BlockLayout,
    Composer,
    Pill,
    edge_path,
    frame_path,
)
from nnstudio.gui.designer.signs.families import paint_family
from nnstudio.gui.designer.signs.problems import problem_icon, worst
from nnstudio.gui.icons import paint_glyph
from nnstudio.gui.theme import CORNER, DARK, GRID, LIGHT, current_theme, mixed
from nnstudio.network import Family

OVERVIEW = 0.5
"""Below this zoom a block shows its sign and title only."""
FAR = 0.2
"""Below this zoom no text can be read: a block shows its family's colour."""
PORT = 4
"""Radius of a port."""
STACK = 3
"""How far the cards of a block of layers look out from behind one another."""
FADED = 0.5
"""Opacity of what a muted layer says."""


class Offer(Enum):
    """What a block says to a connection that is being drawn."""

    NOTHING = "no connection is being drawn"
    POSSIBLE = "it may end here"
    CHOSEN = "it would end here"
    IMPOSSIBLE = "it may not end here"


@dataclass(frozen=True)
class Face:
    """What a block looks like at the moment: what it says, where, and what is going on with it."""

    content: BlockContent
    layout: BlockLayout
    selected: bool = False
    offer: Offer = Offer.NOTHING
    offered_port: int = -1

    @property
    def marked(self) -> bool:
        return self.selected or self.offer is Offer.CHOSEN


@dataclass(frozen=True)
class Ink:
    """A theme's colours, made once: parsing ``#rrggbb`` for every stroke takes longer than the stroke."""

    roles: Mapping[str, QColor]
    families: Mapping[Family, QColor]
    pales: Mapping[Family, QColor]


def paint_block(painter: QPainter, face: Face, fonts: Composer, zoom: float) -> None:
    """Draw a block around the painter's origin, at a zoom of the whole canvas."""
    if zoom < FAR:
        _paint_spot(painter, face)
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _paint_frame(painter, face)
    opaque = painter.opacity()
    painter.setOpacity(opaque * (FADED if face.content.muted else 1))
    if zoom < OVERVIEW:
        _paint_overview(painter, face, fonts)
    else:
        _paint_details(painter, face, fonts)
        painter.setOpacity(opaque)
        _paint_ports(painter, face)
        for pill in face.layout.pills:
            _paint_pill(painter, pill, fonts.plain)
    painter.setOpacity(opaque)
    if severity := worst(face.content.problems):
        _paint_sign(painter, face.layout, problem_icon(severity), severity.value)


@cache
def _ink(name: str) -> Ink:
    theme = DARK if name == DARK.name else LIGHT
    roles = ("panel", "border", "text", "quiet", "accent", "selection", "good", "warning", "error")
    families = {family: QColor(colour) for family, colour in theme.families.items()}
    pales = {family: mixed(colour, theme.panel, 0.35) for family, colour in theme.families.items()}
    return Ink({role: theme.color(role) for role in roles}, families, pales)


def ink() -> Ink:
    """The colours of the theme that the window has now."""
    return _ink(current_theme().name)


def _paint_spot(painter: QPainter, face: Face) -> None:
    """The family's colour alone, and the frame of what is marked or wrong."""
    colours, outline, content = ink(), face.layout.outline, face.content
    severity = worst(content.problems)
    painter.fillRect(outline, (colours.pales if content.muted else colours.families)[content.family])
    if face.marked or severity:
        pen = QPen(colours.roles["accent" if face.marked else severity.value if severity else "border"], 2)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(outline)


def _paint_frame(painter: QPainter, face: Face) -> None:
    """Panel, strip in the family's colour, border."""
    colours, layout, content = ink(), face.layout, face.content
    severity = worst(content.problems)
    line = colours.roles["accent" if face.marked else severity.value if severity else "border"]
    pen = QPen(line, 2 if face.marked or severity else 1)
    if content.muted:
        pen.setDashPattern([4, 3])
    path = frame_path(layout.width, layout.height)
    painter.setBrush(colours.roles["selection" if face.marked else "panel"])
    painter.setPen(pen)
    if content.members:
        for card in (2 * STACK, STACK):
            painter.drawPath(path.translated(card, card))
    painter.drawPath(path)
    if content.muted:
        painter.fillPath(path, QBrush(colours.roles["border"], Qt.BrushStyle.BDiagPattern))
    strip = (colours.pales if content.muted else colours.families)[content.family]
    painter.fillPath(edge_path(layout.height), strip)


def _paint_details(painter: QPainter, face: Face, fonts: Composer) -> None:
    colours, layout, content = ink(), face.layout, face.content
    paint_family(painter, layout.icon, content.family)
    painter.setFont(fonts.plain)
    bold = False
    for line in layout.lines:
        if line.bold != bold:
            bold = line.bold
            painter.setFont(fonts.bold if bold else fonts.plain)
        painter.setPen(colours.roles[line.role])
        painter.drawStaticText(line.at, line.text)
    painter.fillRect(layout.rule, colours.roles["border"])
    if content.members:
        _paint_members(painter, layout.members, content.members)
    if not layout.track.isEmpty():
        painter.fillRect(layout.track, colours.roles["border"])
        filled = QRectF(layout.track)
        filled.setWidth(max(2.0, content.share * filled.width()))
        painter.fillRect(filled, colours.families[content.family])


def _paint_members(painter: QPainter, row: QRectF, members: tuple[Family, ...]) -> None:
    """A piece of the row for each layer, in its family's colour."""
    step = row.width() / len(members)
    gap = 1 if step > 4 else 0
    for number, family in enumerate(members):
        piece = QRectF(row.left() + number * step, row.top(), step - gap, BAR)
        painter.fillRect(piece, ink().families[family])


def _paint_ports(painter: QPainter, face: Face) -> None:
    """Full where something is connected, hollow where something may be."""
    roles, content = ink().roles, face.content
    open_to = face.offer in (Offer.POSSIBLE, Offer.CHOSEN)
    for port, fed in enumerate(content.inputs):
        chosen = face.offer is Offer.CHOSEN and port == face.offered_port
        marked = chosen or (open_to and not fed)
        missing = not fed and port < content.needed
        painter.setPen(QPen(roles["accent" if marked else "error" if missing else "quiet"], 1.5))
        painter.setBrush(roles["accent" if chosen else "quiet" if fed else "panel"])
        painter.drawEllipse(QPointF(0, PORT_STEP * port), *(2 * [PORT + 2 if chosen else PORT]))
    if content.gives:
        painter.setPen(QPen(roles["quiet"], 1.5))
        painter.setBrush(roles["panel"])
        painter.drawEllipse(QPointF(face.layout.width, 0), PORT, PORT)


def _paint_overview(painter: QPainter, face: Face, fonts: Composer) -> None:
    """Sign and title only, larger: a network of any length can be taken in at a glance."""
    space = face.layout.outline.adjusted(EDGE, GRID, 0, -GRID)
    square = QRectF(0, 0, 2 * ICON, 2 * ICON)
    square.moveCenter(QPointF(space.center().x(), space.top() + space.height() / 4))
    paint_family(painter, square, face.content.family)
    widest = max(map(QFontMetricsF(fonts.bold).horizontalAdvance, face.layout.title), default=1.0)
    font = QFont(fonts.bold)
    font.setPointSizeF(font.pointSizeF() * min(LARGER, (space.width() - EDGE) / widest))
    painter.setFont(font)
    painter.setPen(ink().roles["text"])
    words = space.adjusted(0, space.height() / 2, 0, 0)
    painter.drawText(words, Qt.AlignmentFlag.AlignCenter, "\n".join(face.layout.title))


def _paint_pill(painter: QPainter, pill: Pill, font: QFont) -> None:
    """A word on a small plate."""
    roles = ink().roles
    painter.setPen(QPen(roles[pill.role], 1))
    painter.setBrush(roles["panel"])
    painter.drawRoundedRect(pill.outline.adjusted(0.5, 0.5, -0.5, -0.5), CORNER, CORNER)
    painter.setFont(font)
    painter.setPen(roles[pill.role])
    painter.drawStaticText(pill.word.at, pill.word.text)


def _paint_sign(painter: QPainter, layout: BlockLayout, glyph: str, role: str) -> None:
    """The sign of a problem, on the upper right corner."""
    roles = ink().roles
    square = QRectF(layout.width - 1.5 * GRID, layout.outline.top() - GRID / 2, 2 * GRID, 2 * GRID)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(roles["panel"])
    painter.drawEllipse(square)
    paint_glyph(painter, square, glyph, roles[role])
