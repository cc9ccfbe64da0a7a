"""An OpenCL device as a backend."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import pyopencl as cl

from nnstudio.engine.backend import Backend, DeviceError, DeviceLostError, MemoryNeed, smaller_batch_hint
from nnstudio.engine.opencl.buffers import memory_need, plan_buffers
from nnstudio.engine.opencl.choices import Choices
from nnstudio.engine.opencl.executable import OpenCLExecutable
from nnstudio.engine.opencl.forms import LEAST_GROUP, LEAST_LOCAL, MOST_GROUP, MOST_LOCAL, Form, cpu_form, gpu_form
from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.lowering import lower
from nnstudio.engine.opencl.memory import OutOfMemoryError, available, reads_our_memory, too_large, uses_system_memory
from nnstudio.engine.opencl.peaks import measure_peaks
from nnstudio.engine.opencl.platforms import device_name, platform_name
from nnstudio.engine.opencl.starting import startable
from nnstudio.engine.opencl.stream import Stream
from nnstudio.engine.opencl.tiles import Tile
from nnstudio.engine.opencl.tuning import known_tiles
from nnstudio.engine.optimizers import OptimizerBase
from nnstudio.engine.plan import Plan
from nnstudio.engine.roofline import Peaks

MOST_VALUES = 2**31 - 1
"""Kernels count the values of a block of images in 32 bits."""


class OpenCLBackend(Backend):
    """``key`` is ``opencl:N``, where N counts all devices of all platforms. ``form`` overrides the device's own."""

    def __init__(self, device: cl.Device, key: str = "opencl:0", form: Form | None = None) -> None:
        self.name = f"{device_name(device)} (OpenCL, {platform_name(device)})"
        self.key = key
        self._forms = (form,) if form else forms_for(device)
        self.form = self._forms[0]
        self._device = device

    def prepare(
        self, plan: Plan, *, batch_size: int, optimizer: OptimizerBase | None = None, seed: int = 0
    ) -> OpenCLExecutable:
        if batch_size < 1:
            raise ValueError(f"`batch_size` (={batch_size}) must be at least 1")
        self.require_fit(plan, batch_size=batch_size, optimizer=optimizer)
        try:
            # A context for each executable: one that failed takes nothing else with it.
            stream = Stream(cl.Context([self._device]))
            frame = startable(stream, self._frame(plan, batch_size), training=optimizer is not None)
            return OpenCLExecutable(stream, frame, optimizer, seed)
        except (OutOfMemoryError, DeviceLostError) as error:
            raise DeviceError(error.message, smaller_batch_hint(batch_size // 2)) from error
        except cl.Error as error:
            raise DeviceError(f"{self.name} could not be started ({error}).", "Choose another device.") from error

    def memory_need(
        self, plan: Plan, *, batch_size: int, optimizer: OptimizerBase | None = None, sample_bytes: int = 0
    ) -> MemoryNeed:
        frame = self._frame(plan, batch_size)
        buffers = plan_buffers(frame, lower(frame))
        need = memory_need(
            frame, buffers, optimizer, sample_bytes,
            host=uses_system_memory(self._device), lent=reads_our_memory(self._device),
        )  # fmt: skip
        obstacle = self._obstacle(plan, max(*buffers.sizes.values(), sample_bytes))
        return replace(need, available=available(self._device), obstacle=obstacle)

    def measure_peaks(self) -> Peaks:
        return measure_peaks(self._device, self.form)

    def _frame(self, plan: Plan, batch_size: int) -> Frame:
        choices = Choices(known_tiles(self._device))
        return Frame(plan, choose_form(choices, self._forms, plan, batch_size), batch_size, choices)

    def _obstacle(self, plan: Plan, largest: int) -> str:
        """What rules a plan out whose largest buffer has so many bytes, however much memory is free."""
        values = max(tensor.size for tensor in plan.tensors)
        if values * self.form.block > MOST_VALUES:
            return f"A layer with {values:,} values an image is too large for {self.name}."
        return too_large(self._device, largest)


def forms_for(device: cl.Device) -> tuple[Form, ...]:
    """Forms that may be the fastest for a network on a device, the usual one first."""
    usual = form_for(device)
    if usual.cores:
        widths = (width for width in (usual.vector * 2, usual.vector // 2) if 4 <= width <= 16)
        return usual, *(cpu_form(width, usual.cores) for width in widths)
    return (usual, replace(usual, local=0)) if usual.local else (usual,)


def choose_form(choices: Choices, forms: Sequence[Form], plan: Plan, batch_size: int) -> Form:
    """The fastest of ``forms`` for a network, or the first."""
    layers = " ".join(op.layer.model_dump_json() for op in plan.ops)
    digest = hashlib.sha256(f"{plan.input.shape} {layers}".encode()).hexdigest()[:16]
    by_name: dict[Tile, Form] = {(form.vector, form.local): form for form in forms}
    return by_name[choices.choose(f"form {digest} batch {batch_size}", "", tuple(by_name))]


def form_for(device: cl.Device) -> Form:
    """What suits a device by its kind: a CPU computes on vectors, a GPU on work-items side by side, which share local
    memory. (Old GPUs want vectors in each work-item; some have no local memory but a piece of the other.)"""
    vector = device.native_vector_width_float
    if device.type & cl.device_type.CPU:
        return cpu_form(max(4, min(16, vector)), device.max_compute_units)
    if vector > 1 or device.local_mem_type != cl.device_local_mem_type.LOCAL:
        return gpu_form(max(1, min(4, vector)), device.max_compute_units)
    group = min(MOST_GROUP, device.max_work_group_size, device.max_work_item_sizes[0])
    local = min(MOST_LOCAL, device.local_mem_size)
    enough = local >= LEAST_LOCAL and group >= LEAST_GROUP
    return gpu_form(1, device.max_compute_units, local=local if enough else 0, local_group=group)
