"""Intel's runtime as a Python package: found, announced to OpenCL's loader beside other drivers, and no trace left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from nnstudio.engine.devices import list_devices
from nnstudio.engine.opencl import runtimes
from nnstudio.engine.opencl.fingerprint import driver_fingerprint
from nnstudio.engine.opencl.runtimes import LIBRARY, PACKAGES, VARIABLES, installed_runtime, runtime_announced

ROOT = Path(__file__).parents[3]


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a system with one driver, no runtime as a package, and a user who set nothing."""
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    folder = tmp_path / "vendors"
    folder.mkdir()
    (folder / "pocl.icd").write_text("libpocl.so.2\n")
    monkeypatch.setattr(runtimes, "vendor_folders", lambda: [tmp_path / "no such folder", folder])
    monkeypatch.setattr(runtimes, "PACKAGES", ("intel-opencl-rt-of-the-test",))
    return folder


@pytest.fixture
def runtime(system: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment that has the runtime as pip installs it: its library is not below the packages."""
    packages = tmp_path / "lib" / "python" / "site-packages"
    description = packages / "intel_opencl_rt_of_the_test-1.0.dist-info"
    description.mkdir(parents=True)
    (description / "METADATA").write_text("Metadata-Version: 2.1\nName: intel-opencl-rt-of-the-test\nVersion: 1.0\n")
    (description / "RECORD").write_text(f"../../{LIBRARY}-gdb.py,,\n../../{LIBRARY},,\n")
    library = tmp_path / "lib" / LIBRARY
    library.write_bytes(b"a library")
    monkeypatch.syspath_prepend(packages)
    return library


def seen_by_the_loader() -> dict[str, str]:
    """What a library that asks for its environment finds: only the C library's counts, so a child is asked."""
    program = "import json, os, pathlib; folder = pathlib.Path(os.environ['OCL_ICD_VENDORS']); "
    program += "print(json.dumps({file.name: file.read_text().strip() for file in folder.glob('*.icd')}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def test_the_runtime_is_announced_beside_the_drivers_of_the_system(runtime: Path) -> None:
    assert installed_runtime() == runtime
    with runtime_announced() as announced:
        assert announced
        assert seen_by_the_loader() == {"pocl.icd": "libpocl.so.2", "nnstudio-intel.icd": str(runtime)}


def test_no_trace_is_left(runtime: Path) -> None:
    before, environment = driver_fingerprint(), dict(os.environ)
    with runtime_announced():
        assert dict(os.environ) == environment, "children that begin meanwhile in other threads inherit nothing"
        assert driver_fingerprint() == before
    with pytest.raises(subprocess.CalledProcessError):
        seen_by_the_loader()


@pytest.mark.parametrize("variable", VARIABLES)
def test_what_the_user_says_of_drivers_is_the_last_word(
    variable: str, runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "/my/drivers")
    with runtime_announced() as announced:
        assert not announced
        assert os.environ[variable] == "/my/drivers"


def test_without_the_package_nothing_is_done(system: Path) -> None:
    assert installed_runtime() is None
    with runtime_announced() as announced:
        assert not announced


def test_a_package_whose_library_was_deleted_is_not_there(runtime: Path) -> None:
    runtime.unlink()
    assert installed_runtime() is None


def test_a_runtime_that_the_system_has_is_not_loaded_twice(runtime: Path, system: Path) -> None:
    theirs = system / "libintelocl.so.2025"
    theirs.write_bytes(b"a library")
    (system / "intel64.icd").write_text(str(theirs))
    with runtime_announced() as announced:
        assert not announced


def test_files_that_name_nothing_are_left_out(runtime: Path, system: Path) -> None:
    (system / "empty.icd").write_text("")
    (system / "removed.icd").write_text("/opt/removed/libdriver.so")
    (system / "dangling.icd").symlink_to(system / "nowhere")
    (system / "intel-cpu.icd").write_text(f"/opt/maker/lib/{LIBRARY}")
    with runtime_announced():
        assert set(seen_by_the_loader()) == {"pocl.icd", "nnstudio-intel.icd"}


def test_devices_are_looked_for_again_when_it_comes_and_goes(runtime: Path) -> None:
    library = runtime.read_bytes()
    there = driver_fingerprint()
    runtime.unlink()
    gone = driver_fingerprint()
    runtime.write_bytes(library + b", a newer one")
    assert len({there, gone, driver_fingerprint()}) == 3


def test_the_extra_installs_these_packages() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert sorted(requirement.split(">")[0] for requirement in extras["intel"]) == sorted(PACKAGES)


def test_the_real_runtime_is_found_and_healthy() -> None:
    if installed_runtime() is None:
        pytest.skip("Intel's OpenCL runtime is not installed: pip install '.[intel]'")
    if any(os.environ.get(variable) for variable in VARIABLES):
        pytest.skip("the environment says itself which OpenCL drivers there are")
    devices = list_devices()
    intel = [device for device in devices if device.platform == "Intel" and device.kind == "cpu"]
    assert [(device.healthy, device.reason) for device in intel] == [(True, "")]
    assert devices[-1] == intel[0], "the devices of the system keep their numbers"
