"""Curves grow, and can be cut."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.gui.models.curves import Curve, Curves


@given(lengths=st.lists(st.integers(0, 5000), max_size=12))
def test_a_curve_is_all_that_was_appended(lengths: list[int]) -> None:
    curve, expected = Curve(), np.empty(0)
    for length in lengths:
        new = np.arange(len(expected), len(expected) + length, dtype=float)
        curve.extend(new, new**2)
        expected = np.append(expected, new)
    assert len(curve) == len(expected)
    np.testing.assert_array_equal(curve.x, expected)
    np.testing.assert_array_equal(curve.y, expected**2)


def test_a_view_stays_right_when_the_curve_grows_or_is_cut() -> None:
    curve = Curve()
    curve.extend([1, 2, 3], [10, 20, 30])
    view = curve.y
    curve.cut(2)
    curve.extend([3, 4], [31, 41])
    np.testing.assert_array_equal(view, [10, 20, 30])
    np.testing.assert_array_equal(curve.y, [10, 20, 31, 41])


def test_cutting_all_curves() -> None:
    curves = Curves()
    curves.training_loss.extend(range(1, 11), np.ones(10))
    curves.validation_loss.extend([5, 10], [1, 1])
    curves.cut(7)
    assert len(curves.training_loss) == 7
    np.testing.assert_array_equal(curves.validation_loss.x, [5])
