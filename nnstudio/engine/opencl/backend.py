"""An OpenCL device as a backend."""

from __future__ import annotations

import pyopencl as cl

from nnstudio.engine.backend import Backend, DeviceError, DeviceLostError
from nnstudio.engine.opencl.executable import OpenCLExecutable
from nnstudio.engine.opencl.forms import Form, cpu_form, gpu_form
from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.memory import OutOfMemoryError
from nnstudio.engine.opencl.stream import Stream
from nnstudio.engine.optimizers import OptimizerBase
from nnstudio.engine.plan import Plan


class OpenCLBackend(Backend):
    """``key`` is ``opencl:N``, where N counts all devices of all platforms. ``form`` overrides the device's own, for
    tests."""

    def __init__(self, device: cl.Device, key: str = "opencl:0", form: Form | None = None) -> None:
        self.name = f"{device.name.strip()} ({device.platform.name.strip()})"
        self.key = key
        self.form = form or form_for(device)
        self._device = device

    def prepare(
        self, plan: Plan, *, batch_size: int, optimizer: OptimizerBase | None = None, seed: int = 0
    ) -> OpenCLExecutable:
        if batch_size < 1:
            raise ValueError(f"`batch_size` (={batch_size}) must be at least 1")
        try:
            # A context for each executable: one that failed takes nothing else with it.
            stream = Stream(cl.Context([self._device]))
            return OpenCLExecutable(stream, Frame(plan, self.form, batch_size), optimizer, seed)
        except (OutOfMemoryError, DeviceLostError) as error:
            hint = (
                f"Choose a smaller batch, such as {max(1, batch_size // 4):,}."
                if batch_size > 1
                else "Make the network smaller."
            )
            raise DeviceError(error.message, hint) from error
        except cl.Error as error:
            raise DeviceError(f"{self.name} could not be started ({error}).", "Choose another device.") from error


def form_for(device: cl.Device) -> Form:
    """What suits a device by its kind: a CPU computes on vectors, a GPU on work-items side by side."""
    if device.type & cl.device_type.CPU:
        return cpu_form(max(4, min(16, device.native_vector_width_float)), device.max_compute_units)
    return gpu_form(max(1, min(4, device.native_vector_width_float)), device.max_compute_units)
