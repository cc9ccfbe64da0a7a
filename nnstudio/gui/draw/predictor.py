"""From a drawing and weights to a prediction, or to what is in the way of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.preprocess import SIDE, normalise_ink
from nnstudio.errors import NNStudioError
from nnstudio.gui.models.prediction_model import Obstacle, Prediction
from nnstudio.network import NetworkSpec
from nnstudio.network.check import Check, Severity
from nnstudio.network.layers import shape_text
from nnstudio.network.layers.input import Input

if TYPE_CHECKING:
    from nnstudio.engine.backend import Executable

Parameters = Mapping[str, NDArray[np.floating[Any]]]
Ink = NDArray[np.uint8]
_NO_INK: Ink = np.zeros((1, 1), np.uint8)


@dataclass(frozen=True)
class Question:
    """A drawing and the weights to see it with, or the obstacle to that. Neither array is changed by anybody."""

    revision: int
    ink: Ink
    spec: NetworkSpec
    parameters: Parameters
    untrained: bool
    obstacle: Obstacle | None


class Predictor:
    """Answers questions one after another; keeps the executable while the network stays the same. No Qt, one thread."""

    def __init__(self) -> None:
        self._spec: NetworkSpec | None = None
        self._executable: Executable | None = None
        self._parameters: Parameters | None = None
        self._ink, self._picture = _NO_INK, normalise_ink(_NO_INK)

    def answer(self, question: Question) -> Prediction:
        picture = self._see(question.ink)
        prediction = Prediction(question.revision, picture, None, question.obstacle, question.untrained)
        if question.obstacle:
            return prediction
        try:
            executable = self._prepare(question)
            prediction = replace(prediction, draws=len(executable.plan.output.shape) > 1)
            if not picture.any():
                return prediction
            answer = executable.predict(picture[None, None])[0]
        except NNStudioError as error:
            return replace(prediction, obstacle=Obstacle(error.message, error.hint))
        if not np.isfinite(answer).all():
            return replace(prediction, obstacle=_DIVERGED)
        if prediction.draws:
            return replace(prediction, drawing=answer)
        kind = executable.plan.ops[-1].kind
        if len(answer) < executable.plan.classes:  # one unit says yes or no
            answer = np.array([1 - answer[0], answer[0]])
        return replace(prediction, probabilities=answer, scores=kind == "linear_output")

    def _see(self, ink: Ink) -> Ink:
        """What the network sees of `ink`. It takes longer than the network does, and new weights come with old ink."""
        if ink is not self._ink:
            self._ink, self._picture = ink, normalise_ink(ink)
        return self._picture

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


NO_WEIGHTS = Obstacle(
    "This network is so large that its weights are only made when training begins.",
    "Train it, or make it smaller in Design.",
)
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
