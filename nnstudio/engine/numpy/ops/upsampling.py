"""Upsampling: each row, then each column, becomes several.

Along an axis the places of one phase, ``phase, phase + factor, ...``, all lie equally far from the values they are made
of, so a phase is one or two weighted additions of whole slices; the gradient runs the same additions backwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from nnstudio.engine.backend import Array
from nnstudio.engine.numpy.ops.base import Memory, Operation
from nnstudio.engine.plan import Op
from nnstudio.network.layers.upsampling import Upsampling

ROWS, COLUMNS = 0, 2
"""Axes of ``X`` (height, channels, width, N)."""


class Blend(NamedTuple):
    """``places`` of the output get ``weight`` times ``values`` of the input."""

    places: slice
    values: slice
    weight: float


def blends(size: int, factor: int, mode: str) -> Iterator[Blend]:
    """All that make ``size * factor`` places of ``size`` values.

    Place ``i * factor + phase`` lies at ``i + shift``: between value ``i`` and a neighbour, or beyond an edge, where it
    has the edge's value.
    """
    end = size * factor
    for phase in range(factor):
        shift = (phase + 0.5) / factor - 0.5 if mode == "bilinear" else 0.0
        yield Blend(slice(phase, end, factor), slice(0, size), 1 - abs(shift))
        if shift < 0:
            yield Blend(slice(phase + factor, end, factor), slice(0, size - 1), -shift)
            yield Blend(slice(phase, phase + 1), slice(0, 1), -shift)
        elif shift > 0:
            last = end - factor + phase
            yield Blend(slice(phase, last, factor), slice(1, size), shift)
            yield Blend(slice(last, last + 1), slice(size - 1, size), shift)


class UpsamplingOperation(Operation):
    """``Y`` from ``X`` by way of ``tall``, which has all rows but not yet all columns."""

    layers = (Upsampling,)

    def __init__(self, op: Op, number: int, memory: Memory) -> None:
        super().__init__(op, number, memory)
        assert isinstance(op.layer, Upsampling)
        (factor_y, factor_x), mode = op.layer.factor, op.layer.mode
        height, channels, width, count = self.X.shape
        self.tall = np.empty((height * factor_y, channels, width, count), self.X.dtype)
        self.part = np.empty(self.tall.size, self.X.dtype)
        self.rows = list(blends(height, factor_y, mode))
        self.columns = list(blends(width, factor_x, mode))

    def scratch(self) -> Sequence[Array]:
        return self.tall, self.part

    def forward(self, step: int | None) -> None:
        self._blend(self.X, self.tall, self.rows, ROWS)
        self._blend(self.tall, self.Y, self.columns, COLUMNS)

    def backward(self, want_dX: bool) -> None:
        if want_dX:
            self._blend(self.dY, self.tall, _reversed(self.columns), COLUMNS)
            self._blend(self.tall, self.dX, _reversed(self.rows), ROWS)

    def _blend(self, source: Array, target: Array, blends: Sequence[Blend], axis: int) -> None:
        """A part, which has no more values than ``tall``, is a slice of ``source`` times its weight."""
        target.fill(0)
        for places, values, weight in blends:
            given, taken = _along(target, places, axis), _along(source, values, axis)
            part = self.part[: taken.size].reshape(taken.shape)
            np.multiply(taken, weight, out=part)
            np.add(given, part, out=given)


def _reversed(blends: Sequence[Blend]) -> list[Blend]:
    return [Blend(values, places, weight) for places, values, weight in blends]


def _along(values: Array, part: slice, axis: int) -> Array:
    return values[part] if axis == ROWS else values[:, :, part]
