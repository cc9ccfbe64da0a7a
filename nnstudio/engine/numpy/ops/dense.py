"""Dense layer: three matrix products."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nnstudio.engine.backend import Array
from nnstudio.engine.numpy.ops.activation import function_of
from nnstudio.engine.numpy.ops.base import Memory, Operation
from nnstudio.engine.plan import Op
from nnstudio.network.layers.dense import Dense


class DenseOperation(Operation):
    """``Y = f(W X + b)`` with X (inputs, N), W (units, inputs), Y (units, N)."""

    layers = (Dense,)

    def __init__(self, op: Op, number: int, memory: Memory) -> None:
        super().__init__(op, number, memory)
        self.W, b = (memory.parameters[slot.name] for slot in op.parameters)
        self.dW, self.db = (memory.parameter_gradients[slot.name] for slot in op.parameters)
        self.b = b[:, np.newaxis]
        self.activation = op.activation and function_of(op.activation, self.Y)
        self.dZ = np.empty_like(self.dY) if self.activation else self.dY

    def scratch(self) -> Sequence[Array]:
        return (self.dZ, *self.activation.scratch()) if self.activation else ()

    def forward(self, step: int | None) -> None:
        np.matmul(self.W, self.X, out=self.Y)
        np.add(self.Y, self.b, out=self.Y)
        if self.activation:
            self.activation.forward(self.Y, self.Y)

    def backward(self, want_dX: bool) -> None:
        if self.activation:
            self.activation.backward(self.Y, self.dY, self.dZ)
        np.matmul(self.dZ, self.X.T, out=self.dW)
        np.add.reduce(self.dZ, axis=1, out=self.db)
        if want_dX:
            np.matmul(self.W.T, self.dZ, out=self.dX)
