"""Dropout: counted random numbers, so that every backend drops the same values (see ``engine/random.py``)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.backend import Array
from nnstudio.engine.numpy.layout import to_inner, to_outer
from nnstudio.engine.numpy.ops.base import Memory, Operation
from nnstudio.engine.plan import Op
from nnstudio.engine.random import mix, mix_in_place, stream, threshold
from nnstudio.network.layers.dropout import Dropout


class DropoutOperation(Operation):
    """``Y = X * keep`` where ``keep`` is 0 or ``1 / (1 - rate)``; without training ``Y = X``."""

    layers = (Dropout,)

    def __init__(self, op: Op, number: int, memory: Memory) -> None:
        super().__init__(op, number, memory)
        assert isinstance(op.layer, Dropout)
        self.number, self.seed, self.rate = number, memory.seed, op.layer.rate
        self.scale = self.X.dtype.type(1 / (1 - self.rate))
        self.hashes = self._hashes(memory.first_row)
        self.bits, self.shifted = np.empty_like(self.hashes), np.empty_like(self.hashes)
        self.kept = np.empty(self.X.shape, bool)
        self.keep = np.empty(self.X.shape, self.X.dtype)

    def _hashes(self, first_row: int) -> NDArray[np.uint32]:
        """``mix(i * features + f)`` for image ``i`` of the batch and feature ``f`` in NCHW order, laid out as ``X``."""
        count, features = self.X.shape[-1], self.X.size // self.X.shape[-1]
        numbers = np.arange(first_row * features, (first_row + count) * features, dtype=np.uint32)
        return np.ascontiguousarray(to_inner(mix(numbers).reshape(to_outer(self.X).shape)))

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
