"""MNIST's normalisation, as properties that hold for any drawing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.data.idx import read_idx
from nnstudio.data.preprocess import normalise_ink


def drawing(seed: int, height: int, width: int, strokes: int, thickness: float) -> np.ndarray:
    """A few thick random line segments in a square canvas around a box of that size, with soft edges."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: height + 20, : width + 20] + 0.5
    ends = 10 + thickness + rng.random((strokes, 2, 2)) * (np.array([height, width]) - 2 * thickness)
    ink = np.zeros(x.shape)
    for (y0, x0), (y1, x1) in ends:
        t = ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / ((x1 - x0) ** 2 + (y1 - y0) ** 2 + 1e-9)
        t = np.clip(t, 0, 1)
        distance = np.hypot(x - x0 - t * (x1 - x0), y - y0 - t * (y1 - y0))
        ink = np.maximum(ink, np.clip(thickness - distance + 0.5, 0, 1))
    return np.rint(255 * ink).astype(np.uint8)


drawings = st.builds(
    drawing, st.integers(0, 2**32 - 1), st.integers(60, 300), st.integers(60, 300), st.integers(2, 5),
    st.floats(5, 14),
)


def centre_of_mass(picture: np.ndarray) -> np.ndarray:
    grid = np.indices(picture.shape)
    return (grid * picture).sum(axis=(1, 2)) / picture.sum()


def box(picture: np.ndarray) -> tuple[int, int]:
    rows, columns = np.nonzero(picture)
    return np.ptp(rows) + 1, np.ptp(columns) + 1


@given(drawings)
def test_mass_is_central_and_ink_fills_the_box(canvas):
    picture = normalise_ink(canvas)
    assert picture.shape == (28, 28)
    assert picture.dtype == np.uint8
    assert picture.max() == 255
    assert 19 <= max(box(picture)) <= 20
    rows, columns = np.nonzero(picture)
    for axis, position in enumerate((rows, columns)):
        free = position.min() > 0 and position.max() < 27  # a lopsided drawing stops at the edge
        assert not free or abs(centre_of_mass(picture)[axis] - 14) <= 0.52  # half a pixel, and rounding to bytes


@given(drawings, st.integers(0, 90), st.integers(0, 90))
def test_where_it_was_drawn_does_not_matter(canvas, down, right):
    moved = np.pad(canvas, ((down, 3), (right, 40)))
    np.testing.assert_array_equal(normalise_ink(moved), normalise_ink(canvas))


@given(drawings, st.integers(2, 3))
def test_how_large_it_was_drawn_does_not_matter(canvas, times):
    larger = canvas.repeat(times, axis=0).repeat(times, axis=1)
    assert np.abs(normalise_ink(larger).astype(int) - normalise_ink(canvas)).max() <= 1


@given(drawings, st.sampled_from([np.float32, np.float64, np.uint16]))
def test_the_type_and_range_of_numbers_do_not_matter(canvas, kind):
    other = (canvas / 255).astype(kind) if np.dtype(kind).kind == "f" else canvas.astype(kind) * 257
    assert np.abs(normalise_ink(other).astype(int) - normalise_ink(canvas)).max() <= 1


@given(drawings)
def test_aspect_is_kept(canvas):
    rows, columns = np.nonzero(canvas)
    height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
    small = box(normalise_ink(canvas))
    assert abs(small[0] - 20 * height / max(height, width)) <= 1.5
    assert abs(small[1] - 20 * width / max(height, width)) <= 1.5


def test_scaling_averages_what_each_pixel_covers():
    """Against a slow reference in float64, on a canvas whose scale is a fraction: 50 pixels to 20."""
    canvas = np.random.default_rng(0).random((50, 35))
    fine = canvas.repeat(2, axis=0).repeat(2, axis=1)  # 100 × 70: each target pixel covers 5 × 5 of these
    average = fine.reshape(20, 5, 14, 5).mean(axis=(1, 3))
    expected = np.rint(255 * average / average.max())
    rows, columns = np.nonzero(picture := normalise_ink(canvas))
    found = picture[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    np.testing.assert_allclose(found, expected, atol=1)


@pytest.mark.parametrize("canvas", [np.zeros((280, 280), np.uint8), np.zeros((0, 5)), np.full((9, 9), -1.0)])
def test_no_ink_gives_an_empty_picture(canvas):
    assert not normalise_ink(canvas).any()


@pytest.mark.parametrize("canvas", [np.ones((1, 1), np.bool_), np.eye(3, dtype=np.uint8), np.ones((2000, 1))])
def test_the_smallest_drawings_work(canvas):
    assert normalise_ink(canvas).max() == 255


def test_dust_beside_strong_ink_is_paper():
    canvas = np.zeros((100, 100))
    canvas[40:60, 45:55] = 1
    clean = normalise_ink(canvas)
    canvas[0, 0] = 1e-3
    np.testing.assert_array_equal(normalise_ink(canvas), clean)


def test_mnist_pictures_stay_as_they_are(test_data: Path):
    """They are normalised already, so our convention is MNIST's if they come out again (their peak may be 254)."""
    images = read_idx(test_data / "mnist" / "t10k-images-idx3-ubyte.gz", 3)[:1000]
    again = np.stack([normalise_ink(image) for image in images])
    same = [np.abs(a.astype(int) - b).max() <= 1 for a, b in zip(images, again, strict=True)]
    assert np.mean(same) > 0.99
