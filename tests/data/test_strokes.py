"""The notation of ways of writing, and the ways themselves."""

from __future__ import annotations

import numpy as np
import pytest

from nnstudio.data.strokes import POINTS, Family
from nnstudio.data.writing import FAMILIES


def test_points_are_evenly_spaced_along_a_straight_stroke():
    (way,) = Family.parse(1, 1, "0,0 100,0").ways
    np.testing.assert_allclose(way, np.stack([np.linspace(0, 1, POINTS), np.zeros(POINTS)], axis=1), atol=1e-6)


def test_a_smooth_curve_passes_through_its_control_points():
    (way,) = Family.parse(0, 1, "0,0 30,60 100,80").ways
    nearest = np.hypot(*(way - [0.3, 0.6]).T).min()
    assert nearest < 0.02
    angles = np.unwrap(np.arctan2(*np.diff(way, axis=0).T))
    assert np.abs(np.diff(angles)).max() < 0.15


def test_a_corner_stays_a_corner():
    (way,) = Family.parse(7, 1, "0,0 100,0^ 100,100").ways
    off_path = np.minimum(np.abs(way[:, 1]), np.abs(way[:, 0] - 1))
    assert off_path.max() < 1e-6


def test_strokes_share_the_points_by_length_and_short_ones_keep_a_few():
    family = Family.parse(7, 1, "0,0 100,0^ 100,100 | 40,50 60,50", "0,0 90,0^ 90,100 | 40,50 70,50")
    long, short = (stroke.stop - stroke.start for stroke in family.strokes)
    assert long + short == POINTS
    assert short == 5
    np.testing.assert_allclose(family.ways[0, family.strokes[1]][[0, -1]], [[0.4, 0.5], [0.6, 0.5]], atol=1e-6)


@pytest.mark.parametrize("digit", range(10))
def test_every_digit_has_several_ways_inside_its_square(digit):
    families = [family for family in FAMILIES if family.digit == digit]
    assert sum(len(family.ways) for family in families) >= 8
    for family in families:
        assert family.ways.shape[1:] == (POINTS, 2)
        assert family.ways.min() > -0.1
        assert family.ways.max() < 1.2
        assert family.share > 0
