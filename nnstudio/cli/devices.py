"""``nnstudio devices``: what can train on this machine, how fast, and what is wrong with the rest."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from nnstudio.cli.output import Printer
from nnstudio.engine.devices import DeviceInfo, list_devices


def run(options: argparse.Namespace) -> int:
    printer = Printer(options.json)
    for device in list_devices(refresh=options.refresh):
        printer.say(_line(device), event="device", **asdict(device))
    return 0


def _line(device: DeviceInfo) -> str:
    state = f"{device.images_per_second:,.0f} images/s" if device.healthy else f"cannot be used: {device.reason}"
    return f"{device.key:<10} {device.name}: {state}"
