"""An OpenCL device as a backend."""

from __future__ import annotations

import pyopencl as cl

from nnstudio.engine.backend import Backend, DeviceError, DeviceLostError, MemoryNeed, smaller_batch_hint
from nnstudio.engine.opencl.executable import OpenCLExecutable
from nnstudio.engine.opencl.forms import Form, cpu_form, gpu_form
from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.lowering import lower
from nnstudio.engine.opencl.memory import OutOfMemoryError, available
from nnstudio.engine.opencl.peaks import measure_peaks
from nnstudio.engine.opencl.platforms import device_name, platform_name
from nnstudio.engine.opencl.schedule import GRADIENTS, PARAMETERS
from nnstudio.engine.opencl.stream import Stream
from nnstudio.engine.optimizers import OptimizerBase
from nnstudio.engine.plan import Plan
from nnstudio.engine.roofline import Peaks
from nnstudio.units import bytes_text

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
        self.require_fit(plan, batch_size=batch_size, optimizer=optimizer)
        try:
            # A context for each executable: one that failed takes nothing else with it.
            stream = Stream(cl.Context([self._device]))
            return OpenCLExecutable(stream, Frame(plan, self.form, batch_size), optimizer, seed)
        except (OutOfMemoryError, DeviceLostError) as error:
            raise DeviceError(error.message, smaller_batch_hint(batch_size // 2)) from error
        except cl.Error as error:
            raise DeviceError(f"{self.name} could not be started ({error}).", "Choose another device.") from error

    def memory_need(
        self, plan: Plan, *, batch_size: int, optimizer: OptimizerBase | None = None, sample_bytes: int = 0
    ) -> MemoryNeed:
        buffers = lower(Frame(plan, self.form, batch_size)).buffers
        parameters = buffers[PARAMETERS] + buffers[GRADIENTS]
        return MemoryNeed(
            parameters=parameters + (optimizer.slots if optimizer else 0) * buffers[PARAMETERS],
            activations=sum(buffers.values()) - parameters,
            samples=sample_bytes,
            other=0,
            available=available(self._device),
            obstacle=self._obstacle(plan, [*buffers.values(), sample_bytes]),
        )

    def measure_peaks(self) -> Peaks:
        return measure_peaks(self._device, self.form)

    def _obstacle(self, plan: Plan, sizes: list[int]) -> str:
        """What rules buffers of ``sizes`` out, however much memory is free."""
        values = max(tensor.size for tensor in plan.tensors)
        if values * self.form.block > MOST_VALUES:
            return f"A layer with {values:,} values an image is too large for {self.name}."
        most = self._device.max_mem_alloc_size
        if max(sizes) > most:
            return f"This needs {bytes_text(max(sizes))} in one piece and {self.name} gives at most {bytes_text(most)}."
        return ""


def form_for(device: cl.Device) -> Form:
    """What suits a device by its kind: a CPU computes on vectors, a GPU on work-items side by side."""
    if device.type & cl.device_type.CPU:
        return cpu_form(max(4, min(16, device.native_vector_width_float)), device.max_compute_units)
    return gpu_form(max(1, min(4, device.native_vector_width_float)), device.max_compute_units)
