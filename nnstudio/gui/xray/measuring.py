"""The work behind the X-ray: to be called in a thread of its own, which so owns the executables."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnstudio.network import NetworkSpec

if TYPE_CHECKING:
    from nnstudio.engine.devices import DeviceInfo
    from nnstudio.gui.xray.table import Findings


@dataclass(frozen=True)
class Request:
    """Which network, in batches of how many images, on which devices: one, or two to be compared."""

    spec: NetworkSpec
    batch_size: int
    devices: tuple[DeviceInfo, ...]


Measure = Callable[[Request, Callable[[float], None], threading.Event], "Findings"]
"""Measures; reports the share that is done, and gives up with an `NNStudioError` soon after the event is set."""


def measure(request: Request, report: Callable[[float], None], cancelled: threading.Event) -> Findings:
    """The real one. Imports late: the window comes first."""
    from nnstudio.engine.devices import open_backend
    from nnstudio.engine.xray import compare, examine
    from nnstudio.gui.xray.table import Findings

    backends = [open_backend(device.key) for device in request.devices]
    peaks = [device.peaks for device in request.devices]
    spec, batch_size = request.spec, request.batch_size
    if len(backends) == 1:
        xray = examine(
            spec, backends[0], batch_size=batch_size, peaks=peaks[0], progress=report, cancelled=cancelled.is_set
        )
        return Findings((xray,))
    comparison = compare(
        spec, backends[0], backends[1],
        batch_size=batch_size, peaks=(peaks[0], peaks[1]), progress=report, cancelled=cancelled.is_set,
    )  # fmt: skip
    return Findings((comparison.first, comparison.second), comparison)
