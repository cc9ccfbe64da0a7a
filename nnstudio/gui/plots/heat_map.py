"""Histograms over time: each column is one, its colour says how many values lie where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtWidgets import QLabel, QSizePolicy

from nnstudio.gui.models.histogram_history import Column, HistogramHistory, rebinned
from nnstudio.gui.plots.colours import sequential
from nnstudio.gui.plots.export import Row
from nnstudio.gui.plots.scale_bar import ScaleBar
from nnstudio.gui.plots.time_plot import TimePlot
from nnstudio.gui.theme import current_theme, tabular

_ROWS = 128
_MOST_PIXELS = 1024
_LEVELS = (0.05, 0.5, 0.95)
"""Of the values, so many lie below the three numbers that are told."""


class HeatMap(TimePlot):
    """A `HistogramHistory` as a picture; the darker (on dark: the brighter), the more values."""

    def __init__(self, name: str, title: str) -> None:
        super().__init__(name, title)
        self._columns: tuple[Column, ...] = ()
        self._history: HistogramHistory | None = None
        self._shares: NDArray[np.float64] = np.empty((0, _ROWS))
        self._low, self._high = 0.0, 1.0
        self._image = pg.ImageItem()
        self._image.setZValue(-10)
        self.canvas.addItem(self._image, ignoreBounds=True)
        self.canvas.grid.hide()
        self.told = QLabel()
        self.told.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # rather cut than in the way
        self.told.setObjectName(f"plot_{name}_told")
        self.told.setAccessibleName(f"{title} at the line")
        self.told.setProperty("role", "quiet")
        self.told.setFont(tabular(self.told.font()))
        self.top.insertWidget(self.top.count() - 1, self.told, 3)
        self.bar = ScaleBar(f"plot_{name}_scale", "of the values of a column")
        self.body.addWidget(self.bar)
        self._colour()

    def show_history(self, title: str, history: HistogramHistory | None) -> None:
        """Show this one from now on."""
        self.title = f"Histograms of {title}" if title else "Histograms"
        self._history = history
        self.follow()

    def _draw(self) -> None:
        columns = self._history.columns if self._history else ()
        if columns != self._columns:
            self._columns = columns
            self._measure()
        low, high = self._seen()
        if self._follows:
            self.canvas.setRange(xRange=(low, high), yRange=(self._low, self._high), padding=0.02)
        self._image.setVisible(bool(columns))
        if columns:
            self._paint(low, high)
        self._tell_values()

    def _measure(self) -> None:
        """All columns over the same values, as shares of what each holds."""
        if not self._columns:
            return
        self._low = min(column.low for column in self._columns)
        self._high = max(column.high for column in self._columns)
        counts = np.stack([rebinned(column, self._low, self._high, _ROWS) for column in self._columns])
        self._shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        self.bar.set_top(f"{self._shares.max():.0%}")

    def _paint(self, low: float, high: float) -> None:
        """As many pixels as the canvas is wide, each in the colours of the column that it belongs to."""
        first = self._axis.place(self._columns[0].first)
        left, right = max(low, first), min(high, max(self._end_of_run, first + 1e-9))
        self._image.setVisible(right > left)
        if right <= left:
            return
        pixels = min(_MOST_PIXELS, max(2, self.canvas.width()))
        centres = left + (np.arange(pixels) + 0.5) * (right - left) / pixels
        begins = np.array([column.first for column in self._columns], np.float64)
        chosen = np.clip(np.searchsorted(begins, self._axis.steps(centres), side="right") - 1, 0, len(begins) - 1)
        most = self._shares.max() or 1.0
        entries = np.rint(255 * np.sqrt(self._shares / most)).astype(np.intp)
        self._image.setImage(sequential(current_theme())[entries[chosen]], levels=(0, 255))
        self._image.setRect(QRectF(left, self._low, right - left, self._high - self._low))

    @property
    def _end_of_run(self) -> float:
        steps = self._run.training_loss.x
        last = max(self._columns[-1].last, steps[-1] if len(steps) else 0)
        return self._axis.place(float(last))

    def _tell_values(self) -> None:
        column = self._column_at(self._pointed)
        if column is None:
            self.told.setText("")
            return
        low, middle, high = quantiles(column, _LEVELS)
        steps = f"{column.first:,}" if column.first == column.last else f"{column.first:,} to {column.last:,}"
        self.told.setText(f"step {steps}: median {middle:.3g}, 90 % from {low:.3g} to {high:.3g}".replace("-", "−"))

    def _column_at(self, place: float | None) -> Column | None:
        """The column at a place, or the newest."""
        if not self._columns or place is None:
            return self._columns[-1] if self._columns else None
        step = self._axis.step(place)
        return next((column for column in reversed(self._columns) if column.first <= step), self._columns[0])

    def rows(self) -> Iterable[Row]:
        """A row for each bin of each column, with its ends as they were measured."""
        return _table(self._columns)

    def _colour(self) -> None:
        super()._colour()
        if self._columns:
            self._paint(*self._seen())


def quantiles(column: Column, shares: Sequence[float]) -> tuple[float, ...]:
    """The values below which such shares of all lie, as if they lay evenly within each bin."""
    below = np.append(0.0, np.cumsum(column.counts))
    edges = np.linspace(column.low, column.high, len(column.counts) + 1)
    total = below[-1] or 1.0
    return tuple(float(value) for value in np.interp(shares, below / total, edges))


def _table(columns: tuple[Column, ...]) -> Iterator[Row]:
    yield ("first step", "last step", "from (value)", "to (value)", "count")
    for column in columns:
        edges = np.linspace(column.low, column.high, len(column.counts) + 1)
        for number, count in enumerate(column.counts):
            yield (column.first, column.last, edges[number], edges[number + 1], count)
