"""Whether the program that a folder belongs to still runs.

The folder is named after the program: process number, when it began, and some random letters. While it runs it also
holds a lock on a file in the folder, which the system takes away however the program ends. Where a file system knows no
locks, process number and beginning decide alone.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

import psutil

LOCK = "lock"
_SAME_START = 2.0
"""Seconds: how far the beginning of one process moves when the system's clock is set right."""


def own_name() -> str:
    """A folder name that nobody else has."""
    return f"{os.getpid()}-{round(psutil.Process().create_time() * 1000)}-{token_hex(4)}"


def is_alive(folder: Path) -> bool:
    """Whether the program after which `folder` is named still runs, this one included."""
    return _process_lives(folder.name) or _is_locked(folder / LOCK)


class FolderLock:
    """Held from its making to `release`, or to the end of the process. The file's time of change is a sign of life."""

    def __init__(self, folder: Path) -> None:
        """Raises `OSError` where the file cannot be made; a file system without locks is no error."""
        self._path = folder / LOCK
        self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        with suppress(OSError):  # no locks here, or a process that is about to find out that we live
            _lock(self._handle)

    def give_sign_of_life(self) -> None:
        """Raises `OSError` when the file is gone."""
        os.utime(self._path)

    def release(self) -> None:
        os.close(self._handle)


def _process_lives(name: str) -> bool:
    number, _, rest = name.lstrip(".").partition("-")
    began = rest.partition("-")[0]
    if not (number.isdecimal() and began.isdecimal()):
        return False
    try:
        return abs(psutil.Process(int(number)).create_time() - int(began) / 1000) < _SAME_START
    except (psutil.NoSuchProcess, OverflowError, ValueError):
        return False
    except psutil.AccessDenied:  # somebody else's process has taken the number
        return False


def _is_locked(path: Path) -> bool:
    try:
        handle = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        _lock(handle)
    except BlockingIOError:
        return True
    except OSError as error:
        return sys.platform == "win32" and isinstance(error, PermissionError)
    finally:
        os.close(handle)
    return False


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
