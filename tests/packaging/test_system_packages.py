"""What `start.py` does about missing system libraries, with an `apt-get` and a `sudo` that only note their words."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import PySide6
import pytest

import start
from tests.packaging.conftest import Checkout

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has system packages to install")

BASE_SYSTEM = {"libc.so.6", "libm.so.6", "libgcc_s.so.1", "libstdc++.so.6", "libz.so.1", "libzstd.so.1"}
SAME_PACKAGE = {"libgthread-2.0.so.0": "libglib-2.0.so.0"}

# EGL is there as soon as the file `installed` is; fonts and an OpenCL driver are there, PoCL or not.
NO_EGL = """
import ctypes, os, pathlib
installed = pathlib.Path({installed!r})
def load(name):
    if name == "libEGL.so.1" and not installed.exists():
        raise OSError(name)
ctypes.CDLL = load
pathlib.Path.rglob = lambda *_: [_]
os.geteuid = lambda: {user}
"""


def no_egl(checkout: Checkout, user: int) -> str:
    return NO_EGL.format(installed=str(checkout.home / "installed"), user=user)


def program(checkout: Checkout, name: str, script: str) -> None:
    """Put a shell script called `name` on the search path, the only one there but `env`."""
    path = checkout.home / "bin" / name
    path.write_text(f'#!/bin/sh\necho "{name} $*" >> "{checkout.home}/words"\n{script}\n', encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture
def debian(checkout: Checkout) -> Checkout:
    (checkout.home / "bin" / "env").symlink_to(shutil.which("env") or "/usr/bin/env")
    program(checkout, "apt-get", f': > "{checkout.home}/$1ed"')
    checkout.environment["DISPLAY"] = ":77"
    return checkout


def words(checkout: Checkout) -> list[str]:
    """The commands that were run, in order."""
    file = checkout.home / "words"
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


ADVICE = "sudo apt-get update && sudo apt-get install -y --no-install-recommends libegl1"


def test_root_installs(debian: Checkout) -> None:
    result = debian.run(before=no_egl(debian, user=0))
    assert words(debian) == ["apt-get update", "apt-get install -y --no-install-recommends libegl1"]
    assert "installing system packages: libegl1" in result.stderr
    assert result.stdout == f"nnstudio in {debian.home}\n"


def test_sudo_without_a_password_installs(debian: Checkout) -> None:
    program(debian, "sudo", 'shift; [ "$1" = true ] || exec "$@"')
    result = debian.run(before=no_egl(debian, user=1000))
    assert [line for line in words(debian) if line.startswith("apt-get")] == [
        "apt-get update",
        "apt-get install -y --no-install-recommends libegl1",
    ]
    assert result.stdout == f"nnstudio in {debian.home}\n"


@pytest.mark.parametrize("sudo", ["no sudo", "one that asks for a password"])
def test_others_are_given_the_one_command(debian: Checkout, sudo: str) -> None:
    if sudo != "no sudo":
        program(debian, "sudo", "exit 1")
    result = debian.run(before=no_egl(debian, user=1000))
    assert result.returncode == 1
    assert result.stderr == f"NN Studio: this system lacks libEGL.so.1; this installs what is missing: {ADVICE}\n"
    assert not any(line.startswith("apt-get") for line in words(debian))


def test_failing_apt_is_explained(debian: Checkout) -> None:
    program(debian, "apt-get", "echo 'E: Unable to locate package libegl1' >&2; exit 100")
    result = debian.run(before=no_egl(debian, user=0))
    assert result.returncode == 1
    assert "E: Unable to locate package libegl1" in result.stderr
    assert ADVICE in result.stderr


def test_system_without_apt(checkout: Checkout) -> None:
    checkout.environment["DISPLAY"] = ":77"
    result = checkout.run(before=no_egl(checkout, user=1000))
    assert result.returncode == 1
    assert "lacks libEGL.so.1; install libegl1 (so Debian calls them)" in result.stderr


def test_command_line_needs_no_window_libraries(debian: Checkout) -> None:
    assert debian.run("train", before=no_egl(debian, user=1000)).stdout == f"nnstudio train in {debian.home}\n"


def test_without_an_opencl_driver_the_start_goes_on(checkout: Checkout) -> None:
    before = "import pathlib; pathlib.Path.rglob = lambda *_: []"
    first = checkout.run("train", before=before)
    assert "going on without an OpenCL driver (NumPy does the work instead)" in first.stderr
    assert first.stdout == f"nnstudio train in {checkout.home}\n"
    assert checkout.run("train", before=before).stderr == "", "said once, not on every start"


@pytest.mark.parametrize(
    "library",
    [
        *(f"lib/libQt6{part}.so.6" for part in ("Core", "Gui", "Widgets", "Svg", "DBus", "OpenGLWidgets", "XcbQpa")),
        "plugins/platforms/libqxcb.so",
        "plugins/xcbglintegrations/libqxcb-egl-integration.so",
        "plugins/xcbglintegrations/libqxcb-glx-integration.so",
    ],
)
def test_every_library_that_qt_links_to_is_looked_for(library: str) -> None:
    """So that a new PySide6 with a new need fails here, not on somebody's fresh machine."""
    qt = Path(PySide6.__file__).parent / "Qt"
    names = re.findall(rb"(?<=\0)lib[\w.+-]+?\.so\.\d+(?=\0)", (qt / library).read_bytes())
    foreign = {name.decode() for name in names} - BASE_SYSTEM - {path.name for path in (qt / "lib").iterdir()}
    assert {SAME_PACKAGE.get(name, name) for name in foreign} <= set(start.QT_LIBRARIES)
