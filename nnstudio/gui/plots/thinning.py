"""Long curves made short enough for the screen without losing a spike. Without Qt."""

from __future__ import annotations

from math import ceil, log2

import numpy as np
from numpy.typing import NDArray

from nnstudio.gui.models.curves import Curve

BLOCK = 64
"""Points of which the extremes are kept; a power of two."""
Values = NDArray[np.float64]


class Extremes:
    """Thins out a growing curve. Of every whole `BLOCK` of points it keeps the least and the greatest value, so that a
    picture of a million points looks at some thousand numbers, and only what is new is looked at closely."""

    def __init__(self, curve: Curve) -> None:
        self.curve = curve
        self._blocks = Curve()
        """The least and the greatest of each block, as x and y."""
        self._cuts = curve.cuts

    def thinned(self, low: float, high: float, places: int) -> tuple[Values, Values]:
        """The part of the curve with x from `low` to `high`, as at most about 2 × `places` points.

        Where there are more, each place keeps its least and its greatest value at one x. Places are as many points
        wide as a power of two and begin at multiples of it, so they stay the same while the picture moves. Values that
        are not finite are left out.
        """
        x, y = self.curve.x, self.curve.y
        first, last = seen(x, low, high)
        each = stride(last - first, places)
        if each <= 2:
            finite = np.isfinite(y[first:last])
            return x[first:last][finite], y[first:last][finite]
        first -= first % each
        last = min(len(x), ceil(last / each) * each)
        centres = x[np.minimum(np.arange(first, last, each) + each // 2, last - 1)]
        ends = np.stack(self._ends(first, last, each), axis=1)
        known = ~np.isnan(ends[:, 0])
        return np.repeat(centres[known], 2), ends[known].ravel()

    def _ends(self, first: int, last: int, each: int) -> tuple[Values, Values]:
        """The least and the greatest of every `each` points; NaN where none is finite."""
        if each < BLOCK:
            numbers = _numbers(self.curve.y[first:last])
            least, greatest = numbers, numbers
        else:
            self._grow()
            rest = _numbers(self.curve.y[max(first, BLOCK * len(self._blocks)) : last])
            begin, end, each = first // BLOCK, last // BLOCK, each // BLOCK
            least, greatest = self._blocks.x[begin:end], self._blocks.y[begin:end]
            if len(rest):
                least, greatest = np.append(least, np.fmin.reduce(rest)), np.append(greatest, np.fmax.reduce(rest))
        starts = np.arange(0, len(least), each)
        return np.fmin.reduceat(least, starts), np.fmax.reduceat(greatest, starts)

    def _grow(self) -> None:
        if self._cuts != self.curve.cuts:
            self._blocks, self._cuts = Curve(), self.curve.cuts
        done = BLOCK * len(self._blocks)
        whole = (len(self.curve) - done) // BLOCK
        if whole:
            blocks = _numbers(self.curve.y[done : done + whole * BLOCK]).reshape(whole, BLOCK)
            self._blocks.extend(np.fmin.reduce(blocks, axis=1), np.fmax.reduce(blocks, axis=1))


def seen(x: Values, low: float, high: float) -> tuple[int, int]:
    """Which points (from, to) lie from `low` to `high`, and one more on either side so that lines reach the edge."""
    first = max(0, int(np.searchsorted(x, low)) - 1)
    return first, min(len(x), int(np.searchsorted(x, high, side="right")) + 1)


def are_pairs(x: Values) -> bool:
    """Whether points were thinned out: each two of them have one x."""
    return len(x) > 0 and len(x) % 2 == 0 and bool((x[::2] == x[1::2]).all())


def stride(count: int, places: int) -> int:
    """The least power of two that makes of so many points at most `places`."""
    return 2 ** ceil(log2(max(1, count / places)))


def _numbers(values: Values) -> Values:
    """NaN for what is not finite."""
    return np.where(np.isfinite(values), values, np.nan)
