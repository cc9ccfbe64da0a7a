"""Where axes begin and end: at round numbers, so that they seldom change while a curve grows. Without Qt."""

from __future__ import annotations

from collections.abc import Callable
from math import floor, log10

import numpy as np

from nnstudio.gui.plots.thinning import Values

_RUNGS = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
Bounds = Callable[[Values], tuple[float, float]]
"""What of the vertical axis must be seen, from the values that are drawn."""


def rung_above(value: float) -> float:
    """The next round number."""
    if value <= 0:
        return 1.0
    unit = 10.0 ** floor(log10(value))
    return next((rung * unit for rung in _RUNGS if rung * unit >= value), 10 * unit)


def from_zero(values: Values) -> tuple[float, float]:
    """As for losses, of which the first few may be left out of sight."""
    return 0.0, rung_above(float(np.quantile(values, 0.98)))


def up_to_all(values: Values) -> tuple[float, float]:
    """As for percentages of which 100 are the aim."""
    return floor(np.quantile(values, 0.02) / 10) * 10, 100.0


def around(values: Values) -> tuple[float, float]:
    """All of them, with round ends."""
    low, high = float(values.min()), float(values.max())
    if low >= 0:
        return 0.0, rung_above(high)
    return -rung_above(-low), rung_above(high) if high > 0 else 0.0
