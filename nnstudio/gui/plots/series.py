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
from nnstudio.gui.theme import Theme, current_theme, mixed
from nnstudio.gui.train.smoothing import Smoothed, sample, thin_out

_RAW_SHARE = 0.3
"""How much of its colour the raw curve has; mixed beforehand, since half-transparent lines take ten times as long."""
_LINE_WIDTH = 1.5
_RAW_WIDTH = 3
"""As wide as a place, so that what is thinned out fills its ground."""
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
    """Draws a `Series`: its smoothed course with the raw values behind it, or a line with dots."""

    def __init__(self, series: Series, memory: float) -> None:
        self.series = series
        self.set_memory(memory)
        self._raw, self._course = _curve(), _curve()
        self._dots = pg.ScatterPlotItem(size=7, pxMode=True)
        self.items = (self._raw, self._course, self._dots) if series.dots else (self._raw, self._course)
        self._dotted: tuple[float, ...] | None = None
        """Of how many dots, and the first and the last of them."""
        self.hidden = False
        self.colour()

    def set_memory(self, memory: float) -> None:
        """Smooth so strongly, if it is noisy."""
        self._smoothed = Smoothed(self.series.curve, memory if self.series.smooth else 0.0)

    @property
    def _rough(self) -> bool:
        return self._smoothed.memory > 0 and self.series.raw

    def draw(self, low: float, high: float, pixels: int, screen: Callable[[Values], Values]) -> Values:
        """Draw what stands from place ``low`` to ``high``; ``screen`` makes of values what the axis shows.

        Returns the values drawn that must be seen: the course, not the noise around it.
        """
        for item in self.items:
            item.setVisible(not self.hidden)
        self._raw.setVisible(self._rough and not self.hidden)
        if self.hidden or not len(self.series.curve):
            self._course.setData([], [])
            return np.empty(0)
        curve, axis = self.series.curve, self.series.axis
        first, last = axis.step(low), axis.step(high)
        averaged = self._smoothed.memory > 0
        places = max(_LEAST_PLACES, pixels // (_RAW_WIDTH if averaged else 2))
        x, y = (sample if averaged else thin_out)(curve.x, self._smoothed.values(), first, last, places)
        course = axis.places(x), screen(y)
        self._course.setData(*course, antialias=averaged or len(x) < places)
        if self._rough:
            x, y = thin_out(curve.x, curve.y, first, last, places)
            self._draw_raw(axis.places(x), screen(y))
        if self.series.dots and len(x):
            self._draw_dots(*course)
        return course[1]

    def forget(self) -> None:
        """Draw dots anew, as when the axis has become another."""
        self._dotted = None

    def _draw_raw(self, x: Values, y: Values) -> None:
        """Where it is thinned out, only a bar for each place, from least to greatest: half the lines, of which most
        hide."""
        thinned = len(x) > 1 and x[0] == x[1]
        if self._raw.opts["pen"].width() != (width := _RAW_WIDTH if thinned else 1):
            self._raw.setPen(self._raw_pen(width))
        self._raw.setData(x, y, antialias=False, connect="pairs" if thinned else "all")

    def _raw_pen(self, width: int) -> QPen:
        theme = current_theme()
        return pg.mkPen(mixed(self.series.colour(theme).name(), theme.panel, _RAW_SHARE), width=width)

    def _draw_dots(self, x: Values, y: Values) -> None:
        """They are costly, so they change only when they must."""
        if self._dotted != (dotted := (len(x), x[0], x[-1])):
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
        return float(self._smoothed.values()[at]) if np.isfinite(raw) else raw

    def colour(self) -> None:
        theme = current_theme()
        colour = self.series.colour(theme)
        style = Qt.PenStyle.DashLine if self.series.dashed else Qt.PenStyle.SolidLine
        self._raw.setPen(self._raw_pen(1))
        self._course.setPen(pg.mkPen(colour, width=_LINE_WIDTH, style=style))
        self._dots.setBrush(pg.mkBrush(colour))
        self._dots.setPen(pg.mkPen(theme.panel))


def _curve() -> pg.PlotCurveItem:
    """A curve drawn line by line: as one path, smooth lines wider than a pixel take fifteen times as long."""
    curve = pg.PlotCurveItem()
    curve.setSegmentedLineMode("on")
    return curve
