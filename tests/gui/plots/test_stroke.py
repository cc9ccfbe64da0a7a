"""Lines and bars are on the screen where the values are."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage, QPen
from pytestqt.qtbot import QtBot

from nnstudio.gui.models.curves import Curve
from nnstudio.gui.plots.canvas import Canvas
from nnstudio.gui.plots.stroke import Stroke
from nnstudio.gui.plots.thinning import Extremes

_SPIKES = (123_456, 700_001)


@pytest.fixture
def canvas(qtbot: QtBot) -> Canvas:
    canvas = Canvas("canvas", "A plot")
    canvas.resize(800, 400)
    qtbot.addWidget(canvas)
    with qtbot.waitExposed(canvas):
        canvas.show()
    canvas.setRange(xRange=(0, 1_000_000), yRange=(0, 1), padding=0)
    return canvas


@pytest.fixture
def stroke(canvas: Canvas) -> Stroke:
    stroke = Stroke(canvas.box)
    stroke.set_pen(QPen(QColor("red"), 1.5))
    return stroke


def redness(canvas: Canvas) -> np.ndarray:
    """(height, width) of the box: how far each pixel is red instead of grey, from 0 to 1."""
    image = canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4).astype(float)
    area = canvas.box.sceneBoundingRect().toAlignedRect()
    red = np.maximum(pixels[..., 2] - pixels[..., 1], 0) / 255
    return red[area.top() : area.bottom(), area.left() : area.right()]


def million(noise: float) -> Curve:
    curve = Curve()
    curve.extend(np.arange(1_000_000), 0.3 + noise * np.random.default_rng(1).random(1_000_000))
    for spike in _SPIKES:
        curve.y[spike] = 0.95
    return curve


@pytest.mark.parametrize("noise", [0.0, 0.2], ids=["quiet", "noisy"])
def test_two_spikes_in_a_million_points_are_seen(canvas: Canvas, stroke: Stroke, noise: float) -> None:
    stroke.show_points(*Extremes(million(noise)).thinned(0, 1_000_000, 500), pairs=True)
    red = redness(canvas)
    height, width = red.shape
    columns = np.flatnonzero(red[int(0.1 * height) : int(0.4 * height)].max(axis=0) > 0.3)
    groups = np.split(columns, np.flatnonzero(np.diff(columns) > 4) + 1)
    assert [group.mean() / width for group in groups] == pytest.approx([at / 1e6 for at in _SPIKES], abs=4 / width)


def test_a_noisy_ground_has_no_gaps(canvas: Canvas, stroke: Stroke) -> None:
    stroke.show_points(*Extremes(million(0.2)).thinned(0, 1_000_000, 500), pairs=True)
    red = redness(canvas)
    inside = red[int(0.55 * len(red)) : int(0.65 * len(red)), 6:-2]  # values around 0.4, right of the axis' ticks
    assert inside.min() > 0.9


def test_a_line_has_smooth_edges_and_is_where_it_should(canvas: Canvas, stroke: Stroke) -> None:
    stroke.show_points(np.array([0, 1e6]), np.array([0.2, 0.8]))
    red = redness(canvas)
    height, width = red.shape
    columns = np.arange(5, width - 5)
    middle = np.average(np.tile(np.arange(height)[:, None], len(columns)), axis=0, weights=red[:, columns])
    np.testing.assert_allclose(middle, height * (0.8 - 0.6 * (columns + 0.5) / width), atol=1.5)
    assert ((red > 0.1) & (red < 0.8)).any()


def test_it_follows_what_is_seen_and_can_be_taken_away(canvas: Canvas, stroke: Stroke) -> None:
    stroke.show_points(np.array([0, 1e6]), np.array([0.2, 0.2]))
    assert redness(canvas)[:200].max() < 0.1
    canvas.setRange(yRange=(0, 0.25), padding=0)
    assert redness(canvas)[:200].max() > 0.5
    canvas.resize(600, 300)
    assert redness(canvas).max() > 0.5
    stroke.remove()
    assert redness(canvas).max() < 0.1


@pytest.mark.parametrize("far", [100.0, 1e300])
def test_values_far_away_are_left_and_come_back_to(canvas: Canvas, stroke: Stroke, far: float) -> None:
    stroke.show_points(np.array([0, 4e5, 6e5, 1e6]), np.array([0.5, 0.5, far, 0.5]))
    red = redness(canvas)
    columns = np.flatnonzero(red.max(axis=0) > 0.3)
    assert (np.diff(columns[columns < 0.39 * red.shape[1]]) == 1).all()
    assert not ((columns > 0.45 * red.shape[1]) & (columns < 0.95 * red.shape[1])).any()
