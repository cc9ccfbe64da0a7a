"""Flatten: pictures to vectors, in the order channel, row, column."""

from __future__ import annotations

import numpy as np

from nnstudio.engine.numpy.ops.base import Memory, Operation
from nnstudio.engine.plan import Op
from nnstudio.network.layers.flatten import Flatten


class FlattenOperation(Operation):
    """Rows and channels change places on the way: see ``layout.py``."""

    layers = (Flatten,)

    def __init__(self, op: Op, number: int, memory: Memory) -> None:
        super().__init__(op, number, memory)
        if self.X.ndim == 4:
            height, channels, width, count = self.X.shape
            self.Y, self.dY = (array.reshape(channels, height, width, count) for array in (self.Y, self.dY))
            self.X, self.dX = (array.swapaxes(0, 1) for array in (self.X, self.dX))

    def forward(self, step: int | None) -> None:
        np.copyto(self.Y, self.X)

    def backward(self, want_dX: bool) -> None:
        if want_dX:
            np.copyto(self.dX, self.dY)
