"""Norms, shares and histograms of arrays that may hold anything, NaN and infinity included."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnstudio.training.events import ActivationStatistics, Histogram

BINS = 64
MOST_COUNTED = 65_536
"""Values of a layer's output that go into its histogram at most."""

Values = NDArray[np.floating]


def norm(values: Values) -> float:
    """The Euclidean norm; in float64, so that squares do not overflow."""
    flat = values.ravel()
    return float(np.sqrt(np.einsum("i,i->", flat, flat, dtype=np.float64)))


def histogram(values: Values) -> Histogram:
    """Of all finite values; one that stands alone is in the middle of a narrow histogram."""
    flat = values.ravel()
    finite = np.isfinite(flat)
    flat = flat if finite.all() else flat[finite]
    if not flat.size:
        return Histogram(0.0, 1.0, np.zeros(BINS, np.int64))
    low, high = float(flat.min()), float(flat.max())
    if low == high:
        half = abs(low) / 1000 or 0.001
        low, high = low - half, high + half
    places = ((flat.astype(np.float64) - low) * (BINS / (high - low))).astype(np.intp)
    return Histogram(low, high, np.bincount(np.minimum(places, BINS - 1), minlength=BINS))


def activation_statistics(values: Values) -> ActivationStatistics:
    """Of a layer's output (N, *shape). A unit, or a channel, is dead when it is 0 for all N at every place."""
    zero = values == 0
    others = tuple(axis for axis in range(values.ndim) if axis != 1)
    stride = -(-values.size // MOST_COUNTED) | 1  # odd, so that it meets every column and channel
    return ActivationStatistics(
        mean=float(values.mean(dtype=np.float64)),
        deviation=float(values.std(dtype=np.float64)),
        zeros=float(zero.mean()),
        dead=float(zero.all(axis=others).mean()),
        histogram=histogram(values.ravel()[::stride]),
    )
