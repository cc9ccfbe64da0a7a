"""Merges: several inputs become one output."""

from __future__ import annotations

from itertools import accumulate, pairwise

import numpy as np

from nnstudio.engine.numpy.ops.base import Memory, Operation
from nnstudio.engine.numpy.ops.fusing import FusingOperation
from nnstudio.engine.plan import Op
from nnstudio.network.layers.merge import Add, Concatenate


class AddOperation(FusingOperation):
    """``Y = f(X1 + X2 + ...)``; each input has the gradient of the sum."""

    layers = (Add,)

    def forward(self, step: int | None) -> None:
        np.add(self.Xs[0], self.Xs[1], out=self.Y)
        for X in self.Xs[2:]:
            np.add(self.Y, X, out=self.Y)
        self.activate()

    def backward(self, want_dX: bool) -> None:
        if not want_dX:
            return
        self.differentiate_activation()
        for dX in self.dXs:
            np.copyto(dX, self.dZ)


class ConcatenateOperation(Operation):
    """Each input has its own channels of ``Y``."""

    layers = (Concatenate,)

    def __init__(self, op: Op, number: int, memory: Memory) -> None:
        super().__init__(op, number, memory)
        axis = 1 if self.Y.ndim == 4 else 0
        edges = accumulate((X.shape[axis] for X in self.Xs), initial=0)
        own = [(*[slice(None)] * axis, slice(first, last)) for first, last in pairwise(edges)]
        self.parts = [self.Y[part] for part in own]
        self.d_parts = [self.dY[part] for part in own]

    def forward(self, step: int | None) -> None:
        for part, X in zip(self.parts, self.Xs, strict=True):
            np.copyto(part, X)

    def backward(self, want_dX: bool) -> None:
        if want_dX:
            for dX, d_part in zip(self.dXs, self.d_parts, strict=True):
                np.copyto(dX, d_part)
