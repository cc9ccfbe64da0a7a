"""A project small enough to be installed in seconds and without a network, with the real `start.py` in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""

# The least that pip takes as an editable installation: a wheel with metadata and a `.pth` file.
BACKEND = """
import pathlib, zipfile

def build_editable(folder, config_settings=None, metadata_directory=None):
    name, info = "nnstudio-1-py3-none-any.whl", "nnstudio-1.dist-info/"
    with zipfile.ZipFile(pathlib.Path(folder, name), "w") as wheel:
        wheel.writestr("nnstudio.pth", str(pathlib.Path.cwd()))
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: nnstudio\\nVersion: 1\\n{requires}")
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(info + "RECORD", "")
    return name
"""

PROGRAM = "import os, sys; print('nnstudio', *sys.argv[1:], 'in', os.getcwd())"


@dataclass
class Checkout:
    """A folder with `start.py`; `run` starts it as a person would, from a folder of their own and away from apt-get."""

    root: Path
    home: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    def run(self, *arguments: str, before: str = "") -> subprocess.CompletedProcess[str]:
        """Run `start.py`; `before` is Python that changes its world first (an older version, a full disk)."""
        script = str(self.root / "start.py")
        code = f"import runpy, sys; sys.argv[0] = {script!r}\n{before}\nrunpy.run_path({script!r}, run_name='__main__')"
        return subprocess.run(
            [sys.executable, "-c", code, *arguments],
            cwd=self.home,
            env=self.environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
        )

    def require(self, package: str) -> None:
        """Make the project depend on `package`, in both of the places where something may look."""
        text = BACKEND.replace("{requires}", f"Requires-Dist: {package}\\n")
        (self.root / "backend.py").write_text(text, encoding="utf-8")
        (self.root / "pyproject.toml").write_text(f"{PROJECT}# needs {package}\n", encoding="utf-8")


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return make_checkout(tmp_path)


def make_checkout(folder: Path) -> Checkout:
    root, home = folder / "a checkout", folder / "home"
    (root / "nnstudio").mkdir(parents=True)
    (home / "bin").mkdir(parents=True)
    shutil.copy(ROOT / "start.py", root)
    (root / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    (root / "backend.py").write_text(BACKEND.replace("{requires}", ""), encoding="utf-8")
    (root / "nnstudio" / "__main__.py").write_text(PROGRAM, encoding="utf-8")
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    # Nothing here may install anything in the system: the search path holds only what a test puts there.
    return Checkout(root, home, {**environment, "PATH": str(home / "bin")})
