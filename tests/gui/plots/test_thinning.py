"""Thinned out, a curve keeps what matters."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.gui.models.curves import Curve
from nnstudio.gui.plots.thinning import Extremes


def curve_of(*values: float) -> Curve:
    curve = Curve()
    curve.extend(range(len(values)), values)
    return curve


@given(
    count=st.integers(1, 20_000),
    spikes=st.lists(st.tuples(st.integers(0, 19_999), st.floats(-10, 10)), min_size=1, max_size=5),
    places=st.integers(2, 200),
    view=st.tuples(st.integers(0, 20_000), st.integers(0, 20_000)),
)
def test_no_spike_is_lost(count: int, spikes: list[tuple[int, float]], places: int, view: tuple[int, int]) -> None:
    """Whatever part is seen: its least and its greatest value are, and where they are, to a place exactly."""
    curve, (low, high) = Curve(), sorted(view)
    curve.extend(np.arange(count), np.zeros(count))
    for at, value in spikes:
        curve.y[at % count] = value
    x, y = Extremes(curve).thinned(low, high, places)
    assert len(x) == len(y) <= 2 * places + 4
    assert (np.diff(x) >= 0).all()
    width = 2 * max(1, (high - low) / places) + 2
    for at, value in ((at % count, curve.y[at % count]) for at, _ in spikes):
        if low <= at <= high:
            near = y[np.abs(x - at) <= width]
            assert near.min() <= value <= near.max()


@given(lengths=st.lists(st.integers(0, 700), max_size=8), cut=st.integers(0, 700), places=st.integers(2, 20))
def test_a_curve_that_grows_and_is_cut_is_as_if_it_were_new(lengths: list[int], cut: int, places: int) -> None:
    generator, curve = np.random.default_rng(len(lengths)), Curve()
    extremes = Extremes(curve)
    for number, length in enumerate(lengths):
        start = int(curve.x[-1]) + 1 if len(curve) else 0
        curve.extend(range(start, start + length), generator.normal(size=length))
        extremes.thinned(0, np.inf, places)
        if number == 2:
            curve.cut(cut)
    for mine, new in zip(extremes.thinned(0, np.inf, places), Extremes(curve).thinned(0, np.inf, places), strict=True):
        np.testing.assert_array_equal(mine, new)


@given(st.lists(st.floats(-1, 1) | st.sampled_from([np.nan, np.inf, -np.inf]), max_size=600), st.integers(2, 40))
def test_what_is_not_finite_is_left_out(values: list[float], places: int) -> None:
    _, y = Extremes(curve_of(*values)).thinned(0, len(values), places)
    finite = [value for value in values if np.isfinite(value)]
    assert np.isfinite(y).all()
    assert (len(y) > 0) == (len(finite) > 0)
    if finite:
        assert (y.min(), y.max()) == (min(finite), max(finite))


def test_places_stay_the_same_while_the_picture_moves() -> None:
    curve = Curve()
    curve.extend(np.arange(50_000), np.random.default_rng(1).normal(size=50_000))
    extremes = Extremes(curve)
    before = set(zip(*extremes.thinned(10_000, 30_000, 300), strict=True))
    after = set(zip(*extremes.thinned(10_007, 30_007, 300), strict=True))
    assert len(before ^ after) <= 4


def test_only_what_is_seen() -> None:
    x, _ = Extremes(curve_of(*range(100))).thinned(20, 30, 1000)
    assert (x[0], x[-1]) == (19, 31)


def test_nothing_gives_nothing() -> None:
    assert len(Extremes(Curve()).thinned(0, 1, 100)[0]) == 0
