"""Activations, alone or fused into the layer before.

Most know their derivative from their output alone, so their input need not be kept; the others are never fused.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

from nnstudio.engine.backend import Array
from nnstudio.engine.numpy.ops.base import Memory, Operation
from nnstudio.engine.plan import Op
from nnstudio.network.layers import activation as layers


class Function(ABC):
    """``Y = f(X)`` and ``dX = dY f'(X)`` for arrays of one shape.

    The derivative follows from what is ``known``: ``Y``, and then ``forward`` can also be done in place; or ``X``,
    where the layer is not ``from_output``. ``backward`` is never done in place.
    """

    def __init__(self, layer: layers.Activation, like: Array) -> None:
        self.layer = layer

    @abstractmethod
    def forward(self, X: Array, Y: Array) -> None: ...

    @abstractmethod
    def derivative(self, known: Array, slope: Array) -> None:
        """Compute ``slope``, which is ``f'(X)``, from what is known."""

    def backward(self, known: Array, dY: Array, dX: Array) -> None:
        self.derivative(known, dX)
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


class ELU(Function):
    """``max(0, x) + alpha (exp(min(0, x)) - 1)``; the derivative is 1 where positive, else ``y + alpha``."""

    def __init__(self, layer: layers.ELU, like: Array) -> None:
        super().__init__(layer, like)
        self.alpha = layer.alpha
        self.work = np.empty(like.shape, like.dtype)

    def forward(self, X: Array, Y: Array) -> None:
        np.minimum(X, 0, out=self.work)
        np.expm1(self.work, out=self.work)
        np.multiply(self.work, self.alpha, out=self.work)
        np.maximum(X, 0, out=Y)
        np.add(Y, self.work, out=Y)

    def derivative(self, Y: Array, slope: Array) -> None:
        np.greater(Y, 0, out=self.work)
        np.multiply(self.work, 1 - self.alpha, out=self.work)
        np.minimum(Y, 0, out=slope)
        np.add(slope, self.alpha, out=slope)
        np.add(slope, self.work, out=slope)

    def scratch(self) -> Sequence[Array]:
        return (self.work,)


class Softplus(Function):
    """``log(exp(0) + exp(x))``, with the derivative ``sigmoid(x) = 1 - exp(-y)``."""

    def forward(self, X: Array, Y: Array) -> None:
        np.logaddexp(0, X, out=Y)

    def derivative(self, Y: Array, slope: Array) -> None:
        np.negative(Y, out=slope)
        np.expm1(slope, out=slope)
        np.negative(slope, out=slope)


class Gated(Function):
    """``x s(x)``, where ``s`` is the sigmoid of some ``u(x)``, so the derivative is ``s (1 + x (1 - s) u'(x))``."""

    def __init__(self, layer: layers.Activation, like: Array) -> None:
        super().__init__(layer, like)
        self.s, self.x = np.empty(like.shape, like.dtype), np.empty(like.shape, like.dtype)

    def forward(self, X: Array, Y: Array) -> None:
        """``x / (1 + exp(-u))``; where the exponential overflows the result is a clean 0."""
        self._gate(X, Y)
        np.negative(Y, out=Y)
        np.exp(Y, out=Y)
        np.add(Y, 1, out=Y)
        np.divide(X, Y, out=Y)

    def derivative(self, X: Array, slope: Array) -> None:
        """Beyond ``FAR`` the slope is 0 or 1 to the last digit, and powers of ``x`` might overflow."""
        np.clip(X, -FAR, FAR, out=self.x)
        self._gate(self.x, self.s)
        np.negative(self.s, out=self.s)
        np.exp(self.s, out=self.s)
        np.add(self.s, 1, out=self.s)
        np.reciprocal(self.s, out=self.s)
        self._gate_slope(self.x, slope)
        np.multiply(self.x, slope, out=self.x)
        np.subtract(1, self.s, out=slope)
        np.multiply(slope, self.x, out=slope)
        np.add(slope, 1, out=slope)
        np.multiply(slope, self.s, out=slope)

    @abstractmethod
    def _gate(self, X: Array, u: Array) -> None: ...

    @abstractmethod
    def _gate_slope(self, X: Array, slope: Array) -> None: ...

    def scratch(self) -> Sequence[Array]:
        return self.s, self.x


FAR = 50.0
CURVE = 0.044715
STEEPNESS = 2 * (2 / np.pi) ** 0.5


class GELU(Gated):
    """``x (1 + tanh(v)) / 2`` is ``x sigmoid(2 v)``: ``u = 2 sqrt(2 / pi) (x + 0.044715 x³)``."""

    def _gate(self, X: Array, u: Array) -> None:
        np.multiply(X, X, out=u)
        np.multiply(u, STEEPNESS * CURVE, out=u)
        np.add(u, STEEPNESS, out=u)
        np.multiply(u, X, out=u)

    def _gate_slope(self, X: Array, slope: Array) -> None:
        np.multiply(X, X, out=slope)
        np.multiply(slope, 3 * STEEPNESS * CURVE, out=slope)
        np.add(slope, STEEPNESS, out=slope)


class SiLU(Gated):
    """``x sigmoid(x)``: ``u = x``."""

    def _gate(self, X: Array, u: Array) -> None:
        np.copyto(u, X)

    def _gate_slope(self, X: Array, slope: Array) -> None:
        slope.fill(1)


class HardStep(Function):
    """1 from 0 on, else 0; what stands for the derivative is the layer's choice."""

    def __init__(self, layer: layers.HardStep, like: Array) -> None:
        super().__init__(layer, like)
        self.near_only = layer.gradient == "straight_through"

    def forward(self, X: Array, Y: Array) -> None:
        np.heaviside(X, 1, out=Y)

    def derivative(self, X: Array, slope: Array) -> None:
        if self.near_only:
            np.abs(X, out=slope)
            np.less_equal(slope, 1, out=slope)
        else:
            slope.fill(1)


FUNCTIONS: dict[type[layers.Activation], type[Function]] = {
    layers.ReLU: ReLU,
    layers.LeakyReLU: LeakyReLU,
    layers.Sigmoid: Sigmoid,
    layers.Tanh: Tanh,
    layers.ELU: ELU,
    layers.Softplus: Softplus,
    layers.GELU: GELU,
    layers.SiLU: SiLU,
    layers.HardStep: HardStep,
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
        self.known = self.Y if op.layer.from_output else self.X

    def scratch(self) -> Sequence[Array]:
        return self.function.scratch()

    def forward(self, step: int | None) -> None:
        self.function.forward(self.X, self.Y)

    def backward(self, want_dX: bool) -> None:
        if want_dX:
            self.function.backward(self.known, self.dY, self.dX)
