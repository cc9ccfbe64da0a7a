"""Augmentation (see ``engine/augmentation.py``) in NumPy: some pictures at a time, all their pixels at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nnstudio.engine.augmentation import ELASTIC, NOISE, QUANTITIES, Augmentation, Quantity, control_points
from nnstudio.engine.backend import Array
from nnstudio.engine.random import normal, numbered_bits, stream, symmetric, whole

Images = NDArray[np.generic]
Whole = NDArray[np.int64]
DType = np.dtype[np.floating]

VALUES_AT_ONCE = 2**13
"""So many values of pictures are taken together, so that what is needed on the way stays small, and in the cache."""


@dataclass(frozen=True)
class Step:
    """A training step's random numbers; image 0 of those in question is number ``first_row`` of the batch."""

    seed: int
    step: int
    first_row: int

    def bits(self, count: int, each: int, op: int) -> NDArray[np.uint32]:
        """``each`` random numbers for each of ``count`` images, (count, each)."""
        start = self.first_row * each
        numbers = np.arange(start, start + count * each).astype(np.uint32)
        return numbered_bits(stream(self.seed, self.step, op), numbers).reshape(count, each)


@dataclass(frozen=True)
class Drawn:
    """What happens to each of n images."""

    mirrored: NDArray[np.bool_]
    """(n, 2): along y, along x."""
    shift: Whole
    """(n, 2): down, to the right."""
    matrix: NDArray[np.float64]
    """(n, 2, 2): A of the declaration, for (y, x)."""
    rectangle: Whole
    """(n, 4): top, left, bottom, right; empty where nothing is erased."""

    def part(self, images: slice) -> Drawn:
        """The same for some of the images."""
        return Drawn(self.mirrored[images], self.shift[images], self.matrix[images], self.rectangle[images])


def preview(
    images: Images, augmentation: Augmentation, seed: int = 0, step: int = 0, first_row: int = 0,
    dtype: DTypeLike = np.float32,
) -> Array:  # fmt: skip
    """What training step number ``step`` (from 0) with this ``seed`` makes of ``images`` (N, C, H, W), uint8 or floats,
    as numbers ``first_row`` and so on of its batch: a new array of the same shape, where uint8 0..255 is 0..1 now."""
    if images.ndim != 4 or images.size == 0:
        raise ValueError(f"`images` (of shape {images.shape}) must be (count, channels, height, width), none of them 0")
    values = np.empty(images.shape, dtype)
    augment(images, augmentation, Step(seed, step, first_row), values)
    return values


