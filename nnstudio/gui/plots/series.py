"""One curve of a plot: what it is called and how it looks, and the lines that draw it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen

from nnstudio.gui.models.curves import Curve
from nnstudio.gui.plots.across import RunAxis, Values
from nnstudio.gui.plots.smoothing import Smoothed
from nnstudio.gui.plots.stroke import Stroke
from nnstudio.gui.plots.thinning import Extremes, are_pairs
from nnstudio.gui.theme import Theme, current_theme, mixed

_RAW_SHARE = 0.3
"""How much of its colour the raw curve has; mixed beforehand, since half-transparent lines take ten times as long."""
_LINE_WIDTH = 1.5
_BAR, _PIECE = 1.25, 2.5
"""The least pixels that the extremes of many points have, and a piece of a line through averages."""
_MOST_DOTS = 400
"""Points of a curve that are drawn as dots too; more would only be a thicker line."""
_LEAST_PLACES = 100


@dataclass(frozen=True)
class Series:
    """A curve with its looks; ``key`` is its name for the program, ``colour`` depends on the theme."""

    key: str
    title: str
    curve: Curve
    colour: Callable[[Theme], QColor]
    axis: RunAxis
    smooth: bool = True
    """Whether it is noisy, so that a moving average helps."""
    raw: bool = True
    """Whether what was measured is drawn behind its moving average."""
    dots: bool = False
    dashed: bool = False


class Line:
    """Draws a `Series` in a box: its smoothed course with the raw values behind it, or a line with dots."""

    def __init__(self, series: Series, memory: float, box: pg.ViewBox) -> None:
        self.series = series
        self._box = box
        self._extremes = Extremes(series.curve)
        self._smoothed = Smoothed(series.curve, memory if series.smooth else 0.0)
        self._raw, self._course = Stroke(box), Stroke(box)
        self._dots = pg.ScatterPlotItem(size=7, pxMode=True)
        box.addItem(self._dots, ignoreBounds=True)
        self._dotted: tuple[float, ...] | None = None
        """Of how many dots, and the first and the last of them."""
        self.hidden = False
        self.colour()

    def remove(self) -> None:
        """Take it out of the box."""
        self._box.removeItem(self._dots)
        for stroke in (self._raw, self._course):
            stroke.remove()

    def set_memory(self, memory: float) -> None:
        """Smooth so strongly, if it is noisy."""
        if self.series.smooth and memory != self._smoothed.memory:
            self._smoothed = Smoothed(self.series.curve, memory)

    @property
    def _averaged(self) -> bool:
        return self._smoothed.memory > 0

    def draw(self, low: float, high: float, pixels: int, screen: Callable[[Values], Values]) -> Values:
        """Draw what stands from place ``low`` to ``high``; ``screen`` makes of values what the axis shows.

        Returns the values drawn that must be seen: the course, not the noise around it.
        """
        shown = not self.hidden and len(self.series.curve) > 0
        rough = shown and self._averaged and self.series.raw
        self._raw.setVisible(rough)
        self._course.setVisible(shown)
        self._dots.setVisible(shown and self.series.dots)
        if not shown:
            return np.empty(0)
        axis = self.series.axis
        first, last = axis.step(low), axis.step(high)
        if rough:
            x, y = self._extremes.thinned(first, last, _places(pixels, _BAR))
            self._raw.show_points(axis.places(x), screen(y), pairs=are_pairs(x))
        if self._averaged:
            x, y = self._smoothed.sampled(first, last, _places(pixels, _PIECE))
        else:
            x, y = self._extremes.thinned(first, last, _places(pixels, _BAR))
        course = axis.places(x), screen(y)
        self._course.show_points(*course, pairs=not self._averaged and are_pairs(x))
        if self.series.dots:
            self._draw_dots(*course)
        return course[1]

    def forget(self) -> None:
        """Draw dots anew, as when the axis has become another."""
        self._dotted = None

    def _draw_dots(self, x: Values, y: Values) -> None:
        """They are costly, so they change only when they must."""
        if self._dotted != (dotted := (len(x), *x[:1], *x[-1:])):
            self._dotted = dotted
            self._dots.setData(*((x, y) if len(x) <= _MOST_DOTS else ([], [])))

    def value_at(self, place: float | None) -> float | None:
        """The value at a place, or the newest; ``None`` where there is none.

        It is the smoothed one, unless what was measured there was no number: nothing may hide that.
        """
        curve = self.series.curve
        if not len(curve):
            return None
        at = len(curve) - 1
        if place is not None:
            at = min(at, int(np.searchsorted(curve.x, self.series.axis.step(place) - 1e-6)))
        raw = float(curve.y[at])
        return float(self._smoothed.values(at, at + 1)[0]) if np.isfinite(raw) else raw

    def colour(self) -> None:
        theme = current_theme()
        colour = self.series.colour(theme)
        self._raw.set_pen(QPen(mixed(colour.name(), theme.panel, _RAW_SHARE), 1))
        style = Qt.PenStyle.DashLine if self.series.dashed else Qt.PenStyle.SolidLine
        self._course.set_pen(QPen(colour, _LINE_WIDTH, style))
        self._dots.setBrush(pg.mkBrush(colour))
        self._dots.setPen(pg.mkPen(theme.panel))


def _places(pixels: int, each: float) -> int:
    return max(_LEAST_PLACES, int(pixels / each))
