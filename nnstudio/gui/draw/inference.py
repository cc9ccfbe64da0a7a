"""Live inference: the newest drawing, seen by the newest weights, on a thread and an executable of its own.

Nothing queues up. While an answer is worked out, newer questions replace each other; so drawing never waits for
anything, and while a network learns the drawing in front of it is judged again with every snapshot.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QThread, Signal, Slot

from nnstudio.data.preprocess import SIDE, normalise_ink
from nnstudio.errors import NNStudioError
from nnstudio.gui.models.drawing_model import DrawingModel
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.prediction_model import Obstacle, Prediction, PredictionModel
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.network import NetworkSpec
from nnstudio.network.check import Check, Severity
from nnstudio.network.layers import shape_text
from nnstudio.network.layers.input import Input

if TYPE_CHECKING:
    from nnstudio.engine.backend import Executable

Parameters = Mapping[str, NDArray[np.floating[Any]]]


@dataclass(frozen=True)
class Question:
    """A drawing and the weights to see it with, or the obstacle to that."""

    revision: int
    ink: NDArray[np.uint8]
    spec: NetworkSpec
    parameters: Parameters
    untrained: bool
    obstacle: Obstacle | None


class LiveInference(QObject):
    """Asks whenever the drawing, the weights or the network change, and gives the answers to a `PredictionModel`."""

    def __init__(
        self,
        drawing: DrawingModel,
        network: NetworkModel,
        weights: WeightsModel,
        predictions: PredictionModel,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._drawing, self._network, self._weights = drawing, network, weights
        self._thread, self._worker = QThread(self), InferenceWorker(Predictor())
        self._thread.setObjectName("inference")
        self._worker.moveToThread(self._thread)
        self._worker.answered.connect(predictions.set_prediction)
        self._thread.start()
        self.destroyed.connect(partial(_end, self._thread))
        for signal in (drawing.changed, weights.changed, network.checkChanged):
            signal.connect(self._ask)
        self._ask()

    @Slot()
    def _ask(self) -> None:
        weights, drawing = self._weights, self._drawing
        obstacle = find_obstacle(self._network.spec, self._network.check)
        untrained = bool(weights.fresh)
        self._worker.ask(
            Question(drawing.revision, drawing.ink.copy(), weights.spec, weights.parameters, untrained, obstacle)
        )

    def shut_down(self) -> None:
        """End the thread; for the end of the program."""
        _end(self._thread)


def _end(thread: QThread) -> None:
    thread.quit()
    thread.wait()


class InferenceWorker(QObject):
    """Lives on the inference thread, except for `ask`, which any thread may call."""

    answered = Signal(object)
    """A `Prediction`."""
    _asked = Signal()

    def __init__(self, predictor: Predictor) -> None:
        super().__init__()
        self._predictor = predictor
        self._lock = threading.Lock()
        self._newest: Question | None = None
        self._asked.connect(self._work)

    def ask(self, question: Question) -> None:
        """Put `question` in place of the one that still waits, if one does."""
        with self._lock:
            waiting, self._newest = self._newest, question
        if waiting is None:
            self._asked.emit()

    @Slot()
    def _work(self) -> None:
        with self._lock:
            question, self._newest = self._newest, None
        if question is not None:
            self.answered.emit(self._predictor.answer(question))


class Predictor:
    """Answers questions one after another; keeps the executable while the network stays the same. No Qt, one thread."""

    def __init__(self) -> None:
        self._spec: NetworkSpec | None = None
        self._executable: Executable | None = None
        self._parameters: Parameters | None = None

    def answer(self, question: Question) -> Prediction:
        picture = normalise_ink(question.ink)
        prediction = Prediction(question.revision, picture, None, question.obstacle, question.untrained)
        if question.obstacle:
            return prediction
        try:
            executable = self._prepare(question)
            if not picture.any():
                return prediction
            probabilities = executable.predict(picture[None, None])[0]
        except NNStudioError as error:
            return replace(prediction, obstacle=Obstacle(error.message, error.hint))
        if not np.isfinite(probabilities).all():
            return replace(prediction, obstacle=_DIVERGED)
        return replace(prediction, probabilities=probabilities)

    def _prepare(self, question: Question) -> Executable:
        """The executable with the question's network and weights in it."""
        if self._executable is None or question.spec != self._spec:
            if self._executable is not None:
                self._executable.close()
            self._executable = None  # there is none if the next line fails
            self._executable = _new_executable(question.spec)
            self._spec, self._parameters = question.spec, None
        if question.parameters is not self._parameters:
            self._executable.write_parameters(question.parameters)
            self._parameters = question.parameters
        return self._executable


_DIVERGED = Obstacle(
    "The network’s weights have grown beyond all numbers: training diverged.",
    "Train again with a smaller learning rate.",
)


def _new_executable(spec: NetworkSpec) -> Executable:
    """Imported late, in the thread that needs it: the window comes first."""
    from nnstudio.engine.numpy import NumpyBackend
    from nnstudio.engine.plan import compile_plan

    return NumpyBackend().prepare(compile_plan(spec), batch_size=1)


def find_obstacle(spec: NetworkSpec, check: Check) -> Obstacle | None:
    """What keeps a network from seeing a drawing."""
    for problem in check.problems:
        if problem.severity is Severity.ERROR:
            where = f"in {problem.node}: " if problem.node else ""
            return Obstacle(f"The network cannot run, {where}{problem.message}.", f"In Design, {problem.hint}.")
    shape = next(
        (node.layer.channels, node.layer.height, node.layer.width)
        for node in spec.nodes
        if isinstance(node.layer, Input)
    )
    if shape != (1, SIDE, SIDE):
        return Obstacle(
            f"This network takes pictures of {shape_text(shape)}, and a drawing is {shape_text((1, SIDE, SIDE))}.",
            f"In Design, give the input 1 channel, height {SIDE} and width {SIDE}.",
        )
    return None
