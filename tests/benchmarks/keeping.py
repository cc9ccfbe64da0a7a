"""Everything that the program keeps of a run, without its window."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nnstudio.network.presets import lenet5
from nnstudio.project.autosave import Session
from nnstudio.project.recorder import CheckpointRecorder
from nnstudio.training.recorder import Recorder
from nnstudio.training.runs import Origin, RunRecorder, RunStore, Writer
from nnstudio.training.settings import TrainingSettings
from nnstudio.training.timeline import Budget, TimelineRecorder, Timelines


@contextmanager
def recorders(folder: Path, settings: TrainingSettings, device: str, budget: Budget) -> Iterator[list[Recorder]]:
    """Of a run of LeNet-5: its line and curves in the database of runs, its timeline, its checkpoint."""
    failures: list[object] = []
    session = Session(failures.append, folder=folder / "autosave")
    timelines = Timelines(folder / "timelines", budget)
    history = Writer(lambda: _history(folder / "runs.sqlite", settings, failures))
    yield [
        TimelineRecorder(timelines.begin(lenet5())),
        history,
        CheckpointRecorder(session, "benchmark", lenet5(), lambda: settings, "noise", device),
    ]
    history.close()
    timelines.close()
    session.close()
    if failures:
        sys.exit(f"not everything was kept: {failures[0]}")


def _history(path: Path, settings: TrainingSettings, failures: list[object]) -> RunRecorder:
    origin = Origin(settings, lenet5(), "noise")
    return RunRecorder(RunStore.open(path), origin, failed=lambda *what: failures.append(what))
