"""How much memory the NumPy backend takes: what it would allocate, added up without allocating it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import psutil

from nnstudio.engine.backend import MemoryNeed, sets_kept
from nnstudio.engine.numpy.lane import Lane, parameter_views
from nnstudio.engine.optimizers import OptimizerBase
from nnstudio.engine.plan import Plan


def memory_need(
    plan: Plan,
    lane_widths: Sequence[int],
    optimizer: OptimizerBase | None,
    sample_bytes: int,
    dtype: np.dtype[np.floating],
) -> MemoryNeed:
    """For lanes of so many images each. Samples are the caller's own, but there are the orders of this epoch and the
    next."""
    flat = plan.flat_size * dtype.itemsize
    slots = optimizer.slots if optimizer else 0
    activations, obstacle = 0, ""
    try:
        activations = _lanes_bytes(plan, lane_widths, dtype)
    except MemoryError:
        obstacle = f"A network with {plan.parameter_count:,} parameters is too large for this machine."
    return MemoryNeed(
        parameters=(2 + slots + sets_kept(optimizer) + len(lane_widths)) * flat,
        activations=activations,
        samples=2 * 4 * (sample_bytes // (plan.input.size + 4)),
        other=0,
        available=psutil.virtual_memory().available,
        obstacle=obstacle,
    )


def _lanes_bytes(plan: Plan, widths: Sequence[int], dtype: np.dtype[np.floating]) -> int:
    """All arrays of lanes but those of parameters. They grow evenly with a lane's width, so two narrow lanes tell how
    large those of any are."""
    one, two = (_lane_bytes(plan, width, dtype) for width in (1, 2))
    return sum(one + (width - 1) * (two - one) for width in widths)


def _lane_bytes(plan: Plan, width: int, dtype: np.dtype[np.floating]) -> int:
    flat = np.zeros(plan.flat_size, dtype)
    lane = Lane(plan, range(width), parameter_views(plan, flat), dtype, seed=0)
    return _array_bytes(lane) - flat.nbytes - lane.flat_gradient.nbytes


def _array_bytes(root: object) -> int:
    """Bytes of all arrays behind ``root``, each once."""
    total, found, waiting = 0, set[int](), [root]
    while waiting:
        thing = waiting.pop()
        if id(thing) in found:
            continue
        found.add(id(thing))
        if isinstance(thing, np.ndarray):
            waiting.append(thing.base)
            total += thing.nbytes if thing.base is None else 0
        elif isinstance(thing, list | tuple):
            waiting += thing
        elif isinstance(thing, dict):
            waiting += thing.values()
        elif hasattr(thing, "__dict__"):
            waiting += vars(thing).values()
    return total
