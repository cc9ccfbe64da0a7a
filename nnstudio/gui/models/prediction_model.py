"""What the network says about the drawing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal


@dataclass(frozen=True)
class Obstacle:
    """Why there is no prediction, and what to do about it."""

    message: str
    hint: str


@dataclass(frozen=True)
class Prediction:
    """An answer about drawing number `revision`.

    `picture` is what the network sees, (28, 28) from 0 to 255. `probabilities` has one value for each class, or a score
    where the output is linear (`scores`). A network that answers with a picture (`draws`) gives a `drawing` instead:
    (channels, height, width), its paper 0 and its ink 1. Both are `None` when the paper is empty or there is an
    `obstacle`. `untrained`: weights are still random, in part or all.
    """

    revision: int
    picture: NDArray[np.uint8]
    probabilities: NDArray[np.floating] | None = None
    obstacle: Obstacle | None = None
    untrained: bool = False
    scores: bool = False
    draws: bool = False
    drawing: NDArray[np.floating] | None = None

    @property
    def ranking(self) -> NDArray[np.intp]:
        """Classes from the most to the least probable."""
        assert self.probabilities is not None
        return np.argsort(-self.probabilities, kind="stable")


class PredictionModel(QObject):
    """The newest `Prediction`, and the names of the classes."""

    changed = Signal(object)
    """The new `Prediction`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._names: tuple[str, ...] = ()
        self.prediction = Prediction(0, np.zeros((28, 28), np.uint8))

    def set_prediction(self, prediction: Prediction) -> None:
        self.prediction = prediction
        self.changed.emit(prediction)

    def set_class_names(self, names: tuple[str, ...]) -> None:
        """Names as a data set gives them; where there are too few, classes are called by their numbers."""
        self._names = names
        self.changed.emit(self.prediction)

    def class_name(self, index: int) -> str:
        return self._names[index] if index < len(self._names) else str(index)
