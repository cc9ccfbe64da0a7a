"""Points of the plane in two classes, as TensorFlow Playground has them: what small networks can be watched at.

A point is a picture of two channels, x and y, and one pixel, both from about -1 to 1. The same seed gives the same
points.
"""

from __future__ import annotations

from collections.abc import Callable
from math import pi

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from nnstudio.data.dataset import DataError, Dataset, Samples

CLASS_NAMES = ("blue", "orange")
COUNTS = {"train": 2_000, "validation": 500, "test": 1_000}
NOISE = 0.05
"""Standard deviation of how far points stray, by default."""
TURNS = 1.75
"""Of a spiral's arm around the middle."""

Coordinates = NDArray[np.float64]
Pattern = Callable[[NDArray[np.intp], Generator], Coordinates]
"""Places (N, 2) for points of these classes, without noise."""


def spirals(labels: NDArray[np.intp], generator: Generator) -> Coordinates:
    """Two arms wound into each other, each turned against the other by half a circle."""
    along = generator.uniform(0, 1, len(labels))
    return _polar(along, 2 * pi * TURNS * along + pi * labels)


def circles(labels: NDArray[np.intp], generator: Generator) -> Coordinates:
    """A disc of radius 0.5 with a ring around it from 0.7 to 1, both evenly filled."""
    inner, outer = np.array([0.0, 0.7])[labels], np.array([0.5, 1.0])[labels]
    radius = np.sqrt(generator.uniform(inner**2, outer**2))
    return _polar(radius, generator.uniform(0, 2 * pi, len(labels)))


def xor(labels: NDArray[np.intp], generator: Generator) -> Coordinates:
    """Four squares like a chessboard's: class 0 where x and y have the same sign; a gap of 0.1 along the axes."""
    size = generator.uniform(0.05, 1, (len(labels), 2))
    side = generator.choice([-1.0, 1.0], len(labels))
    return size * np.stack([side, side * np.where(labels == 0, 1, -1)], axis=1)


def clusters(labels: NDArray[np.intp], generator: Generator) -> Coordinates:
    """Two heaps with a standard deviation of 0.15, around (0.5, 0.5) and (-0.5, -0.5): a straight line parts them."""
    middle = np.where(labels == 0, 0.5, -0.5)[:, None]
    return middle + generator.normal(0, 0.15, (len(labels), 2))


def _polar(radius: Coordinates, angle: Coordinates) -> Coordinates:
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


PATTERNS: dict[str, Pattern] = {"spirals": spirals, "circles": circles, "xor": xor, "clusters": clusters}
"""Every pattern by the name of its data set."""


def points(name: str, *, seed: int = 0, noise: float = NOISE) -> Dataset:
    """The data set of that name: 2,000 points to train on, 500 and 1,000 to judge, half of each class.

    Each coordinate strays from the pattern by normally distributed ``noise``.
    """
    if name not in PATTERNS:
        raise DataError(f"There are no points called “{name}”.", f"Choose {', '.join(PATTERNS)}.")
    if not (np.isfinite(noise) and noise >= 0):
        raise DataError(f"`noise` (={noise:g}) must be a number of at least 0.")
    generators = np.random.default_rng((seed, list(PATTERNS).index(name))).spawn(len(COUNTS))
    parts = {
        part: _samples(PATTERNS[name], count, noise, generator)
        for (part, count), generator in zip(COUNTS.items(), generators, strict=True)
    }
    return Dataset(name, **parts, class_names=CLASS_NAMES)


def _samples(pattern: Pattern, count: int, noise: float, generator: Generator) -> Samples:
    """In random order, half of each class."""
    labels = generator.permutation(np.arange(count) % len(CLASS_NAMES))
    places = pattern(labels, generator) + noise * generator.standard_normal((count, 2))
    return Samples(places.astype(np.float32).reshape(count, 2, 1, 1), labels.astype(np.int32))
