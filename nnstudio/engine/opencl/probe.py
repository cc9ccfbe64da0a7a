"""What a child process finds out about devices: ``python -m nnstudio.engine.opencl.probe list`` or ``… measure KEY``.

A broken driver may crash or hang whoever calls it, so that is never the program itself. The answer is one line of
JSON, the last on standard output, since drivers print there too.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np

from nnstudio.engine.backend import Backend, DeviceError, Executable
from nnstudio.engine.initializers import Initializer, initial_parameters
from nnstudio.engine.numpy.backend import NumpyBackend
from nnstudio.engine.optimizers import Momentum
from nnstudio.engine.plan import compile_plan
from nnstudio.engine.timing import best_time
from nnstudio.network.presets import lenet5

BATCH = 64
SAMPLES = 64 * 20 - 7
"""An odd number, so that the last batch is not full."""
SECONDS = 0.5
TOLERANCE = 1e-3


def found_devices() -> list[dict[str, Any]]:
    """What the drivers say of each OpenCL device."""
    from nnstudio.engine.opencl.platforms import all_devices, device_name, kind_of, platform_name

    return [
        {
            "name": device_name(device),
            "kind": kind_of(device),
            "platform": platform_name(device),
            "driver": device.driver_version.strip(),
            "compute_units": device.max_compute_units,
            "memory": device.global_mem_size,
        }
        for device in all_devices()
    ]


def backend_for(key: str) -> Backend:
    """The backend of a device, be it healthy or not."""
    if key == NumpyBackend.key:
        return NumpyBackend()
    from nnstudio.engine.opencl.backend import OpenCLBackend
    from nnstudio.engine.opencl.platforms import all_devices

    return OpenCLBackend(all_devices()[int(key.removeprefix("opencl:"))], key)


def measure(backend: Backend) -> float:
    """Images per second in training LeNet-5; ``DeviceError`` when results are not NumPy's."""
    executable = _prepared(backend)
    try:
        _require_same(executable, _prepared(NumpyBackend()))
        return _speed(executable)
    finally:
        executable.close()


def _prepared(backend: Backend) -> Executable:
    plan, generator = compile_plan(lenet5()), np.random.default_rng(0)
    executable = backend.prepare(plan, batch_size=BATCH, optimizer=Momentum())
    executable.write_parameters(initial_parameters(plan, Initializer.HE_NORMAL, 0))
    images = generator.integers(0, 256, (SAMPLES, *plan.input.shape), np.uint8)
    executable.load_samples(images, generator.integers(0, 10, SAMPLES).astype(np.int32))
    executable.begin_epoch(generator.permutation(SAMPLES))
    return executable


def _require_same(executable: Executable, reference: Executable) -> None:
    """Two steps, one with a batch that is not full, must give what NumPy gives."""
    for candidate in (executable, reference):
        candidate.train(0, 1)
        candidate.train(SAMPLES // BATCH, 1)
    losses, expected = executable.drain().losses, reference.drain().losses
    if not np.allclose(losses, expected, rtol=TOLERANCE):
        raise DeviceError(f"It computes wrongly: losses are {losses} and should be {expected}.")
    parameters = executable.read_parameters()
    for name, values in reference.read_parameters().items():
        difference = np.max(np.abs(parameters[name] - values))
        if not difference <= TOLERANCE * np.max(np.abs(values)):
            raise DeviceError(f"It computes wrongly: after two steps “{name}” is off by {difference:.2g}.")


def _speed(executable: Executable) -> float:
    """Images per second at best."""

    def repeat(steps: int) -> None:
        executable.train(0, steps)
        executable.drain()

    return BATCH / best_time(repeat, SECONDS, most=SAMPLES // BATCH)


def peaks_of(backend: Backend) -> dict[str, Any]:
    """The most that a device can do, as ``DeviceInfo`` has it; nothing when it only trains and will not be measured."""
    try:
        peaks = backend.measure_peaks()
    except DeviceError:
        return {}
    return {
        "peak_gflops": peaks.gflops,
        "peak_gbs": peaks.gbs,
        "launch_seconds": peaks.launch_seconds,
        "copies": peaks.copies,
    }


def main(arguments: list[str]) -> None:
    answer: dict[str, Any]
    try:
        match arguments:
            case ["list"]:
                answer = {"devices": found_devices()}
            case ["measure", key]:
                backend = backend_for(key)
                answer = {"images_per_second": measure(backend), **peaks_of(backend)}
            case _:
                sys.exit("usage: python -m nnstudio.engine.opencl.probe list | measure KEY")
    except ImportError as error:
        answer = {"problem": f"OpenCL cannot be used: {error}."}
    except DeviceError as error:
        answer = {"problem": str(error)}
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
