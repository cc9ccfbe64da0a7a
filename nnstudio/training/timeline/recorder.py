"""What a trainer says, put into a timeline."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from time import monotonic

import numpy as np

from nnstudio.engine.backend import TrainingState
from nnstudio.training.events import EpochDone, Event, Finished, Paused, Snapshot, Started, Steps
from nnstudio.training.timeline.timeline import Timeline

PERIOD = 0.1
"""Seconds between two moments, but for those at which an epoch ends or training pauses: more would be thinned soon."""


class TimelineRecorder:
    """A `Recorder`. It only keeps references; writing is done by the thread of `Timelines`."""

    def __init__(self, timeline: Timeline, *, period: float = PERIOD, clock: Callable[[], float] = monotonic) -> None:
        self._timeline, self._period, self._clock = timeline, period, clock
        self._losses: list[float] = []
        """Since the last moment."""
        self._newest: TrainingState | None = None
        """Not put into the timeline so far."""
        self._last = -inf

    def record(self, event: Event) -> None:
        match event:
            case Started():
                self._timeline.epochs = event.epochs
            case Steps():
                self._losses.append(float(np.mean(event.losses)))
            case Snapshot(state=TrainingState() as state):
                self._newest = state
                if self._clock() - self._last >= self._period:
                    self._put_newest()
            case Paused():
                self._put_newest()
            case EpochDone():  # the snapshot of the same step came before
                self._put_newest()
                self._timeline.end_epoch(event.epoch, event.step, event.validation_loss)
            case Finished():
                self._put_newest()
                if event.state.step > max(self._timeline.steps, default=-1):
                    self._put(event.state)

    def close(self) -> None:
        self._put_newest()
        self._timeline.ended = True
        self._timeline.tell()

    def _put_newest(self) -> None:
        if self._newest is not None:
            self._put(self._newest)
            self._newest, self._last = None, self._clock()

    def _put(self, state: TrainingState) -> None:
        loss = float(np.mean(self._losses)) if self._losses else float("nan")
        self._losses.clear()
        self._timeline.put(state, loss)
