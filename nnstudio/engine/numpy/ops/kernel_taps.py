"""A convolution cell by cell of its kernel: slower than products over whole windows, but for every kind there is.

Each cell (a *tap*) of a kernel sees a picture of its own: the padded inputs, shifted to where it stands and thinned by
the stride, as large as the outputs. So a tap is a matrix product of its weights with that picture, group by group.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np

from nnstudio.engine.backend import Array

Pair = tuple[int, int]
Cell = tuple[int, int]


class KernelTaps:
    """Sums over a kernel's taps between inputs and outputs as a convolution has them, (height, channels, width, batch).

    A transposed convolution is the same backwards: what goes into it is called outputs here, and what it makes inputs.
    Inputs to be seen are put into ``seen``, those that are made are found in ``made``; around both is padding.
    """

    def __init__(
        self, inputs: Array, outputs: Array, W: Array, stride: Pair, padding: Pair, dilation: Pair, groups: int
    ) -> None:
        """``W`` as this backend has weights: (filters, kernel height, channels of a group, kernel width)."""
        (height, channels, width, count), (rows, _, columns, _) = inputs.shape, outputs.shape
        self.kernel, self.out, self.stride, self.dilation = (W.shape[1], W.shape[3]), (rows, columns), stride, dilation
        size = [max(end, pad + own) for end, pad, own in zip(self._ends(), padding, (height, width), strict=True)]
        inside = np.s_[padding[0] : padding[0] + height, :, padding[1] : padding[1] + width]
        self._seen, self._made = (np.zeros((size[0], channels, size[1], count), W.dtype) for _ in range(2))
        self.seen, self.made = self._seen[inside], self._made[inside]
        self._places = dict(self._taps())
        self._values, self._products = np.empty((rows, channels, columns, count), W.dtype), np.empty_like(outputs)
        self._groups = groups
        self._W = np.empty(self._by_tap(W).shape, W.dtype)
        self._dW, self._by_row = np.empty_like(self._W), np.empty((rows, *self._W.shape[2:]), W.dtype)

    def scratch(self) -> Sequence[Array]:
        """What is written before it is read. The padding around ``seen`` is always 0."""
        return self.seen, self._made, self._values, self._products, self._W, self._dW, self._by_row

    def correlate(self, W: Array, outputs: Array) -> None:
        """``outputs[o] = sum over taps and c of W[o, c] seen[c]``."""
        np.copyto(self._W, self._by_tap(W))
        outputs.fill(0)
        for tap, places in self._places.items():
            np.copyto(self._values, self._seen[places])
            _multiply(self._W[tap], self._in_groups(self._values), self._in_groups(self._products))
            np.add(outputs, self._products, out=outputs)

    def spread(self, W: Array, outputs: Array) -> None:
        """``made[c]``, where each tap adds ``sum over o of W[o, c] outputs[o]``."""
        np.copyto(self._W, self._by_tap(W))
        self._made.fill(0)
        for tap, places in self._places.items():
            _multiply(self._W[tap].swapaxes(-1, -2), self._in_groups(outputs), self._in_groups(self._values))
            picture = self._made[places]
            np.add(picture, self._values, out=picture)

    def weight_gradient(self, outputs: Array, dW: Array) -> None:
        """``dW[o, c] = sum over images and places of outputs[o] seen[c]``, tap by tap."""
        for tap, places in self._places.items():
            np.copyto(self._values, self._seen[places])
            values = self._in_groups(self._values).swapaxes(-1, -2)
            np.matmul(self._in_groups(outputs), values, out=self._by_row)
            np.add.reduce(self._by_row, axis=0, out=self._dW[tap])
        np.copyto(self._by_tap(dW), self._dW)

    def _ends(self) -> Iterator[int]:
        """How many rows and columns all windows together cover."""
        for out, stride, cells, dilation in zip(self.out, self.stride, self.kernel, self.dilation, strict=True):
            yield (out - 1) * stride + (cells - 1) * dilation + 1

    def _taps(self) -> Iterator[tuple[Cell, tuple[slice, slice, slice]]]:
        """Each cell of the kernel, and what it sees of a padded picture."""
        for ky, kx in product(*map(range, self.kernel)):
            top, left = ky * self.dilation[0], kx * self.dilation[1]
            rows = slice(top, top + (self.out[0] - 1) * self.stride[0] + 1, self.stride[0])
            columns = slice(left, left + (self.out[1] - 1) * self.stride[1] + 1, self.stride[1])
            yield (ky, kx), (rows, slice(None), columns)

    def _by_tap(self, W: Array) -> Array:
        """A view (kernel height, kernel width, group, filter, channel)."""
        filters, height, channels, width = W.shape
        in_groups = W.reshape(self._groups, filters // self._groups, height, channels, width)
        return in_groups.transpose(2, 4, 0, 1, 3)

    def _in_groups(self, values: Array) -> Array:
        """A view (height, group, channel or filter, width × batch)."""
        rows, channels = values.shape[:2]
        return values.reshape(rows, self._groups, channels // self._groups, -1)


def _multiply(W: Array, values: Array, out: Array) -> None:
    """The product of each group; that with a single channel is a plain multiplication."""
    if W.shape[-1] == 1:
        np.multiply(W, values, out=out)
    else:
        np.matmul(W, values, out=out)
