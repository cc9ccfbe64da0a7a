from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from nnstudio import paths

FOLDERS = [
    (paths.cache_dir, "NNSTUDIO_CACHE_DIR"),
    (paths.config_dir, "NNSTUDIO_CONFIG_DIR"),
    (paths.user_data_dir, "NNSTUDIO_DATA_DIR"),
]


@pytest.mark.parametrize(("folder", "variable"), FOLDERS)
def test_variable_moves_the_folder(
    folder: Callable[[], Path], variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, str(tmp_path))
    assert folder() == tmp_path
    monkeypatch.setenv(variable, "")
    assert "nnstudio" in folder().parts, "an empty variable is none"
    monkeypatch.delenv(variable)
    assert folder().is_absolute()


def test_in_a_checkout_kernels_and_resources_stand_beside_the_package() -> None:
    root = Path(__file__).resolve().parents[1]
    assert paths.kernels_dir() == root / "kernels"
    assert paths.resources_dir() == root / "resources"


def test_tests_do_not_touch_the_users_own_folders(tmp_path_factory: pytest.TempPathFactory) -> None:
    temporary = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:  # what is cached serves all processes of a run
        temporary = temporary.parent
    assert all(temporary in folder().parents for folder, _ in FOLDERS)
