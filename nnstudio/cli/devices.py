"""``nnstudio devices``: what can train on this machine, how fast, and what is wrong with the rest."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict

from nnstudio.cli.output import Printer
from nnstudio.engine.devices import DeviceInfo, list_devices
from nnstudio.engine.opencl.runtimes import PACKAGES, can_be_installed, installed_runtime


def run(options: argparse.Namespace) -> int:
    printer = Printer(options.json)
    devices = list_devices(refresh=options.refresh)
    for device in devices:
        printer.say(_line(device), event="device", **asdict(device))
    if not options.json and _runtime_would_help(devices):
        command = f"{sys.executable} -m pip install {' '.join(PACKAGES)}"
        print(f"Intel's OpenCL runtime may be faster on this processor (280 MB to download): {command}")
    return 0


def _runtime_would_help(devices: Sequence[DeviceInfo]) -> bool:
    """Where the processor does the work, and Intel's runtime for it is missing."""
    has_gpu = any(device.healthy and device.kind == "gpu" for device in devices)
    has_intel = any(device.kind == "cpu" and device.platform.startswith("Intel") for device in devices)
    return can_be_installed() and installed_runtime() is None and not has_gpu and not has_intel


def _line(device: DeviceInfo) -> str:
    return (
        f"{device.key:<10} {device.label}: {_speed(device) if device.healthy else f'cannot be used: {device.reason}'}"
    )


def _speed(device: DeviceInfo) -> str:
    """In training LeNet-5, and at most."""
    peaks = (
        f"; at most {device.peak_gflops:,.0f} GFLOP/s, {device.peak_gbs:,.0f} GB/s, "
        f"a launch in {device.launch_seconds * 1e6:.1f} µs"
    )
    return f"{device.images_per_second:,.0f} images/s" + (peaks if device.peak_gflops else "")
