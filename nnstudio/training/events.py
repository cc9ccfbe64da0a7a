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
    class_names: tuple[str, ...] = ()
    """What the data calls its classes, where it does."""


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
    progress: float | None = None
    """The share of all epochs that is done, where that does not follow from ``step``."""


@dataclass(frozen=True)
class Snapshot:
    """What has been learned after ``step`` steps, by parameter name."""

    step: int
    parameters: Mapping[str, NDArray[np.floating]]
    state: TrainingState | None = None
    """All that it takes to go on exactly from here."""


@dataclass(frozen=True)
class Histogram:
    """How many values lie in each of some equally wide bins from ``low`` to ``high``; what is not finite is nowhere. Of
    many values an even selection is counted, between the least and the largest of all."""

    low: float
    high: float
    counts: NDArray[np.int64]


@dataclass(frozen=True)
class ParameterStatistics:
    """Of one parameter: Euclidean norms of its values, of its gradient and of its last change; how values spread."""

    norm: float
    gradient_norm: float
    update_norm: float
    histogram: Histogram

    @property
    def update_ratio(self) -> float:
        """How large a step is beside what it changes; about 0.001 is usual."""
        return self.update_norm / self.norm if self.norm else 0.0


@dataclass(frozen=True)
class ActivationStatistics:
    """Of one layer's output over the probe pictures: mean, standard deviation, share of values that are 0, share of
    units or channels that are 0 everywhere, and how values spread. Where there are many values, mean, deviation and
    histogram are those of an even selection, always the same; the shares are always those of all."""

    mean: float
    deviation: float
    zeros: float
    dead: float
    histogram: Histogram


@dataclass(frozen=True)
class Measured:
    """What the network looked like inside after ``step`` steps: by parameter name and by layer name.

    Also after a step in which training diverged, before it goes back: statistics may be NaN or infinite.
    """

    step: int
    parameters: Mapping[str, ParameterStatistics]
    activations: Mapping[str, ActivationStatistics]
    memory: int = 0
    """Bytes of the device's memory in use; 0 where nobody knows."""


@dataclass(frozen=True)
class Judged:
    """How the network answers at the end of an epoch: for each picture of ``part`` (``validation``, or ``train``: an
    even selection of it) its number in that part, the right class, the class answered and how sure of it."""

    step: int
    epoch: int
    part: str
    pictures: NDArray[np.int64]
    labels: NDArray[np.int64]
    answers: NDArray[np.int64]
    confidences: NDArray[np.float32]


@dataclass(frozen=True)
class SettingsChanged:
    """Somebody changed something while training ran, from ``step`` on; ``text`` says what in a few words."""

    step: int
    text: str


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


Event = (
    Started
    | Steps
    | Snapshot
    | Measured
    | Judged
    | EpochDone
    | SettingsChanged
    | Paused
    | Resumed
    | DeviceChanged
    | Finished
    | Failed
)
