"""The machine that figures come from, and how busy others kept it meanwhile."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import numpy as np
import psutil

from nnstudio.engine.devices import list_devices

VARIABLES = ("OPENBLAS_", "OMP_", "GOMP_", "KMP_", "MKL_", "POCL_", "OCL_", "CL_CONFIG_", "DPCPP_", "CUDA_")
"""Beginnings of the names of variables that libraries take settings from; where they keep files does not matter."""
ENVIRONMENT = dict(os.environ)
"""Before libraries add to it."""
BUSY = 0.05
"""More of the processor for others makes figures doubtful."""


def limit_threads(threads: int) -> None:
    """Before any library starts threads: as many for everybody, on as many cores."""
    if threads == os.cpu_count():
        return
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POCL_MAX_PTHREAD_COUNT", "DPCPP_CPU_NUM_CUS"):
        os.environ[variable] = str(threads)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def processor() -> str:
    """Its name as the system gives it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def description(threads: int) -> str:
    """Machine, drivers and versions, in a paragraph."""
    import torch

    drivers = {f"{device.platform} {device.driver}" for device in list_devices() if device.key.startswith("opencl:")}
    parts = [
        f"{processor()}, {os.cpu_count()} cores, threads: {threads}", f"{platform.system()} {platform.release()}",
        f"Python {platform.python_version()}", f"NumPy {np.__version__}", f"PyTorch {torch.__version__}",
        *sorted(drivers),
    ]  # fmt: skip
    names = sorted(name for name in ENVIRONMENT if name.startswith(VARIABLES) and not name.endswith(("_DIR", "_PATH")))
    settings = [f"`{name}={ENVIRONMENT[name]}`" for name in names]
    return f"{', '.join(parts)}. Environment: {', '.join(settings) or 'no settings of libraries'}."


def load_warning() -> str | None:
    """A sentence, when the machine has been busy in the last minute."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    if load < 0.5:
        return None
    return f"The machine was busy (load {load:.1f}): PyTorch's threads suffer most from that, and ratios are too high."


class Watch:
    """From its making on, how much of the processor others use: whatever is busy and not this process or a child."""

    def __init__(self) -> None:
        self._total, self._idle, self._own = self._times()

    def others(self) -> float:
        """Their share of all cores' time, from 0 to 1."""
        total, idle, own = self._times()
        elapsed = max(total - self._total, 1e-9)
        return max(0.0, (elapsed - (idle - self._idle) - (own - self._own)) / elapsed)

    def _times(self) -> tuple[float, float, float]:
        """Seconds of all cores: in all, idle, and for us."""
        times = psutil.cpu_times()
        own = psutil.Process()
        used = own.cpu_times()
        living = sum(sum(child.cpu_times()[:2]) for child in own.children(recursive=True))
        total = sum(times[:8])  # a guest's time, behind these, is counted in the user's
        return total, times.idle + getattr(times, "iowait", 0.0), sum(used[:4]) + living
