"""The devices of this machine: which there are, which are healthy, how fast they are, and how to open one.

Drivers are asked, and devices tried and measured, in child processes with a time limit, since a broken driver can
crash or hang its caller. What was found is kept in the user's cache, and found again when something changes that it
depends on. So a list from the cache needs no OpenCL at all.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from signal import Signals
from typing import Any

from pydantic import TypeAdapter, ValidationError

from nnstudio.engine.backend import Backend, DeviceError
from nnstudio.engine.children import environment
from nnstudio.engine.opencl.fingerprint import driver_fingerprint, program_fingerprint
from nnstudio.engine.roofline import Peaks
from nnstudio.files import WriteError, atomic_write
from nnstudio.paths import cache_dir

AUTO, NUMPY, OPENCL = "auto", "numpy", "opencl"
PROBE = (sys.executable, "-m", "nnstudio.engine.opencl.probe")
SECONDS_TO_LIST = 30.0
SECONDS_TO_MEASURE = 120.0
"""Compiling takes most of it: on a slow machine, the first time, a minute."""


@dataclass(frozen=True)
class DeviceInfo:
    """A device as the user sees it. ``kind`` is ``cpu``, ``gpu``, ``accelerator`` or ``other``; ``memory`` is in
    bytes, 0 if not known; ``reason`` says why it is not ``healthy``.

    Measured, or else 0: ``images_per_second`` in training LeNet-5, and the most that the device can do, see ``Peaks``.
    """

    key: str
    name: str
    kind: str
    platform: str
    driver: str
    compute_units: int
    memory: int
    healthy: bool
    reason: str
    images_per_second: float
    peak_gflops: float = 0.0
    peak_gbs: float = 0.0
    launch_seconds: float = 0.0
    copies: tuple[tuple[int, float], ...] = ()

    @property
    def label(self) -> str:
        """The name, and whose driver it is: several drivers may serve one processor."""
        return f"{self.name}, {self.platform}" if self.key.startswith("opencl:") else self.name

    @property
    def peaks(self) -> Peaks:
        return Peaks(self.peak_gflops, self.peak_gbs, self.launch_seconds, self.copies)


MEASURED = ("images_per_second", "peak_gflops", "peak_gbs", "launch_seconds", "copies")
"""The fields that a child process fills in."""


def list_devices(refresh: bool = False) -> list[DeviceInfo]:
    """NumPy and all OpenCL devices; with ``refresh``, or when nothing is known yet, tried and measured now (some
    seconds)."""
    return Inventory().devices(refresh)


def open_backend(key: str = AUTO) -> Backend:
    """The backend of a device by its key; ``auto`` is the fastest healthy one, ``opencl`` the fastest with OpenCL.

    ``DeviceError`` for a key that does not exist or names a device that is not healthy.
    """
    if key == NUMPY:
        return _open(_numpy_device())
    devices = list_devices()
    if key in (AUTO, OPENCL):
        return _open_fastest(devices, key)
    chosen = next((device for device in devices if device.key == key), None)
    if chosen is None:
        keys = ", ".join([AUTO, OPENCL, *(device.key for device in devices)])
        raise DeviceError(f"There is no device “{key}”.", f"Choose one of {keys}.")
    if not chosen.healthy:
        raise DeviceError(f"The device “{key}” ({chosen.name}) cannot be used: {chosen.reason}", _choice(devices))
    return _open(chosen)


def _open_fastest(devices: list[DeviceInfo], key: str) -> Backend:
    """The first that opens, the fastest first. With ``auto`` that is NumPy at last."""
    candidates = [device for device in devices if device.healthy and (key == AUTO or device.key != NUMPY)]
    reason = "".join(f" {device.key} ({device.name}): {device.reason}" for device in devices if not device.healthy)
    for device in sorted(candidates, key=lambda device: -device.images_per_second):
        try:
            return _open(device)
        except DeviceError as error:
            reason = f" {error}"
    raise DeviceError(f"No OpenCL device can be used.{reason}", _choice(devices))


def _choice(devices: list[DeviceInfo]) -> str:
    healthy = ", ".join(device.key for device in devices if device.healthy)
    return f"Choose one of {healthy}, or try again with `nnstudio devices --refresh`."


def _open(device: DeviceInfo) -> Backend:
    if device.key == NUMPY:
        from nnstudio.engine.numpy.backend import NumpyBackend

        return NumpyBackend()
    try:
        from nnstudio.engine.opencl.backend import OpenCLBackend
        from nnstudio.engine.opencl.platforms import all_devices, device_name, platform_name
    except ImportError as error:
        raise DeviceError(f"OpenCL cannot be used: {error}.", "Choose numpy.") from error
    found = all_devices()
    index = int(device.key.removeprefix("opencl:"))
    chosen = [(device_name(other), platform_name(other)) for other in found[index : index + 1]]
    if chosen != [(device.name, device.platform)]:
        raise DeviceError(
            f"“{device.key}” is not {device.label} any more.", "Run `nnstudio devices --refresh` to look again."
        )
    return OpenCLBackend(found[index], device.key)


def _numpy_device() -> DeviceInfo:
    return DeviceInfo(NUMPY, "NumPy (CPU)", "cpu", "NumPy", "", os.cpu_count() or 1, 0, True, "", 0.0)


@dataclass(frozen=True)
class Inventory:
    """Finds and remembers devices. The fields are for tests: the command that probes, and its time limits."""

    probe: Sequence[str] = PROBE
    seconds_to_list: float = SECONDS_TO_LIST
    seconds_to_measure: float = SECONDS_TO_MEASURE

    def devices(self, refresh: bool = False) -> list[DeviceInfo]:
        """What is remembered if nothing has changed; otherwise look again, and try what is new."""
        drivers, program = driver_fingerprint(), program_fingerprint()
        memory = _Memory() if refresh else _Memory.load()
        if (memory.drivers, memory.program) == (drivers, program):
            return list(memory.devices)
        known = {_identity(device): device for device in memory.devices} if memory.program == program else {}
        found = tuple(self._with_health(device, known) for device in (_numpy_device(), *self._listed()))
        _Memory(drivers, program, found).save()
        return list(found)

    def _listed(self) -> list[DeviceInfo]:
        """What the drivers name; when that fails, one entry that says why."""
        answer = self._ask("list", seconds=self.seconds_to_list)
        if "problem" in answer:
            return [DeviceInfo(OPENCL, "OpenCL", "other", "", "", 0, 0, False, answer["problem"], 0.0)]
        return [
            DeviceInfo(f"opencl:{index}", **device, healthy=True, reason="", images_per_second=0.0)
            for index, device in enumerate(answer["devices"])
        ]

    def _with_health(self, device: DeviceInfo, known: Mapping[tuple[str, ...], DeviceInfo]) -> DeviceInfo:
        """A device tried and measured, unless that was done before."""
        if not device.healthy:
            return device
        before = known.get(_identity(device))
        if before is not None and before.healthy:
            return _measured(device, asdict(before))
        answer = self._ask("measure", device.key, seconds=self.seconds_to_measure)
        if "problem" in answer:
            # NumPy is what everything falls back to, measured or not.
            return replace(device, healthy=device.key == NUMPY, reason=answer["problem"])
        return _measured(device, answer)

    def _ask(self, *arguments: str, seconds: float) -> dict[str, Any]:
        """The answer of a child process, or a ``problem`` when it crashes, hangs, or says nothing that makes sense."""
        try:
            done = subprocess.run(
                [*self.probe, *arguments], capture_output=True, timeout=seconds, env=environment(),
                stdin=subprocess.DEVNULL, text=True, errors="replace", check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return {"problem": f"It did not answer within {seconds:g} seconds."}
        except OSError as error:
            return {"problem": f"It could not be tried: {error}."}
        lines = done.stdout.splitlines()
        try:
            return dict(json.loads(lines[-1]))
        except (IndexError, ValueError, TypeError):
            return {"problem": _last_words(done)}


def _measured(device: DeviceInfo, values: Mapping[str, Any]) -> DeviceInfo:
    """The device with what ``values`` say of its speed."""
    found = {name: values[name] for name in MEASURED if name in values}
    return TypeAdapter(DeviceInfo).validate_python({**asdict(device), **found})


def _last_words(done: subprocess.CompletedProcess[str]) -> str:
    if done.returncode < 0:
        return f"Its driver crashed ({Signals(-done.returncode).name})."
    complaint = (done.stderr.strip().splitlines() or ["it gave no reason"])[-1]
    return f"Trying it failed with exit status {done.returncode}: {complaint}"


def _identity(device: DeviceInfo) -> tuple[str, ...]:
    """What a measurement holds for, as long as the program is the same."""
    return device.platform, device.driver, device.name


@dataclass(frozen=True)
class _Memory:
    """The cache file: the devices, and what they depend on."""

    drivers: str = ""
    program: str = ""
    devices: tuple[DeviceInfo, ...] = ()

    @staticmethod
    def load() -> _Memory:
        """What ``save`` wrote; nothing when there is no file or it is damaged."""
        try:
            return TypeAdapter(_Memory).validate_json((cache_dir() / "devices.json").read_bytes())
        except (OSError, ValidationError):
            return _Memory()

    def save(self) -> None:
        """Without a cache everything works, only slower."""
        with suppress(WriteError):
            atomic_write(cache_dir() / "devices.json", json.dumps(asdict(self), indent=2) + "\n")
