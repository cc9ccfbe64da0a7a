"""Norms, shares and histograms of arrays that may hold anything, NaN and infinity included."""

from __future__ import annotations

from math import isfinite

import numpy as np
from numpy.typing import NDArray

from nnstudio.training.events import ActivationStatistics, Histogram

BINS = 64
MOST_COUNTED = 8_192
"""Values that are counted in a histogram, or go into a mean, at most: of more an even selection, always the same."""

Values = NDArray[np.floating]


def norm(values: Values) -> float:
    """The Euclidean norm; in float64, so that squares do not overflow."""
    wide = values.ravel(order="K").astype(np.float64)
    return float(np.sqrt(np.einsum("i,i->", wide, wide)))


def histogram(values: Values) -> Histogram:
    """From the least to the largest of all finite values, of which a ``selection`` is counted; one that stands alone
    is in the middle of a narrow histogram."""
    return _histogram(values, selection(values))


def activation_statistics(values: Values) -> ActivationStatistics:
    """Of a layer's output (N, *shape). A unit, or a channel, is dead when it is 0 for all N at every place. The share
    of zeros is that of all values too; mean and deviation are those of a ``selection``."""
    zero, some = values == 0, selection(values)
    others = tuple(axis for axis in range(values.ndim) if axis != 1)
    mean = some.mean()
    centred = some - mean
    return ActivationStatistics(
        mean=float(mean),
        deviation=float(np.sqrt(np.einsum("i,i->", centred, centred) / some.size)),
        zeros=np.count_nonzero(zero) / zero.size,
        dead=float(zero.all(axis=others).mean()),
        histogram=_histogram(values, some),
    )


def selection(values: Values) -> NDArray[np.float64]:
    """At most ``MOST_COUNTED`` of the values, evenly chosen as they lie in memory: (n,)."""
    stride = -(-values.size // MOST_COUNTED) | 1  # odd, so that it meets every column, channel and picture
    return values.ravel(order="K")[::stride].astype(np.float64)


def _histogram(values: Values, counted: NDArray[np.float64]) -> Histogram:
    if not values.size:
        return Histogram(0.0, 1.0, np.zeros(BINS, np.int64))
    low, high = float(values.min()), float(values.max())
    if not isfinite(low) or not isfinite(high):
        return _histogram(values[np.isfinite(values)], counted[np.isfinite(counted)])
    if low == high:
        half = abs(low) / 1000 or 0.001
        low, high = low - half, high + half
    places = ((counted - low) * (BINS / (high - low))).astype(np.intp)
    return Histogram(low, high, np.bincount(np.minimum(places, BINS - 1), minlength=BINS))
