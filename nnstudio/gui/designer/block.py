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
OVERVIEW = 0.6
"""Below this zoom a block shows its sign and title only, as large as it can."""


@dataclass(frozen=True)
class BlockContent:
    """What a block shows."""

    node_id: str
    family: Family
    title: str
    settings: str
    output: str
    parameters: str
    problems: tuple[Problem, ...]
    spoken: str


def block_content(node: Node, check: Check) -> BlockContent:
    """What the checked network says about one of its layers."""
    report = check.layers.get(node.id)
    learned = report.parameter_count if report else 0
    return BlockContent(
        node_id=node.id,
        family=node.layer.family,
        title=node.layer.title,
        settings=node.layer.settings_text(),
        output=f"→ {output_text(report)}",
        parameters=counted(learned, "parameter") if learned else "",
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


class BlockItem(QGraphicsItem):
    """A layer: its family's colour and sign, kind, name, key settings, output shape and number of parameters.

    Its origin is the middle of its left edge, where its input arrives.
    """

    def __init__(self, content: BlockContent) -> None:
        super().__init__()
        self.content = content
        self.selected = False
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.set_content(content)

    def set_content(self, content: BlockContent) -> None:
        """Show something else; the block takes the width that its text needs."""
        self.prepareGeometryChange()
        self.content = content
        self._plain, self._bold = canvas_font(), canvas_font(bold=True, larger=1)
        plain, bold = QFontMetricsF(self._plain), QFontMetricsF(self._bold)
        lines = (content.node_id, content.settings, content.output, content.parameters)
        text = max(EDGE + ICON + GRID + bold.horizontalAdvance(content.title), *map(plain.horizontalAdvance, lines))
        self._line = plain.height()
        self._header = max(ICON, bold.height())
        self.width = GRID * ceil((text + EDGE + 3 * GRID) / GRID)
        self.height = GRID * ceil((self._header + 4 * self._line + 5 * GRID) / GRID)
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
        zoom = option.levelOfDetailFromTransform(painter.worldTransform())
        self._paint_frame(painter)
        if zoom < OVERVIEW:
            self._paint_overview(painter, zoom)
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
        icon = QRectF(left, top + (self._header - ICON) / 2, ICON, ICON)
        paint_family(painter, icon, self.content.family)
        painter.setFont(self._bold)
        painter.setPen(theme.color("text"))
        title = QRectF(icon.right() + GRID, top, self.width, self._header)
        painter.drawText(title, Qt.AlignmentFlag.AlignVCenter, self.content.title)

        def line(text: str, y: float, role: str) -> None:
            painter.setPen(theme.color(role))
            painter.drawText(QRectF(left, y, width + GRID, self._line), Qt.AlignmentFlag.AlignVCenter, text)

        painter.setFont(self._plain)
        top += self._header + GRID / 2
        line(self.content.node_id, top, "quiet")
        line(self.content.settings, top + self._line, "text")
        foot = self.outline.bottom() - GRID - 2 * self._line
        painter.fillRect(QRectF(left, round(foot - GRID / 2 - 1), width, 1), theme.color("border"))
        line(self.content.output, foot, "text")
        line(self.content.parameters, foot + self._line, "quiet")

    def _paint_overview(self, painter: QPainter, zoom: float) -> None:
        """The title as large as on paper, if it fits: a network of any length can be read at a glance."""
        space = QRectF(EDGE, self.outline.top(), self.width - EDGE, self.height).adjusted(GRID, GRID, -GRID, -GRID)
        longest = max(map(QFontMetricsF(self._bold).horizontalAdvance, self.content.title.split()))
        grown = min(1 / zoom, space.width() / longest, space.height() / 2 / (2 * self._header))
        icon = min(space.height() * 0.4, 2 * ICON)
        square = QRectF(space.center().x() - icon / 2, space.top(), icon, icon)
        paint_family(painter, square, self.content.family)
        font = QFont(self._bold)
        font.setPointSizeF(font.pointSizeF() * max(grown, 1.0) * 0.98)
        painter.setFont(font)
        painter.setPen(current_theme().color("text"))
        centred = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(space.adjusted(0, icon, 0, 0), int(centred), self.content.title)

    def _paint_badge(self, painter: QPainter, severity: Severity) -> None:
        theme = current_theme()
        square = QRectF(self.width - 1.5 * GRID, self.outline.top() - GRID / 2, 2 * GRID, 2 * GRID)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("panel"))
        painter.drawEllipse(square)
        paint_glyph(painter, square, problem_icon(severity), theme.color(severity.value))
