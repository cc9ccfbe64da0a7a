"""The optimizers: ``kernels/optimizers.cl``, one launch over the flat buffer."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.backend import Phase
from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.schedule import GRADIENTS, PARAMETERS, SETTINGS, Launch, Section
from nnstudio.engine.optimizers import Adam, AdamW, Momentum, Nesterov, OptimizerBase, RMSProp

PREFIX = "optimizer"


def slot_names(optimizer: OptimizerBase) -> tuple[str, ...]:
    """The buffers of an optimizer's state."""
    return tuple(f"slot{number}" for number in range(optimizer.slots))


def section(frame: Frame) -> Section:
    return Section("optimizers", PREFIX, {"SIZE": frame.plan.learned_size, "CHUNK": frame.form.chunk})


def launch(frame: Frame, optimizer: OptimizerBase) -> Launch:
    """One step of an optimizer of this kind."""
    kind = optimizer.model_dump(include={"kind"})["kind"]
    names = PARAMETERS, GRADIENTS, SETTINGS, *slot_names(optimizer)
    return replace(frame.over_flat(f"{PREFIX}_{kind}", frame.plan.learned_size, *names), phase=Phase.UPDATE)


def settings(optimizer: OptimizerBase, step: int) -> NDArray[np.float32]:
    """The kernel's ``Settings`` in step number ``step`` (from 1): rate, decay, keep1, 1 - keep1, keep2, 1 - keep2,
    epsilon, root."""
    rate, decay = optimizer.learning_rate, optimizer.weight_decay
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
    return np.array([rate, decay, keep1, 1 - keep1, keep2, 1 - keep2, epsilon, root], np.float32)
