"""From the short notation of a way of writing to points along the pen's path.

A way is a text such as `"8,28 30,4 80,20 10,97^ 95,95 | 30,50 70,50"`: control points x,y in a square of 0..100 with y
downwards, in the order of writing. A smooth curve (Catmull-Rom) runs through them; `^` marks a corner, `|` lifts the
pen.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

POINTS = 36
"""Points along the whole path of every way, the strokes sharing them by their length."""

_FEWEST = 5  # points of a stroke, so that even a short bar can bend


@dataclass(frozen=True, eq=False)
class Family:
    """Ways of writing one digit whose strokes correspond, so that any mixture of them is a way too.

    `share` is how often it is chosen among its digit's families; `ways` is (ways, POINTS, 2); `strokes` gives each
    stroke's range of points.
    """

    digit: int
    share: float
    ways: NDArray[np.float32]
    strokes: tuple[slice, ...]

    @classmethod
    def parse(cls, digit: int, share: float, *notations: str) -> Family:
        ways = [[_curve(stroke) for stroke in notation.split("|")] for notation in notations]
        lengths = np.array([[_length(curve) for curve in way] for way in ways])
        points = _share_points(lengths.mean(axis=0))
        paths = [np.concatenate([_resample(curve, n) for curve, n in zip(way, points, strict=True)]) for way in ways]
        ends = np.cumsum([0, *points])
        strokes = tuple(slice(int(start), int(stop)) for start, stop in pairwise(ends))
        return cls(digit, share, (np.stack(paths) / 100).astype(np.float32), strokes)


def _curve(stroke: str) -> NDArray[np.float64]:
    """A dense line of points through one stroke's control points."""
    marks = stroke.split()
    control = np.array([[float(number) for number in mark.rstrip("^").split(",")] for mark in marks])
    corners = [0, *(i for i, mark in enumerate(marks) if mark.endswith("^")), len(marks) - 1]
    pieces = [_catmull_rom(control[a : b + 1]) for a, b in pairwise(corners)]
    return np.concatenate([pieces[0], *(piece[1:] for piece in pieces[1:])])


def _catmull_rom(control: NDArray[np.float64], steps: int = 16) -> NDArray[np.float64]:
    """(points, 2) to (steps·(points − 1) + 1, 2), passing through every control point."""
    ends = 2 * control[[0, -1]] - control[[1, -2]]
    before, start, stop, after = (np.vstack([ends[:1], control, ends[1:]])[i : len(control) - 1 + i] for i in range(4))
    t = (np.arange(steps) / steps)[:, None]
    blend = np.hstack([2 * t**2 - t**3 - t, 3 * t**3 - 5 * t**2 + 2, t + 4 * t**2 - 3 * t**3, t**3 - t**2]) / 2
    dense = np.einsum("tk,knd->ntd", blend, np.stack([before, start, stop, after]))
    return np.vstack([dense.reshape(-1, 2), control[-1:]])


def _length(curve: NDArray[np.float64]) -> float:
    return float(np.hypot(*np.diff(curve, axis=0).T).sum())


def _share_points(lengths: NDArray[np.float64]) -> list[int]:
    """How many of the POINTS each stroke gets: at least a few, and all of them used."""
    shares = np.maximum(_FEWEST, np.floor(lengths / lengths.sum() * POINTS)).astype(int)
    shares[np.argmax(lengths)] += POINTS - shares.sum()
    return [int(share) for share in shares]


def _resample(curve: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """`count` points at equal distances along `curve`."""
    along = np.concatenate([[0], np.hypot(*np.diff(curve, axis=0).T).cumsum()])
    at = np.linspace(0, along[-1], count)
    return np.stack([np.interp(at, along, curve[:, axis]) for axis in (0, 1)], axis=1)
