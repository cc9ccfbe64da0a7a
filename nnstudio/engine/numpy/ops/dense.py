"""Dense layer: three matrix products."""

from __future__ import annotations

import numpy as np

from nnstudio.engine.numpy.ops.base import Memory
from nnstudio.engine.numpy.ops.fusing import FusingOperation
from nnstudio.engine.plan import Op
from nnstudio.network.layers.dense import Dense


class DenseOperation(FusingOperation):
    """``Y = f(W X + b)`` with X (inputs, N), W (units, inputs), Y (units, N)."""

    layers = (Dense,)

    def __init__(self, op: Op, number: int, memory: Memory) -> None:
        super().__init__(op, number, memory)
        self.W, b = (memory.parameters[slot.name] for slot in op.parameters)
        self.dW, self.db = (memory.parameter_gradients[slot.name] for slot in op.parameters)
        self.b = b[:, np.newaxis]

    def forward(self, step: int | None) -> None:
        np.matmul(self.W, self.X, out=self.Y)
        np.add(self.Y, self.b, out=self.Y)
        self.activate()

    def backward(self, want_dX: bool) -> None:
        self.differentiate_activation()
        np.matmul(self.dZ, self.X.T, out=self.dW)
        np.add.reduce(self.dZ, axis=1, out=self.db)
        if want_dX:
            np.matmul(self.W.T, self.dZ, out=self.dX)
