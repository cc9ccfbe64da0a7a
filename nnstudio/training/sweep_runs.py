"""The runs of a sweep, what has become of each, and the file that lets a sweep go on after the program has ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from math import isfinite
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from nnstudio.errors import NNStudioError
from nnstudio.files import atomic_write
from nnstudio.network import NetworkSpec
from nnstudio.training.runs.owner import is_alive, this_process
from nnstudio.training.sweep import Variant


class SweepFileError(NNStudioError):
    """What was left of a sweep cannot be read."""


class RunState(StrEnum):
    """What has become of one of the runs."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    SKIPPED = "skipped"
    STOPPED = "stopped"
    """It was cut off with the sweep, and begins anew when that goes on."""
    FAILED = "failed"


OPEN = (RunState.WAITING, RunState.STOPPED)
"""States of runs that are still to be done."""


@dataclass(frozen=True)
class SweepRun:
    """One of the runs: `uuid` in the history, once it is kept there; figures of its validation, once there are some."""

    variant: Variant
    state: RunState = RunState.WAITING
    uuid: str | None = None
    losses: tuple[float, ...] = ()
    accuracies: tuple[float, ...] = ()
    best_epoch: int | None = None
    """From 1, with early stopping: the epoch whose weights are the result."""
    note: str = ""
    """Why it did not come to its end."""

    @property
    def loss(self) -> float | None:
        return _figure(self.losses, self.best_epoch)

    @property
    def accuracy(self) -> float | None:
        return _figure(self.accuracies, self.best_epoch)


@dataclass(frozen=True)
class Desk:
    """What a sweep is about; when that becomes another, the sweep is over."""

    network: str
    """What the network is called, and a `fingerprint` of it."""
    fingerprint: str
    dataset: str


@dataclass(frozen=True)
class OpenSweep:
    """A sweep with runs that are still to be done; `group` is its tag in the history."""

    group: str
    paths: tuple[str, ...]
    desk: Desk
    runs: tuple[SweepRun, ...]
    owner: str = ""
    """The process that trains it."""


_FILE: TypeAdapter[OpenSweep] = TypeAdapter(OpenSweep)


def desk_of(spec: NetworkSpec, dataset: str) -> Desk:
    """Two desks are equal where the same network learns from the same data."""
    return Desk(spec.name, sha256(spec.to_json().encode()).hexdigest(), dataset)


def write_sweep(path: Path, sweep: OpenSweep) -> None:
    """Keep it whole or not at all, as of this process; `WriteError` where that is not possible."""
    document = OpenSweep(sweep.group, sweep.paths, sweep.desk, sweep.runs, this_process())
    atomic_write(path, _FILE.dump_json(document, indent=1))


def read_sweep(path: Path) -> OpenSweep | None:
    """The sweep that was cut off; ``None`` where there is none, or it is still being trained by another process."""
    try:
        sweep = _FILE.validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        what = f"What was left of the last sweep cannot be read ({path})."
        raise SweepFileError(what, "Its finished runs are under Runs; start the sweep anew for the others.") from error
    return None if is_alive(sweep.owner) else sweep


def _figure(figures: Sequence[float], epoch: int | None) -> float | None:
    """That of the epoch, or of the last; ``None`` where there is none."""
    if not figures:
        return None
    value = figures[epoch - 1] if epoch and epoch <= len(figures) else figures[-1]
    return value if isfinite(value) else None
