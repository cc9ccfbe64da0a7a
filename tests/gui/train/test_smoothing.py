"""Smoothing against the plain formula; thinning out keeps what matters."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.gui.models.curves import Curve
from nnstudio.gui.train.smoothing import Smoothed, sample, thin_out


def plain_average(values: np.ndarray, memory: float) -> np.ndarray:
    state, result = 0.0, []
    for count, value in enumerate(values, 1):
        state = memory * state + (1 - memory) * value
        result.append(state / (1 - memory**count))
    return np.array(result)


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.9, 0.999])
def test_the_average_is_the_formula(memory: float) -> None:
    generator = np.random.default_rng(1)
    curve, values = Curve(), np.empty(0)
    smoothed = Smoothed(curve, memory)
    for length in (1, 3, 255, 256, 257, 1000):
        new = generator.normal(5, 2, length)
        curve.extend(np.arange(len(values), len(values) + length), new)
        values = np.append(values, new)
        np.testing.assert_allclose(smoothed.values(), plain_average(values, memory), rtol=1e-9)


def test_after_a_cut_it_begins_again() -> None:
    curve = Curve()
    smoothed = Smoothed(curve, 0.9)
    curve.extend(range(600), np.linspace(0, 1, 600))
    smoothed.values()
    curve.cut(299)
    np.testing.assert_allclose(smoothed.values(), plain_average(curve.y, 0.9))


@given(count=st.integers(1, 3000), spike=st.integers(0, 2999), places=st.integers(2, 200))
def test_no_spike_is_lost(count: int, spike: int, places: int) -> None:
    x, y = np.arange(count, dtype=float), np.zeros(count)
    y[spike % count] = 7.0
    thin_x, thin_y = thin_out(x, y, 0, count, places)
    assert thin_y.max() == 7.0
    assert len(thin_x) == len(thin_y) <= 4 * places + 2
    assert (np.diff(thin_x) >= 0).all()


def test_only_what_is_seen() -> None:
    x = np.arange(100.0)
    thin_x, _ = thin_out(x, x, 20, 30, 1000)
    assert (thin_x[0], thin_x[-1]) == (19, 31)


@given(count=st.integers(1, 3000), places=st.integers(1, 200))
def test_a_sample_ends_where_the_curve_ends(count: int, places: int) -> None:
    x = np.arange(count, dtype=float)
    few, _ = sample(x, x, 0, count, places)
    assert few[-1] == count - 1
    assert len(few) <= 2 * places + 2


def test_nothing_gives_nothing() -> None:
    empty = np.empty(0)
    assert len(thin_out(empty, empty, 0, 1, 100)[0]) == 0
    assert len(sample(empty, empty, 0, 1, 100)[0]) == 0
