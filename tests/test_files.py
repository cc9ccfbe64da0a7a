from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.errors import NNStudioError
from nnstudio.files import WriteError, atomic_write


@given(data=st.binary(max_size=100) | st.text(st.characters(exclude_categories=["Cs"]), max_size=100))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, data: bytes | str) -> None:
    path = tmp_path_factory.mktemp("files") / "a new folder" / "ü.bin"
    atomic_write(path, data)
    assert path.read_bytes() == (data.encode() if isinstance(data, str) else data)
    assert list(path.parent.iterdir()) == [path]


def test_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "project.nnstudio"
    atomic_write(path, "old")

    def full(_: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WriteError, match=r"project.nnstudio.* could not be written: No space left on device"):
        atomic_write(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_folder_in_the_way(tmp_path: Path) -> None:
    folder = tmp_path / "parent" / "folder"
    folder.mkdir(parents=True)
    with pytest.raises(NNStudioError, match="could not be written"):
        atomic_write(folder, "text")
    assert list(folder.parent.iterdir()) == [folder]


def test_file_where_a_folder_should_be(tmp_path: Path) -> None:
    atomic_write(tmp_path / "a file", "text")
    with pytest.raises(WriteError):
        atomic_write(tmp_path / "a file" / "below it", "text")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_permissions_are_those_of_an_ordinary_file(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.touch()
    ordinary = path.stat().st_mode
    path.unlink()
    atomic_write(path, "first")
    assert path.stat().st_mode == ordinary
    path.chmod(0o640)
    atomic_write(path, "second")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.skipif(sys.platform == "win32", reason="links need an administrator on Windows")
def test_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    atomic_write(target, "old")
    link.symlink_to(target)
    atomic_write(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"
