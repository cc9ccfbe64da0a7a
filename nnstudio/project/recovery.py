"""What programs that ended suddenly have left behind, and how to have it back."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from nnstudio.errors import NNStudioError
from nnstudio.project.archive import Archive
from nnstudio.project.autosave import DESK_FILE, RUN_FILE, autosave_dir, remove
from nnstudio.project.checkpoint import Checkpoint, RunFacts, read_checkpoint, read_facts
from nnstudio.project.desk import Desk, DeskFacts, read_desk, read_desk_facts
from nnstudio.project.errors import ProjectError
from nnstudio.project.liveness import LOCK, is_alive
from nnstudio.project.model import Metadata, Project

_Part = TypeVar("_Part")


@dataclass(frozen=True)
class Recovery:
    """What one program has left. Of a damaged part, `problems` say what is the matter; the other can still be had."""

    folder: Path
    ended: float
    """The last sign of life, in seconds since 1970."""
    desk: DeskFacts | None = None
    run: RunFacts | None = None
    """``None`` also for a run that has nothing to do with what was on the desk in the end."""
    problems: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Of the project."""
        known = [facts.name for facts in (self.desk, self.run) if facts]
        return next(filter(None, known), "a project without a name")

    @property
    def saved(self) -> float:
        """When the newest of it was saved, in seconds since 1970."""
        return max((facts.saved for facts in (self.desk, self.run) if facts), default=self.ended)

    @property
    def lost_seconds(self) -> float:
        """How long before the end that was."""
        moment = self.run.saved if self.run and not self.run.finished else self.saved
        return max(0.0, self.ended - moment)

    @property
    def step(self) -> int:
        return max((facts.step for facts in (self.run or self.desk,) if facts), default=0)

    @property
    def epoch(self) -> int:
        """That of the last training step, from 1; 0 where there was no training or nobody knows."""
        return self.run.epoch if self.run else 0

    @property
    def readable(self) -> bool:
        """Whether anything of it can be had back."""
        return self.desk is not None or self.run is not None


@dataclass(frozen=True, eq=False)
class Recovered:
    """A desk to work on at, and the run that can go on."""

    desk: Desk
    checkpoint: Checkpoint | None
    problems: tuple[str, ...] = ()


def recoverable(folder: Path | None = None) -> list[Recovery]:
    """What there is of programs that live no more, the newest first; `NNStudioError` when nobody may look.

    Folders without anything in them are removed on the way: their programs ended before there was anything to save.
    """
    folder = folder or autosave_dir()
    try:
        names = sorted(entry.name for entry in os.scandir(folder) if entry.is_dir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        reason = error.strerror or str(error)
        raise ProjectError(f"What was saved by itself in “{folder}” cannot be seen: {reason}.") from error
    found = []
    for path in (folder / name for name in names):
        if is_alive(path):
            continue
        recovery = None if path.name.startswith(".") else _look(path)
        if recovery is None:
            remove(path)
        else:
            found.append(recovery)
    return sorted(found, key=lambda recovery: recovery.saved, reverse=True)


def load_recovery(recovery: Recovery) -> Recovered:
    """All of what was left; `ProjectError` when nothing of it can be read."""
    problems: list[str] = []
    desk = _read(recovery.folder / DESK_FILE, read_desk, problems)
    checkpoint = _read(recovery.folder / RUN_FILE, read_checkpoint, problems)
    if checkpoint and desk and not _belongs(checkpoint.facts, desk.facts):
        checkpoint = None
    if desk is None and checkpoint is not None:
        desk = _desk_of(checkpoint)
    if desk is None:
        raise ProjectError(f"What the last session left cannot be read. {' '.join(problems)}", "Discard it.")
    return Recovered(desk, checkpoint, tuple(problems))


def discard(recovery: Recovery) -> None:
    """Nobody wants it any more."""
    remove(recovery.folder)


def _look(folder: Path) -> Recovery | None:
    """``None`` where nothing was saved."""
    problems: list[str] = []
    desk = _read(folder / DESK_FILE, read_desk_facts, problems)
    run = _read(folder / RUN_FILE, read_facts, problems)
    if desk is None and run is None and not problems:
        return None
    if desk and run and not _belongs(run, desk):
        run = None
    return Recovery(folder, _last_sign_of_life(folder), desk, run, tuple(problems))


def _belongs(run: RunFacts, desk: DeskFacts) -> bool:
    """Whether the weights of the run are those that were on the desk in the end: it says so, or the run is newer."""
    return run.run == desk.run or run.saved > desk.saved


def _read(path: Path, read: Callable[[Archive], _Part], problems: list[str]) -> _Part | None:
    """What `read` finds in the file; ``None`` without one, or when it is damaged, which is added to `problems`."""
    try:
        with path.open("rb") as file:
            return read(Archive(file))
    except FileNotFoundError:
        return None
    except NNStudioError as error:
        problems.append(f"“{path.name}” is damaged: {error.message}")
    except (OSError, ValueError) as error:
        problems.append(f"“{path.name}” cannot be read: {getattr(error, 'strerror', None) or error}.")
    return None


def _last_sign_of_life(folder: Path) -> float:
    times = []
    for name in (LOCK, DESK_FILE, RUN_FILE):
        try:
            times.append((folder / name).stat().st_mtime)
        except OSError:
            continue  # not all of them need to be there
    return max(times, default=0.0)


def _desk_of(checkpoint: Checkpoint) -> Desk:
    """What is known of the desk from a run alone."""
    facts = checkpoint.facts
    about = DeskFacts(
        saved=facts.saved, name=facts.name, dataset=facts.dataset, device=facts.device, run=facts.run, step=facts.step
    )
    metadata = Metadata(dataset=facts.dataset, steps=facts.step)
    return Desk(about, Project(checkpoint.spec, checkpoint.settings, checkpoint.state.result, metadata))
