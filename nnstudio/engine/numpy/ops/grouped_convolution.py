"""Convolutions in groups or with dilation, tap by tap."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nnstudio.engine.backend import Array
from nnstudio.engine.numpy.ops.activation import function_of
from nnstudio.engine.numpy.ops.base import Memory, Operation
from nnstudio.engine.numpy.ops.kernel_taps import KernelTaps
from nnstudio.engine.plan import Op
from nnstudio.network.layers.convolution import DepthwiseConvolution, SlidingFilters


class GroupedConvolutionOperation(Operation):
    """``Y[o] = f(b[o] + sum over the group's c of W[o, c] * X[c])``, for any groups and dilation."""

    layers = (DepthwiseConvolution,)

    def __init__(self, op: Op, number: int, memory: Memory) -> None:
        super().__init__(op, number, memory)
        layer = op.layer
        assert isinstance(layer, SlidingFilters)
        self.W, *self.b = (memory.parameters[slot.name] for slot in op.parameters)
        self.dW, *self.db = (memory.parameter_gradients[slot.name] for slot in op.parameters)
        groups = layer.groups_for(self.X.shape[1])
        self.taps = KernelTaps(self.X, self.Y, self.W, layer.stride, layer.padding, layer.dilation, groups)
        self.activation = op.activation and function_of(op.activation, self.Y)
        self.dZ = np.empty_like(self.Y) if self.activation else self.dY

    def scratch(self) -> Sequence[Array]:
        activation = self.activation.scratch() if self.activation else ()
        return *activation, *self.taps.scratch(), self.dZ

    def forward(self, step: int | None) -> None:
        np.copyto(self.taps.seen, self.X)
        self.taps.correlate(self.W, self.Y)
        for b in self.b:
            np.add(self.Y, b[:, np.newaxis, np.newaxis], out=self.Y)
        if self.activation:
            self.activation.forward(self.Y, self.Y)

    def backward(self, want_dX: bool) -> None:
        if self.activation:
            self.activation.backward(self.Y, self.dY, self.dZ)
        self.taps.weight_gradient(self.dZ, self.dW)
        for db in self.db:
            np.add.reduce(self.dZ, axis=(0, 2, 3), out=db)
        if want_dX:
            self.taps.spread(self.W, self.dZ)
            np.copyto(self.dX, self.taps.made)
