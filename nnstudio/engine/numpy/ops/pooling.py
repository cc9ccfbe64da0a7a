"""Pooling over windows, one position in the window at a time for all windows at once."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np

from nnstudio.engine.backend import Array
from nnstudio.engine.numpy.ops.base import Memory, Operation
from nnstudio.engine.numpy.ops.windows import taps
from nnstudio.engine.plan import Op
from nnstudio.network.layers.pooling import (
    AveragePooling,
    CountPooling,
    MaxPooling,
    MedianPooling,
    MinPooling,
    Pooling,
    SumPooling,
)

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


class SumPoolingOperation(PoolingOperation):
    """``Y = sum(X in the window)``, divided by the area for an average; padding counts as zeros."""

    layers = (SumPooling, AveragePooling)

    def __init__(self, op: Op, number: int, memory: Memory) -> None:
        super().__init__(op, number, memory)
        self.divisor = self.area if isinstance(op.layer, AveragePooling) else 1

    def forward(self, step: int | None) -> None:
        self.Y.fill(0)
        for places, values in self.meetings:
            np.add(self.Y[places], self.X[values], out=self.Y[places])
        np.divide(self.Y, self.divisor, out=self.Y)

    def backward(self, want_dX: bool) -> None:
        if not want_dX:
            return
        np.divide(self.dY, self.divisor, out=self.dY)
        self.dX.fill(0)
        for places, values in self.meetings:
            np.add(self.dX[values], self.dY[places], out=self.dX[values])


class CountPoolingOperation(PoolingOperation):
    """``Y`` is how many values are above the threshold, those of the padding, which are 0, too; ``dX = 0``."""

    layers = (CountPooling,)

    def __init__(self, op: Op, number: int, memory: Memory) -> None:
        super().__init__(op, number, memory)
        assert isinstance(op.layer, CountPooling)
        self.threshold = op.layer.threshold
        self.above = np.empty(self.Y.shape, self.Y.dtype)
        inside = np.zeros((len(self.Y), 1, self.Y.shape[2], 1), self.Y.dtype)
        for places, _ in self.meetings:
            inside[places] += 1
        self.outside = (self.area - inside) * (self.threshold < 0)

    def scratch(self) -> Sequence[Array]:
        return (self.above,)

    def forward(self, step: int | None) -> None:
        """A step function of the distance from the threshold, since that keeps NaN, as a comparison would not."""
        np.copyto(self.Y, self.outside)
        for places, values in self.meetings:
            above = self.above[places]
            np.subtract(self.X[values], self.threshold, out=above)
            np.heaviside(above, 0, out=above)
            np.add(self.Y[places], above, out=self.Y[places])

    def backward(self, want_dX: bool) -> None:
        if want_dX:
            self.dX.fill(0)


class ChoosingOperation(PoolingOperation):
    """``Y`` is one of the values in the window; ``dY`` goes to the first value that equals it."""

    def __init__(self, op: Op, number: int, memory: Memory) -> None:
        super().__init__(op, number, memory)
        self.is_chosen = np.empty(self.Y.shape, bool)
        self.share = np.empty(self.Y.shape, self.Y.dtype)

    def scratch(self) -> Sequence[Array]:
        return (self.share,)

    @abstractmethod
    def forward(self, step: int | None) -> None: ...

    def backward(self, want_dX: bool) -> None:
        """What a value takes of ``dY`` is taken off it, so that later ones that are equal get nothing."""
        if not want_dX:
            return
        self.dX.fill(0)
        for places, values in self.meetings:
            is_chosen, share, left, dX = self.is_chosen[places], self.share[places], self.dY[places], self.dX[values]
            np.equal(self.X[values], self.Y[places], out=is_chosen)
            np.multiply(left, is_chosen, out=share)
            np.subtract(left, share, out=left)
            if self.disjoint:
                np.copyto(dX, share)
            else:
                np.add(dX, share, out=dX)


class ExtremePoolingOperation(ChoosingOperation):
    """``Y = max(X in the window)``, or the minimum. NaN wins, so that it shows."""

    layers = (MaxPooling, MinPooling)

    def __init__(self, op: Op, number: int, memory: Memory) -> None:
        super().__init__(op, number, memory)
        largest = isinstance(op.layer, MaxPooling)
        self.better: np.ufunc = np.maximum if largest else np.minimum
        self.worst = -np.inf if largest else np.inf

    def forward(self, step: int | None) -> None:
        self.Y.fill(self.worst)
        for places, values in self.meetings:
            self.better(self.Y[places], self.X[values], out=self.Y[places])


class MedianPoolingOperation(ChoosingOperation):
    """``Y`` is the lower middle of the ``n`` values of the window that lie in the picture. NaN wins, so that it shows.

    All values of a window lie side by side in ``sorted``, with ``inf`` in place of those outside of the picture, which
    comes last; then the middle one has place ``(n - 1) // 2``.
    """

    layers = (MedianPooling,)

    def __init__(self, op: Op, number: int, memory: Memory) -> None:
        super().__init__(op, number, memory)
        self.sorted = np.empty((*self.Y.shape, len(self.meetings)), self.Y.dtype)
        inside = np.zeros(self.Y.shape, np.intp)
        for places, _ in self.meetings:
            inside[places] += 1
        windows = np.arange(self.Y.size).reshape(self.Y.shape)
        self.middle = windows * len(self.meetings) + (inside - 1) // 2

    def scratch(self) -> Sequence[Array]:
        return self.sorted, self.share

    def forward(self, step: int | None) -> None:
        self.sorted.fill(np.inf)
        for number, (places, values) in enumerate(self.meetings):
            np.copyto(self.sorted[(*places, slice(None), number)], self.X[values])
        self.sorted.sort(axis=-1)
        np.take(self.sorted.reshape(-1), self.middle, out=self.Y, mode="clip")
        last = self.sorted[..., -1]  # NaN comes after everything
        np.isnan(last, out=self.is_chosen)
        np.copyto(self.Y, last, where=self.is_chosen)
