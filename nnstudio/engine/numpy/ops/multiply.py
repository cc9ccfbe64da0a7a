"""Multiply: ``Y = A B``, where ``B`` may have one value for each channel of ``A``."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nnstudio.engine.backend import Array
from nnstudio.engine.numpy.ops.base import Memory, Operation
from nnstudio.engine.plan import Op
from nnstudio.network.layers.multiply import Multiply


class MultiplyOperation(Operation):
    """``dA = dY B`` and ``dB = dY A``, the latter summed over a channel's places where they share a value."""

    layers = (Multiply,)

    def __init__(self, op: Op, number: int, memory: Memory) -> None:
        super().__init__(op, number, memory)
        self.A, self.B = self.Xs
        self.dA, self.dB = self.dXs
        self.shared = self.A.ndim > self.B.ndim
        if self.shared:  # pictures are (height, channels, width, N), vectors (channels, N)
            self.B = self.B[:, np.newaxis]
        self.work = np.empty_like(self.A)

    def scratch(self) -> Sequence[Array]:
        return (self.work,)

    def forward(self, step: int | None) -> None:
        np.multiply(self.A, self.B, out=self.Y)

    def backward(self, want_dX: bool) -> None:
        if not want_dX:
            return
        np.multiply(self.dY, self.B, out=self.dA)
        np.multiply(self.dY, self.A, out=self.work)
        if self.shared:
            np.add.reduce(self.work, axis=(0, 2), out=self.dB)
        else:
            np.copyto(self.dB, self.work)
