"""What the list of devices depends on, found without loading any driver."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from collections.abc import Iterator
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from nnstudio import __version__
from nnstudio.engine.opencl.runtimes import VARIABLES, installed_runtime, library_of, vendor_folders
from nnstudio.engine.opencl.sources import kernels_hash

FORMAT = 3
"""To be raised when other things are remembered of a device than before."""


def program_fingerprint() -> str:
    """Changes when a measurement may come out differently because the program is another."""
    return f"{__version__} {FORMAT} {kernels_hash()}"


def driver_fingerprint() -> str:
    """Changes when the OpenCL drivers of this machine may have changed.

    The loader finds drivers by small files that name their libraries; these, and the libraries where they can be
    found, are taken with name, size and time. Windows and macOS keep drivers elsewhere: there it changes every day.
    """
    digest = hashlib.sha256(f"{platform.platform()} {sys.executable} {_version('pyopencl')}".encode())
    for variable in (*VARIABLES, "OCL_ICD_FILENAMES"):
        digest.update(f"{variable}={os.environ.get(variable, '')}".encode())
    for folder in (*vendor_folders(), *_loader_folder()):
        for path in sorted(folder.glob("*.icd")):
            library = Path(library_of(path))
            digest.update(_described(path))
            digest.update(_described(library) if library.is_absolute() else str(library).encode())
    runtime = installed_runtime()
    if runtime is not None:
        digest.update(_described(runtime))
    if sys.platform != "linux":
        digest.update(str(date.today()).encode())
    return digest.hexdigest()[:16]


def _loader_folder() -> Iterator[Path]:
    """The loader inside pyopencl's wheel looks beside itself too."""
    package = find_spec("pyopencl")
    if package is not None and package.origin is not None:
        yield Path(package.origin).parent / ".libs"


def _described(path: Path) -> bytes:
    try:
        status = path.stat()
    except OSError:
        return f"{path} is missing".encode()
    return f"{path} {status.st_size} {status.st_mtime_ns}".encode()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"
