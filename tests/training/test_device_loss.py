"""An OpenCL device that fails in mid-training: training goes on from the last snapshot on NumPy, and says so."""

from __future__ import annotations

import pytest

from nnstudio.data.dataset import Dataset
from nnstudio.engine.backend import Backend, DeviceError, Executable, MemoryNeed
from nnstudio.engine.devices import open_backend
from nnstudio.engine.roofline import Peaks
from nnstudio.network import NetworkSpec
from nnstudio.training.events import DeviceChanged, EpochDone, Finished, Steps
from nnstudio.training.settings import TrainingSettings
from nnstudio.training.trainer import Trainer


class _Failing(Backend):
    """A real OpenCL device whose driver gives up after some steps."""

    def __init__(self, device: Backend, steps: int) -> None:
        self.device, self.steps = device, steps
        self.name, self.key = device.name, device.key

    def prepare(self, *args: object, **options: object) -> Executable:
        executable = self.device.prepare(*args, **options)  # type: ignore[arg-type]
        executable.fail_after(self.steps)  # type: ignore[attr-defined]
        return executable

    def memory_need(self, *args: object, **options: object) -> MemoryNeed:
        return self.device.memory_need(*args, **options)  # type: ignore[arg-type]

    def measure_peaks(self) -> Peaks:
        return self.device.measure_peaks()


@pytest.mark.parametrize("steps", [0, 1, 7, 16, 30])
def test_goes_on_with_numpy(steps: int, stripes: Dataset, small_network: NetworkSpec) -> None:
    try:
        device = open_backend("opencl")
    except DeviceError as error:
        pytest.skip(f"no OpenCL device: {error}")
    settings = TrainingSettings(epochs=3, batch_size=16, seed=5)
    events = list(Trainer(small_network, stripes, settings, backend=_Failing(device, steps)).run())
    (changed,) = [event for event in events if isinstance(event, DeviceChanged)]
    assert changed.message.startswith(f"{device.name} failed: ")
    assert changed.message.endswith(f"Training goes on from step {changed.step:,} on NumPy (CPU).")
    assert changed.step <= steps
    after = [event for event in events[events.index(changed) :] if isinstance(event, Steps)]
    assert after[0].step - len(after[0].losses) == changed.step, "no step is left out, none is done from other weights"
    assert [event.epoch for event in events if isinstance(event, EpochDone)][-1] == 3
    last = events[-1]
    assert isinstance(last, Finished) and last.step == 48 and last.device == "NumPy (CPU)"
