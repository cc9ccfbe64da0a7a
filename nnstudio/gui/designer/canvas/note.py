"""What is wrong with a layer, written below its block."""

from __future__ import annotations

from math import ceil

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from nnstudio.gui.designer.blocks.painter import OVERVIEW
from nnstudio.gui.designer.signs.problems import problem_icon
from nnstudio.gui.icons import paint_glyph
from nnstudio.gui.theme import CORNER, GRID, canvas_font, current_theme
from nnstudio.network import Problem, Severity

_SIGN = 2 * GRID
_TEXT_LEFT = _SIGN + 2 * GRID
_ROLES = ("text", "quiet", "accent")
_WRAPPED = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap)


class NoteItem(QGraphicsItem):
    """A problem in words: what is wrong, what to do, and what a click would do about it. Its origin is its upper left
    corner.

    Errors stand there always. A warning stands there while it is asked for, above all else: the sign on the block tells
    of it meanwhile, and many warnings would hide the network.
    """

    WIDTH = 26 * GRID

    def __init__(self, node: str, problem: Problem) -> None:
        super().__init__()
        self.node, self.problem = node, problem
        self.lasting = problem.severity is Severity.ERROR
        """Whether it needs a place of its own."""
        self._fonts = canvas_font(), canvas_font(), canvas_font(bold=True)
        self._texts = _texts(problem)
        room = QRectF(0, 0, self.WIDTH - _TEXT_LEFT - GRID, 10_000)
        self._heights = [
            QFontMetricsF(font).boundingRect(room, _WRAPPED, words).height() if words else 0.0
            for font, words in zip(self._fonts, self._texts, strict=True)
        ]
        gaps = GRID / 2 * sum(bool(words) for words in self._texts)
        self.height = GRID * ceil((sum(self._heights) + gaps + 1.5 * GRID) / GRID)
        self.setZValue(1 if self.lasting else 2)
        self.set_wanted(False)

    def set_wanted(self, wanted: bool) -> None:
        """Show a warning while its layer is selected or under the mouse; an error stays in any case."""
        self.setVisible(self.lasting or wanted)

    @property
    def outline(self) -> QRectF:
        """The note's outline in its own coordinates."""
        return QRectF(0, 0, self.WIDTH, self.height)

    @property
    def repair_room(self) -> QRectF:
        """Where a click repairs, in its own coordinates; empty without a repair."""
        if self.problem.repair is None:
            return QRectF()
        top = GRID + sum(self._heights[:2]) + GRID / 2
        return QRectF(_TEXT_LEFT - GRID / 2, top, self.WIDTH - _TEXT_LEFT, self._heights[2] + GRID)

    def on_repair(self, point: QPointF) -> bool:
        """Whether a click at a point of the scene asks for the repair."""
        return self.isVisible() and self.repair_room.contains(self.mapFromScene(point))

    def boundingRect(self) -> QRectF:
        return self.outline

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        if option.levelOfDetailFromTransform(painter.worldTransform()) < OVERVIEW:
            return
        theme = current_theme()
        colour = theme.color(self.problem.severity.value)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colour, 1))
        painter.setBrush(theme.color("panel"))
        painter.drawRoundedRect(self.outline.adjusted(0.5, 0.5, -0.5, -0.5), CORNER, CORNER)
        paint_glyph(painter, QRectF(GRID, GRID, _SIGN, _SIGN), problem_icon(self.problem.severity), colour)
        top = float(GRID)
        for words, font, height, role in zip(self._texts, self._fonts, self._heights, _ROLES, strict=True):
            painter.setFont(font)
            painter.setPen(theme.color(role))
            painter.drawText(QRectF(_TEXT_LEFT, top, self.WIDTH - _TEXT_LEFT - GRID, height + 2), _WRAPPED, words)
            top += height + GRID / 2


def _texts(problem: Problem) -> tuple[str, str, str]:
    """Message and hint as sentences, and the repair."""
    message, hint = problem.message, problem.hint
    repair = problem.repair.title if problem.repair else ""
    return f"{message[:1].upper()}{message[1:]}.", f"{hint[:1].upper()}{hint[1:]}.", repair
