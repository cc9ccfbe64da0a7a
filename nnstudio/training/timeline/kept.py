"""One moment of a run: what others are told of it, and where its state is."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from pathlib import Path

from nnstudio.engine.backend import TrainingState
from nnstudio.training.timeline.state_file import frozen, size_of


@dataclass(frozen=True)
class Moment:
    """A moment that is kept: after `step` steps, with the mean loss since the moment before (NaN where unknown)."""

    step: int
    loss: float = nan
    on_disk: bool = False


@dataclass(eq=False)
class Kept:
    """A state in memory, in a file of so many bytes (0: in none), or both."""

    step: int
    loss: float
    state: TrainingState | None = None
    name: str = ""
    file_bytes: int = 0
    spared: bool = False
    """Whether the disk had no room for it; it is not written again."""
    memory_bytes: int = 0

    def hold(self, state: TrainingState) -> None:
        self.state, self.memory_bytes = frozen(state), size_of(state)

    def let_go(self) -> None:
        self.state, self.memory_bytes = None, 0


def linked(file: Path, folder: Path, name: str) -> str:
    """The file under another name, without a copy; empty where the file system knows no such thing."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).hardlink_to(file)
    except OSError:
        return ""
    return name