def augment(images: Images, augmentation: Augmentation, step: Step, values: Array) -> None:
    """Make ``values`` (N, C, H, W), or a view of them, of ``images``; takes little memory beside."""
    drawn = draw(augmentation, images.shape, step)
    at_once = max(1, VALUES_AT_ONCE // images[0].size)
    for first in range(0, len(images), at_once):
        part, now = slice(first, first + at_once), replace(step, first_row=step.first_row + first)
        values[part] = _augmented(images[part], augmentation, drawn.part(part), now, values.dtype)


def _augmented(images: Images, augmentation: Augmentation, drawn: Drawn, step: Step, dtype: DType) -> Array:
    divisor = dtype.type(255 if images.dtype == np.uint8 else 1)
    values: Array = np.divide(images, divisor, dtype=dtype)
    if augmentation.warps:
        values = _warped(values, drawn, _displacements(augmentation, values.shape, step, dtype))
    else:
        values = _moved(values, drawn)
    if augmentation.erase:
        values = np.where(_erased(drawn, values.shape), dtype.type(0), values)
    if augmentation.noise:
        count, each = len(values), values[0].size
        bits = (step.bits(count, each, NOISE), step.bits(count, each, NOISE + 1))
        values = values + dtype.type(augmentation.noise) * normal(*bits, dtype).reshape(values.shape)
    return values


def draw(augmentation: Augmentation, shape: tuple[int, ...], step: Step) -> Drawn:
    """What happens to each of the images (n, C, H, W)."""
    bits = step.bits(shape[0], len(Quantity), QUANTITIES)
    happens = bits[:, [Quantity.MIRROR_Y, Quantity.MIRROR_X, Quantity.BLANK]] < 2**31
    mirrored = happens[:, :2] & (augmentation.flip_vertical, augmentation.flip_horizontal)
    shift = whole(bits[:, [Quantity.SHIFT_Y, Quantity.SHIFT_X]], 2 * augmentation.shift + 1) - augmentation.shift
    size = np.array(shape[2:])
    most = np.array([augmentation.longest_side(side) for side in shape[2:]])
    sides = 1 + whole(bits[:, [Quantity.TALL, Quantity.WIDE]], most)
    start = whole(bits[:, [Quantity.TOP, Quantity.LEFT]], size - sides + 1)
    rectangle = np.concatenate([start, start + happens[:, 2:] * sides], axis=1)
    return Drawn(mirrored, shift, _matrices(augmentation, bits, mirrored), rectangle)


def _matrices(augmentation: Augmentation, bits: NDArray[np.uint32], mirrored: NDArray[np.bool_]) -> NDArray[np.float64]:
    """A = mirror · 1 / factor · shear⁻¹ · rotation⁻¹."""
    angle = np.radians(augmentation.rotate) * symmetric(bits[:, Quantity.ANGLE])
    slope = np.tan(np.radians(augmentation.shear) * symmetric(bits[:, Quantity.SLOPE]))
    factor = 1 + augmentation.scale * symmetric(bits[:, Quantity.FACTOR])
    cosine, sine = np.cos(angle), np.sin(angle)
    rows = [[cosine, -sine], [sine - slope * cosine, cosine + slope * sine]]
    matrices: NDArray[np.float64] = np.moveaxis(np.array(rows), -1, 0) / factor[:, None, None]
    return matrices * np.where(mirrored, -1, 1)[:, :, None]


def _moved(values: Array, drawn: Drawn) -> Array:
    """Mirrored and shifted by whole pixels."""
    taken, inside = [], []
    for axis, size in enumerate(values.shape[2:]):
        place = np.arange(size) - drawn.shift[:, axis, None]
        place = np.where(drawn.mirrored[:, axis, None], size - 1 - place, place)
        inside.append((place >= 0) & (place < size))
        taken.append(np.clip(place, 0, size - 1))
    image, channel = np.arange(len(values))[:, None, None, None], np.arange(values.shape[1])[:, None, None]
    moved = values[image, channel, taken[0][:, None, :, None], taken[1][:, None, None, :]]
    return np.where(inside[0][:, None, :, None] & inside[1][:, None, None, :], moved, values.dtype.type(0))


def _displacements(augmentation: Augmentation, shape: tuple[int, ...], step: Step, dtype: DType) -> Array:
    """d of the declaration, (n, 2, H, W), or (n, 2, 1, 1) where all are 0."""
    if not augmentation.elastic:
        return np.zeros((shape[0], 2, 1, 1), dtype)
    down, across = (_splines(size, augmentation.elastic_spacing, dtype) for size in shape[2:])
    points = down.shape[1], across.shape[1]
    bits = step.bits(shape[0], 2 * points[0] * points[1], ELASTIC)
    pulls = (augmentation.elastic * symmetric(bits)).astype(dtype).reshape(-1, *points)
    displacements: Array = down @ (pulls @ across.T)
    return displacements.reshape(shape[0], 2, *shape[2:])


@cache
def _splines(size: int, spacing: int, dtype: DType) -> Array:
    """How much each control point pulls at each of ``size`` pixels, (size, points): uniform cubic B-splines."""
    first, rest = np.divmod(np.arange(size), spacing)
    t = rest / spacing
    pulls = (1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3
    weights = np.zeros((size, control_points(size, spacing)), dtype)
    for number, pull in enumerate(pulls):
        weights[np.arange(size), first + number] = pull / 6
    weights.flags.writeable = False
    return weights


def _warped(values: Array, drawn: Drawn, displacements: Array) -> Array:
    """Bilinear samples of each image (n, C, H, W) where its matrix, shift and displacements say."""
    places = _places(drawn, displacements, values.shape[2:], values.dtype)
    (top, across), (left, along) = (_cell(place, size) for place, size in zip(places, values.shape[2:], strict=True))
    # In a frame of zeros, all four neighbours of any place exist.
    framed = np.zeros((*values.shape[:2], values.shape[2] + 3, values.shape[3] + 3), values.dtype)
    framed[:, :, 1:-2, 1:-2] = values
    images = framed.reshape(-1, framed.shape[2] * framed.shape[3])
    width, warped = framed.shape[3], np.empty_like(values)
    cell = top * width + left
    cell += np.arange(0, framed.size, framed[0].size)[:, None, None]
    for channel in range(values.shape[1]):
        flat = framed.reshape(-1)[channel * images.shape[1] :]
        upper = _between(flat.take(cell), flat.take(cell + 1), along)
        lower = _between(flat.take(cell + width), flat.take(cell + (width + 1)), along)
        warped[:, channel] = _between(upper, lower, across)
    return warped


def _places(drawn: Drawn, displacements: Array, size: tuple[int, ...], dtype: DType) -> list[Array]:
    """y and x in the source of each pixel, (n, H, W): A (p + d(p) - t - c) + c."""
    centre = [(side - 1) / 2 for side in size]
    # What is the same for a row or a column is computed once.
    lines = np.arange(size[0])[:, None], np.arange(size[1])[None, :]
    v, u = (
        (line - (drawn.shift[:, axis] + centre[axis])[:, None, None]).astype(dtype) + displacements[:, axis]
        for axis, line in enumerate(lines)
    )
    matrix = drawn.matrix.astype(dtype)[:, :, :, None, None]
    return [(matrix[:, axis, 0] * v + dtype.type(centre[axis])) + matrix[:, axis, 1] * u for axis in range(2)]


def _cell(place: Array, size: int) -> tuple[Whole, Array]:
    """The pixel before each place, counted in the frame, and how far behind it the place lies, 0 to 1. From -1 and from
    ``size`` on all is 0."""
    place = np.clip(place, -1, size)
    before = np.floor(place)
    return (before + 1).astype(np.int64), place - before


def _between(first: Array, second: Array, share: Array) -> Array:
    """From the first to the second, by linear interpolation."""
    second -= first
    second *= share
    second += first
    return second


def _erased(drawn: Drawn, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Which pixels lie in the rectangles, (n, 1, H, W)."""
    top, left, bottom, right = (edge[:, None] for edge in drawn.rectangle.T)
    rows, columns = np.arange(shape[2]), np.arange(shape[3])
    inside = ((top <= rows) & (rows < bottom))[:, :, None] & ((left <= columns) & (columns < right))[:, None, :]
    return inside[:, None]
