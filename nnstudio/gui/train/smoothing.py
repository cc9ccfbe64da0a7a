"""Long curves made fit for the screen: smoothed, and thinned out without losing a spike. Without Qt."""

from __future__ import annotations

from math import floor, log10

import numpy as np
from numpy.typing import NDArray

from nnstudio.gui.models.curves import Curve

_BLOCK = 256
_RUNGS = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
Values = NDArray[np.float64]


class Smoothed:
    """The exponential moving average of a growing curve, corrected for its start from 0.

    ``s[t] = a s[t-1] + (1-a) y[t]``, shown as ``s[t] / (1 - a^(t+1))`` (as Adam corrects its means). Only what is new
    is computed, `_BLOCK` values at a time as a product with a triangular matrix.
    """

    def __init__(self, curve: Curve, memory: float) -> None:
        self.curve, self.memory = curve, memory
        self._done = Curve()
        self._state = 0.0
        lag = np.arange(_BLOCK)[:, None] - np.arange(_BLOCK)[None, :]
        self._weights = np.where(lag >= 0, (1 - memory) * memory ** np.maximum(lag, 0), 0.0)

    def values(self) -> Values:
        """One value for each point of the curve."""
        if len(self._done) > len(self.curve):  # the curve was cut: begin again
            self._done, self._state = Curve(), 0.0
        while (start := len(self._done)) < len(self.curve):
            self._append(self.curve.x[start : start + _BLOCK], self.curve.y[start : start + _BLOCK])
        return self._done.y

    def _append(self, x: Values, y: Values) -> None:
        """A value that is not finite counts as the average there was, or nothing would ever be seen again."""
        y = np.where(np.isfinite(y), y, self._done.y[-1] if len(self._done) else 0.0)
        count, index = len(y), np.arange(1, len(y) + 1)
        raw = self._weights[:count, :count] @ y + self._state * self.memory**index
        self._state = float(raw[-1])
        self._done.extend(x, raw / (1 - self.memory ** (len(self._done) + index)))


def thin_out(x: Values, y: Values, low: float, high: float, places: int) -> tuple[Values, Values]:
    """The part of a curve with x (ascending) from `low` to `high`, as at most about 2 × `places` points.

    Where there are more, each place keeps its least and its greatest value at one x, so that every spike is still
    seen. Values that are not finite are left out.
    """
    x, y = _seen(x, y, low, high)
    each = len(x) // places
    if each <= 2:
        return _finite(x, y)
    whole = len(x) // each * each
    boxes, rest = y[:whole].reshape(-1, each), y[whole:]
    ends = [boxes.min(axis=1), boxes.max(axis=1)]
    thin_x = x[each // 2 : whole : each]
    if len(rest):
        thin_x = np.append(thin_x, x[-1])
        ends = [np.append(ends[0], rest.min()), np.append(ends[1], rest.max())]
    thin_y = np.stack(ends, axis=1).ravel()
    if not np.isfinite(thin_y).all():  # seldom, and looking at all values each time would take longer than all this
        return thin_out(*_finite(x, y), low, high, places)
    return np.repeat(thin_x, 2), thin_y


def sample(x: Values, y: Values, low: float, high: float, places: int) -> tuple[Values, Values]:
    """As `thin_out` for a curve without spikes: every so manieth point, and always the last."""
    x, y = _seen(x, y, low, high)
    each = max(1, len(x) // places)
    return _finite(np.append(x[:-1:each], x[-1:]), np.append(y[:-1:each], y[-1:]))


def rung_above(value: float) -> float:
    """The next round number: where an axis may end, so that it seldom has to change while a curve grows."""
    if value <= 0:
        return 1.0
    unit = 10.0 ** floor(log10(value))
    return next((rung * unit for rung in _RUNGS if rung * unit >= value), 10 * unit)


def _seen(x: Values, y: Values, low: float, high: float) -> tuple[Values, Values]:
    """The points from `low` to `high`, and one more on either side so that lines reach the edge."""
    first = max(0, int(np.searchsorted(x, low)) - 1)
    last = min(len(x), int(np.searchsorted(x, high, side="right")) + 1)
    return x[first:last], y[first:last]


def _finite(x: Values, y: Values) -> tuple[Values, Values]:
    finite = np.isfinite(y)
    return (x, y) if finite.all() else (x[finite], y[finite])
