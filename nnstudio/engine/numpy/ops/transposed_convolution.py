"""Transposed convolution: the input gradient of a convolution as forward pass, and its forward pass as gradient."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nnstudio.engine.backend import Array
from nnstudio.engine.numpy.ops.base import Memory
from nnstudio.engine.numpy.ops.kernel_taps import KernelTaps
from nnstudio.engine.numpy.ops.tapped_convolution import TappedConvolution
from nnstudio.engine.plan import Op
from nnstudio.network.layers.transposed_convolution import TransposedConvolution


class TransposedConvolutionOperation(TappedConvolution):
    """``Y = f(b + stamps of W)``, W stored (channels, kernel height, filters, kernel width)."""

    layers = (TransposedConvolution,)

    def __init__(self, op: Op, number: int, memory: Memory) -> None:
        super().__init__(op, number, memory)
        layer = op.layer
        assert isinstance(layer, TransposedConvolution)
        self.taps = KernelTaps(self.Y, self.X, self.W, layer.stride, layer.padding, dilation=(1, 1), groups=1)
        self.dZ = self.taps.seen

    def scratch(self) -> Sequence[Array]:
        return *super().scratch(), *self.taps.scratch()

    def differentiate_activation(self) -> None:
        """The taps must see ``dZ`` in any case."""
        if self.activation:
            super().differentiate_activation()
        else:
            np.copyto(self.dZ, self.dY)

    def forward(self, step: int | None) -> None:
        self.taps.spread(self.W, self.X)
        np.copyto(self.Y, self.taps.made)
        self.finish_forward()

    def backward(self, want_dX: bool) -> None:
        self.differentiate_activation()
        self.taps.weight_gradient(self.X, self.dW)
        self.bias_gradient()
        if want_dX:
            self.taps.correlate(self.W, self.dX)
