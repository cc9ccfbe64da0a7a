"""The learning-rate range test as the window sees it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial

from PySide6.QtCore import QObject, Signal

from nnstudio.engine.backend import TrainingState
from nnstudio.errors import NNStudioError
from nnstudio.gui.background import Background
from nnstudio.gui.models.training_model import TrainingModel, TrainingPhase
from nnstudio.gui.worker import Request
from nnstudio.training.range_test import RangePoint, range_test, suggested_rate

Points = Callable[[Request, threading.Event], Iterator[RangePoint]]
"""Makes the points of a test, in the thread that iterates; soon gives up when the event is set."""


def measured_points(request: Request, cancel: threading.Event) -> Iterator[RangePoint]:
    """The real ones. Imports late, as training does."""
    from nnstudio.data.catalog import load_dataset
    from nnstudio.engine.devices import open_backend

    dataset = load_dataset(request.dataset, cancel=cancel)
    state = request.state.parameters if isinstance(request.state, TrainingState) else request.state
    yield from range_test(request.spec, dataset, request.settings, open_backend(request.device), state=state)


class RangeTestModel(QObject):
    """Runs the test for what the next run would begin with, in a thread of its own, never beside training."""

    changed = Signal()
    """Points, suggestion, problem, or whether it runs."""

    _measured = Signal(object, object)

    def __init__(
        self, training: TrainingModel, *, points: Points = measured_points, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._training, self._make_points = training, points
        self.points: list[RangePoint] = []
        self.suggestion: float | None = None
        self.problem: NNStudioError | None = None
        self._cancel: threading.Event | None = None
        self._background = Background(self)
        self._measured.connect(self._add)
        training.stateChanged.connect(self._follow_training)
        training.obstacleChanged.connect(self._follow_training)

    @property
    def running(self) -> bool:
        return self._cancel is not None

    @property
    def obstacle(self) -> str:
        """Why no test can begin; empty when it can."""
        if self._training.state in (TrainingPhase.RUNNING, TrainingPhase.PREPARING):
            return "Training is running: pause or stop it first, so that both do not wait for each other."
        return self._training.obstacle

    def start(self) -> None:
        """Begin a test, if that can be done now."""
        if self.running or self.obstacle:
            return
        self.points, self.suggestion, self.problem = [], None, None
        self._cancel = threading.Event()
        self._background.run(
            partial(self._work, self._training.next_request(), self._cancel), self._end, self._fail
        )  # fmt: skip
        self.changed.emit()

    def cancel(self) -> None:
        """End it soon; what was measured stays."""
        if self._cancel:
            self._cancel.set()

    def use(self) -> None:
        """Make the suggestion the learning rate."""
        settings = self._training.settings
        if self.suggestion is not None:
            optimizer = settings.optimizer.at_rate(float(f"{self.suggestion:.2g}"))
            self._training.set_settings(settings.model_copy(update={"optimizer": optimizer}))

    def shut_down(self) -> None:
        """End the test and wait for its thread; for the end of the program."""
        self.cancel()
        self._background.wait()

    def _work(self, request: Request, cancel: threading.Event) -> threading.Event:
        """In another thread."""
        points = self._make_points(request, cancel)
        for point in points:
            self._measured.emit(cancel, point)
            if cancel.is_set():
                break
        points.close()  # type: ignore[attr-defined]
        return cancel

    def _add(self, test: threading.Event, point: RangePoint) -> None:
        if test is self._cancel:
            self.points.append(point)
            self.changed.emit()

    def _end(self, test: threading.Event) -> None:
        self._cancel = None
        self.suggestion = suggested_rate(self.points)
        self.changed.emit()

    def _fail(self, problem: NNStudioError) -> None:
        cancelled = self._cancel is not None and self._cancel.is_set()
        self._cancel = None
        self.problem = None if cancelled else problem
        self.changed.emit()

    def _follow_training(self) -> None:
        if self.obstacle:
            self.cancel()
        self.changed.emit()
