"""Smoothing against the plain formula."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.gui.models.curves import Curve
from nnstudio.gui.plots.smoothing import Smoothed


def plain_average(values: np.ndarray, memory: float) -> np.ndarray:
    """Value by value; what is not finite counts as the last that was."""
    state, last, result = 0.0, 0.0, []
    for count, value in enumerate(values, 1):
        last = value if np.isfinite(value) else last
        state = memory * state + (1 - memory) * last
        result.append(state / (1 - memory**count))
    return np.array(result)


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.9, 0.999])
def test_the_average_is_the_formula(memory: float) -> None:
    generator = np.random.default_rng(1)
    curve, values = Curve(), np.empty(0)
    smoothed = Smoothed(curve, memory)
    for length in (1, 3, 59, 63, 64, 65, 1000):
        new = generator.normal(5, 2, length)
        curve.extend(np.arange(len(values), len(values) + length), new)
        values = np.append(values, new)
        np.testing.assert_allclose(smoothed.values(), plain_average(values, memory), rtol=1e-9)


@given(
    values=st.lists(st.floats(-10, 10) | st.sampled_from([np.nan, np.inf, -np.inf]), min_size=1, max_size=300),
    memory=st.sampled_from([0.0, 0.5, 0.9, 0.999]),
    data=st.data(),
)
def test_any_part_is_that_part_of_the_whole(values: list[float], memory: float, data: st.DataObject) -> None:
    curve = Curve()
    curve.extend(range(len(values)), values)
    first = data.draw(st.integers(0, len(values)))
    last = data.draw(st.integers(first, len(values)))
    expected = plain_average(np.array(values), memory)[first:last]
    np.testing.assert_allclose(Smoothed(curve, memory).values(first, last), expected, rtol=1e-9, atol=1e-9)


def test_after_a_cut_it_begins_again_even_where_the_curve_has_grown_as_long_since() -> None:
    curve = Curve()
    smoothed = Smoothed(curve, 0.9)
    curve.extend(range(600), np.linspace(0, 1, 600))
    smoothed.values()
    curve.cut(299)
    curve.extend(range(300, 700), np.full(400, 3.0))
    np.testing.assert_allclose(smoothed.values(), plain_average(curve.y, 0.9))


@given(
    count=st.integers(0, 20_000),
    places=st.integers(1, 200),
    memory=st.sampled_from([0.0, 0.9]),
    ends=st.tuples(st.integers(0, 20_000), st.integers(0, 20_000)),
)
def test_a_sample_is_of_the_average_and_reaches_the_edges(
    count: int, places: int, memory: float, ends: tuple[int, int]
) -> None:
    curve, (low, high) = Curve(), sorted(ends)
    curve.extend(np.arange(count), np.sin(np.arange(count)))
    smoothed = Smoothed(curve, memory)
    x, y = smoothed.sampled(low, high, places)
    np.testing.assert_allclose(y, smoothed.values()[x.astype(int)], atol=1e-12)
    assert len(x) <= places + 3
    assert (np.diff(x) >= 0).all()
    if count and low < count:
        assert x[0] <= low
        assert x[-1] >= min(high, count - 1)
