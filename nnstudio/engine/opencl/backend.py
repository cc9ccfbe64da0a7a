"""An OpenCL device as a backend."""

from __future__ import annotations

import pyopencl as cl

from nnstudio.engine.backend import Backend, DeviceError, DeviceLostError
from nnstudio.engine.opencl.executable import OpenCLExecutable
from nnstudio.engine.opencl.forms import Form, cpu_form, gpu_form
from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.lowering import lower
from nnstudio.engine.opencl.memory import OutOfMemoryError, misfit
from nnstudio.engine.opencl.platforms import device_name, platform_name
from nnstudio.engine.opencl.stream import Stream
from nnstudio.engine.optimizers import OptimizerBase
from nnstudio.engine.plan import Plan

MOST_VALUES = 2**31 - 1
"""Kernels count the values of a block of images in 32 bits."""


class OpenCLBackend(Backend):
    """``key`` is ``opencl:N``, where N counts all devices of all platforms. ``form`` overrides the device's own, for
    tests."""

    def __init__(self, device: cl.Device, key: str = "opencl:0", form: Form | None = None) -> None:
        self.name = f"{device_name(device)} (OpenCL, {platform_name(device)})"
        self.key = key
        self.form = form or form_for(device)
        self._device = device

    def prepare(
        self, plan: Plan, *, batch_size: int, optimizer: OptimizerBase | None = None, seed: int = 0
    ) -> OpenCLExecutable:
        if batch_size < 1:
            raise ValueError(f"`batch_size` (={batch_size}) must be at least 1")
        self._require_fit(plan, batch_size)
        try:
            # A context for each executable: one that failed takes nothing else with it.
            stream = Stream(cl.Context([self._device]))
            return OpenCLExecutable(stream, Frame(plan, self.form, batch_size), optimizer, seed)
        except (OutOfMemoryError, DeviceLostError) as error:
            raise DeviceError(error.message, _smaller(batch_size // 2)) from error
        except cl.Error as error:
            raise DeviceError(f"{self.name} could not be started ({error}).", "Choose another device.") from error

    def _require_fit(self, plan: Plan, batch_size: int) -> None:
        """``DeviceError`` when a batch does not fit, naming one that does."""
        reason = self._misfit(plan, batch_size)
        if reason:
            while batch_size and self._misfit(plan, batch_size):
                batch_size //= 2
            raise DeviceError(reason, _smaller(batch_size))

    def _misfit(self, plan: Plan, batch_size: int) -> str:
        """Why a batch does not fit on the device; empty when it does."""
        values = max(tensor.size for tensor in plan.tensors) * self.form.block
        if values > MOST_VALUES:
            return f"A layer with {values // self.form.block:,} values an image is too large for {self.name}."
        return misfit(self._device, lower(Frame(plan, self.form, batch_size)).buffers.values())


def _smaller(batch_size: int) -> str:
    if batch_size:
        return f"Choose a smaller batch, such as {batch_size:,}."
    return "Make the network smaller, or choose another device."


def form_for(device: cl.Device) -> Form:
    """What suits a device by its kind: a CPU computes on vectors, a GPU on work-items side by side."""
    if device.type & cl.device_type.CPU:
        return cpu_form(max(4, min(16, device.native_vector_width_float)), device.max_compute_units)
    return gpu_form(max(1, min(4, device.native_vector_width_float)), device.max_compute_units)
