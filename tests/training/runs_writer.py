"""Keeps a run until it is killed: ``python -m tests.training.runs_writer FILE``. Says each step that is surely kept."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from nnstudio.network.presets import lenet5
from nnstudio.training.events import Histogram, Judged, Measured, ParameterStatistics, Snapshot, Started, Steps
from nnstudio.training.runs import Origin, RunRecorder, RunStore
from nnstudio.training.settings import TrainingSettings


def main(path: Path) -> None:
    time = iter(range(10**9))  # at each look a second has passed, so that everything is written at once
    recorder = RunRecorder(
        RunStore.open(path), Origin(TrainingSettings(), lenet5(), "digits"), clock=lambda: float(next(time))
    )
    recorder.record(Started("nobody", 64, 100, 10**6, 0.1))
    for step in range(1, 10**9):
        recorder.record(Steps(step, 1, np.array([1 / step]), np.array([0.5]), 0.1, 1000.0))
        histogram = Histogram(0, step, np.full(64, step % 16))
        recorder.record(Measured(step, {"layer.weight": ParameterStatistics(1, 1, 1, histogram)}, {}))
        answers = np.full(100, step % 10)
        recorder.record(Judged(step, 1, "train", np.arange(100), answers, answers, np.ones(100, np.float32)))
        if step % 5 == 0:
            recorder.record(Snapshot(step, {"layer.weight": np.full(10_000, step, np.float32)}))
        print(step, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
