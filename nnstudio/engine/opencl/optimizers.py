"""The optimizers: ``kernels/optimizers.cl``, one launch over the flat buffer, with others around it where gradients are
clipped or weights averaged."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.backend import Phase
from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.schedule import GRADIENTS, PARAMETERS, SETTINGS, Launch, Section
from nnstudio.engine.optimizers import Adam, AdamW, Momentum, Nesterov, OptimizerBase, RMSProp
from nnstudio.engine.plan import ALIGNMENT

PREFIX = "optimizer"
SQUARES, SCALE = "gradient_squares", "gradient_scale"
"""Buffers that clipping needs."""
MOST_PARTS = 4096
"""Of the sum of squares: one work-item adds them up."""


def slot_names(optimizer: OptimizerBase) -> tuple[str, ...]:
    """The buffers of an optimizer's state."""
    return tuple(f"slot{number}" for number in range(optimizer.slots))


def buffers(frame: Frame, optimizer: OptimizerBase) -> dict[str, int]:
    """Bytes of the buffers that it needs."""
    clipping = {SQUARES: 4 * _parts(frame), SCALE: 4} if optimizer.clip_norm else {}
    return dict.fromkeys(slot_names(optimizer), 4 * frame.plan.flat_size) | clipping


def section(frame: Frame) -> Section:
    plan, gaps = frame.plan, _gaps(frame)
    return Section("optimizers", PREFIX, {
        "SIZE": plan.learned_size, "ALL": plan.flat_size, "CHUNK": frame.form.chunk, "PARTS": _parts(frame),
        "GAPS": len(gaps), "GAP_STARTS": ", ".join(map(str, gaps or [0])), "ALIGNMENT": ALIGNMENT,
    })  # fmt: skip


def launches(frame: Frame, optimizer: OptimizerBase) -> tuple[Launch, ...]:
    """One step, with all that it is set to do."""
    around = (*(_clipping(frame) if optimizer.clip_norm else ()), launch(frame, optimizer))
    if optimizer.average:
        names = PARAMETERS, slot_names(optimizer)[-1], SETTINGS
        around = *around, frame.over_flat(f"{PREFIX}_average", frame.plan.flat_size, *names)
    return tuple(replace(each, phase=Phase.UPDATE) for each in around)


def launch(frame: Frame, optimizer: OptimizerBase) -> Launch:
    """The rule of an optimizer of this kind."""
    kind = optimizer.model_dump(include={"kind"})["kind"]
    names = PARAMETERS, GRADIENTS, SETTINGS, *slot_names(optimizer)[: optimizer.own_slots]
    return replace(frame.over_flat(f"{PREFIX}_{kind}", frame.plan.learned_size, *names), phase=Phase.UPDATE)


def _clipping(frame: Frame) -> tuple[Launch, ...]:
    gaps, size = len(_gaps(frame)), frame.plan.learned_size
    return (
        *((frame.over(f"{PREFIX}_clear_gaps", gaps, GRADIENTS),) if gaps else ()),
        frame.over(f"{PREFIX}_squares", _parts(frame), GRADIENTS, SQUARES),
        frame.over(f"{PREFIX}_norm", 1, SQUARES, SCALE, SETTINGS),
        frame.over_flat(f"{PREFIX}_clip", size, GRADIENTS, SCALE),
    )


def _gaps(frame: Frame) -> list[int]:
    """Where learned parameters end that do not fill their place."""
    return [slot.end for slot in frame.plan.learned_slots if slot.end % ALIGNMENT]


def _parts(frame: Frame) -> int:
    """Into how many the sum of squares is split: enough for the device, and for float32 to add them up well."""
    vectors = frame.plan.learned_size // frame.form.vector
    return max(1, min(MOST_PARTS, max(1024, frame.form.workers), vectors))


def settings(optimizer: OptimizerBase, step: int, rate: float | None = None) -> NDArray[np.float32]:
    """The kernel's ``Settings`` in step number ``step`` (from 1), at the optimizer's rate or another: rate, decay,
    keep1, 1 - keep1, keep2, 1 - keep2, epsilon, root, longest gradient, average's keep, 1 - that."""
    rate = optimizer.learning_rate if rate is None else rate
    decay = optimizer.weight_decay
    keep1 = keep2 = epsilon = root = 0.0
    match optimizer:
        case Momentum() | Nesterov():
            keep1 = optimizer.momentum
        case RMSProp():
            keep1, epsilon = optimizer.decay, optimizer.epsilon
        case Adam():
            keep1, keep2, epsilon = optimizer.beta1, optimizer.beta2, optimizer.epsilon
            root = 1 / sqrt(1 - keep2**step)
            if isinstance(optimizer, AdamW):
                decay *= rate
            rate /= 1 - keep1**step
    keep = optimizer.average_keep(step)
    values = (
        rate, decay, keep1, 1 - keep1, keep2, 1 - keep2, epsilon, root, optimizer.clip_norm, keep, 1 - keep,
        0, 0, 0, 0, 0,
    )  # fmt: skip
    return np.array(values, np.float32)
