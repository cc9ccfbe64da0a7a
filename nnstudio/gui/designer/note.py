"""What is wrong with a layer, written below its block."""

from __future__ import annotations

from math import ceil

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from nnstudio.gui.designer.block import CORNER, GRID, OVERVIEW, canvas_font, problem_icon
from nnstudio.gui.icons import paint_glyph
from nnstudio.gui.theme import current_theme
from nnstudio.network import Problem

_SIGN = 2 * GRID
_WRAPPED = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap)


class NoteItem(QGraphicsItem):
    """A problem in words: what is wrong, and what to do. Its origin is its upper left corner."""

    WIDTH = 26 * GRID

    def __init__(self, node: str, problem: Problem) -> None:
        super().__init__()
        self.node, self.problem = node, problem
        self._fonts = canvas_font(), canvas_font()
        message, hint = self._texts()
        text = self.WIDTH - _SIGN - 3 * GRID
        room = QRectF(0, 0, text, 10_000)
        self._heights = [
            QFontMetricsF(font).boundingRect(room, _WRAPPED, words).height()
            for font, words in zip(self._fonts, (message, hint), strict=True)
        ]
        self.height = GRID * ceil((sum(self._heights) + 2.5 * GRID) / GRID)
        self.setZValue(1)

    def _texts(self) -> tuple[str, str]:
        message, hint = self.problem.message, self.problem.hint
        return f"{message[:1].upper()}{message[1:]}.", f"{hint[:1].upper()}{hint[1:]}."

    @property
    def outline(self) -> QRectF:
        """The note's outline in its own coordinates."""
        return QRectF(0, 0, self.WIDTH, self.height)

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
        left, top = _SIGN + 2 * GRID, float(GRID)
        for words, font, height, role in zip(self._texts(), self._fonts, self._heights, ("text", "quiet"), strict=True):
            painter.setFont(font)
            painter.setPen(theme.color(role))
            painter.drawText(QRectF(left, top, self.WIDTH - left - GRID, height + 2), _WRAPPED, words)
            top += height + GRID / 2
