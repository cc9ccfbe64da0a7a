"""What is kept of a run, as immutable values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnstudio.network import NetworkSpec
from nnstudio.training.events import Judged
from nnstudio.training.runs.packing import Spread
from nnstudio.training.settings import TrainingSettings


class RunStatus(StrEnum):
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"
    CRASHED = "crashed"
    """The program ended before the run did."""

    @property
    def text(self) -> str:
        """As people are told."""
        return "interrupted" if self is RunStatus.CRASHED else self.value


@dataclass(frozen=True)
class Origin:
    """What a run is, known when it begins; ``parent`` is the run that it goes on from, after ``parent_step``."""

    settings: TrainingSettings
    network: NetworkSpec
    dataset: str
    fingerprint: str = ""
    """Of the data: the same pictures have the same."""
    program: str = ""
    parent: str | None = None
    parent_step: int = 0
    name: str = ""
    """Empty: a number."""
    uuid: str = ""
    """What tells the run from all others, where somebody knows it by that already; empty: something new."""


@dataclass(frozen=True)
class Run:
    """A line in the table of runs. Times are seconds since 1970, accuracies shares; ``None`` where nobody knows.

    ``step`` and ``epoch`` are the last, ``seconds`` the time of training without pauses.
    """

    uuid: str
    name: str
    status: RunStatus
    created: float
    ended: float | None
    network: str
    dataset: str
    fingerprint: str
    seed: int
    device: str
    program: str
    parent: str | None
    parent_step: int
    step: int
    epoch: int
    validation_loss: float | None
    validation_accuracy: float | None
    best_validation_loss: float | None
    best_validation_accuracy: float | None
    test_loss: float | None
    test_accuracy: float | None
    images_per_second: float
    seconds: float
    starred: bool = False
    notes: str = ""
    deleted: float | None = None
    class_names: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    parent_name: str = ""
    """What the run that it goes on from is called; empty where there is none, or it is gone."""


class Mark(NamedTuple):
    """Something that was changed while training ran."""

    step: int
    text: str


@dataclass(frozen=True)
class Points:
    """A curve: ``y`` after each of the steps ``x``, which grow."""

    x: NDArray[np.int64]
    y: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.x)


NO_POINTS = Points(np.empty(0, np.int64), np.empty(0))


@dataclass(frozen=True)
class RunCurves:
    """All curves of a run by name, from the very first step where it goes on from another run, and its marks; where
    asked for, also what the network looked like inside and how it answered."""

    curves: Mapping[str, Points] = field(default_factory=dict)
    marks: tuple[Mark, ...] = ()
    spreads: tuple[Spread, ...] = ()
    judgements: tuple[Judged, ...] = ()

    def __getitem__(self, name: str) -> Points:
        return self.curves.get(name, NO_POINTS)


@dataclass(frozen=True)
class Documents:
    """The settings and the network of a run as they were written, and what it learned from."""

    run: Run
    settings: str
    network: str

    def plain_settings(self) -> dict[str, object]:
        """The settings as JSON has them, also those that this program no longer knows."""
        return dict(json.loads(self.settings))

    def plain_network(self) -> dict[str, object]:
        return dict(json.loads(self.network))
