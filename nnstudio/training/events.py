"""What a trainer says while it works. All events are immutable; arrays in them are copies that nobody changes.

Where weights are averaged, it is the average that is shown, judged and kept. Accuracies are NaN for networks that
answer with pictures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.backend import TrainingState


@dataclass(frozen=True)
class Started:
    """Everything is prepared and the first step comes next."""

    device: str
    batch_size: int
    steps_per_epoch: int
    epochs: int
    learning_rate: float
    memory: int = 0
    """Bytes that it will take at most; 0 where nobody has asked."""


@dataclass(frozen=True)
class Steps:
    """A stretch of steps was done: ``step`` and ``epoch`` (both from 1) and ``learning_rate`` of its last; loss,
    accuracy and learning rate of each."""

    step: int
    epoch: int
    losses: NDArray[np.float64]
    accuracies: NDArray[np.float64]
    learning_rate: float
    images_per_second: float
    learning_rates: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))


@dataclass(frozen=True)
class Snapshot:
    """What has been learned after ``step`` steps, by parameter name."""

    step: int
    parameters: Mapping[str, NDArray[np.floating]]


@dataclass(frozen=True)
class EpochDone:
    """An epoch ended; training figures are means over its steps."""

    epoch: int
    step: int
    training_loss: float
    training_accuracy: float
    validation_loss: float
    validation_accuracy: float
    images_per_second: float


@dataclass(frozen=True)
class Paused:
    """Training waits; without a ``reason`` because it was asked to, else ``hint`` says what to do."""

    step: int
    reason: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Resumed:
    """Training goes on."""

    step: int


@dataclass(frozen=True)
class DeviceChanged:
    """The device failed; training goes on from ``step`` on another."""

    step: int
    device: str
    message: str


@dataclass(frozen=True)
class Finished:
    """All epochs are done, or training was ``stopped``; test figures are ``None`` then, or without a test set.

    With early stopping, unless somebody stopped it before, ``state`` is that after ``best_epoch``, which had the least
    validation loss; ``stopped_early`` says that there would have been more epochs. ``step`` and ``epoch`` are the last.
    """

    step: int
    epoch: int
    state: TrainingState
    stopped: bool
    device: str
    images_per_second: float
    test_loss: float | None
    test_accuracy: float | None
    stopped_early: bool = False
    best_epoch: int | None = None


@dataclass(frozen=True)
class Failed:
    """Training cannot go on."""

    message: str
    hint: str


Event = Started | Steps | Snapshot | EpochDone | Paused | Resumed | DeviceChanged | Finished | Failed
