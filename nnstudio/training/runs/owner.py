"""Which process a run belongs to, so that a run whose process is gone is known to have crashed."""

from __future__ import annotations

import os
import platform

import psutil


def this_process() -> str:
    """The machine, the process, and when it began: numbers of processes are used again."""
    return _name_of(os.getpid())


def is_alive(owner: str) -> bool:
    """Whether that process still runs. Of other machines that share the folder nobody knows, so there it may."""
    machine, _, number = owner.rpartition("/")[0].rpartition("/")
    if machine != platform.node():
        return bool(machine)
    try:
        return _name_of(int(number)) == owner
    except (psutil.Error, ValueError):
        return False


def _name_of(number: int) -> str:
    process = psutil.Process(number)
    if process.status() == psutil.STATUS_ZOMBIE:  # ended, and only not yet missed by whoever started it
        raise psutil.NoSuchProcess(number)
    return f"{platform.node()}/{number}/{process.create_time():.2f}"
