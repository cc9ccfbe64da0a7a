"""Transposed convolution: the input gradient of a convolution as forward pass, and its forward pass as gradient."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nnstudio.engine.backend import Array
from nnstudio.engine.numpy.ops.activation import function_of
from nnstudio.engine.numpy.ops.base import Memory, Operation
from nnstudio.engine.numpy.ops.kernel_taps import KernelTaps
from nnstudio.engine.plan import Op
from nnstudio.network.layers.transposed_convolution import TransposedConvolution


class TransposedConvolutionOperation(Operation):
    """``Y = f(b + stamps of W)``, W stored (channels, kernel height, filters, kernel width)."""

    layers = (TransposedConvolution,)

    def __init__(self, op: Op, number: int, memory: Memory) -> None:
        super().__init__(op, number, memory)
        layer = op.layer
        assert isinstance(layer, TransposedConvolution)
        self.W, *self.b = (memory.parameters[slot.name] for slot in op.parameters)
        self.dW, *self.db = (memory.parameter_gradients[slot.name] for slot in op.parameters)
        self.taps = KernelTaps(self.Y, self.X, self.W, layer.stride, layer.padding, dilation=(1, 1), groups=1)
        self.dZ = self.taps.seen
        self.activation = op.activation and function_of(op.activation, self.Y)

    def scratch(self) -> Sequence[Array]:
        activation = self.activation.scratch() if self.activation else ()
        return *activation, *self.taps.scratch()

    def forward(self, step: int | None) -> None:
        self.taps.spread(self.W, self.X)
        np.copyto(self.Y, self.taps.made)
        for b in self.b:
            np.add(self.Y, b[:, np.newaxis, np.newaxis], out=self.Y)
        if self.activation:
            self.activation.forward(self.Y, self.Y)

    def backward(self, want_dX: bool) -> None:
        if self.activation:
            self.activation.backward(self.Y, self.dY, self.dZ)
        else:
            np.copyto(self.dZ, self.dY)
        self.taps.weight_gradient(self.X, self.dW)
        for db in self.db:
            np.add.reduce(self.dZ, axis=(0, 2, 3), out=db)
        if want_dX:
            self.taps.correlate(self.W, self.dX)
