"""Gaussian noise: counted random numbers, so that every backend adds the same (see ``engine/random.py``)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nnstudio.engine.backend import Array
from nnstudio.engine.numpy.layout import to_outer
from nnstudio.engine.numpy.ops.base import Memory, Operation
from nnstudio.engine.numpy.ops.counted import counted_hashes
from nnstudio.engine.plan import Op
from nnstudio.engine.random import mix_in_place, normal_into, second_stream, stream
from nnstudio.network.layers.noise import GaussianNoise


class GaussianNoiseOperation(Operation):
    """``Y = X + deviation * n``; without training ``Y = X``. Either way ``dX = dY``."""

    layers = (GaussianNoise,)

    def __init__(self, op: Op, number: int, memory: Memory) -> None:
        super().__init__(op, number, memory)
        assert isinstance(op.layer, GaussianNoise)
        self.number, self.seed, self.deviation = number, memory.seed, op.layer.deviation
        count, *shape = to_outer(self.X).shape
        self.hashes = counted_hashes(memory.first_row, count, tuple(shape))
        self.first, self.second, self.shifted = (np.empty_like(self.hashes) for _ in range(3))
        self.cosine = np.empty_like(self.X)

    def scratch(self) -> Sequence[Array]:
        return (self.cosine,)

    def forward(self, step: int | None) -> None:
        if step is None:
            np.copyto(self.Y, self.X)
            return
        for make_key, bits in ((stream, self.first), (second_stream, self.second)):
            np.bitwise_xor(self.hashes, make_key(self.seed, step, self.number), out=bits)
            mix_in_place(bits, self.shifted)
        normal_into(self.Y, self.cosine, self.first, self.second)
        np.multiply(self.Y, self.deviation, out=self.Y)
        np.add(self.Y, self.X, out=self.Y)

    def backward(self, want_dX: bool) -> None:
        if want_dX:
            np.copyto(self.dX, self.dY)
