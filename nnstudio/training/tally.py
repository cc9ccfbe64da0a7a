"""What training has come to so far: how its steps went, and how long they took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nnstudio.engine.backend import StepMetrics


@dataclass(frozen=True)
class Clock:
    """Images trained on and the seconds that took, without pauses and evaluations."""

    images: int = 0
    seconds: float = 0.0

    def plus(self, images: int, seconds: float) -> Clock:
        return Clock(self.images + images, self.seconds + seconds)

    @property
    def rate(self) -> float:
        return self.images / self.seconds if self.seconds else 0.0


@dataclass(frozen=True)
class EpochTally:
    """Mean loss over an epoch's images, and in how many of them the answer was right; images a second."""

    loss: float
    correct: int
    count: int
    images_per_second: float


class Tally:
    """Counts all steps of a run, and those of the epoch, until it ends or some are forgotten."""

    def __init__(self) -> None:
        self.run, self.epoch = Clock(), Clock()
        self.seconds_per_step = 0.0
        """Of steps on end; 0 where nobody knows."""
        self._steps: list[StepMetrics] = []

    def add(self, metrics: StepMetrics, seconds: float, *, on_end: bool = True) -> None:
        """Steps took so many seconds. A step that is not one of many ``on_end`` says little about their speed."""
        images = int(metrics.counts.sum())
        self._steps.append(metrics)
        self.run, self.epoch = self.run.plus(images, seconds), self.epoch.plus(images, seconds)
        if on_end or not self.seconds_per_step:
            self.seconds_per_step = seconds / len(metrics.losses)

    def end_epoch(self) -> EpochTally:
        """What the epoch came to; the next begins."""
        steps, rate = _joined(self._steps), self.epoch.rate
        self._steps, self.epoch = [], Clock()
        loss = float(np.average(steps.losses, weights=steps.counts))
        return EpochTally(loss, int(steps.correct.sum()), int(steps.counts.sum()), rate)

    def forget(self, count: int) -> None:
        """The last ``count`` steps were undone."""
        steps = _joined(self._steps)
        kept = max(0, len(steps.losses) - count)
        self._steps = [StepMetrics(steps.losses[:kept], steps.correct[:kept], steps.counts[:kept])]
        self.seconds_per_step = 0.0


def _joined(metrics: Sequence[StepMetrics]) -> StepMetrics:
    """Those of all steps in their order."""
    losses, correct, counts = ([getattr(each, name) for each in metrics] for name in ("losses", "correct", "counts"))
    nothing = np.empty(0, np.int64)
    return StepMetrics(np.concatenate([np.empty(0), *losses]), np.concatenate([nothing, *correct]),
                       np.concatenate([nothing, *counts]))  # fmt: skip
