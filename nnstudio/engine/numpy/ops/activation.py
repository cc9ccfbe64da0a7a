"""Activations, alone or fused into the layer before: each knows its derivative from its output."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

from nnstudio.engine.backend import Array
from nnstudio.engine.numpy.ops.base import Memory, Operation
from nnstudio.engine.plan import Op
from nnstudio.network.layers import activation as layers


class Function(ABC):
    """``Y = f(X)``, which may be computed in place, and ``dX = dY f'(X)``, which may not, for arrays of one shape."""

    def __init__(self, layer: layers.Activation, like: Array) -> None:
        self.layer = layer

    @abstractmethod
    def forward(self, X: Array, Y: Array) -> None: ...

    @abstractmethod
    def derivative(self, Y: Array, slope: Array) -> None:
        """Compute ``slope``, which is ``f'(X)``, from ``Y = f(X)``."""

    def backward(self, Y: Array, dY: Array, dX: Array) -> None:
        self.derivative(Y, dX)
        np.multiply(dY, dX, out=dX)

    def scratch(self) -> Sequence[Array]:
        """As ``Operation.scratch``."""
        return ()


class ReLU(Function):
    """``max(0, x)``; NaN stays NaN, so that a diverging network shows."""

    def forward(self, X: Array, Y: Array) -> None:
        np.clip(X, 0, np.inf, out=Y)  # three times as fast as np.maximum with a scalar

    def derivative(self, Y: Array, slope: Array) -> None:
        np.greater(Y, 0, out=slope)


class LeakyReLU(Function):
    """``x`` where positive, else ``slope x``: the larger of both, since the slope is at most 1."""

    def __init__(self, layer: layers.LeakyReLU, like: Array) -> None:
        super().__init__(layer, like)
        self.slope = layer.slope
        self.leaked = np.empty(like.shape, like.dtype)

    def forward(self, X: Array, Y: Array) -> None:
        np.multiply(X, self.slope, out=self.leaked)
        np.maximum(X, self.leaked, out=Y)

    def derivative(self, Y: Array, slope: Array) -> None:
        np.greater(Y, 0, out=slope)
        np.multiply(slope, 1 - self.slope, out=slope)
        np.add(slope, self.slope, out=slope)

    def scratch(self) -> Sequence[Array]:
        return (self.leaked,)


class Sigmoid(Function):
    """``1 / (1 + exp(-x))``; where the exponential overflows the result is a clean 0."""

    def forward(self, X: Array, Y: Array) -> None:
        np.negative(X, out=Y)
        np.exp(Y, out=Y)
        np.add(Y, 1, out=Y)
        np.reciprocal(Y, out=Y)

    def derivative(self, Y: Array, slope: Array) -> None:
        np.subtract(1, Y, out=slope)
        np.multiply(slope, Y, out=slope)


class Tanh(Function):
    """``tanh(x)``, with the derivative ``1 - y²``."""

    def forward(self, X: Array, Y: Array) -> None:
        np.tanh(X, out=Y)

    def derivative(self, Y: Array, slope: Array) -> None:
        np.multiply(Y, Y, out=slope)
        np.subtract(1, slope, out=slope)


FUNCTIONS: dict[type[layers.Activation], type[Function]] = {
    layers.ReLU: ReLU,
    layers.LeakyReLU: LeakyReLU,
    layers.Sigmoid: Sigmoid,
    layers.Tanh: Tanh,
}


def function_of(layer: layers.Activation, like: Array) -> Function:
    """The function that ``layer`` declares, for arrays like ``like``."""
    return FUNCTIONS[type(layer)](layer, like)


class ActivationOperation(Operation):
    """An activation that could not be fused."""

    layers = tuple(FUNCTIONS)

    def __init__(self, op: Op, number: int, memory: Memory) -> None:
        super().__init__(op, number, memory)
        assert isinstance(op.layer, layers.Activation)
        self.function = function_of(op.layer, self.Y)

    def scratch(self) -> Sequence[Array]:
        return self.function.scratch()

    def forward(self, step: int | None) -> None:
        self.function.forward(self.X, self.Y)

    def backward(self, want_dX: bool) -> None:
        if want_dX:
            self.function.backward(self.Y, self.dY, self.dX)
