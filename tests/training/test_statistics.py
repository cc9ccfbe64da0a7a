"""Norms and histograms against NumPy's own, with whatever values there are."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnstudio.training.statistics import BINS, MOST_COUNTED, activation_statistics, histogram, norm, selection

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


LAYERS = st.lists(st.integers(1, 7), min_size=2, max_size=4).map(tuple)
SOME_ZEROS = st.one_of(st.just(0.0), st.floats(-100, 100, width=32))


@settings(max_examples=100)
@given(LAYERS.flatmap(lambda shape: arrays(np.float32, shape, elements=SOME_ZEROS)), st.booleans())
def test_statistics_of_a_small_layer_are_exact(values: np.ndarray, turned: bool) -> None:
    """However the values lie in memory."""
    found = activation_statistics(np.asfortranarray(values) if turned else values)
    wide = values.astype(np.float64)
    assert np.isclose(found.mean, wide.mean(), rtol=1e-9, atol=1e-9)
    assert np.isclose(found.deviation, wide.std(), rtol=1e-6, atol=1e-6)
    assert np.isclose(found.zeros, (values == 0).mean())
    channels = np.moveaxis(values, 1, 0).reshape(values.shape[1], -1)
    assert np.isclose(found.dead, np.mean([not channel.any() for channel in channels]))
    assert found.histogram.counts.sum() == values.size


def test_statistics_of_a_large_layer_are_near() -> None:
    """Zeros, dead channels and the ends of the histogram are those of all values; the rest is of a selection."""
    values = np.random.default_rng(3).normal(2, 3, (64, 6, 28, 28)).astype(np.float32)
    values[:, 2] = 0
    values[1, 1, 1, 1] = 100
    found = activation_statistics(values)
    assert selection(values).size <= MOST_COUNTED < values.size
    assert np.isclose(found.mean, values.mean(), atol=0.15)
    assert np.isclose(found.deviation, values.std(), rtol=0.03)
    assert (found.zeros, found.dead) == ((values == 0).mean(), 1 / 6)
    assert (found.histogram.low, found.histogram.high) == (values.min(), 100)
    assert found.histogram.counts.sum() == selection(values).size


def test_what_is_no_number_shows_in_the_moments_but_not_in_the_histogram() -> None:
    with np.errstate(all="ignore"):
        found = activation_statistics(np.array([[1.0, np.nan], [np.inf, 2.0]], np.float32))
    assert np.isnan([found.mean, found.deviation]).all()
    assert (found.histogram.low, found.histogram.high, found.histogram.counts.sum()) == (1, 2, 2)
