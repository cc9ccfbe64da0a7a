"""The rules that a tool can check. Each tool's own report is what a failure shows."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(
    "command",
    ["ruff check --output-format=concise", "mypy --no-error-summary", "lint-imports --no-cache"],
    ids=["style (ruff)", "types (mypy)", "import rules (import-linter)"],
)
def test_no_complaints(command: str) -> None:
    name, *options = command.split()
    program = shutil.which(name, path=str(Path(sys.executable).parent))
    assert program, f"{name} is not installed beside {sys.executable}"
    result = subprocess.run([program, *options], cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    if result.returncode != 0:
        pytest.fail(f"{command}\n{result.stdout}{result.stderr}", pytrace=False)


def test_every_library_that_is_imported_is_declared() -> None:
    """The test environment holds more than a user's does; an import of that surplus would fail only for the user."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {re.split(r"[^\w-]", requirement)[0].lower() for requirement in project["dependencies"]}
    modules = grimp.build_graph("nnstudio", include_external_packages=True, cache_dir=None).modules
    libraries = {name for name in modules if name.partition(".")[0] != "nnstudio"} - set(sys.stdlib_module_names)
    distributions = packages_distributions()
    for library in sorted(libraries):
        owners = {owner.lower().replace("_", "-") for owner in distributions.get(library.partition(".")[0], [])}
        assert owners & declared, f"{library} is imported and not among the dependencies in pyproject.toml"
