"""Points of curves as bytes: some more of them at a time, the newest overriding what training has gone back behind.

Figures are float32, one after another for each curve; plots show no more than its seven digits. A column of equal
figures, as a constant learning rate, takes one. Consecutive steps take their first.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nnstudio.errors import NNStudioError
from nnstudio.training.runs.records import Points

_STEP, _FIGURE = np.dtype("<i8"), np.dtype("<f4")
Block = tuple[NDArray[np.int64], NDArray[np.float64]]
"""Steps (points,), and the figures of all curves, (curves, points)."""


def packed_steps(steps: NDArray[np.int64]) -> bytes:
    """The steps, or the first of them where each is followed by the next."""
    consecutive = bool((np.diff(steps) == 1).all())
    return steps[: 1 if consecutive else None].astype(_STEP).tobytes()


def unpacked_steps(data: bytes, points: int) -> NDArray[np.int64]:
    steps = np.frombuffer(data, _STEP)
    if len(steps) not in (1, points):
        raise NNStudioError(f"A curve of {points} points has {len(steps)} steps.")
    return steps[0] + np.arange(points) if len(steps) == 1 else steps.astype(np.int64)


def packed_figures(figures: NDArray[np.float64]) -> bytes:
    """(curves, points) as bytes: for each curve whether it is all one figure, then the figures."""
    rows = figures.astype(_FIGURE)
    flat = [bool((row.view("<u4") == row.view("<u4")[0]).all()) for row in rows]
    return bytes(flat) + b"".join((row[:1] if same else row).tobytes() for row, same in zip(rows, flat, strict=True))


def unpacked_figures(data: bytes, curves: int, points: int) -> NDArray[np.float64]:
    flat, place, rows = data[:curves], curves, np.empty((curves, points))
    expected = curves + _FIGURE.itemsize * sum(1 if same else points for same in flat)
    if len(data) != expected:
        raise NNStudioError(f"{curves} curves of {points} points have {len(data)} bytes instead of {expected}.")
    for row, same in zip(rows, flat, strict=True):
        row[:] = np.frombuffer(data, _FIGURE, 1 if same else points, place)
        place += _FIGURE.itemsize * (1 if same else points)
    return rows


def joined(names: Sequence[str], blocks: Sequence[Block]) -> dict[str, Points]:
    """The curves that chunks make in their order. Where training went back, what came before and lies behind is gone;
    figures that are not finite are no points."""
    steps = np.concatenate([block[0] for block in blocks])
    figures = np.concatenate([block[1] for block in blocks], axis=1)
    kept = _never_undercut(steps)
    return {name: _finite(steps[kept], row[kept]) for name, row in zip(names, figures, strict=True)}


def _never_undercut(steps: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which steps are smaller than all that come later."""
    least_from_here = np.minimum.accumulate(steps[::-1])[::-1]
    return np.append(steps[:-1] < least_from_here[1:], True)


def _finite(steps: NDArray[np.int64], figures: NDArray[np.float64]) -> Points:
    known = np.isfinite(figures)
    return Points(steps[known], figures[known])
