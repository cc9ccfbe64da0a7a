"""A process that keeps a timeline until it is killed: ``python -m tests.training.timeline_writer FOLDER``."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import numpy as np

from nnstudio.engine.backend import TrainingState
from nnstudio.network import expand
from nnstudio.network.presets import softmax_regression
from nnstudio.training.timeline import Budget, Timelines, timelines


def state(step: int) -> TrainingState:
    """Numbers that follow from the step."""
    return TrainingState({"w": np.random.default_rng(step).standard_normal(5000).astype(np.float32)}, (), step)


def main() -> None:
    timelines._REST, timelines._LEAST_REST = 0, 0.0
    timeline = Timelines(Path(sys.argv[1]), Budget(2**21, 2**22)).begin(expand(softmax_regression()).spec)
    for step in itertools.count():
        timeline.put(state(step))
        if step == 20:
            print("ready", flush=True)


if __name__ == "__main__":
    main()
