"""Global pooling: one value stands for a whole channel."""

from __future__ import annotations

import numpy as np

from nnstudio.engine.numpy.ops.base import Memory, Operation
from nnstudio.engine.plan import Op
from nnstudio.network.layers.pooling import GlobalAveragePooling, GlobalMaxPooling

PICTURE = (0, 2)
"""The axes over which a channel is pooled; ``X`` is (height, channels, width, N)."""


class GlobalPoolingOperation(Operation):
    """``Y`` and ``dY`` in a form that goes with ``X``."""

    def __init__(self, op: Op, number: int, memory: Memory) -> None:
        super().__init__(op, number, memory)
        self.Y_beside, self.dY_beside = (values[np.newaxis, :, np.newaxis] for values in (self.Y, self.dY))
        self.places = self.X.shape[0] * self.X.shape[2]


class GlobalAveragePoolingOperation(GlobalPoolingOperation):
    """``Y = mean(X)`` over all places of a channel."""

    layers = (GlobalAveragePooling,)

    def forward(self, step: int | None) -> None:
        np.add.reduce(self.X, axis=PICTURE, out=self.Y)
        np.divide(self.Y, self.places, out=self.Y)

    def backward(self, want_dX: bool) -> None:
        if want_dX:
            np.divide(self.dY_beside, self.places, out=self.dX)


class GlobalMaxPoolingOperation(GlobalPoolingOperation):
    """``Y = max(X)`` over all places of a channel; ``dY`` goes to the first that equals it. NaN wins."""

    layers = (GlobalMaxPooling,)

    def __init__(self, op: Op, number: int, memory: Memory) -> None:
        super().__init__(op, number, memory)
        height, _, width, _ = self.X.shape
        self.place = np.arange(self.places, dtype=np.int32).reshape(height, 1, width, 1)
        self.is_maximum = np.empty(self.X.shape, bool)
        self.candidates = np.empty(self.X.shape, np.int32)
        self.first = np.empty((1, self.Y.shape[0], 1, self.Y.shape[1]), np.int32)

    def forward(self, step: int | None) -> None:
        np.maximum.reduce(self.X, axis=PICTURE, out=self.Y)

    def backward(self, want_dX: bool) -> None:
        """The first is the smallest of the numbers of places that have the maximum."""
        if not want_dX:
            return
        np.equal(self.X, self.Y_beside, out=self.is_maximum)
        self.candidates.fill(self.places)
        np.copyto(self.candidates, self.place, where=self.is_maximum)
        np.minimum.reduce(self.candidates, axis=PICTURE, keepdims=True, out=self.first)
        np.equal(self.place, self.first, out=self.is_maximum)
        np.multiply(self.dY_beside, self.is_maximum, out=self.dX)
