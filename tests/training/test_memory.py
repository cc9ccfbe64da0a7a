"""The memory that training says it will take, against what the system says a process takes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from nnstudio.engine.backend import DeviceError

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process's peak since some moment")


def opencl_on_the_processor() -> bool:
    """Whether the first OpenCL device uses this process's memory, which alone can be watched."""
    try:
        from nnstudio.engine.opencl.platforms import all_devices, kind_of

        return [kind_of(device) for device in all_devices()][:1] == ["cpu"]
    except (ImportError, DeviceError):
        return False


def trained(device: str, batch_size: int, epochs: int) -> dict[str, int]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.training.memory_driver", device, str(batch_size), str(epochs)],
        cwd=ROOT, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(("device", "batch_size"), [("numpy", 128), ("opencl", 512)])
def test_training_takes_what_it_said_and_no_more_the_longer_it_lasts(device: str, batch_size: int) -> None:
    if device == "opencl":
        if not opencl_on_the_processor():
            pytest.skip("the first OpenCL device is not this machine's processor")
        trained(device, batch_size, epochs=1)  # compiling takes memory too, but only the first time
    memory = trained(device, batch_size, epochs=4)
    assert memory["predicted"] > 100e6
    assert 0.8 * memory["predicted"] < memory["taken"] < 1.1 * memory["predicted"], "pages at rest may be given back"
    first, *_, last = memory["at_epochs"]
    assert last - first < 1e6
