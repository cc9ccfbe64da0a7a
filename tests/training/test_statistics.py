"""Norms and histograms against NumPy's own, with whatever values there are."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnstudio.training.statistics import BINS, activation_statistics, histogram, norm

ANY = arrays(np.float32, st.integers(1, 200), elements=st.floats(width=32, allow_nan=True, allow_infinity=True))
TAME = arrays(np.float32, st.integers(1, 200), elements=st.floats(-100, 100, width=32))


@settings(max_examples=100)
@given(ANY)
def test_every_finite_value_is_in_the_histogram(values: np.ndarray) -> None:
    found = histogram(values)
    finite = values[np.isfinite(values)]
    assert len(found.counts) == BINS and found.counts.sum() == len(finite)
    assert found.low < found.high
    assert not len(finite) or (found.low <= finite.min() and finite.max() <= found.high)


@settings(max_examples=100)
@given(TAME)
def test_histogram_and_norm_are_numpys(values: np.ndarray) -> None:
    found = histogram(values)
    expected, _ = np.histogram(values.astype(np.float64), BINS, (found.low, found.high))
    # a value on an edge may fall on either side of it
    assert np.abs(np.cumsum(found.counts) - np.cumsum(expected)).max() <= np.unique(values, return_counts=True)[1].max()
    assert np.isclose(norm(values), np.linalg.norm(values.astype(np.float64)), rtol=1e-6)


def test_zeros_and_dead_channels() -> None:
    values = np.ones((4, 3, 2, 2), np.float32)
    values[:, 1] = 0
    values[0, 0, 0, 0] = 0
    found = activation_statistics(values)
    assert found.dead == 1 / 3 and found.zeros == 17 / 48
    assert found.mean == np.float64(31 / 48)
    units = np.array([[0.0, 1.0], [0.0, 0.0]], np.float32)
    assert activation_statistics(units).dead == 0.5


def test_a_large_output_is_counted_evenly() -> None:
    values = np.tile(np.arange(8, dtype=np.float32), (64, 4, 32, 8))
    counts = activation_statistics(values).histogram.counts
    filled = counts[counts > 0]
    assert len(filled) == 8 and filled.max() <= 1.01 * filled.min() + 2
