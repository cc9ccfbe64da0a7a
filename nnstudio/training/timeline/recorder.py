"""What a trainer says, put into a timeline."""

from __future__ import annotations

import numpy as np

from nnstudio.engine.backend import TrainingState
from nnstudio.training.events import EpochDone, Event, Finished, Snapshot, Started, Steps
from nnstudio.training.timeline.timeline import Timeline


class TimelineRecorder:
    """A `Recorder`. It only keeps references; writing is done by the thread of `Timelines`."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._losses: list[float] = []
        """Since the last snapshot."""

    def record(self, event: Event) -> None:
        match event:
            case Started():
                self._timeline.epochs = event.epochs
            case Steps():
                self._losses.append(float(np.mean(event.losses)))
            case Snapshot(state=TrainingState() as state):
                self._put(state)
            case EpochDone():  # the snapshot of the same step came before
                self._timeline.end_epoch(event.epoch, event.step, event.validation_loss)
            case Finished() if event.state.step > max(self._timeline.steps, default=-1):
                self._put(event.state)

    def close(self) -> None:
        self._timeline.ended = True
        self._timeline.tell()

    def _put(self, state: TrainingState) -> None:
        loss = float(np.mean(self._losses)) if self._losses else float("nan")
        self._losses.clear()
        self._timeline.put(state, loss)
