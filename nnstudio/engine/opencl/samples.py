"""Samples on the device, and the launch that makes batches of them (``kernels/gather.cl``)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.memory import Memory
from nnstudio.engine.opencl.schedule import LABELS, STEP, Launch, Section
from nnstudio.engine.opencl.stream import Stream

TYPES = {"uint8": ("uchar", 255.0), "float32": ("float", 1.0)}
"""OpenCL type and divisor for each type of values that a sample may have."""


TRAINING, USED = "training", "used"
"""The samples that training has, and those that the network is used on."""
STAGED_VALUES = 2**20
"""Samples to use the network on are copied to the device in whole batches of about so many values together."""


def gather_sections(frame: Frame) -> tuple[Section, ...]:
    """A gather kernel for each type of values."""
    size, chunk = frame.plan.input.size, _chunk(frame)
    return tuple(
        Section("gather", dtype, {"SAMPLE": name, "DIVISOR": divisor, "FEATURES": size, "CHUNK": chunk})
        for dtype, (name, divisor) in TYPES.items()
    )


def _chunk(frame: Frame) -> int:
    """Values of an image that a work-item takes: neighbours of it take other images, so what it finds in a line of the
    cache it should use up alone."""
    return max(frame.form.chunk, 16)


def gather(frame: Frame, name: str, dtype: str) -> Launch:
    """The launch that makes a batch of the samples that ``name`` has."""
    tiles = -(-frame.plan.input.size // _chunk(frame))
    launch = frame.over_images(f"{dtype}_gather", tiles, *batch_buffers(frame, name), STEP)
    return replace(launch, node=frame.plan.input.node)


def batch_buffers(frame: Frame, name: str) -> tuple[str, ...]:
    """What a gather reads and writes."""
    return f"{name}_images", f"{name}_labels", f"{name}_order", frame.value(0), LABELS


def staged_images(frame: Frame) -> int:
    """How many samples to use the network on are on the device at a time."""
    return frame.batch_size * max(1, STAGED_VALUES // (frame.plan.input.size * frame.batch_size))


def staging(frame: Frame) -> dict[str, int]:
    """Bytes of the buffers for ``staged_images``, be they ``uint8`` or ``float32``."""
    count = staged_images(frame)
    sizes = {"images": frame.plan.input.size, "labels": 1, "order": 1}
    return {f"{USED}_{part}": 4 * count * size for part, size in sizes.items()}


class SampleStore:
    """Images, labels and an order on the device, in buffers that grow when they must. ``name`` keeps the buffers of
    several stores apart. When they are ``lent``, a device that can reads images and labels where the caller has
    them."""

    def __init__(self, name: str, memory: Memory, stream: Stream, *, lent: bool = False) -> None:
        self._name, self._memory, self._stream, self._lent = name, memory, stream, lent
        self.dtype = "uint8"
        self.count = 0
        self.order_length = 0

    def load(self, images: NDArray[np.generic], labels: NDArray[np.integer]) -> bool:
        """Give the device images and labels and forget the order; whether ``gather`` is another launch now."""
        if images.dtype != np.uint8:
            images = images.astype(np.float32, copy=False)
        self.count = self.order_length = 0
        other_type = self.dtype != str(images.dtype)
        moved = self._give("images", images)
        moved = self._give("labels", labels.astype(np.int32, copy=False)) or moved
        self.count, self.dtype = len(images), str(images.dtype)
        return moved or other_type

    def set_order(self, order: NDArray[np.integer]) -> bool:
        """Say which samples the batches of an epoch are made of; whether ``gather`` is another launch now."""
        moved = self._put("order", order.astype(np.int32, copy=False))
        self.order_length = len(order)
        return moved

    def _give(self, part: str, values: NDArray[np.generic]) -> bool:
        return (self._lent and self._memory.lend(f"{self._name}_{part}", values)) or self._put(part, values)

    def _put(self, part: str, values: NDArray[np.generic]) -> bool:
        name = f"{self._name}_{part}"
        moved = self._memory.grow(name, values.nbytes)
        self._stream.write(self._memory[name], values)
        return moved
