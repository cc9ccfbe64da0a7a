"""Convolution as matrix products over views.

A picture's rows are widened once: ``columns[y, c, kx, x] = X[y, c, x * stride + kx - padding]``. The values under the
kernel for output row ``y`` are then the rows ``y * stride .. y * stride + kernel - 1`` of ``columns``, which lie one
behind the other: a (kernel height · C · kernel width) × (output width · N) matrix that need not be copied, only pointed
at. So the copying is ``kernel width`` times the picture, not ``kernel area`` times as in the usual im2col. The input
gradient runs the same way backwards: windows over rows of ``dZ``, then ``kernel width`` shifted additions.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import as_strided

from nnstudio.engine.backend import Array
from nnstudio.engine.numpy.ops.activation import function_of
from nnstudio.engine.numpy.ops.base import Memory, Operation
from nnstudio.engine.numpy.ops.grouped_convolution import GroupedConvolutionOperation
from nnstudio.engine.numpy.ops.windows import taps
from nnstudio.engine.plan import Op
from nnstudio.network.layers.convolution import Convolution

PARTIAL_VALUES = 2**18
"""How many values of partial weight gradients, one set an output row, are kept before they are added up."""
WIDE_VALUES = 2**13
"""How many values an image of the widened input gradient there are at a time: some rows, which stay in a core's
cache."""


class ConvolutionOperation(Operation):
    """``Y = f(W * X + b)``, W stored (filters, kernel height, C, kernel width).

    A convolution in groups or with dilation is left to ``GroupedConvolutionOperation``.
    """

    layers = (Convolution,)

    @classmethod
    def suited(cls, op: Op) -> type[Operation]:
        assert isinstance(op.layer, Convolution)
        return cls if op.layer.groups == 1 and op.layer.dilation == (1, 1) else GroupedConvolutionOperation

    def __init__(self, op: Op, number: int, memory: Memory) -> None:
        super().__init__(op, number, memory)
        assert isinstance(op.layer, Convolution)
        self.layer = op.layer
        W, *self.b = (memory.parameters[slot.name] for slot in op.parameters)
        dW, *self.db = (memory.parameter_gradients[slot.name] for slot in op.parameters)
        self.W, self.dW = W.reshape(len(W), -1), dW.reshape(len(W), -1)
        self._prepare_forward()
        self._prepare_weight_gradient()
        self._prepare_input_gradient(W[:, ::-1])
        self.activation = op.activation and function_of(op.activation, self.Z)

    def _prepare_forward(self) -> None:
        """The padding at the sides, above and below is what stays 0 in ``columns``."""
        (height, channels, width, count), (out_height, filters, out_width, _) = self.X.shape, self.Y.shape
        (kernel, kernel_width), (stride, _), (padding, _) = self.layer.kernel, self.layer.stride, self.layer.padding
        self.columns = np.zeros((height + 2 * padding, channels, kernel_width, out_width, count), self.X.dtype)
        inside = self.columns[padding : padding + height]
        self.taps = list(taps(width, out_width, kernel_width, self.layer.stride[1], self.layer.padding[1]))
        self.widening = [(inside[:, :, kx, places], self.X[:, :, values]) for kx, places, values in self.taps]
        rows = self.columns.reshape(len(self.columns), channels * kernel_width, out_width * count)
        self.windows = row_windows(rows, out_height, kernel, stride)
        self.Z = self.Y.reshape(out_height, filters, out_width * count)

    def _prepare_weight_gradient(self) -> None:
        out_height, filters, values = self.Z.shape
        rows_at_once = min(out_height, max(1, PARTIAL_VALUES // self.W.size))
        self.partial = np.empty((rows_at_once, *self.W.shape), self.W.dtype)
        self.sum = np.empty(self.W.shape, self.W.dtype)
        self.ones = np.ones(values, self.W.dtype)
        self.row_sums = np.empty((out_height, filters), self.W.dtype)

    def _prepare_input_gradient(self, W_flipped: Array) -> None:
        """Row ``y`` of ``dX`` collects ``dZ[(y + padding - ky) / stride]``, for every ``ky`` where that is a row of it.

        So ``dZ`` lives in ``spread``, its rows ``stride`` apart and zeros between, above and below them, and windows of
        ``kernel`` rows slide over that, with the weights upside down.
        """
        (height, channels, _, count), (out_height, filters, out_width, _) = self.X.shape, self.Y.shape
        (kernel, kernel_width), (stride, _), (padding, _) = self.layer.kernel, self.layer.stride, self.layer.padding
        first, skipped = max(0, kernel - 1 - padding), max(0, padding - kernel + 1)
        last = first + (out_height - 1) * stride
        row_count = max(last + 1, skipped + height + kernel - 1)
        spread = np.zeros((row_count, *self.Z.shape[1:]), self.X.dtype)
        self.dZ = spread[first : last + 1 : stride]
        self.dZ_windows = row_windows(spread[skipped:], height, kernel, 1)
        self.W_flipped = W_flipped.transpose(2, 3, 1, 0)
        self.W_back = np.empty(self.W_flipped.shape, self.W.dtype)
        self.W_back_matrix = self.W_back.reshape(channels * kernel_width, kernel * filters)
        rows_at_once = min(height, max(1, WIDE_VALUES // (channels * kernel_width * out_width)))
        self.dcolumns = np.empty((rows_at_once, channels, kernel_width, out_width, count), self.X.dtype)
        self.dcolumns_matrix = self.dcolumns.reshape(rows_at_once, channels * kernel_width, out_width * count)

    def scratch(self) -> Sequence[Array]:
        widened = (places for places, _ in self.widening)
        activation = self.activation.scratch() if self.activation else ()
        return *widened, *activation, self.dZ, self.W_back, self.dcolumns, self.partial, self.sum, self.row_sums

    def forward(self, step: int | None) -> None:
        for columns, X in self.widening:
            np.copyto(columns, X)
        np.matmul(self.W, self.windows, out=self.Z)
        for b in self.b:
            np.add(self.Z, b[:, np.newaxis], out=self.Z)
        if self.activation:
            self.activation.forward(self.Z, self.Z)

    def backward(self, want_dX: bool) -> None:
        dY = self.dY.reshape(self.Z.shape)
        if self.activation:
            self.activation.backward(self.Z, dY, self.dZ)
        else:
            np.copyto(self.dZ, dY)
        self._weight_gradient()
        for db in self.db:
            np.matmul(self.dZ, self.ones, out=self.row_sums)
            np.add.reduce(self.row_sums, axis=0, out=db)
        if want_dX:
            self._input_gradient()

    def _weight_gradient(self) -> None:
        """``dW = sum over output rows of dZ @ windows.T``, in an order that never changes."""
        windows = self.windows.transpose(0, 2, 1)
        self.dW.fill(0)
        for first in range(0, len(self.dZ), len(self.partial)):
            dZ = self.dZ[first : first + len(self.partial)]
            partial = self.partial[: len(dZ)]
            np.matmul(dZ, windows[first : first + len(dZ)], out=partial)
            np.add.reduce(partial, axis=0, out=self.sum)
            np.add(self.dW, self.sum, out=self.dW)

    def _input_gradient(self) -> None:
        np.copyto(self.W_back, self.W_flipped)
        self.dX.fill(0)
        for first in range(0, len(self.dX), len(self.dcolumns)):
            dX = self.dX[first : first + len(self.dcolumns)]
            np.matmul(self.W_back_matrix, self.dZ_windows[first : first + len(dX)], out=self.dcolumns_matrix[: len(dX)])
            for kx, places, values in self.taps:
                narrow = dX[:, :, values]
                np.add(narrow, self.dcolumns[: len(dX), :, kx, places], out=narrow)


def row_windows(rows: Array, count: int, height: int, stride: int) -> Array:
    """``count`` matrices, ``stride`` rows apart: each is ``height`` of ``rows`` (lines, values) on end."""
    lines, values = rows.shape[1:]
    row, line, item = rows.strides
    return as_strided(rows, (count, height * lines, values), (stride * row, line, item), writeable=False)
