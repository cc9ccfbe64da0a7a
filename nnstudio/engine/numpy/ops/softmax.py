"""Softmax inside a network: values become shares."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nnstudio.engine.backend import Array
from nnstudio.engine.numpy.ops.base import Memory, Operation
from nnstudio.engine.plan import Op
from nnstudio.network.layers.activation import Softmax


class SoftmaxOperation(Operation):
    """``Y = exp(X - max X) / sum exp(X - max X)`` over the units of a vector, or the channels at a place of a picture.

    With all its derivatives that gives ``dX = Y (dY - sum Y dY)``.
    """

    layers = (Softmax,)

    def __init__(self, op: Op, number: int, memory: Memory) -> None:
        super().__init__(op, number, memory)
        self.axis = 1 if self.X.ndim == 4 else 0
        together = list(self.X.shape)
        together[self.axis] = 1
        self.peak = np.empty(together, self.X.dtype)
        self.total = np.empty(together, self.X.dtype)

    def scratch(self) -> Sequence[Array]:
        return self.peak, self.total

    def forward(self, step: int | None) -> None:
        np.maximum.reduce(self.X, axis=self.axis, keepdims=True, out=self.peak)
        np.subtract(self.X, self.peak, out=self.Y)
        np.exp(self.Y, out=self.Y)
        np.add.reduce(self.Y, axis=self.axis, keepdims=True, out=self.total)
        np.divide(self.Y, self.total, out=self.Y)

    def backward(self, want_dX: bool) -> None:
        if not want_dX:
            return
        np.multiply(self.Y, self.dY, out=self.dX)
        np.add.reduce(self.dX, axis=self.axis, keepdims=True, out=self.total)
        np.subtract(self.dY, self.total, out=self.dX)
        np.multiply(self.dX, self.Y, out=self.dX)
