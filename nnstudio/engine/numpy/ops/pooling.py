"""Pooling over windows, one position in the window at a time for all windows at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nnstudio.engine.backend import Array
from nnstudio.engine.numpy.ops.base import Memory, Operation
from nnstudio.engine.numpy.ops.windows import taps
from nnstudio.engine.plan import Op
from nnstudio.network.layers.pooling import AveragePooling, MaxPooling, Pooling

Places = tuple[slice, slice, slice]


class PoolingOperation(Operation):
    """The pairs of places in ``Y`` and values of ``X`` that meet, for each position in the window, row by row."""

    def __init__(self, op: Op, number: int, memory: Memory) -> None:
        super().__init__(op, number, memory)
        assert isinstance(op.layer, Pooling)
        self.disjoint = all(s >= k for s, k in zip(op.layer.stride, op.layer.kernel, strict=True))
        self.area = op.layer.kernel[0] * op.layer.kernel[1]
        layer, picture, pooled = op.layer, self.X.shape[::2], self.Y.shape[::2]
        axes = zip(picture, pooled, layer.kernel, layer.stride, layer.padding, strict=True)
        rows, columns = (list(taps(*axis)) for axis in axes)
        every = slice(None)
        self.meetings: list[tuple[Places, Places]] = [
            ((row_places, every, column_places), (row_values, every, column_values))
            for _, row_places, row_values in rows
            for _, column_places, column_values in columns
        ]


class AveragePoolingOperation(PoolingOperation):
    """``Y = sum(X in the window) / area``; padding counts as zeros."""

    layers = (AveragePooling,)

    def forward(self, step: int | None) -> None:
        self.Y.fill(0)
        for places, values in self.meetings:
            np.add(self.Y[places], self.X[values], out=self.Y[places])
        np.divide(self.Y, self.area, out=self.Y)

    def backward(self, want_dX: bool) -> None:
        if not want_dX:
            return
        np.divide(self.dY, self.area, out=self.dY)
        self.dX.fill(0)
        for places, values in self.meetings:
            np.add(self.dX[values], self.dY[places], out=self.dX[values])


class MaxPoolingOperation(PoolingOperation):
    """``Y = max(X in the window)``; ``dY`` goes to the first value that equals it. NaN wins, so that it shows."""

    layers = (MaxPooling,)

    def __init__(self, op: Op, number: int, memory: Memory) -> None:
        super().__init__(op, number, memory)
        self.is_maximum = np.empty(self.Y.shape, bool)
        self.share = np.empty(self.Y.shape, self.Y.dtype)

    def scratch(self) -> Sequence[Array]:
        return (self.share,)

    def forward(self, step: int | None) -> None:
        self.Y.fill(-np.inf)
        for places, values in self.meetings:
            np.maximum(self.Y[places], self.X[values], out=self.Y[places])

    def backward(self, want_dX: bool) -> None:
        """What a value takes of ``dY`` is taken off it, so that later ones that are equal get nothing."""
        if not want_dX:
            return
        self.dX.fill(0)
        for places, values in self.meetings:
            is_maximum, share, left, dX = self.is_maximum[places], self.share[places], self.dY[places], self.dX[values]
            np.equal(self.X[values], self.Y[places], out=is_maximum)
            np.multiply(left, is_maximum, out=share)
            np.subtract(left, share, out=left)
            if self.disjoint:
                np.copyto(dX, share)
            else:
                np.add(dX, share, out=dX)
