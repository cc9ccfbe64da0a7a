"""The folders in which runs keep their past, one each, named by the time so that their names are in order."""

from __future__ import annotations

import shutil
import time
from pathlib import Path


def run_folders(parent: Path) -> list[Path]:
    """All of them, the oldest first."""
    try:
        return sorted(path for path in parent.iterdir() if path.is_dir())
    except OSError:  # the first start
        return []


def new_folder(parent: Path) -> Path:
    """For a run that begins now; made when something is written."""
    return parent / f"{time.time_ns():020}"


def folder_bytes(folder: Path) -> int:
    """What its files take."""
    try:
        return sum(file.stat().st_size for file in folder.iterdir())
    except OSError:  # another window has just removed it
        return 0


def make_room(parent: Path, budget: int, present: Path, present_bytes: int) -> None:
    """Remove the oldest runs, but not the present one, while all together take more than `budget` bytes."""
    folders = [folder for folder in run_folders(parent) if folder != present]
    sizes = [folder_bytes(folder) for folder in folders]
    total = sum(sizes) + present_bytes
    for folder, size in zip(folders, sizes, strict=True):
        if total <= budget:
            break
        shutil.rmtree(folder, ignore_errors=True)
        total -= size


def set_aside(index: Path) -> None:
    """Give a damaged index another name, so that it is told once; where that fails, it is told each time."""
    try:
        index.replace(index.with_name(f"{index.name}.damaged"))
    except OSError:
        return
