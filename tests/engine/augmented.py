"""What augmentation must do to one picture, pixel by pixel in plain Python, from the text of its declaration alone."""

from __future__ import annotations

from math import cos, floor, log, pi, radians, sin, sqrt, tan

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.augmentation import Augmentation

Array = NDArray[np.float64]

ALONE = {
    "shift": Augmentation(shift=3),
    "rotate": Augmentation(rotate=40),
    "scale": Augmentation(scale=0.4),
    "shear": Augmentation(shear=30),
    "elastic": Augmentation(elastic=3.5),
    "ripples": Augmentation(elastic=2, elastic_spacing=2),
    "flip sideways": Augmentation(flip_horizontal=True),
    "flip upside down": Augmentation(flip_vertical=True),
    "erase": Augmentation(erase=0.6),
    "noise": Augmentation(noise=0.3),
}
TOGETHER = {
    "moved": Augmentation(shift=2, flip_horizontal=True, flip_vertical=True, erase=0.5, noise=0.1),
    "warped": Augmentation(
        shift=2, rotate=25, scale=0.3, shear=15, elastic=2, elastic_spacing=5,
        flip_horizontal=True, flip_vertical=True, erase=0.5, noise=0.1,
    ),
}  # fmt: skip
CASES = ALONE | TOGETHER


def lowbias32(value: int) -> int:
    value = (value ^ value >> 16) * 0x7FEB352D % 2**32
    value = (value ^ value >> 15) * 0x846CA68B % 2**32
    return value ^ value >> 16


class Numbers:
    """Random number ``i`` of the stream of an op."""

    def __init__(self, seed: int, step: int, op: int) -> None:
        self.key = lowbias32(seed % 2**32)
        for part in (step, op):
            self.key = lowbias32((self.key + part + 0x9E3779B9) % 2**32)

    def __getitem__(self, number: int) -> int:
        return lowbias32(lowbias32(number % 2**32) ^ self.key)


def symmetric(bits: int) -> float:
    return (bits >> 8) / 2**23 - 1


def below(bits: int, count: int) -> int:
    return bits * count >> 32


def augmented(images: NDArray[np.generic], settings: Augmentation, seed: int, step: int, first_row: int = 0) -> Array:
    """Images (N, C, H, W), uint8 or floats, as training in ``step`` sees them."""
    values = images.astype(np.float64) / (255 if images.dtype == np.uint8 else 1)
    return np.array([_picture(image, settings, seed, step, first_row + row) for row, image in enumerate(values)])


def _picture(image: Array, settings: Augmentation, seed: int, step: int, row: int) -> Array:
    result = np.empty_like(image)
    drawn = [Numbers(seed, step, 2**31)[row * 12 + quantity] for quantity in range(12)]
    rectangle = _rectangle(settings, drawn, image.shape[1:]) if settings.erase else ()
    for channel, y, x in np.ndindex(image.shape):
        value = _sample(image[channel], *_source(settings, drawn, seed, step, row, (y, x), image.shape[1:]))
        if (y, x) in rectangle:
            value = 0.0
        if settings.noise:
            number = row * image.size + (channel * image.shape[1] + y) * image.shape[2] + x
            first, second = Numbers(seed, step, 2**31 + 2)[number], Numbers(seed, step, 2**31 + 3)[number]
            value += settings.noise * sqrt(-2 * log(((first >> 8) + 1) / 2**24)) * cos(2 * pi * (second >> 8) / 2**24)
        result[channel, y, x] = value
    return result


def _source(
    settings: Augmentation, drawn: list[int], seed: int, step: int, row: int,
    pixel: tuple[int, int], size: tuple[int, int],
) -> tuple[float, float]:  # fmt: skip
    """Where a pixel of the result comes from: each change undone, the last one first."""
    mirror_y, mirror_x, _, shift_y, shift_x, *_, angle, factor, slope = drawn
    y, x = map(float, pixel)
    if settings.elastic:
        pull_y, pull_x = _pull(settings, Numbers(seed, step, 2**31 + 1), row, pixel, size)
        y, x = y + pull_y, x + pull_x
    y -= below(shift_y, 2 * settings.shift + 1) - settings.shift
    x -= below(shift_x, 2 * settings.shift + 1) - settings.shift
    middle_y, middle_x = (size[0] - 1) / 2, (size[1] - 1) / 2
    y, x = y - middle_y, x - middle_x
    turn = radians(settings.rotate * symmetric(angle))
    x, y = cos(turn) * x + sin(turn) * y, cos(turn) * y - sin(turn) * x
    x -= tan(radians(settings.shear * symmetric(slope))) * y
    y, x = y / (1 + settings.scale * symmetric(factor)), x / (1 + settings.scale * symmetric(factor))
    if settings.flip_vertical and mirror_y < 2**31:
        y = -y
    if settings.flip_horizontal and mirror_x < 2**31:
        x = -x
    return y + middle_y, x + middle_x


def _pull(
    settings: Augmentation, numbers: Numbers, row: int, pixel: tuple[int, int], size: tuple[int, int]
) -> list[float]:
    """The sum over all control points, most of which are too far away; the second of each axis lies on pixel 0."""
    spacing = settings.elastic_spacing
    points = [(side - 1) // spacing + 4 for side in size]
    pulls = [0.0, 0.0]
    for axis, j, k in np.ndindex(2, *points):
        weight = _bell(pixel[0] / spacing - (j - 1)) * _bell(pixel[1] / spacing - (k - 1))
        number = ((row * 2 + axis) * points[0] + j) * points[1] + k
        pulls[axis] += weight * settings.elastic * symmetric(numbers[number])
    return pulls


def _bell(distance: float) -> float:
    """The cubic B-spline around 0."""
    distance = abs(distance)
    if distance < 1:
        return 2 / 3 - distance**2 + distance**3 / 2
    return (2 - distance) ** 3 / 6 if distance < 2 else 0.0


def _sample(image: Array, y: float, x: float) -> float:
    """Bilinear, with 0 around the picture."""
    total, top, left = 0.0, floor(y), floor(x)
    for row in (top, top + 1):
        for column in (left, left + 1):
            if 0 <= row < image.shape[0] and 0 <= column < image.shape[1]:
                total += (1 - abs(y - row)) * (1 - abs(x - column)) * image[row, column]
    return total


def _rectangle(settings: Augmentation, drawn: list[int], size: tuple[int, int]) -> set[tuple[int, int]]:
    """The pixels that are erased."""
    if drawn[2] >= 2**31:
        return set()
    sides = [1 + below(bits, max(1, round(settings.erase * side))) for bits, side in zip(drawn[5:7], size, strict=True)]
    top, left = (below(bits, size[i] - sides[i] + 1) for i, bits in enumerate(drawn[7:9]))
    return {(top + y, left + x) for y in range(sides[0]) for x in range(sides[1])}
