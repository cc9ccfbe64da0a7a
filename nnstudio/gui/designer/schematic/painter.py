"""Draws a network as a small figure, as papers have them: `paint_schematic`."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

from nnstudio.gui.designer.schematic.layout import SLANT, Link, Schematic, Slab, lay_out
from nnstudio.gui.theme import Theme, current_theme, mixed
from nnstudio.network import Check, NetworkSpec

_STRETCH = 1.5
"""How much wider than high the drawing may be pulled to fill its place."""
_LARGEST_NEURON = 9.0


def paint_schematic(
    painter: QPainter, rect: QRectF, spec: NetworkSpec, check: Check, theme: Theme | None = None
) -> None:
    """Draw the layers whose shapes are known into the middle of `rect`; nothing when there is none."""
    schematic = lay_out(spec, check)
    if schematic.slabs:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint = _Neurons if schematic.neurons else _Slabs
        paint(painter, rect, schematic, theme or current_theme()).paint()
        painter.restore()


class _Figure:
    """What both figures share: from units to pixels, and lines behind what they connect."""

    def __init__(self, painter: QPainter, rect: QRectF, schematic: Schematic, theme: Theme) -> None:
        self._painter, self._schematic, self._theme = painter, schematic, theme
        self._down = rect.height() / (schematic.bottom - schematic.top)
        self._across = min(rect.width() / schematic.width, _STRETCH * self._down)
        self._down = min(self._down, _STRETCH * self._across * 2)
        height = self._down * (schematic.bottom - schematic.top)
        self._origin = QPointF(
            rect.center().x() - self._across * schematic.width / 2,
            rect.center().y() - height / 2 - self._down * schematic.top,
        )

    def paint(self) -> None:
        for link in self._schematic.links:
            self._paint_link(link, self._schematic.slabs[link.source], self._schematic.slabs[link.target])
        for slab in sorted(self._schematic.slabs.values(), key=lambda slab: slab.left):
            self._paint_slab(slab)

    def _at(self, x: float, y: float) -> QPointF:
        return self._origin + QPointF(self._across * x, self._down * y)

    def _paint_link(self, link: Link, source: Slab, target: Slab) -> None:
        raise NotImplementedError

    def _paint_slab(self, slab: Slab) -> None:
        raise NotImplementedError


class _Slabs(_Figure):
    """Boxes with a front (channels by height) and a depth (the picture's width); bars for vectors."""

    def _paint_link(self, link: Link, source: Slab, target: Slab) -> None:
        """Straight on, bent to another row, or in an arc over what lies between."""
        path = QPainterPath()
        if link.above is None:
            start, end = self._at(source.right, source.middle), self._at(target.left, target.middle)
            halfway = (start.x() + end.x()) / 2
            path.moveTo(start)
            path.cubicTo(QPointF(halfway, start.y()), QPointF(halfway, end.y()), end)
        else:
            lean = SLANT / 2
            start = self._at(source.right + source.depth * lean, source.top - source.depth * lean)
            end = self._at(target.left + target.depth * lean, target.top - target.depth * lean)
            crest = self._at(0, link.above).y()
            path.moveTo(start)
            path.cubicTo(QPointF(start.x(), crest), QPointF(end.x(), crest), end)
        self._painter.setBrush(Qt.BrushStyle.NoBrush)
        self._painter.setPen(QPen(self._theme.color("quiet"), 1))
        self._painter.drawPath(path)

    def _paint_slab(self, slab: Slab) -> None:
        colour, panel = self._theme.families[slab.family], self._theme.panel
        bottom, slant = slab.middle + slab.height / 2, slab.depth * SLANT
        self._painter.setPen(QPen(mixed(panel, colour, 0.35), 0.5))
        if slant:
            back = slab.right + slant
            top = [(slab.left, slab.top), (slab.left + slant, slab.top - slant), (back, slab.top - slant),
                   (slab.right, slab.top)]  # fmt: skip
            side = [(slab.right, slab.top), (back, slab.top - slant), (back, bottom - slant), (slab.right, bottom)]
            self._fill(top, mixed(colour, panel, 0.45))
            self._fill(side, mixed(colour, panel, 0.65))
        front = [(slab.left, slab.top), (slab.right, slab.top), (slab.right, bottom), (slab.left, bottom)]
        self._fill(front, QColor(colour))

    def _fill(self, corners: list[tuple[float, float]], colour: QColor) -> None:
        self._painter.setBrush(colour)
        self._painter.drawPolygon(QPolygonF([self._at(x, y) for x, y in corners]))


class _Neurons(_Figure):
    """Circles for values, a line for each weight: for networks so small that every neuron can be seen."""

    def _paint_link(self, link: Link, source: Slab, target: Slab) -> None:
        quiet = self._theme.color("quiet")
        quiet.setAlphaF(0.7 if source.units * target.units <= 16 else 0.35)
        self._painter.setPen(QPen(quiet, 1))
        starts, ends = self._middles(source), self._middles(target)
        single = len(starts) == len(ends) and not link.full
        for number, start in enumerate(starts):
            for end in [ends[number]] if single else ends:
                self._painter.drawLine(start, end)

    def _paint_slab(self, slab: Slab) -> None:
        middles = self._middles(slab)
        radius = min(_LARGEST_NEURON, self._down * slab.height / len(middles) * 0.42)
        self._painter.setPen(QPen(self._theme.color("panel"), 1 if radius > 3 else 0.5))
        self._painter.setBrush(QColor(self._theme.families[slab.family]))
        for middle in middles:
            self._painter.drawEllipse(middle, radius, radius)

    def _middles(self, slab: Slab) -> list[QPointF]:
        step = min(slab.height / slab.units, 30.0)
        first = slab.middle - step * (slab.units - 1) / 2
        return [self._at(slab.left + slab.width / 2, first + step * number) for number in range(slab.units)]
