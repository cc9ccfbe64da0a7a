"""What convolutions that go tap by tap share."""

from __future__ import annotations

import numpy as np

from nnstudio.engine.numpy.ops.base import Memory
from nnstudio.engine.numpy.ops.fusing import FusingOperation
from nnstudio.engine.plan import Op


class TappedConvolution(FusingOperation):
    """Weights, and biases where there are some."""

    def __init__(self, op: Op, number: int, memory: Memory) -> None:
        super().__init__(op, number, memory)
        self.W, *self.b = (memory.parameters[slot.name] for slot in op.parameters)
        self.dW, *self.db = (memory.parameter_gradients[slot.name] for slot in op.parameters)

    def finish_forward(self) -> None:
        """Add the biases to what is in ``Y``, and activate it."""
        for b in self.b:
            np.add(self.Y, b[:, np.newaxis, np.newaxis], out=self.Y)
        self.activate()

    def bias_gradient(self) -> None:
        for db in self.db:
            np.add.reduce(self.dZ, axis=(0, 2, 3), out=db)
