"""Many hands from few ways of writing: each digit is a mixture of its family's ways, then written a little differently.

Everything works on a batch of one family: points (N, POINTS, 2) in a unit square, y downwards, and pen radii
(N, POINTS).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.strokes import POINTS, Family

Floats = NDArray[np.float32]

_GAP = np.float32(-0.05)


@dataclass(frozen=True)
class Variety:
    """How much hands differ: standard deviations, in parts of the digit's size unless said otherwise."""

    mixing: float = 0.5  # concentration of the Dirichlet weights: below 1 one way mostly leads
    wobble: float = 0.025  # slow drift of the pen from its path
    move: float = 0.035  # of each stroke against the others
    overshoot: float = 0.05  # of a stroke's ends, in parts of its length
    waves: float = 0.12  # elastic distortion of the whole sheet: largest height of one wave
    aspect: float = 0.20  # of the logarithm of width / height
    slant: float = 0.22  # shear: sideways shift per height
    lean: float = 0.10  # the mean slant, to the right
    turn: float = 0.08  # rotation, radians
    width: float = 0.36  # of the logarithm of the pen's radius
    radius: float = 0.065  # the median radius
    pressure: float = 0.18  # of the logarithm of the radius along the path
    breaks: float = 0.02  # probability that the pen fails somewhere
    softness: tuple[float, float] = (0.9, 1.5)  # pixels in which an edge goes from paper to ink
    grain: float = 0.2  # largest roughness of an edge, in pixels


def write(family: Family, count: int, variety: Variety, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """`count` digits of one family: pen points (count, POINTS, 2) and radii (count, POINTS)."""
    points = _mix(family, count, variety, rng)
    points = _overshoot(points, family, variety, rng)
    points += variety.wobble * _drift(count, 2, rng)
    for stroke in family.strokes:
        points[:, stroke] += rng.normal(0, variety.move, (count, 1, 2)).astype(np.float32)
    points += _waves(points, variety, rng)
    return _posture(points, variety, rng), _pen(count, variety, rng)


def _mix(family: Family, count: int, variety: Variety, rng: np.random.Generator) -> Floats:
    weights = rng.dirichlet(np.full(len(family.ways), variety.mixing), count).astype(np.float32)
    return np.tensordot(weights, family.ways, axes=1)


def _overshoot(points: Floats, family: Family, variety: Variety, rng: np.random.Generator) -> Floats:
    """Strokes that begin and end a little early or late, going straight on where they are longer than the way."""
    longer = points.copy()
    for stroke in family.strokes:
        part = points[:, stroke]
        last = part.shape[1] - 1
        early, late = rng.normal(0, variety.overshoot * last, (2, len(points), 1))
        at = np.linspace(0, 1, last + 1) * (last + late + early) - early
        before = np.clip(np.floor(at), 0, last - 1).astype(np.intp)
        fraction = (at - before).astype(np.float32)[..., None]
        row = np.arange(len(points))[:, None]
        longer[:, stroke] = part[row, before] * (1 - fraction) + part[row, before + 1] * fraction
    return longer


def _drift(count: int, channels: int, rng: np.random.Generator) -> Floats:
    """Smooth random curves (count, POINTS, channels) of variance about 1 along the path."""
    knots = 8
    position = np.linspace(0, knots - 1, POINTS)[:, None] - np.arange(knots)
    bump = np.exp(-(position**2) / 1.2)
    bump /= np.sqrt((bump**2).sum(axis=1, keepdims=True))
    noise = rng.standard_normal((count, knots, channels), dtype=np.float32)
    return np.einsum("pk,nkc->npc", bump.astype(np.float32), noise)


def _waves(points: Floats, variety: Variety, rng: np.random.Generator) -> Floats:
    """Displacement of each point by a few long random waves across the sheet."""
    count, waves = len(points), 3
    direction = rng.normal(0, 3.0, (count, 2, waves)).astype(np.float32)  # radians across the digit
    phase = rng.uniform(0, 2 * np.pi, (count, 1, waves)).astype(np.float32)
    size = rng.uniform(-variety.waves, variety.waves, (count, waves, 2)).astype(np.float32)
    return np.sin(points @ direction + phase) @ size


def _posture(points: Floats, variety: Variety, rng: np.random.Generator) -> Floats:
    """Width against height, slant, and rotation of the whole digit."""
    count = len(points)
    width = np.exp(rng.normal(-0.25, variety.aspect, count))
    slant = rng.normal(variety.lean, variety.slant, count)
    angle = rng.normal(0, variety.turn, count)
    stretch = np.zeros((count, 2, 2))
    stretch[:, 0, 0], stretch[:, 1, 0], stretch[:, 1, 1] = width, -slant, 1  # row vectors: x gains slant · height
    rotate = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]).transpose(2, 0, 1)
    return points @ (stretch @ rotate).astype(np.float32)


def _pen(count: int, variety: Variety, rng: np.random.Generator) -> Floats:
    """Radii along the path; where the pen fails for a few points they are negative: no ink even on the path itself."""
    width = rng.normal(0, variety.width, (count, 1)).astype(np.float32)
    radius = variety.radius * np.exp(width + variety.pressure * _drift(count, 1, rng)[..., 0])
    gap = rng.integers(2, POINTS - 2, (count, 1)), rng.integers(1, 4, (count, 1))
    fails = (rng.random((count, 1)) < variety.breaks) & (np.abs(np.arange(POINTS) - gap[0]) < gap[1])
    return np.where(fails, _GAP, radius)
