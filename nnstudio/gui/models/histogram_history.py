"""How the values of a layer spread, over time: a bounded number of histograms, old ones merged. Without Qt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnstudio.training.events import Histogram

CAPACITY = 256
"""Columns of a history: more are not told apart on a screen."""


@dataclass(frozen=True, eq=False)
class Column:
    """Histograms measured from step ``first`` to ``last``, added up; ``counts`` (bins,) go from ``low`` to ``high``."""

    first: int
    last: int
    low: float
    high: float
    counts: NDArray[np.float64]


class HistogramHistory:
    """Columns over time. When there are `capacity` of them, each two become one, and from then on each holds twice as
    many measurements: the whole run stays in sight, evenly, in bounded memory."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._columns: list[Column] = []
        self._each = 1
        self._in_last = 0

    def __len__(self) -> int:
        return len(self._columns)

    @property
    def columns(self) -> tuple[Column, ...]:
        """From the oldest to the newest; none of them ever changes."""
        return tuple(self._columns)

    def append(self, step: int, histogram: Histogram) -> None:
        """Put in what was measured after `step`; histograms of nothing finite are left out."""
        if not (np.isfinite(histogram.low) and np.isfinite(histogram.high)):
            return
        counts = np.asarray(histogram.counts, np.float64)
        new = Column(step, step, histogram.low, max(histogram.high, np.nextafter(histogram.low, np.inf)), counts)
        if self._columns and self._in_last < self._each:
            self._columns[-1] = merged(self._columns[-1], new)
            self._in_last += 1
            return
        if len(self._columns) >= self._capacity:
            self._halve()
        self._columns.append(new)
        self._in_last = 1

    def cut(self, step: float) -> None:
        """Forget columns that begin behind `step`."""
        kept = [column for column in self._columns if column.first <= step]
        if len(kept) < len(self._columns):
            self._columns, self._in_last = kept, self._each

    def _halve(self) -> None:
        pairs = [self._columns[place : place + 2] for place in range(0, len(self._columns), 2)]
        self._columns = [merged(*pair) if len(pair) == 2 else pair[0] for pair in pairs]
        self._each *= 2


def merged(first: Column, second: Column) -> Column:
    """Both in one, with as many bins as the finer of them has."""
    low, high = min(first.low, second.low), max(first.high, second.high)
    bins = max(len(first.counts), len(second.counts))
    counts = rebinned(first, low, high, bins) + rebinned(second, low, high, bins)
    return Column(first.first, second.last, low, high, counts)


def rebinned(column: Column, low: float, high: float, bins: int) -> NDArray[np.float64]:
    """The counts (bins,) of a column in other bins, as if values lay evenly within each old bin.

    Where ``low`` to ``high`` spans all old bins, nothing is lost.
    """
    if (column.low, column.high, len(column.counts)) == (low, high, bins):
        return column.counts
    below = np.concatenate([[0.0], np.cumsum(column.counts)])
    edges = np.linspace(column.low, column.high, len(column.counts) + 1)
    return np.diff(np.interp(np.linspace(low, high, bins + 1), edges, below))
