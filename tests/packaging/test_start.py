"""`start.py` as a program of its own: the first start, the next one, and what can go wrong between them."""

from __future__ import annotations

import ast
import os
import sys
from pathlib import Path

import pytest

import start
from tests.packaging.conftest import ROOT, Checkout, make_checkout


def sentence(result) -> str:
    """The one sentence a failed start ends with; a traceback or a second sentence would be a defect."""
    assert result.returncode == 1, result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
    return result.stderr.splitlines()[-1]


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout that has been started once, for the tests that change nothing in it."""
    checkout = make_checkout(tmp_path_factory.mktemp("ready"))
    first = checkout.run("train", "--epochs", "1")
    assert first.returncode == 0, first.stderr
    assert "setting up" in first.stderr
    assert first.stdout == f"nnstudio train --epochs 1 in {checkout.home}\n"
    return checkout


def test_second_start_installs_nothing(ready: Checkout) -> None:
    log = ready.venv / "installation.log"
    before = log.stat().st_mtime_ns
    result = ready.run("predict", "a picture.png", "--json")
    assert result.stdout == f"nnstudio predict a picture.png --json in {ready.home}\n"
    assert result.stderr == ""
    assert log.stat().st_mtime_ns == before


def test_arguments_and_exit_status_are_the_programs_own(ready: Checkout, tmp_path: Path) -> None:
    program = ready.root / "nnstudio" / "__main__.py"
    original = program.read_text(encoding="utf-8")
    program.write_text("raise SystemExit(2)", encoding="utf-8")
    assert ready.run("evaluate").returncode == 2
    program.write_text(original, encoding="utf-8")


@pytest.mark.skipif(sys.platform != "linux", reason="Windows and macOS always have a display")
def test_without_a_display_the_command_line_is_named(ready: Checkout) -> None:
    text = sentence(ready.run())
    assert "no display" in text
    assert f"{ready.venv / 'bin' / 'nnstudio'} train" in text


@pytest.mark.skipif(sys.platform != "linux", reason="Windows and macOS always have a display")
@pytest.mark.parametrize("variable", ["DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"])
def test_with_a_display_the_window_opens(ready: Checkout, variable: str) -> None:
    ready.environment[variable] = "something"
    result = ready.run(before="import ctypes, pathlib; ctypes.CDLL = str; pathlib.Path.rglob = lambda *a: [a]")
    del ready.environment[variable]
    assert result.stdout == f"nnstudio in {ready.home}\n"


def test_changed_dependencies_are_installed(ready: Checkout) -> None:
    with (ready.root / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("# another dependency\n")
    assert "setting up" in ready.run("devices").stderr
    assert "setting up" not in ready.run("devices").stderr


def test_broken_environment_is_made_anew(checkout: Checkout) -> None:
    checkout.run("devices")
    python = checkout.venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    python.unlink()
    python.write_text("not a program", encoding="utf-8")
    result = checkout.run("devices")
    assert "setting up" in result.stderr
    assert result.stdout.startswith("nnstudio devices")


def test_interrupted_installation_is_made_anew(checkout: Checkout) -> None:
    """As after a power cut while pip copies files: its own marker is there, and half a package."""
    checkout.run("devices")
    (checkout.venv / "installation-under-way").touch()
    half_a_package = checkout.venv / "half a package"
    half_a_package.touch()
    assert checkout.run("devices").stdout.startswith("nnstudio devices")
    assert not half_a_package.exists()


def test_no_network(checkout: Checkout) -> None:
    """The index is a port where nobody listens. Afterwards the network is back, and nothing has to be made anew."""
    checkout.require("a-library-from-the-network")
    settings = {"INDEX_URL": "http://127.0.0.1:9", "CONFIG_FILE": os.devnull, "RETRIES": "0"}
    private = {name: value for name, value in checkout.environment.items() if not name.startswith("PIP_")}
    checkout.environment = {**private, **{f"PIP_{name}": value for name, value in settings.items()}}
    text = sentence(checkout.run("train"))
    assert "could not be downloaded: check the internet connection" in text
    assert not (checkout.venv / "installation-under-way").exists()


def test_unexpected_failure_says_where_to_look(checkout: Checkout) -> None:
    (checkout.root / "backend.py").write_text("raise RuntimeError('a defect')", encoding="utf-8")
    text = sentence(checkout.run("train"))
    assert "the installation failed: " in text
    assert "a defect" in (checkout.venv / "installation.log").read_text(encoding="utf-8")
    assert str(checkout.venv / "installation.log") in text


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (
            "Retrying after connection broken by 'NameResolutionError(... Temporary failure in name resolution)'",
            "internet",
        ),
        ("ERROR: No matching distribution found for numpy>=2.0 (from versions: none)", "internet"),
        ("E: Failed to fetch http://deb.example.org/x.deb  Connection timed out", "internet"),
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk is full"),
        ("OSError: [WinError 112] There is not enough space on the disk", "disk is full"),
        ("PermissionError: [WinError 5] Access is denied", "cannot be written to"),
        ("Reading package lists...\nE: Unable to locate package libegl1\n", "E: Unable to locate package libegl1"),
        ("", "no reason was given"),
    ],
)
def test_what_others_say_becomes_one_sentence(output: str, words: str) -> None:
    text = start.explain(output)
    assert words in text
    assert "\n" not in text


def test_no_room_on_the_disk(checkout: Checkout) -> None:
    text = sentence(checkout.run("train", before="import shutil, types; shutil.disk_usage = "
                                                 "lambda path: types.SimpleNamespace(free=100_000_000)"))  # fmt: skip
    assert "the disk is full" in text
    assert str(checkout.root) in text
    assert not checkout.venv.exists()


@pytest.mark.parametrize(("number", "words"), [("ENOSPC", "the disk is full"), ("EROFS", "cannot be written to")])
def test_folder_that_cannot_be_written(checkout: Checkout, number: str, words: str) -> None:
    failure = f"OSError(errno.{number}, os.strerror(errno.{number}))"
    before = f"import errno, os, pathlib\ndef fail(*_, **__): raise {failure}\npathlib.Path.mkdir = fail"
    assert words in sentence(checkout.run("train", before=before))


def test_python_without_ensurepip(checkout: Checkout) -> None:
    before = "import importlib.util; importlib.util.find_spec = lambda name: None"
    assert "ensurepip" in sentence(checkout.run("train", before=before))


def test_interruption_is_no_traceback(checkout: Checkout) -> None:
    before = "import venv\ndef stop(*_, **__): raise KeyboardInterrupt\nvenv.EnvBuilder.create = stop"
    assert "interrupted; the next start goes on from here" in sentence(checkout.run("train", before=before))
    assert checkout.run("train").stdout.startswith("nnstudio train")


def test_old_python_is_told_in_one_sentence(checkout: Checkout) -> None:
    result = checkout.run(before="sys.version_info = (3, 9, 18, 'final', 0)")
    assert result.returncode == 1
    assert result.stderr.startswith("NN Studio needs Python 3.11 or newer and this is Python 3.9")
    assert result.stderr.count("\n") == 1


def test_old_python_can_read_the_file() -> None:
    ast.parse((ROOT / "start.py").read_text(encoding="utf-8"), feature_version=(3, 6))


def test_only_the_standard_library_is_used() -> None:
    tree = ast.parse((ROOT / "start.py").read_text(encoding="utf-8"))
    imported = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    imported += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names
