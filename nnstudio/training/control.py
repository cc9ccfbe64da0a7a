"""The switch between whoever steers training and the thread that trains."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto
from threading import Condition

from nnstudio.engine.augmentation import Augmentation
from nnstudio.engine.optimizers import OptimizerBase


class Mode(Enum):
    """What training has been asked to do."""

    RUN = auto()
    PAUSE = auto()
    STOP = auto()


@dataclass(frozen=True)
class Adjustable:
    """What may be changed while training runs; of the optimizer only its numbers."""

    optimizer: OptimizerBase
    augmentation: Augmentation
    batch_size: int


class Control:
    """Start, pause, single steps, single epochs, stop (which is final), and how the next steps are done; from any
    thread."""

    def __init__(self, adjustable: Adjustable) -> None:
        self._changed = Condition()
        self._adjustable = adjustable
        self._mode = Mode.RUN
        self._steps_asked = 0
        self._epoch_asked = False

    @property
    def adjustable(self) -> Adjustable:
        return self._adjustable

    @property
    def learning_rate(self) -> float:
        return self._adjustable.optimizer.learning_rate

    def adjust(self, **changes: OptimizerBase | Augmentation | int) -> None:
        """Do the next steps otherwise: fields of ``Adjustable``."""
        with self._changed:
            self._adjustable = replace(self._adjustable, **changes)  # type: ignore[arg-type]

    def set_learning_rate(self, value: float) -> None:
        with self._changed:
            self._adjustable = replace(self._adjustable, optimizer=self._adjustable.optimizer.at_rate(value))

    @property
    def stopping(self) -> bool:
        return self._mode is Mode.STOP

    @property
    def waiting(self) -> bool:
        """Whether there is nothing to do until somebody asks."""
        with self._changed:
            return not self._busy()

    @property
    def single(self) -> bool:
        """Whether the next piece of work must be one step only."""
        with self._changed:
            return self._mode is Mode.PAUSE and not self._epoch_asked

    def set(self, mode: Mode) -> None:
        with self._changed:
            if self._mode is not Mode.STOP:
                self._mode, self._steps_asked, self._epoch_asked = mode, 0, False
            self._changed.notify_all()

    def ask_step(self) -> None:
        """Pause after one more step."""
        with self._changed:
            if self._mode is not Mode.STOP:
                self._mode, self._epoch_asked = Mode.PAUSE, False
                self._steps_asked += 1
            self._changed.notify_all()

    def ask_epoch(self) -> None:
        """Pause at the end of the epoch."""
        with self._changed:
            if self._mode is not Mode.STOP:
                self._mode, self._steps_asked, self._epoch_asked = Mode.PAUSE, 0, True
            self._changed.notify_all()

    def step_done(self) -> None:
        with self._changed:
            self._steps_asked = max(0, self._steps_asked - 1)

    def epoch_done(self) -> None:
        with self._changed:
            self._epoch_asked = False

    def wait(self) -> None:
        """Block while paused with nothing asked for."""
        with self._changed:
            self._changed.wait_for(self._busy)

    def _busy(self) -> bool:
        return self._mode is not Mode.PAUSE or self._steps_asked > 0 or self._epoch_asked
