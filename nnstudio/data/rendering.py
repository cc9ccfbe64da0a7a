"""Pen paths to grey pictures, by the distance of every pixel to every piece of the path."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.preprocess import BOX

Floats = NDArray[np.float32]

_CHUNK = 64  # digits at a time, so that the work stays in the processor's cache


def render(points: Floats, radii: Floats, strokes: Sequence[slice], softness: Floats, roughness: Floats) -> Floats:
    """Digits (N, 20, 20), 0..1, of paths (N, P, 2) with radii (N, P), scaled so that their ink fills the box.

    `softness` (N,) is how many pixels an edge takes from paper to ink, and `roughness` (N, 20, 20) is added to each
    pixel's distance from the ink, in pixels.
    """
    pixels = np.empty((len(points), BOX, BOX), np.float32)
    segments = [i for stroke in strokes for i in range(stroke.start, stroke.stop - 1)]
    for start in range(0, len(points), _CHUNK):
        part = slice(start, start + _CHUNK)
        path, radius = _fit(points[part], radii[part])
        distance = _distance_outside(path, radius, segments) + roughness[part]
        pixels[part] = np.clip(0.5 - distance / softness[part, None, None], 0, 1)
    return pixels


def _fit(points: Floats, radii: Floats) -> tuple[Floats, Floats]:
    """Path and radii in pixels: the longer side of the ink takes the whole box, the other begins on a pixel's edge."""
    low = (points - radii[..., None]).min(axis=1, keepdims=True)
    high = (points + radii[..., None]).max(axis=1, keepdims=True)
    scale = BOX / (high - low).max(axis=2, keepdims=True)
    margin = np.floor((BOX - (high - low) * scale) / 2 + 1e-4)  # as `preprocess` has it
    return (points - low) * scale + margin, radii * scale[..., 0]


def _distance_outside(path: Floats, radius: Floats, segments: Sequence[int]) -> Floats:
    """(N, 20, 20) distances of the pixels' centres from the nearest edge of ink, negative inside."""
    centre = np.arange(BOX, dtype=np.float32) + 0.5
    nearest = np.full((len(path), BOX, BOX), 2 * BOX, np.float32)
    for i in segments:
        start, along = path[:, i], path[:, i + 1] - path[:, i]
        along = along[:, :, None]
        unit = along / np.maximum((along**2).sum(axis=1, keepdims=True), 1e-9)
        x, y = centre - start[:, 0, None], centre - start[:, 1, None]
        at = (x * unit[:, 0])[:, None, :] + (y * unit[:, 1])[:, :, None]
        np.clip(at, 0, 1, out=at)
        dx = x[:, None, :] - at * along[:, 0, :, None]
        dy = y[:, :, None] - at * along[:, 1, :, None]
        dx *= dx
        dy *= dy
        dx += dy
        np.sqrt(dx, out=dx)
        at *= (radius[:, i + 1] - radius[:, i])[:, None, None]
        at += radius[:, i, None, None]
        dx -= at
        np.minimum(nearest, dx, out=nearest)
    return nearest
