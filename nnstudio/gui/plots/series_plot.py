"""Curves over time, with a legend that tells their values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import ceil, floor, isfinite, isnan

import numpy as np

from nnstudio.gui.plots.across import Values
from nnstudio.gui.plots.bounds import Bounds, from_zero, rung_above
from nnstudio.gui.plots.export import Row
from nnstudio.gui.plots.legend import FEW, Legend, scrolled
from nnstudio.gui.plots.series import Line, Series
from nnstudio.gui.plots.time_plot import TimePlot
from nnstudio.gui.theme import current_theme
from nnstudio.units import signed

_TINY = 1e-12
"""A value of 0 stands here on a logarithmic axis."""


@dataclass(frozen=True)
class Quantity:
    """What is drawn: its title with its unit, how a value is told, what it is multiplied by to be drawn."""

    title: str
    tell: Callable[[float], str] = field(default=signed)
    scale: float = 1.0
    bounds: Bounds = from_zero
    log: bool = True
    """Whether it may stand on a logarithmic axis."""


class SeriesPlot(TimePlot):
    """Any number of curves of one quantity."""

    def __init__(self, name: str, quantity: Quantity) -> None:
        super().__init__(name, quantity.title)
        self.quantity = quantity
        self._lines: list[Line] = []
        self._hidden: set[str] = set()
        self._memory = 0.0
        self._log = False
        self._shown: tuple[float, ...] = ()
        self._y_chosen = False
        self._beside, self._column = Legend(name, quantity.title), Legend(name, quantity.title)
        self._scroll = scrolled(self._column)
        self._scroll.hide()
        self._legend = self._beside
        self.top.insertWidget(self.top.count() - 1, self._beside)
        self.body.addWidget(self._scroll)
        for legend in (self._beside, self._column):
            legend.toggled.connect(self._toggle)
        self.canvas.box.boxChosen.disconnect()
        self.canvas.box.boxChosen.connect(self._box_chosen)
        self._colour()

    # ---- what is shown

    @property
    def series(self) -> tuple[Series, ...]:
        return tuple(line.series for line in self._lines)

    def show_series(self, series: Sequence[Series], quantity: Quantity | None = None) -> None:
        """Draw these from now on."""
        if quantity is not None:
            self.quantity, self.title = quantity, quantity.title
            self._show_axis()
        for line in self._lines:
            line.remove()
        self._lines = [self._make_line(one) for one in series]
        many = len(series) > FEW
        self._legend = self._column if many else self._beside
        for legend, mine in ((self._column, many), (self._beside, not many)):
            legend.show_series(series if mine else (), self._hidden, upright=many)
        self._scroll.setVisible(many)
        self._shown = ()
        self.refresh()

    def set_memory(self, memory: float) -> None:
        """Smooth so strongly."""
        self._memory = memory
        for line in self._lines:
            line.set_memory(memory)
        self._shown = ()
        if self.isVisible():
            self.refresh()

    @property
    def log(self) -> bool:
        """Whether the values stand on a logarithmic axis."""
        return self._log and self.quantity.log

    def set_log(self, log: bool) -> None:
        self._log = log
        self._y_chosen = False
        self._show_axis()
        self.follow()

    def follow(self) -> None:
        self._y_chosen = False
        super().follow()

    def _show_axis(self) -> None:
        for line in self._lines:
            line.forget()
        self._shown = ()
        self.canvas.getAxis("left").setLogMode(self.log)

    def _make_line(self, series: Series) -> Line:
        line = Line(series, self._memory, self.canvas.box)
        line.hidden = series.key in self._hidden
        return line

    def _toggle(self, key: str, shown: bool) -> None:
        (self._hidden.discard if shown else self._hidden.add)(key)
        for line in self._lines:
            line.hidden = line.series.key in self._hidden
            line.forget()
        self.refresh()

    # ---- drawing

    def _draw(self) -> None:
        low, high = self._seen()
        drawn = [line.draw(low, high, self.canvas.width(), self._screen) for line in self._lines]
        self._fit(low, high, np.concatenate([np.empty(0), *drawn]))
        self._tell_values()

    def _screen(self, y: Values) -> Values:
        y = y * self.quantity.scale
        return np.log10(np.maximum(y, _TINY)) if self.log else y

    @property
    def _end(self) -> float:
        """Long enough for every run that is drawn."""
        ends = [line.series.axis.place(line.series.curve.x[-1]) for line in self._lines if len(line.series.curve)]
        return max([super()._end, *map(rung_above, ends)])

    def _fit(self, low: float, high: float, values: Values) -> None:
        """Axes are costly to paint, so they change only when they must."""
        if self._y_chosen:
            return
        bounds = self._bounds(values) if len(values) else (0.0, 1.0)
        if self._follows and (shown := (low, high, *bounds)) != self._shown:
            self._shown = shown
            self.canvas.setRange(xRange=(low, high), yRange=bounds, padding=0.02)
        elif not self._follows and bounds != self._shown:
            self._shown = bounds
            self.canvas.setYRange(*bounds, padding=0.02)

    def _bounds(self, values: Values) -> tuple[float, float]:
        if not self.log:
            return self.quantity.bounds(values)
        real = values[values > np.log10(_TINY)]
        if not len(real):
            return -1.0, 0.0
        return floor(2 * real.min()) / 2, max(ceil(2 * real.max()) / 2, floor(2 * real.min()) / 2 + 0.5)

    def _box_chosen(self) -> None:
        self._y_chosen = True
        self._zoom_chosen()

    def _tell_values(self) -> None:
        self._legend.tell([self._text(line.value_at(self._pointed)) for line in self._lines])

    def _text(self, value: float | None) -> str:
        if value is None:
            return "–"
        if not isfinite(value):
            return "NaN" if isnan(value) else "∞" if value > 0 else "−∞"
        return self.quantity.tell(value)

    # ---- taking it along

    def rows(self) -> Iterable[Row]:
        """A row for each step at which anything was measured; raw values, empty where there is none."""
        curves = [(one.title, one.curve.x, one.curve.y * self.quantity.scale) for one in self.series]
        return _table(f"{self.quantity.title}", curves)

    def _colour(self) -> None:
        super()._colour()
        theme = current_theme()
        for line in self._lines:
            line.colour()
        self.canvas.getAxis("left").setTextPen(theme.quiet)


def _table(title: str, curves: Sequence[tuple[str, Values, Values]]) -> Iterator[Row]:
    yield ("step", *(f"{title}: {name}" for name, *_ in curves))
    steps = np.unique(np.concatenate([np.empty(0), *(x for _, x, _ in curves)]))
    columns = []
    for _, x, y in curves:
        column = np.full(len(steps), None, object)
        column[np.searchsorted(steps, x)] = y
        columns.append(column)
    for step, *values in zip(steps, *columns, strict=True):
        yield (int(step), *values)
