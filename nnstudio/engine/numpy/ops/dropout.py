"""Dropout: counted random numbers, so that every backend drops the same values (see ``engine/random.py``)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nnstudio.engine.backend import Array
from nnstudio.engine.numpy.layout import to_outer
from nnstudio.engine.numpy.ops.base import Memory, Operation
from nnstudio.engine.numpy.ops.counted import counted_hashes
from nnstudio.engine.plan import Op
from nnstudio.engine.random import mix_in_place, stream, threshold
from nnstudio.network import Shape
from nnstudio.network.layers.dropout import Dropout, SpatialDropout


class DropoutOperation(Operation):
    """``Y = X * keep`` where ``keep`` is 0 or ``1 / (1 - rate)``; without training ``Y = X``."""

    layers = (Dropout,)

    def __init__(self, op: Op, number: int, memory: Memory) -> None:
        super().__init__(op, number, memory)
        assert isinstance(op.layer, Dropout)
        self.number, self.seed, self.rate = number, memory.seed, op.layer.rate
        self.scale = self.X.dtype.type(1 / (1 - self.rate))
        count, *shape = to_outer(self.X).shape
        self.hashes = counted_hashes(memory.first_row, count, self.switched(tuple(shape)))
        self.bits, self.shifted = np.empty_like(self.hashes), np.empty_like(self.hashes)
        self.kept = np.empty(self.hashes.shape, bool)
        self.keep = np.empty(self.hashes.shape, self.X.dtype)

    def switched(self, shape: Shape) -> Shape:
        """What is switched in an image of ``shape``: each value."""
        return shape

    def scratch(self) -> Sequence[Array]:
        return (self.keep,)

    def forward(self, step: int | None) -> None:
        if step is None:
            self.keep.fill(1)
            np.copyto(self.Y, self.X)
            return
        np.bitwise_xor(self.hashes, stream(self.seed, step, self.number), out=self.bits)
        mix_in_place(self.bits, self.shifted)
        np.greater_equal(self.bits, np.uint32(threshold(self.rate)), out=self.kept)
        np.multiply(self.kept, self.scale, out=self.keep)
        np.multiply(self.X, self.keep, out=self.Y)

    def backward(self, want_dX: bool) -> None:
        if want_dX:
            np.multiply(self.dY, self.keep, out=self.dX)


class SpatialDropoutOperation(DropoutOperation):
    """The same with one ``keep`` for all places of a channel."""

    layers = (SpatialDropout,)

    def switched(self, shape: Shape) -> Shape:
        return (shape[0], 1, 1)
