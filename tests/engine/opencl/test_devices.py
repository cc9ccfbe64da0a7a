"""Finding devices: children that fail, hang, crash or babble, the cache, and opening by key."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nnstudio.engine import devices
from nnstudio.engine.backend import DeviceError
from nnstudio.engine.devices import DeviceInfo, Inventory, list_devices, open_backend
from nnstudio.engine.numpy import NumpyBackend, NumpyExecutable
from nnstudio.engine.opencl.probe import measure
from nnstudio.engine.plan import Plan

GPU = {"name": "Test GPU", "kind": "gpu", "platform": "P", "driver": "1.0", "compute_units": 4, "memory": 2**30}
CPU = {"name": "Test CPU", "kind": "cpu", "platform": "P", "driver": "1.0", "compute_units": 2, "memory": 2**32}
SPEED = "print(json.dumps({'images_per_second': {'numpy': 100, 'opencl:0': 900, 'opencl:1': 300}[key]}))"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NNSTUDIO_CACHE_DIR", str(tmp_path))
    return tmp_path


def inventory(measure: str = SPEED, found: str | None = None, **limits: float) -> Inventory:
    """An inventory whose child lists two devices and does ``measure`` for each ``key``."""
    listing = found or f"print(json.dumps({{'devices': {[GPU, CPU]!r}}}))"
    program = (
        "import json, os, sys\n"
        "open(os.path.join(os.environ['NNSTUDIO_CACHE_DIR'], 'calls'), 'a').write(' '.join(sys.argv[1:]) + '\\n')\n"
        f"if sys.argv[1] == 'list':\n    {listing}\nelse:\n    key = sys.argv[2]\n    {measure}\n"
    )
    return Inventory(probe=(sys.executable, "-c", program), **limits)


def calls(folder: Path) -> list[str]:
    """What children were asked for until now."""
    return (folder / "calls").read_text().splitlines()


def for_gpu(action: str) -> str:
    """A measurement in which the first OpenCL device does something else."""
    return f"exec({action!r} if key == 'opencl:0' else {SPEED!r})"


def test_devices_are_listed_with_their_speed() -> None:
    found = inventory().devices()
    assert [device.key for device in found] == ["numpy", "opencl:0", "opencl:1"]
    assert [device.images_per_second for device in found] == [100, 900, 300]
    assert all(device.healthy and not device.reason for device in found)
    assert (found[1].name, found[1].kind, found[1].memory) == ("Test GPU", "gpu", 2**30)


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"),
        ("raise RuntimeError('no kernel for you')", "no kernel for you"),
        ("print('nonsense')", "gave no reason"),
        ("print('[1, 2]')", "gave no reason"),
        ("sys.exit(3)", "exit status 3"),
        ("print(json.dumps({'problem': 'It computes wrongly.'}))", "computes wrongly"),
    ],
)
def test_a_bad_device_is_listed_with_the_reason(action: str, reason: str) -> None:
    found = inventory(for_gpu(action)).devices()
    assert [device.healthy for device in found] == [True, False, True]
    assert reason in found[1].reason


def test_a_device_that_hangs_is_given_up() -> None:
    found = inventory(for_gpu("import threading; threading.Event().wait()"), seconds_to_measure=3).devices()
    assert [device.healthy for device in found] == [True, False, True]
    assert "within 3 seconds" in found[1].reason


def test_drivers_that_crash_when_listed_leave_numpy() -> None:
    found = inventory(found="os.abort()").devices()
    assert [(device.key, device.healthy) for device in found] == [("numpy", True), ("opencl", False)]
    assert "SIGABRT" in found[1].reason


def test_numpy_is_healthy_even_when_it_cannot_be_measured() -> None:
    found = inventory("sys.exit(1)").devices()
    assert [device.healthy for device in found] == [True, False, False]


def test_noise_of_drivers_before_the_answer_does_not_matter() -> None:
    assert inventory("print('Loading driver...');" + SPEED).devices()[1].healthy


def test_a_probe_that_cannot_be_started() -> None:
    found = Inventory(probe=("/no/such/program",)).devices()
    assert [(device.key, device.healthy) for device in found] == [("numpy", True), ("opencl", False)]


# ---- the cache


def test_the_second_time_no_child_is_asked(own_cache: Path) -> None:
    first = inventory().devices()
    asked = calls(own_cache)
    assert inventory().devices() == first
    assert calls(own_cache) == asked == ["list", "measure numpy", "measure opencl:0", "measure opencl:1"]


def test_refresh_asks_again(own_cache: Path) -> None:
    inventory().devices()
    inventory().devices(refresh=True)
    assert len(calls(own_cache)) == 8


def test_new_drivers_are_listed_but_known_devices_not_measured_again(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inventory(for_gpu("sys.exit(1)")).devices()
    (own_cache / "calls").unlink()
    monkeypatch.setattr(devices, "driver_fingerprint", lambda: "other")
    found = inventory().devices()
    assert calls(own_cache) == ["list", "measure opencl:0"], "only what was not healthy is tried again"
    assert [device.images_per_second for device in found] == [100, 900, 300]


def test_other_kernels_mean_that_everything_is_measured_again(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inventory().devices()
    monkeypatch.setattr(devices, "program_fingerprint", lambda: "other")
    inventory().devices()
    assert len(calls(own_cache)) == 8


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe", b"[]", b'{"drivers": 1}', b'{"drivers": "", "program": "", "devices": [{}]}']
)
def test_a_damaged_cache_is_made_anew(own_cache: Path, content: bytes) -> None:
    expected = inventory().devices()
    (own_cache / "devices.json").write_bytes(content)
    assert inventory().devices() == expected
    json.loads((own_cache / "devices.json").read_text())


def test_a_cache_that_cannot_be_written_is_no_error(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (own_cache / "file").write_text("")
    monkeypatch.setenv("NNSTUDIO_CACHE_DIR", str(own_cache / "file"))
    listing = Inventory(probe=("/no/such/program",))
    assert listing.devices()[0].key == "numpy"


# ---- opening


def known(monkeypatch: pytest.MonkeyPatch, *found: DeviceInfo) -> None:
    monkeypatch.setattr(devices, "list_devices", lambda: list(found))


NUMPY = DeviceInfo("numpy", "NumPy (CPU)", "cpu", "NumPy", "", 2, 0, True, "", 100.0)
BROKEN = DeviceInfo("opencl:0", "Test GPU", "gpu", "P", "1", 4, 2**30, False, "Its driver crashed (SIGSEGV).", 0.0)
GONE = DeviceInfo("opencl:1", "A GPU that was pulled out", "gpu", "P", "1", 4, 2**30, True, "", 900.0)


def test_an_unknown_key_names_what_exists(monkeypatch: pytest.MonkeyPatch) -> None:
    known(monkeypatch, NUMPY, BROKEN)
    with pytest.raises(DeviceError, match=r"“opencl:7”.*numpy, opencl:0"):
        open_backend("opencl:7")


def test_an_unhealthy_device_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    known(monkeypatch, NUMPY, BROKEN)
    with pytest.raises(DeviceError, match=r"crashed.*Choose one of numpy"):
        open_backend("opencl:0")
    with pytest.raises(DeviceError, match="crashed"):
        open_backend("opencl")


def test_auto_takes_the_next_when_the_fastest_does_not_open(monkeypatch: pytest.MonkeyPatch) -> None:
    known(monkeypatch, NUMPY, BROKEN, GONE)
    assert isinstance(open_backend("auto"), NumpyBackend)
    with pytest.raises(DeviceError):
        open_backend("opencl:1")


def test_numpy_needs_no_list(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> list[DeviceInfo]:
        raise AssertionError("nothing should be listed")

    monkeypatch.setattr(devices, "list_devices", fail)
    assert open_backend("numpy").key == "numpy"


# ---- the real machine


def test_the_real_devices_of_this_machine() -> None:
    """One list, tried and measured for real, and then opened."""
    found = list_devices()
    assert found[0].key == "numpy"
    assert found[0].images_per_second > 0
    fastest = max((device for device in found if device.healthy), key=lambda device: device.images_per_second)
    assert open_backend("auto").key == fastest.key
    for device in found[1:]:
        assert device.healthy, f"{device.name}: {device.reason}"
        assert open_backend(device.key).key == device.key


def run_python(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


def test_listing_from_the_cache_does_not_load_opencl() -> None:
    inventory().devices()
    program = "import sys\nfrom nnstudio.engine.devices import Inventory\nprint(len(Inventory().devices()))\n"
    assert run_python(program + "assert 'pyopencl' not in sys.modules").strip() == "3"


def test_without_pyopencl_the_child_says_so() -> None:
    program = (
        "import sys\nsys.modules['pyopencl'] = None\nfrom nnstudio.engine.opencl.probe import main\nmain(['list'])"
    )
    assert "OpenCL cannot be used" in json.loads(run_python(program))["problem"]


class WrongBackend(NumpyBackend):
    """Whatever it shall compute, it computes a little wrongly."""

    def prepare(self, plan: Plan, **settings: Any) -> NumpyExecutable:
        executable = super().prepare(plan, **settings)
        right = executable.write_parameters
        executable.write_parameters = lambda values: right({name: value * 1.1 for name, value in values.items()})  # type: ignore[method-assign]
        return executable


def test_a_backend_that_computes_wrongly_is_found_out() -> None:
    with pytest.raises(DeviceError, match="computes wrongly"):
        measure(WrongBackend())
    assert measure(NumpyBackend()) > 0
