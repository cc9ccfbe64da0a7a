"""One layer on the canvas."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from math import ceil

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QApplication, QGraphicsItem, QGraphicsSceneHoverEvent, QStyleOptionGraphicsItem, QWidget

from nnstudio.gui.designer.edits import input_ports
from nnstudio.gui.designer.families import paint_family
from nnstudio.gui.designer.texts import counted, output_text, spoken
from nnstudio.gui.icons import paint_glyph
from nnstudio.gui.theme import current_theme, tabular
from nnstudio.network import Check, Family, Node, Problem
from nnstudio.network.check import Severity

GRID = 8
CORNER = 6
EDGE = 4
"""Width of the strip in the family's colour."""
ICON = 18
NARROWEST = 7 * GRID
"""Width that any text may take before it is broken into two lines."""
PORT = 4
"""Radius of a port."""
PORT_REACH = 7
"""How near to a port's middle the mouse finds it; less than the + handle between two blocks leaves free."""
PORT_STEP = 2 * GRID
"""Between neighbouring inputs."""
OVERVIEW = 0.5
"""Below this zoom a block shows its sign and title only."""


@dataclass(frozen=True)
class BlockContent:
    """What a block shows."""

    node_id: str
    family: Family
    title: str
    settings: str
    output: str
    parameters: str
    untrained: bool
    problems: tuple[Problem, ...]
    spoken: str
    inputs: tuple[bool, ...]
    """Of each input, whether something feeds it."""
    needed: int
    """The first so many must be fed."""
    gives: bool
    """Whether other layers may follow."""


class Offer(Enum):
    """What a block says to a connection that is being drawn."""

    NOTHING = "no connection is being drawn"
    POSSIBLE = "it may end here"
    CHOSEN = "it would end here"
    IMPOSSIBLE = "it may not end here"


def block_content(
    node: Node, check: Check, *, connected: Collection[int] = (), untrained: bool = False
) -> BlockContent:
    """What the checked network says about one of its layers, whose inputs ``connected`` are fed; ``untrained`` when
    others know more than this one."""
    report = check.layers.get(node.id)
    learned = report.parameter_count if report else 0
    thing = "new parameter" if untrained else "parameter"
    return BlockContent(
        node_id=node.id,
        family=node.layer.family,
        title=node.layer.title,
        settings=node.layer.settings_text(),
        output=output_text(report),
        parameters=counted(learned, thing) if learned else "",
        untrained=untrained,
        problems=check.problems_of(node.id),
        spoken=spoken(node, check),
        inputs=tuple(port in connected for port in range(input_ports(node.layer, connected))),
        needed=node.layer.takes,
        gives=node.layer.family is not Family.OUTPUT,
    )


def canvas_font(*, bold: bool = False, larger: float = 0) -> QFont:
    """The system's font; without hinting, so that text keeps its width at every zoom."""
    font = tabular(QApplication.font())
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    font.setPointSizeF(font.pointSizeF() + larger)
    return font


def worst(problems: tuple[Problem, ...]) -> Severity | None:
    """The more serious kind of problem among them."""
    return min((problem.severity for problem in problems), key=list(Severity).index, default=None)


def problem_icon(severity: Severity) -> str:
    """A sign whose shape alone tells an error from a warning."""
    return "close-octagon" if severity is Severity.ERROR else "alert"


def in_two_lines(text: str, metrics: QFontMetricsF, enough: float) -> tuple[str, ...]:
    """Text on at most two lines, broken where it gets narrowest; on one if that takes no more than ``enough``."""
    words = text.split()
    if len(words) < 2 or metrics.horizontalAdvance(text) <= enough:
        return (text,) if text else ()
    breaks = [(" ".join(words[:at]), " ".join(words[at:])) for at in range(1, len(words))]
    return min(breaks, key=lambda lines: max(map(metrics.horizontalAdvance, lines)))


def within(way: QPointF, reach: float) -> bool:
    """Whether one point is that near to another."""
    return QPointF.dotProduct(way, way) <= reach * reach


