"""Intel's OpenCL runtime for processors, where it was installed as a Python package (``nnstudio[intel]``, Linux).

OpenCL's loader finds drivers by small files in a folder of the system, each naming a library. A package from the index
cannot put one there, and the one that it has names a path of its maker's machine. So for the loader's first call, when
it looks for drivers and never again, it is sent to a folder that has the system's files and one for this library.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

PACKAGES = ("intel-opencl-rt", "intel-cmplr-lib-rt")
"""What the extra ``intel`` installs: the runtime, and the mathematical libraries that it is linked with."""
PLATFORM = "Intel(R) OpenCL"
"""What the runtime calls itself. Intel's drivers for GPUs have longer names."""
LIBRARY = "libintelocl.so"
VARIABLES = ("OCL_ICD_VENDORS", "OPENCL_VENDOR_PATH")
"""By each of these a user tells the loader where drivers are, which is then the last word."""

_first_call = Lock()


def installed_runtime() -> Path | None:
    """The runtime's library in this Python environment. It finds those that it is linked with beside itself."""
    try:
        files = distribution(PACKAGES[0]).files or []
    except PackageNotFoundError:
        return None
    found = (Path(file.locate()).resolve() for file in files if file.name == LIBRARY)
    return next((path for path in found if path.is_file()), None)


def can_be_installed() -> bool:
    """Whether there are packages for this machine."""
    return sys.platform == "linux" and platform.machine() == "x86_64"


def vendor_folders() -> list[Path]:
    """Where loaders look: an environment's own (conda's) in it, all others in the system's folder; or where the user
    says."""
    named = [Path(os.environ[variable]) for variable in VARIABLES if os.environ.get(variable)]
    return named or [Path(sys.prefix) / "etc" / "OpenCL" / "vendors", Path("/etc/OpenCL/vendors")]


def library_of(driver: Path) -> str:
    """The name or path of the library that a driver's file names; nothing where it cannot be read."""
    try:
        return driver.read_text(errors="replace").strip()
    except OSError:
        return ""


@contextmanager
def runtime_announced() -> Iterator[bool]:
    """The first call of OpenCL belongs inside. True where the runtime is announced to it, beside all other drivers.

    Only the C library's environment has the variable, and only here: child processes do not inherit it.
    """
    runtime = installed_runtime()
    if runtime is None or any(os.environ.get(variable) for variable in VARIABLES):
        yield False
        return
    drivers = _drivers()
    if any(Path(library).name.startswith(LIBRARY) for library in drivers.values()):
        yield False  # the system has it already, and two of them in one process disturb each other
        return
    with _first_call, TemporaryDirectory(prefix="nnstudio-opencl-") as folder:
        for name, library in {**drivers, "nnstudio-intel.icd": str(runtime)}.items():
            (Path(folder) / name).write_text(library + "\n")
        os.putenv(VARIABLES[0], folder)
        try:
            yield True
        finally:
            os.unsetenv(VARIABLES[0])


def _drivers() -> dict[str, str]:
    """What the loader would find by itself: the files' names, and the libraries that they name."""
    drivers: dict[str, str] = {}
    for folder in vendor_folders():
        for file in sorted(folder.glob("*.icd")):
            library = library_of(file)
            if library and (not Path(library).is_absolute() or Path(library).is_file()):
                drivers.setdefault(file.name, library)
    return drivers
