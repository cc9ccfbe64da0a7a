"""The switch between whoever steers training and the thread that trains."""

from __future__ import annotations

from enum import Enum, auto
from threading import Condition

from nnstudio.engine.augmentation import Augmentation


class Mode(Enum):
    """What training has been asked to do."""

    RUN = auto()
    PAUSE = auto()
    STOP = auto()


class Control:
    """Start, pause, single steps, stop (which is final), and the next steps' learning rate and augmentation; from any
    thread."""

    def __init__(self, learning_rate: float, augmentation: Augmentation) -> None:
        self.learning_rate, self.augmentation = learning_rate, augmentation
        self._changed = Condition()
        self._mode = Mode.RUN
        self._steps_asked = 0

    @property
    def stopping(self) -> bool:
        return self._mode is Mode.STOP

    @property
    def waiting(self) -> bool:
        """Whether there is nothing to do until somebody asks."""
        with self._changed:
            return self._mode is Mode.PAUSE and not self._steps_asked

    @property
    def single(self) -> bool:
        """Whether the next piece of work must be one step only."""
        return self._mode is Mode.PAUSE

    def set(self, mode: Mode) -> None:
        with self._changed:
            if self._mode is not Mode.STOP:
                self._mode, self._steps_asked = mode, 0
            self._changed.notify_all()

    def ask_step(self) -> None:
        """Pause after one more step."""
        with self._changed:
            if self._mode is not Mode.STOP:
                self._mode = Mode.PAUSE
                self._steps_asked += 1
            self._changed.notify_all()

    def step_done(self) -> None:
        with self._changed:
            self._steps_asked = max(0, self._steps_asked - 1)

    def wait(self) -> None:
        """Block while paused with no step asked for."""
        with self._changed:
            self._changed.wait_for(lambda: self._mode is not Mode.PAUSE or self._steps_asked > 0)
