"""The gather that changes pictures: ``kernels/augment.cl``."""

from __future__ import annotations

from dataclasses import replace
from math import radians

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.augmentation import ELASTIC, NOISE, QUANTITIES, Augmentation, Quantity, control_points
from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.samples import TRAINING, TYPES, batch_buffers
from nnstudio.engine.opencl.schedule import RANGES, SEED, STEP, Constants, Launch, Section
from nnstudio.network import Shape

PREFIX = "augmented"


def form(augmentation: Augmentation | None) -> Constants | None:
    """What of an augmentation is in the kernel's text; ``None`` where nothing happens and the usual gather will do. The
    rest are ``ranges``, so that to change them takes no compiler."""
    if augmentation is None or not augmentation.active:
        return None
    return {
        "WARPED": int(augmentation.warps),
        "ELASTIC": int(augmentation.elastic > 0),
        "SPACING": augmentation.elastic_spacing if augmentation.elastic else 0,
        "ERASED": int(augmentation.erase > 0),
        "NOISY": int(augmentation.noise > 0),
    }


def section(frame: Frame, dtype: str, augmentation: Augmentation) -> Section:
    """The kernel for samples of this type."""
    channels, height, width = frame.plan.input.shape
    kind, divisor = TYPES[dtype]
    spacing = augmentation.elastic_spacing
    constants: dict[str, int | float | str] = {
        "SAMPLE": kind, "DIVISOR": divisor, "CHANNELS": channels, "HEIGHT": height, "WIDTH": width,
        "POINTS_DOWN": control_points(height, spacing), "POINTS_ACROSS": control_points(width, spacing),
        "OP_QUANTITIES": f"{QUANTITIES}u", "OP_ELASTIC": f"{ELASTIC}u", "OP_NOISE": f"{NOISE}u",
        "QUANTITIES": len(Quantity), **(form(augmentation) or {}),
    }  # fmt: skip
    return Section("augment", PREFIX, constants | {quantity.name: quantity.value for quantity in Quantity})


def launch(frame: Frame) -> Launch:
    """Makes a training batch: a work-item for each row of each vector of pictures."""
    rows = frame.plan.input.shape[1]
    arguments = (*batch_buffers(frame, TRAINING), SEED, RANGES, STEP)
    return replace(frame.over_images(f"{PREFIX}_gather", rows, *arguments), node=frame.plan.input.node)


def ranges(augmentation: Augmentation, shape: Shape) -> NDArray[np.float32]:
    """The kernel's ``ranges`` for pictures of this shape."""
    _, height, width = shape
    values = (
        augmentation.shift, radians(augmentation.rotate), augmentation.scale, radians(augmentation.shear),
        augmentation.elastic, augmentation.noise, augmentation.longest_side(height), augmentation.longest_side(width),
        augmentation.flip_vertical, augmentation.flip_horizontal,
    )  # fmt: skip
    return np.array([*values, *[0] * (16 - len(values))], np.float32)
