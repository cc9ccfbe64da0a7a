"""What a timeline's folder says about itself, in JSON."""

from __future__ import annotations

from math import isfinite, nan
from pathlib import Path

from pydantic import BaseModel, Field, ValidationError

from nnstudio.files import atomic_write
from nnstudio.network import NetworkSpec, SpecError
from nnstudio.training.timeline.kept import Moment
from nnstudio.training.timeline.state_file import TimelineError
from nnstudio.training.timeline.timeline import Timeline

INDEX = "index.json"
_FORMAT = "nnstudio-timeline"
_MOST_BYTES = 2**26


class _File(BaseModel):
    step: int = Field(ge=0, lt=2**53)
    loss: float | None
    name: str = Field(pattern=r"^\d{1,12}\.state$")  # so that it cannot point anywhere else
    size: int = Field(ge=0)


class _Index(BaseModel):
    format: str = Field(pattern=f"^{_FORMAT}$")
    format_version: int = Field(ge=1, le=1)
    network: str
    epochs: int = Field(ge=0)
    epoch_ends: list[tuple[int, int]]
    best: int | None
    best_loss: float | None
    files: list[_File]


def write_index(timeline: Timeline) -> None:
    """Replace the index, whole or not at all; `WriteError` when that fails."""
    files = [_File(step=m.step, loss=_plain(m.loss), name=name, size=size) for m, name, size in timeline.files()]
    known = {file.step for file in files}
    index = _Index(
        format=_FORMAT,
        format_version=1,
        network=timeline.spec.to_json(),
        epochs=timeline.epochs,
        epoch_ends=list(timeline.epoch_ends.items()),
        best=timeline.best if timeline.best in known else None,
        best_loss=_plain(timeline.best_loss) if timeline.best in known else None,
        files=files,
    )
    atomic_write(timeline.folder / INDEX, index.model_dump_json(indent=1))


def read_timeline(folder: Path, memory_budget: int, disk_budget: int) -> tuple[Timeline, int]:
    """The timeline in a folder, and how many of its files are missing or cut short; `TimelineError` without a sound
    index. What is inside the files is only checked when somebody looks at them."""
    try:
        with (folder / INDEX).open("rb") as file:
            index = _Index.model_validate_json(file.read(_MOST_BYTES))
        spec = NetworkSpec.from_json(index.network)
    except ValidationError as error:
        raise TimelineError(f"“{folder.name}” has a damaged index ({error.error_count()} problems).") from error
    except SpecError as error:
        raise TimelineError(f"“{folder.name}” has a damaged index: {error.message}") from error
    except OSError as error:
        raise TimelineError(f"“{folder.name}” has no readable index: {error.strerror or error}.") from error
    by_step = {file.step: file for file in index.files if _size(folder / file.name) == file.size}
    timeline = Timeline(spec, folder, memory_budget, disk_budget)
    timeline.restore([(Moment(f.step, _number(f.loss), True), f.name, f.size) for _, f in sorted(by_step.items())])
    timeline.epochs, timeline.epoch_ends, timeline.ended = index.epochs, dict(sorted(index.epoch_ends)), True
    if index.best in by_step and index.best_loss is not None:
        timeline.best, timeline.best_loss = index.best, index.best_loss
    return timeline, len(index.files) - len(by_step)


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return -1


def _plain(loss: float) -> float | None:
    """JSON knows no NaN."""
    return loss if isfinite(loss) else None


def _number(loss: float | None) -> float:
    return nan if loss is None else loss
