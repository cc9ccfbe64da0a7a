"""Flatten and reshape: the same values, in the order channel, row, column, in another form."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nnstudio.engine.backend import Array
from nnstudio.engine.numpy.ops.base import Memory, Operation
from nnstudio.engine.plan import Op
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.reshape import Reshape


class ReshapeOperation(Operation):
    """Rows and channels change places on the way (see ``layout.py``), so values pass through one long row."""

    layers = (Flatten, Reshape)

    def __init__(self, op: Op, number: int, memory: Memory) -> None:
        super().__init__(op, number, memory)
        self.X, self.dX, self.Y, self.dY = map(_channels_first, (self.X, self.dX, self.Y, self.dY))
        self.row = np.empty((self.X.size // self.X.shape[-1], self.X.shape[-1]), self.X.dtype)

    def scratch(self) -> Sequence[Array]:
        return (self.row,)

    def forward(self, step: int | None) -> None:
        self._move(self.X, self.Y)

    def backward(self, want_dX: bool) -> None:
        if want_dX:
            self._move(self.dY, self.dX)

    def _move(self, source: Array, target: Array) -> None:
        if target.flags.c_contiguous:
            np.copyto(target.reshape(source.shape), source)
        elif source.flags.c_contiguous:
            np.copyto(target, source.reshape(target.shape))
        else:
            np.copyto(self.row.reshape(source.shape), source)
            np.copyto(target, self.row.reshape(target.shape))


def _channels_first(values: Array) -> Array:
    return values.swapaxes(0, 1) if values.ndim == 4 else values
