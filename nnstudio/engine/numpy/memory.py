"""How much memory the NumPy backend takes: what it would allocate, added up without allocating it."""

from __future__ import annotations

import numpy as np
import psutil

from nnstudio.engine.backend import MemoryNeed
from nnstudio.engine.numpy.lane import Lane, parameter_views
from nnstudio.engine.optimizers import OptimizerBase
from nnstudio.engine.plan import Plan

STATES_IN_SNAPSHOTS = 2
"""Copies of parameters and optimizer state that a trainer holds: the newest, and the one it goes back to."""


def memory_need(
    plan: Plan, lane_widths: list[int], optimizer: OptimizerBase | None, dtype: np.dtype[np.floating]
) -> MemoryNeed:
    """For lanes of so many images. All arrays of a lane are as many values an image and some more, so two small ones
    tell the size of any."""
    flat = plan.flat_size * dtype.itemsize
    slots = 0 if optimizer is None else optimizer.slots
    snapshots = 0 if optimizer is None else STATES_IN_SNAPSHOTS * (1 + slots)
    one, two = (_lane_bytes(plan, width, dtype) for width in (1, 2))
    lanes = sum(one + (width - 1) * (two - one) for width in lane_widths)
    return MemoryNeed(
        parameters=(3 + slots + snapshots) * flat,
        activations=lanes,
        samples=0,
        other=0,
        available=psutil.virtual_memory().available,
    )


def _lane_bytes(plan: Plan, width: int, dtype: np.dtype[np.floating]) -> int:
    flat = np.zeros(plan.flat_size, dtype)
    return _array_bytes(Lane(plan, range(width), parameter_views(plan, flat), dtype, seed=0)) - flat.nbytes


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
