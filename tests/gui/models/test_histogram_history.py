"""A history of histograms is bounded, and what it merges is neither lost nor moved."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.gui.models.histogram_history import Column, HistogramHistory, merged, rebinned
from nnstudio.training.events import Histogram


@given(
    histograms=st.lists(
        st.tuples(st.floats(-10, 9), st.floats(0.01, 10), st.lists(st.integers(0, 1000), min_size=4, max_size=8)),
        max_size=60,
    ),
    capacity=st.sampled_from([2, 8, 16]),
)
def test_it_is_bounded_and_loses_nothing(histograms: list[tuple[float, float, list[int]]], capacity: int) -> None:
    history = HistogramHistory(capacity)
    for step, (low, width, counts) in enumerate(histograms, 1):
        history.append(step, Histogram(low, low + width, np.array(counts)))
    assert len(history) <= capacity
    total = sum(sum(counts) for _, _, counts in histograms)
    np.testing.assert_allclose(sum(column.counts.sum() for column in history.columns), total, rtol=1e-9)
    firsts = [column.first for column in history.columns]
    assert firsts == sorted(firsts)
    if histograms:
        assert (history.columns[0].first, history.columns[-1].last) == (1, len(histograms))


def test_values_stay_where_they_are() -> None:
    first = Column(1, 1, 0.0, 4.0, np.array([1.0, 0, 0, 0]))
    second = Column(2, 2, -4.0, 4.0, np.array([0.0, 0, 0, 8]))
    both = merged(first, second)
    assert (both.first, both.last, both.low, both.high) == (1, 2, -4.0, 4.0)
    np.testing.assert_allclose(both.counts, [0, 0, 1, 8])  # bins of 2: 0 to 1 lies in the third


def test_finer_bins_share_what_a_coarse_one_holds() -> None:
    column = Column(1, 1, 0.0, 2.0, np.array([4.0, 8.0]))
    np.testing.assert_allclose(rebinned(column, 0.0, 2.0, 4), [2, 2, 4, 4])
    np.testing.assert_allclose(rebinned(column, 1.0, 3.0, 2), [8, 0])


def test_cutting_and_going_on() -> None:
    history = HistogramHistory(8)
    for step in range(1, 7):
        history.append(step, Histogram(0, 1, np.array([step])))
    history.cut(3)
    history.append(4, Histogram(0, 1, np.array([40])))
    assert [column.counts[0] for column in history.columns] == [1, 2, 3, 40]


def test_nothing_finite_is_left_out_and_one_value_has_a_width() -> None:
    history = HistogramHistory()
    history.append(1, Histogram(float("nan"), float("nan"), np.array([0])))
    history.append(2, Histogram(0.5, 0.5, np.array([3])))
    (column,) = history.columns
    assert column.high > column.low
