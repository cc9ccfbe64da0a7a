"""Convolutions in groups or with dilation, tap by tap."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nnstudio.engine.backend import Array
from nnstudio.engine.numpy.ops.base import Memory
from nnstudio.engine.numpy.ops.kernel_taps import KernelTaps
from nnstudio.engine.numpy.ops.tapped_convolution import TappedConvolution
from nnstudio.engine.plan import Op
from nnstudio.network.layers.convolution import DepthwiseConvolution, SlidingFilters


class GroupedConvolutionOperation(TappedConvolution):
    """``Y[o] = f(b[o] + sum over the group's c of W[o, c] * X[c])``, for any groups and dilation."""

    layers = (DepthwiseConvolution,)

    def __init__(self, op: Op, number: int, memory: Memory) -> None:
        super().__init__(op, number, memory)
        layer = op.layer
        assert isinstance(layer, SlidingFilters)
        groups = layer.groups_for(self.X.shape[1])
        self.taps = KernelTaps(self.X, self.Y, self.W, layer.stride, layer.padding, layer.dilation, groups)

    def scratch(self) -> Sequence[Array]:
        return *super().scratch(), *self.taps.scratch()

    def forward(self, step: int | None) -> None:
        np.copyto(self.taps.seen, self.X)
        self.taps.correlate(self.W, self.Y)
        self.finish_forward()

    def backward(self, want_dX: bool) -> None:
        self.differentiate_activation()
        self.taps.weight_gradient(self.dZ, self.dW)
        self.bias_gradient()
        if want_dX:
            self.taps.spread(self.W, self.dZ)
            np.copyto(self.dX, self.taps.made)
