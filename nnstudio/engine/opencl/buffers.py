"""All buffers of an executable but the training samples: how large they are, and which of them share memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nnstudio.engine.backend import MemoryNeed, sets_kept
from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.runs import buffers_in_order
from nnstudio.engine.opencl.samples import staging
from nnstudio.engine.opencl.schedule import (
    GRADIENTS,
    HITS,
    LABELS,
    LOSSES,
    PARAMETERS,
    USED_HITS,
    USED_LOSSES,
    Schedule,
)
from nnstudio.engine.optimizers import OptimizerBase
from nnstudio.engine.sharing import share

_METRICS = (LOSSES, HITS, USED_LOSSES, USED_HITS)
_PROGRAM_BYTES = 2**23
"""What a CPU's driver keeps of a program, measured with PoCL 3.1; there is one for training and one for use. (While it
compiles, which it does once, it takes some 100 MB more.)"""
_KEPT = (PARAMETERS, GRADIENTS, LABELS, *_METRICS)
"""Buffers that somebody may read after a run, or between two."""


@dataclass(frozen=True)
class Buffers:
    """``sizes`` in bytes of what is really made, and for each name in ``shared`` the one whose memory it uses."""

    sizes: Mapping[str, int]
    shared: Mapping[str, str]


def plan_buffers(frame: Frame, schedule: Schedule) -> Buffers:
    """Values, gradients and scratch take turns; the rest have memory of their own."""
    sizes = {name: size for name, size in schedule.buffers.items() if name not in _KEPT}
    shared = share(sizes, buffers_in_order(frame, schedule))
    own = {name: schedule.buffers[name] for name in _KEPT} | staging(frame)
    return Buffers(own | {name: sizes[name] for name in dict.fromkeys(shared.values())}, shared)


def memory_need(
    frame: Frame, buffers: Buffers, optimizer: OptimizerBase | None, sample_bytes: int, *, host: bool, lent: bool
) -> MemoryNeed:
    """What ``buffers`` and training come to on the device, whatever it has; with ``host`` its memory is the system's,
    where programs, snapshots, the next epoch's order and metrics that were read are kept. Samples that are ``lent``
    are not copied."""
    flat, metrics = buffers.sizes[PARAMETERS], sum(buffers.sizes[name] for name in _METRICS)
    activations = sum(buffers.sizes[name] for name in dict.fromkeys(buffers.shared.values()))
    slots = optimizer.slots if optimizer else 0
    kept = sets_kept(optimizer) if host else 0
    order = 4 * (sample_bytes // (frame.plan.input.size + 4))
    return MemoryNeed(
        parameters=(2 + slots + kept) * flat,
        activations=activations,
        samples=(0 if lent else sample_bytes) + (1 + host) * order,
        other=sum(buffers.sizes.values()) - 2 * flat - activations + host * (metrics + 2 * _PROGRAM_BYTES),
        available=0,
    )
