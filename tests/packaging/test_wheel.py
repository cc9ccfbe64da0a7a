"""The wheel, installed into an empty environment and used from another folder.

Only the project comes from the wheel. Its dependencies, half a gigabyte, are not downloaded again: a `.pth` file lets
the new environment see the ones of the environment that runs the tests. Python follows no `.pth` files in there, so the
editable installation of the checkout stays invisible.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.packaging.conftest import ROOT


def run(*command: str | Path, cwd: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    result = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, encoding="utf-8")
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def scripts(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment with the wheel in it."""
    folder = tmp_path_factory.mktemp("environment") / "an empty one"
    venv.EnvBuilder(symlinks=os.name != "nt").create(folder)
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    pip = [sys.executable, "-m", "pip", "--python", scripts / "python", "--disable-pip-version-check"]
    run(*pip, "install", "--no-deps", "--no-index", wheel, cwd=folder)
    own = run(scripts / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip()
    Path(own, "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return scripts


def test_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"nnstudio"}
    assert not [name for name in names if "/test" in name or "__pycache__" in name]


def test_kernels_and_resources_are_found(scripts: Path, tmp_path: Path) -> None:
    code = (
        "import json; from nnstudio import paths; folders = paths.kernels_dir(), paths.resources_dir(); "
        "print(json.dumps([[str(f) for f in folder.rglob('*') if f.is_file()] for folder in folders]))"
    )
    found = [{Path(name) for name in names} for names in json.loads(run(scripts / "python", "-c", code, cwd=tmp_path))]
    for folder, files in zip((ROOT / "kernels", ROOT / "resources"), found, strict=True):
        assert all(scripts.parent in path.parents for path in files), "found in the checkout, not in the wheel"
        inside = {path.as_posix().partition("_shipped/")[2] for path in files}
        assert {path.relative_to(ROOT).as_posix() for path in folder.rglob("*") if path.is_file()} == inside


def test_program_starts_from_any_folder(scripts: Path, tmp_path: Path) -> None:
    assert "train" in run(scripts / "nnstudio", "--help", cwd=tmp_path)
    assert "train" in run(scripts / "python", "-m", "nnstudio", "--help", cwd=tmp_path)


def test_devices_are_listed(scripts: Path, tmp_path: Path) -> None:
    lines = run(scripts / "nnstudio", "devices", "--json", cwd=tmp_path).splitlines()
    assert any("numpy" in json.dumps(json.loads(line)).lower() for line in lines)