class BlockItem(QGraphicsItem):
    """A layer: its family's colour and sign, name, kind, key settings, output shape and number of parameters.

    Upright, because a network is long and a screen has height to spare. The origin is the middle of the left edge,
    where the first input arrives; further ones arrive below it. The output leaves in the middle of the right edge.
    """

    def __init__(self, content: BlockContent) -> None:
        super().__init__()
        self.selected = False
        self.offer, self.offered_port = Offer.NOTHING, -1
        self.setAcceptHoverEvents(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.set_content(content)

    def set_content(self, content: BlockContent) -> None:
        """Show something else; the block takes the width that its text needs."""
        self.prepareGeometryChange()
        self.content = content
        self._plain, self._bold = canvas_font(), canvas_font(bold=True, larger=1)
        plain, bold = QFontMetricsF(self._plain), QFontMetricsF(self._bold)
        self._title = in_two_lines(content.title, bold, NARROWEST)
        settings, parameters = (in_two_lines(text, plain, NARROWEST) for text in (content.settings, content.parameters))
        self.width = GRID * ceil(
            (max(
                NARROWEST,
                ICON + GRID + plain.horizontalAdvance(content.node_id),
                *map(bold.horizontalAdvance, self._title),
                *map(plain.horizontalAdvance, (content.output, *settings, *parameters)),
            ) + EDGE + 2 * GRID) / GRID
        )  # fmt: skip
        room = self.width - EDGE - 2 * GRID
        self._settings = in_two_lines(content.settings, plain, room)
        self._figures = (content.output, *in_two_lines(content.parameters, plain, room))
        self._line, self._title_line = plain.height(), bold.height()
        lines = max(3, len(self._title) + len(self._settings)) + 3
        ports = 2 * PORT_STEP * len(content.inputs)
        self.height = GRID * ceil(max(ICON + lines * self._title_line + 4 * GRID, ports) / GRID)
        self.setToolTip(content.spoken.replace("; ", "\n"))
        self.update()

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
        return self.outline.adjusted(-GRID, -GRID, GRID, GRID)

    def shape(self) -> QPainterPath:
        """The block with its ports, which stand out at its sides."""
        path = self._frame()
        path.setFillRule(Qt.FillRule.WindingFill)
        for port in range(len(self.content.inputs)):
            path.addEllipse(QPointF(0, PORT_STEP * port), PORT_REACH, PORT_REACH)
        if self.content.gives:
            path.addEllipse(QPointF(self.width, 0), PORT_REACH, PORT_REACH)
        return path

    def _frame(self) -> QPainterPath:
        path = QPainterPath()
        path.addRoundedRect(self.outline, CORNER, CORNER)
        return path

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        self._paint_frame(painter)
        if option.levelOfDetailFromTransform(painter.worldTransform()) < OVERVIEW:
            self._paint_overview(painter)
        else:
            self._paint_details(painter)
            self._paint_ports(painter)
        if severity := worst(self.content.problems):
            self._paint_badge(painter, severity)

    def _paint_frame(self, painter: QPainter) -> None:
        theme = current_theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        severity = worst(self.content.problems)
        marked = self.selected or self.offer is Offer.CHOSEN
        line = theme.accent if marked else getattr(theme, severity.value) if severity else theme.border
        frame = self.outline.adjusted(0.5, 0.5, -0.5, -0.5)
        painter.save()
        painter.setClipPath(self._frame())
        painter.fillRect(frame, theme.color("selection" if marked else "panel"))
        painter.fillRect(QRectF(0, frame.top(), EDGE, frame.height()), QColor(theme.families[self.content.family]))
        painter.restore()
        painter.setPen(QPen(QColor(line), 2 if marked or severity else 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(frame, CORNER, CORNER)

    def _paint_ports(self, painter: QPainter) -> None:
        """Full where something is connected, hollow where something may be."""
        theme = current_theme()
        open_to = self.offer in (Offer.POSSIBLE, Offer.CHOSEN)
        for port, fed in enumerate(self.content.inputs):
            chosen = self.offer is Offer.CHOSEN and port == self.offered_port
            marked = chosen or (open_to and not fed)
            missing = not fed and port < self.content.needed
            painter.setPen(QPen(theme.color("accent" if marked else "error" if missing else "quiet"), 1.5))
            painter.setBrush(theme.color("accent" if chosen else "quiet" if fed else "panel"))
            painter.drawEllipse(QPointF(0, PORT_STEP * port), *(2 * [PORT + 2 if chosen else PORT]))
        if self.content.gives:
            painter.setPen(QPen(theme.color("quiet"), 1.5))
            painter.setBrush(theme.color("panel"))
            painter.drawEllipse(QPointF(self.width, 0), PORT, PORT)

    def _paint_details(self, painter: QPainter) -> None:
        theme = current_theme()
        left, width = EDGE + GRID, self.width - EDGE - 2 * GRID
        top = self.outline.top() + GRID
        icon = QRectF(left, top, ICON, ICON)
        paint_family(painter, icon, self.content.family)
        self._write(painter, self._plain, "quiet", QRectF(icon.right() + GRID, top, width, ICON), self.content.node_id)
        top += ICON + GRID / 2
        for line in self._title:
            self._write(painter, self._bold, "text", QRectF(left, top, width, self._title_line), line)
            top += self._title_line
        for line in self._settings:
            self._write(painter, self._plain, "text", QRectF(left, top, width, self._line), line)
            top += self._line
        top = self.outline.bottom() - GRID - 3 * self._line
        painter.fillRect(QRectF(left, round(top - GRID / 2), width, 1), theme.color("border"))
        learned = "accent" if self.content.untrained else "quiet"
        for line, role in zip(self._figures, ("text", learned, learned), strict=False):
            self._write(painter, self._plain, role, QRectF(left, top, width, self._line), line)
            top += self._line

    @staticmethod
    def _write(painter: QPainter, font: QFont, role: str, room: QRectF, text: str) -> None:
        painter.setFont(font)
        painter.setPen(current_theme().color(role))
        anywhere = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip | Qt.TextFlag.TextSingleLine
        painter.drawText(room, int(anywhere), text)

    def _paint_overview(self, painter: QPainter) -> None:
        """Sign and title only, larger: a network of any length can be taken in at a glance."""
        space = self.outline.adjusted(EDGE, GRID, 0, -GRID)
        square = QRectF(0, 0, 2 * ICON, 2 * ICON)
        square.moveCenter(QPointF(space.center().x(), space.top() + space.height() / 4))
        paint_family(painter, square, self.content.family)
        widest = max(map(QFontMetricsF(self._bold).horizontalAdvance, self._title))
        font = QFont(self._bold)
        font.setPointSizeF(font.pointSizeF() * min(1.25, (space.width() - EDGE) / widest))
        painter.setFont(font)
        painter.setPen(current_theme().color("text"))
        words = space.adjusted(0, space.height() / 2, 0, 0)
        painter.drawText(words, Qt.AlignmentFlag.AlignCenter, "\n".join(self._title))

    def _paint_badge(self, painter: QPainter, severity: Severity) -> None:
        theme = current_theme()
        square = QRectF(self.width - 1.5 * GRID, self.outline.top() - GRID / 2, 2 * GRID, 2 * GRID)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("panel"))
        painter.drawEllipse(square)
        paint_glyph(painter, square, problem_icon(severity), theme.color(severity.value))
