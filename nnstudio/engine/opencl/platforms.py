"""The OpenCL devices of this machine, in this process. Ask ``nnstudio.engine.devices`` first: it knows which are
healthy."""

from __future__ import annotations

import os
import re

import pyopencl as cl

from nnstudio.engine.backend import DeviceError
from nnstudio.engine.opencl.runtimes import PLATFORM, runtime_announced
from nnstudio.paths import cache_dir


def all_devices() -> list[cl.Device]:
    """The devices of all platforms, in the loader's order; ``opencl:N`` is number N. Those of a runtime that was
    installed with this program come last, so that the others keep their numbers."""
    # PoCL reads this when it starts: what it compiles for us belongs to our cache.
    os.environ.setdefault("POCL_CACHE_DIR", str(cache_dir() / "pocl"))
    try:
        with runtime_announced() as announced:
            platforms = cl.get_platforms()
    except cl.Error as error:
        raise DeviceError(f"OpenCL finds no driver on this machine ({error}).") from error
    if announced:
        platforms.sort(key=lambda platform: platform.name == PLATFORM)
    return [device for platform in platforms for device in _devices_of(platform)]


def _devices_of(platform: cl.Platform) -> list[cl.Device]:
    try:
        return list(platform.get_devices())
    except cl.Error:
        return []  # a platform without a device of any kind says so by an error


def kind_of(device: cl.Device) -> str:
    """``cpu``, ``gpu``, ``accelerator`` or ``other``."""
    for kind in ("cpu", "gpu", "accelerator"):
        if device.type & getattr(cl.device_type, kind.upper()):
            return kind
    return "other"


def device_name(device: cl.Device) -> str:
    """The device as people know it. PoCL puts how it runs and what it compiles for before the processor's name."""
    return re.sub(r"^(?:pthread|basic|cpu|cpu-minimal)-[a-z0-9_.-]+-(?=[A-Z])", "", str(device.name).strip())


def platform_name(device: cl.Device) -> str:
    """Whose driver it is."""
    name = str(device.platform.name).strip()
    return {"Portable Computing Language": "PoCL", PLATFORM: "Intel"}.get(name, name)
