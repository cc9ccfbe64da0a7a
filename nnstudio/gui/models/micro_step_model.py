"""A training step in slow motion, as the window sees it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from nnstudio.errors import NNStudioError
from nnstudio.gui.background import Background
from nnstudio.gui.models.training_model import TrainingModel, TrainingPhase
from nnstudio.gui.worker import Request

if TYPE_CHECKING:
    from nnstudio.training.micro_step import MicroStep, Stage

Compute = Callable[[Request], "MicroStep"]


def computed_step(request: Request) -> MicroStep:
    """The real one. Imports late, as training does."""
    from nnstudio.data.catalog import load_dataset
    from nnstudio.training.micro_step import micro_step

    return micro_step(request.spec, load_dataset(request.dataset), request.settings, request.state)


class MicroStepModel(QObject):
    """Computes the step that comes next in a thread of its own, and knows which of its stages is looked at. Nothing is
    trained by it."""

    changed = Signal()
    """The step, the stage, a problem, or whether it is being computed."""

    def __init__(
        self, training: TrainingModel, *, compute: Compute = computed_step, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._training, self._compute = training, compute
        self.step: MicroStep | None = None
        self.place = 0
        self.problem: NNStudioError | None = None
        self.computing = False
        self._background = Background(self)
        training.stateChanged.connect(lambda _: self.changed.emit())
        training.obstacleChanged.connect(self.changed)

    @property
    def obstacle(self) -> str:
        """Why no step can be shown now; empty when one can."""
        if self._training.state in (TrainingPhase.RUNNING, TrainingPhase.PREPARING):
            return "Training is running: pause it to look at its next step."
        return self._training.obstacle

    @property
    def stage(self) -> Stage | None:
        return self.step.stages[self.place] if self.step else None

    def compute(self) -> None:
        """Compute the step that comes next, if that can be done now."""
        if self.computing or self.obstacle:
            return
        self.computing, self.problem = True, None
        self._background.run(partial(self._compute, self._training.next_request()), self._take, self._fail)
        self.changed.emit()

    def go_to(self, place: int) -> None:
        """Look at a stage, counted from 0; beyond the ends is at the end."""
        last = len(self.step.stages) - 1 if self.step else 0
        place = max(0, min(place, last))
        if place != self.place:
            self.place = place
            self.changed.emit()

    def shut_down(self) -> None:
        """Let what is being computed come to its end; for the end of the program."""
        self._background.wait()

    def _take(self, step: MicroStep) -> None:
        self.computing, self.step, self.place = False, step, 0
        self.changed.emit()

    def _fail(self, problem: NNStudioError) -> None:
        self.computing, self.problem = False, problem
        self.changed.emit()
