"""What every test gets: no screen, folders of its own for the user's files, and where the real data sets are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]

# Before anything imports Qt. A test of the whole app starts it as a process of its own, on a virtual X server.
os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["QT_API"] = "pyside6"

# On a busy machine one example may take a second; that is no defect. NNSTUDIO_HYPOTHESIS=thorough looks longer.
settings.register_profile("nnstudio", deadline=None, print_blob=True, max_examples=40)
settings.register_profile("thorough", deadline=None, print_blob=True, max_examples=2000)
settings.load_profile(os.environ.get("NNSTUDIO_HYPOTHESIS", "nnstudio"))


@pytest.fixture(scope="session", autouse=True)
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One empty cache folder for the whole run and all its processes: what it holds, compiled kernels above all, is
    expensive to make and the same for everybody."""
    with pytest.MonkeyPatch.context() as patch:
        run = tmp_path_factory.getbasetemp()
        folder = (run.parent if "PYTEST_XDIST_WORKER" in os.environ else run) / "shared-cache"
        folder.mkdir(exist_ok=True)
        patch.setenv("NNSTUDIO_CACHE_DIR", str(folder))
        yield folder


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings and data as on a first start, for each test and the processes it starts."""
    folder = tmp_path_factory.mktemp("user")
    monkeypatch.setenv("NNSTUDIO_CONFIG_DIR", str(folder / "config"))
    monkeypatch.setenv("NNSTUDIO_DATA_DIR", str(folder / "data"))


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of real data sets (MNIST and others), which the project does not contain."""
    folder = Path(os.environ.get("NNSTUDIO_TEST_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no test data in {folder}: set NNSTUDIO_TEST_DATA to the folder that holds it")
    return folder
