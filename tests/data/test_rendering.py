"""Rendering against the plain definition in float64, and against the canvas's own way of normalising."""

from __future__ import annotations

import numpy as np

from nnstudio.data.preprocess import BOX, centre_by_mass, normalise_ink
from nnstudio.data.rendering import render


def coverage(path: np.ndarray, radii: np.ndarray, pieces: list[tuple[int, int]], side: int) -> np.ndarray:
    """Ink of (side, side) pixels, a pixel at a time: half a pixel inside the edge is full, half outside is none."""
    picture = np.zeros((side, side))
    for y, x in np.ndindex(side, side):
        p = np.array([x + 0.5, y + 0.5])
        for i, j in pieces:
            along = path[j] - path[i]
            t = np.clip((p - path[i]) @ along / max(along @ along, 1e-12), 0, 1)
            outside = np.linalg.norm(p - path[i] - t * along) - (1 - t) * radii[i] - t * radii[j]
            picture[y, x] = max(picture[y, x], np.clip(0.5 - outside, 0, 1))
    return picture


def random_digits(count: int = 5) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    points = rng.random((count, 8, 2)).cumsum(axis=1).astype(np.float32)
    return points, rng.uniform(0.2, 0.6, (count, 8)).astype(np.float32)


def plain(points: np.ndarray, radii: np.ndarray, strokes: list[slice]) -> np.ndarray:
    count = len(points)
    return render(points, radii, strokes, np.ones(count, np.float32), np.zeros((count, BOX, BOX), np.float32))


def test_render_is_the_definition():
    points, radii = random_digits()
    strokes = [slice(0, 5), slice(5, 8)]
    pieces = [(0, 1), (1, 2), (2, 3), (3, 4), (5, 6), (6, 7)]
    for path, radius, picture in zip(points, radii, plain(points, radii, strokes), strict=True):
        low, high = (path - radius[:, None]).min(axis=0), (path + radius[:, None]).max(axis=0)
        scale = BOX / (high - low).max()
        margin = np.floor((BOX - (high - low) * scale) / 2 + 1e-4)
        expected = coverage((path - low) * scale + margin, radius * scale, pieces, BOX)
        np.testing.assert_allclose(picture, expected, atol=2e-5)


def test_a_point_pressed_without_moving_is_a_dot():
    points = np.zeros((1, 3, 2), np.float32)
    (picture,) = plain(points, np.ones((1, 3), np.float32), [slice(0, 3)])
    y, x = np.mgrid[:BOX, :BOX] - 9.5
    np.testing.assert_allclose(picture, np.clip(10.5 - np.hypot(x, y), 0, 1), atol=1e-4)


def test_built_in_digits_and_a_large_canvas_agree():
    """Drawing the same path six times as large and normalising it gives what direct rendering gives."""
    points, radii = random_digits(2)
    direct = centre_by_mass(255 * plain(points, radii, [slice(0, 8)]))
    for path, radius, picture in zip(points, radii, direct, strict=True):
        low, high = (path - radius[:, None]).min(axis=0), (path + radius[:, None]).max(axis=0)
        scale = 120 / (high - low).max()
        canvas = coverage((path - low) * scale, radius * scale, [(i, i + 1) for i in range(7)], 121)
        assert np.abs(normalise_ink(canvas).astype(int) - picture).mean() < 2
