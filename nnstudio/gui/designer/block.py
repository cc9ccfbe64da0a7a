"""One layer on the canvas."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QApplication, QGraphicsItem, QStyleOptionGraphicsItem, QWidget

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


def block_content(node: Node, check: Check, *, untrained: bool = False) -> BlockContent:
    """What the checked network says about one of its layers; ``untrained`` when others know more than this one."""
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


class BlockItem(QGraphicsItem):
    """A layer: its family's colour and sign, name, kind, key settings, output shape and number of parameters.

    Upright, because a network is long and a screen has height to spare. The origin is the middle of the left edge,
    where the input arrives.
    """

    def __init__(self, content: BlockContent) -> None:
        super().__init__()
        self.selected = False
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
        self.height = GRID * ceil((ICON + lines * self._title_line + 4 * GRID) / GRID)
        self.setToolTip(content.spoken.replace("; ", "\n"))
        self.update()

    def set_selected(self, selected: bool) -> None:
        """Frame the block, or stop framing it."""
        if selected != self.selected:
            self.selected = selected
            self.update()

    @property
    def outline(self) -> QRectF:
        """The block's outline in its own coordinates."""
        return QRectF(0, -self.height / 2, self.width, self.height)

    @property
    def output_port(self) -> QPointF:
        """Where its output leaves, in the scene."""
        return self.pos() + QPointF(self.width, 0)

    def boundingRect(self) -> QRectF:
        return self.outline.adjusted(-GRID, -GRID, GRID, GRID)

    def shape(self) -> QPainterPath:
        path = QPainterPath()
        path.addRoundedRect(self.outline, CORNER, CORNER)
        return path

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        self._paint_frame(painter)
        if option.levelOfDetailFromTransform(painter.worldTransform()) < OVERVIEW:
            self._paint_overview(painter)
        else:
            self._paint_details(painter)
        if severity := worst(self.content.problems):
            self._paint_badge(painter, severity)

    def _paint_frame(self, painter: QPainter) -> None:
        theme = current_theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        severity = worst(self.content.problems)
        line = theme.accent if self.selected else getattr(theme, severity.value) if severity else theme.border
        frame = self.outline.adjusted(0.5, 0.5, -0.5, -0.5)
        painter.save()
        painter.setClipPath(self.shape())
        painter.fillRect(frame, theme.color("selection" if self.selected else "panel"))
        painter.fillRect(QRectF(0, frame.top(), EDGE, frame.height()), QColor(theme.families[self.content.family]))
        painter.restore()
        painter.setPen(QPen(QColor(line), 2 if self.selected or severity else 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(frame, CORNER, CORNER)

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
