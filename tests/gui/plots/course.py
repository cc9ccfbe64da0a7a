"""A run by hand: events as a trainer sends them, put through the training model."""

from __future__ import annotations

import numpy as np

from nnstudio.training.events import (
    ActivationStatistics,
    EpochDone,
    Event,
    Histogram,
    Judged,
    Measured,
    ParameterStatistics,
    SettingsChanged,
    Started,
    Steps,
)

STEPS_PER_EPOCH, BATCH = 100, 64


def steps(last: int, losses: list[float], speed: float = 6400.0) -> Steps:
    values = np.array(losses)
    return Steps(last, 1 + (last - 1) // STEPS_PER_EPOCH, values, 1 - values, 0.01, speed, values / 100)


def measured(step: int, norm: float = 2.0) -> Measured:
    spread = Histogram(-norm, norm, np.full(8, step))
    parameter = ParameterStatistics(norm, 1 / step, norm / 1000, spread)
    layer = ActivationStatistics(0.5, 0.25, 0.5, 0.125, spread)
    names = ["conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias", "dense1.weight"]
    return Measured(step, dict.fromkeys(names, parameter), dict.fromkeys(["conv1", "conv2"], layer), memory=2**20)


def judged(epoch: int, part: str = "validation") -> Judged:
    """Of 10 classes with 10 pictures each, picture 31 (a 3) is taken for a 5, and so is picture 32, less surely."""
    labels = np.repeat(np.arange(10), 10)
    answers = labels.copy()
    answers[[31, 32]] = 5
    sure = np.full(100, 0.75, np.float32)
    sure[31] = 0.9375
    return Judged(STEPS_PER_EPOCH * epoch, epoch, part, np.arange(100), labels, answers, sure)


def run(epochs: int = 10) -> list[Event]:
    """Of so many epochs with 100 steps each, a second long; the loss falls as 1/step."""
    events: list[Event] = [Started("CPU", BATCH, STEPS_PER_EPOCH, epochs, 0.01)]
    for epoch in range(1, epochs + 1):
        last = STEPS_PER_EPOCH * epoch
        events.append(steps(last, [1 / step for step in range(last - STEPS_PER_EPOCH + 1, last + 1)]))
        events.append(measured(last))
        events.append(EpochDone(epoch, last, 0.1, 0.9, 2 / last, 1 - 2 / last, 6400.0))
        events += [judged(epoch), judged(epoch, "train")]
    events.append(SettingsChanged(500, "Learning rate 0.005"))
    return events
