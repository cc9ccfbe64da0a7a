"""The losses in NumPy; ``engine/losses.py`` has their formulas. Arrays are (values, N), or those of pictures."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.backend import Array
from nnstudio.engine.losses import (
    CrossEntropy,
    Huber,
    LossBase,
    MeanAbsoluteError,
    MeanSquaredError,
)


class LossFunction(ABC):
    """Value by value: how wrong ``P`` is where ``T`` was right, and how that changes with ``P``; a loss is the mean."""

    def __init__(self, loss: LossBase) -> None:
        self.loss = loss

    @abstractmethod
    def value(self, P: Array, T: Array, out: Array) -> None: ...

    @abstractmethod
    def slope(self, P: Array, T: Array, out: Array) -> None: ...


class SquaredError(LossFunction):
    def value(self, P: Array, T: Array, out: Array) -> None:
        np.subtract(P, T, out=out)
        np.square(out, out=out)

    def slope(self, P: Array, T: Array, out: Array) -> None:
        np.subtract(P, T, out=out)
        np.multiply(out, 2, out=out)


class AbsoluteError(LossFunction):
    def value(self, P: Array, T: Array, out: Array) -> None:
        np.subtract(P, T, out=out)
        np.abs(out, out=out)

    def slope(self, P: Array, T: Array, out: Array) -> None:
        np.subtract(P, T, out=out)
        np.sign(out, out=out)


class HuberError(LossFunction):
    """With ``c`` the error clipped to ``±delta``: ``c (d - c / 2)``, and its slope ``c``."""

    def __init__(self, loss: Huber) -> None:
        super().__init__(loss)
        self.delta = loss.delta

    def value(self, P: Array, T: Array, out: Array) -> None:
        difference = P - T
        np.clip(difference, -self.delta, self.delta, out=out)
        np.multiply(out, difference - out / 2, out=out)

    def slope(self, P: Array, T: Array, out: Array) -> None:
        np.subtract(P, T, out=out)
        np.clip(out, -self.delta, self.delta, out=out)


FUNCTIONS: dict[type[LossBase], type[LossFunction]] = {
    MeanSquaredError: SquaredError,
    MeanAbsoluteError: AbsoluteError,
    Huber: HuberError,
}
"""Cross-entropies are not among them: they are computed together with the output layer, from its scores."""


def function_of(loss: LossBase) -> LossFunction | None:
    """The function that ``loss`` declares, if it is the mean of one over values."""
    kind = FUNCTIONS.get(type(loss))
    return kind(loss) if kind else None


def smoothed(loss: LossBase, hit: NDArray[np.bool_], out: Array) -> None:
    """``T`` for images of the classes that ``hit`` marks, (classes, N)."""
    smoothing = loss.label_smoothing if isinstance(loss, CrossEntropy) else 0.0
    np.multiply(hit, 1 - smoothing, out=out)
    np.add(out, smoothing / len(hit), out=out)
