"""How parallel coordinates are drawn, and where everything lies."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from nnstudio.gui.plots.colours import sequential
from nnstudio.gui.runs.parallel_axes import Axis
from nnstudio.gui.theme import current_theme, mixed, tabular

if TYPE_CHECKING:
    from nnstudio.gui.runs.parallel_plot import Brush, Line

_SIDE, _LEGEND, _BAR, _GAP = 72.0, 136.0, 12.0, 8.0
_BRUSH = 8.0
"""Half the width of what is chosen on an axis."""
_FAINT = 0.14
_WEAKEST = 0.3
"""Colours of the map below would vanish in the panel."""
_EMPTY = "Every run of the sweep becomes a line here, across the settings that are varied and what they came to."


@dataclass(frozen=True)
class Geometry:
    """Where axes and lines are in a rectangle; ``letter`` is the height of a line of text."""

    rect: QRectF
    count: int
    letter: int

    @property
    def top(self) -> float:
        return self.rect.top() + self.letter + 3 * _GAP

    @property
    def bottom(self) -> float:
        return self.rect.bottom() - 2 * _GAP

    @property
    def gap(self) -> float:
        """Between two axes."""
        return (self.rect.width() - _SIDE - _LEGEND) / max(1, self.count - 1)

    def x(self, axis: int) -> float:
        return self.rect.left() + _SIDE + axis * self.gap

    def y(self, place: float) -> float:
        return self.bottom - place * (self.bottom - self.top)

    def place(self, y: float) -> float:
        """Where on an axis, from 0 to 1; beyond the ends is at the end."""
        return min(1.0, max(0.0, (self.bottom - y) / (self.bottom - self.top)))

    def reaches(self, y: float) -> bool:
        return self.top - _GAP <= y <= self.bottom + _GAP

    def points(self, axes: Sequence[Axis], values: Sequence[Any]) -> list[QPointF]:
        """Of a line, as far as its values are known."""
        places = [(number, axis.place(value)) for number, (axis, value) in enumerate(zip(axes, values, strict=True))]
        return [QPointF(self.x(number), self.y(place)) for number, place in places if place is not None]

    def distance(self, at: QPointF, axes: Sequence[Axis], values: Sequence[Any]) -> float | None:
        """Pixels from a point to a line; ``None`` where there is no line."""
        points = self.points(axes, values)
        pairs = pairwise(points)
        return min((_distance(at, first, second) for first, second in pairs), default=None)


class ParallelPainter:
    """Draws on a widget: first the lines, above them the axes with what is chosen on them, at the right the legend."""

    def __init__(self, widget: QWidget, geometry: Geometry, result: Axis, better_low: bool) -> None:
        self._widget, self._shape = widget, geometry
        self._result, self._better_low = result, better_low
        self._theme = current_theme()
        table = sequential(self._theme)
        self._table = table[round(_WEAKEST * (len(table) - 1)) :]

    def paint(
        self,
        axes: Sequence[Axis],
        lines: Sequence[Line],
        passing: Collection[str],
        brushes: Mapping[int, Brush],
        key: str | None,
        focused: int | None,
    ) -> None:
        with QPainter(self._widget) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(tabular(self._widget.font()))
            painter.fillRect(self._widget.rect(), self._theme.color("panel"))
            if not lines:
                painter.setPen(self._theme.color("quiet"))
                place = self._shape.rect.adjusted(3 * _GAP, 0, -3 * _GAP, 0)
                painter.drawText(place, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, _EMPTY)
                return
            for line in sorted(lines, key=lambda each: (each.key == key, each.key in passing)):
                self._line(painter, axes, line, line.key in passing, line.key == key)
            for number, each in enumerate(axes):
                self._axis(painter, number, each, brushes.get(number), number == focused)
            self._legend(painter)

    def colour(self, result: float | None) -> QColor:
        """The strongest for the best; grey where there is none."""
        place = self._result.place(result)
        if place is None:
            return self._theme.color("quiet")
        red, green, blue = self._table[round((1 - place if self._better_low else place) * (len(self._table) - 1))]
        return QColor(int(red), int(green), int(blue))

    def _line(self, painter: QPainter, axes: Sequence[Axis], line: Line, passes: bool, selected: bool) -> None:
        colour, points = self.colour(line.result), self._shape.points(axes, line.values)
        if not passes:
            colour = mixed(colour.name(), self._theme.panel, _FAINT)
        if selected:
            painter.setPen(QPen(self._theme.color("accent"), 6.5, c=Qt.PenCapStyle.RoundCap))
            painter.drawPolyline(QPolygonF(points))
        pen = QPen(colour, 3.0 if selected or line.best else 1.6, j=Qt.PenJoinStyle.RoundJoin)
        if line.result is None:
            pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.drawPolyline(QPolygonF(points))
        if line.best and points:
            self._mark_best(painter, points[-1])

    def _mark_best(self, painter: QPainter, at: QPointF) -> None:
        painter.setPen(self._theme.color("text"))
        place = QRectF(at.x() + _GAP, at.y() - self._shape.letter / 2, _LEGEND, self._shape.letter)
        painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, "best")

    def _axis(self, painter: QPainter, number: int, axis: Axis, brush: Brush | None, focused: bool) -> None:
        shape, theme, x = self._shape, self._theme, self._shape.x(number)
        painter.setPen(QPen(theme.color("accent" if focused else "quiet"), 2.0 if focused else 1.0))
        painter.drawLine(QPointF(x, shape.top), QPointF(x, shape.bottom))
        if brush:
            chosen = QRectF(QPointF(x - _BRUSH, shape.y(brush[1])), QPointF(x + _BRUSH, shape.y(brush[0])))
            ground = theme.color("accent")
            painter.setPen(QPen(ground, 1.5))
            ground.setAlphaF(0.25)
            painter.setBrush(ground)
            painter.drawRoundedRect(chosen, 3, 3)
            painter.setBrush(Qt.BrushStyle.NoBrush)
        for place, text in _apart(axis.ticks(), shape):
            self._tick(painter, QPointF(x, shape.y(place)), text, _SIDE if number == 0 else 0.6 * shape.gap)
        self._title(painter, x, axis.title, focused)

    def _tick(self, painter: QPainter, at: QPointF, text: str, room: float) -> None:
        """A value beside the axis, on a patch of the ground so that lines do not cross it out."""
        metrics, theme = painter.fontMetrics(), self._theme
        text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(room - 2 * _GAP))
        width = metrics.horizontalAdvance(text)
        place = QRectF(at.x() - width - _GAP - 2, at.y() - metrics.height() / 2, width + 4, metrics.height())
        ground = theme.color("panel")
        ground.setAlphaF(0.8)
        painter.fillRect(place, ground)
        painter.setPen(theme.color("text"))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)

    def _title(self, painter: QPainter, x: float, title: str, focused: bool) -> None:
        shape, metrics = self._shape, painter.fontMetrics()
        width = min(shape.gap, 2 * _SIDE) - _GAP
        text = metrics.elidedText(title, Qt.TextElideMode.ElideRight, int(width))
        painter.setPen(self._theme.color("accent" if focused else "quiet"))
        place = QRectF(x - width / 2, shape.rect.top() + _GAP, width, shape.letter)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)

    def _legend(self, painter: QPainter) -> None:
        """Which colour is which result; the best is always on top."""
        if not self._result.values:
            return
        shape, theme = self._shape, self._theme
        bar = QRectF(shape.rect.right() - _LEGEND + 56, shape.top, _BAR, shape.bottom - shape.top)
        colours = np.ascontiguousarray(self._table[::-1])
        strip = QImage(colours.tobytes(), 1, len(colours), 3, QImage.Format.Format_RGB888)
        painter.drawImage(bar, strip)
        painter.setPen(theme.color("border"))
        painter.drawRect(bar)
        low, high = (self._result.text(value) for value in (self._result.values[0], self._result.values[-1]))
        ends = (low, high) if self._better_low else (high, low)
        painter.setPen(theme.color("quiet"))
        for y, text in zip((bar.top(), bar.bottom()), ends, strict=True):
            place = QRectF(bar.right() + 6, y - shape.letter / 2, shape.rect.right() - bar.right() - 6, shape.letter)
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)


def _apart(ticks: Sequence[tuple[float, str]], shape: Geometry) -> list[tuple[float, str]]:
    """Without those whose texts would run into the one below."""
    kept: list[tuple[float, str]] = []
    for place, text in sorted(ticks, key=lambda tick: tick[0]):
        if not kept or shape.y(kept[-1][0]) - shape.y(place) >= shape.letter:
            kept.append((place, text))
    return kept


def _distance(at: QPointF, first: QPointF, second: QPointF) -> float:
    """From a point to the straight line between two others."""
    way, to = second - first, at - first
    share = QPointF.dotProduct(to, way) / (QPointF.dotProduct(way, way) or 1.0)
    away = to - way * min(1.0, max(0.0, share))
    return float((away.x() ** 2 + away.y() ** 2) ** 0.5)
