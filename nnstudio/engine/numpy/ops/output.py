"""Output layers with the loss: answers forward, the gradient of the mean loss by the scores backward.

``engine/losses.py`` says what a loss is. Cross-entropies are computed from the scores ``z``: ``-log P`` of a softmax is
``log(sum exp z) - z`` and its gradient ``P - T``, also where ``P`` itself would be rounded to 0.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np

from nnstudio.engine.backend import Array
from nnstudio.engine.numpy.losses import function_of, smoothed
from nnstudio.engine.numpy.ops.activation import function_of as activation_of
from nnstudio.engine.numpy.ops.base import Memory, Operation
from nnstudio.engine.plan import Op
from nnstudio.network.layers.activation import Sigmoid
from nnstudio.network.layers.linear_output import LinearOutput
from nnstudio.network.layers.sigmoid_output import SigmoidOutput
from nnstudio.network.layers.softmax_output import SoftmaxOutput

Labels = np.ndarray[tuple[int], np.dtype[np.integer]]


class OutputOperation(Operation):
    """What all outputs share: targets, weights, and the loss ``function`` of ``Y`` where there is one.

    For a network that answers with a picture the target is its input, otherwise it is made of the labels.
    """

    def __init__(self, op: Op, number: int, memory: Memory) -> None:
        super().__init__(op, number, memory)
        self.loss, self.function = memory.loss, function_of(memory.loss)
        self.count = self.X.shape[-1]
        self.values = self.X.size // self.count
        self.pictures = memory.values[0] if self.X.ndim == 4 else None
        self.labels = np.full(self.count, -1, np.int64)
        self.images = 1
        self.class_weights = np.array(memory.loss.class_weights, self.X.dtype)
        self.weight = np.zeros(self.count, self.X.dtype)
        self.target = np.zeros(self.X.shape, self.X.dtype)
        self.work = np.empty_like(self.X)

    def scratch(self) -> Sequence[Array]:
        return (self.work,)

    def set_labels(self, labels: Labels, images: int) -> None:
        """What the images are: -1 for those that do not count. ``images`` is how many count in the whole batch."""
        np.copyto(self.labels, labels)
        self.images = images
        valid = self.labels >= 0
        np.copyto(self.weight, valid)
        if self.class_weights.size:
            np.multiply(self.weight, self.class_weights[self.labels], out=self.weight, where=valid)
        if self.pictures is None:
            self._set_targets()

    def _set_targets(self) -> None:
        """One value: the class itself. Several: 1 for the class."""
        if self.values == 1:
            np.maximum(self.labels, 0, out=self.target[0], casting="unsafe")
        else:
            smoothed(self.loss, np.arange(self.values)[:, np.newaxis] == self.labels, self.target)

    @property
    def T(self) -> Array:
        return self.target if self.pictures is None else self.pictures

    def measure(self) -> tuple[float, int]:
        """The sum of the losses of all images that count, and how many of them are recognised."""
        return float(np.dot(self.weight, self._losses())), self._correct()

    def _correct(self) -> int:
        if self.pictures is not None:
            return 0
        answers = self.Y[0] >= 0.5 if self.values == 1 else np.argmax(self.Y, axis=0)
        return int(np.count_nonzero(answers == self.labels))

    def _losses(self) -> Array:
        """One an image."""
        assert self.function is not None
        self.function.value(self.Y, self.T, self.work)
        return self._sums(self.work) / self.values

    def backward(self, want_dX: bool) -> None:
        if self.function is None:
            np.subtract(self.Y, self.T, out=self.dX)
            np.multiply(self.dX, self.share, out=self.dX)
        else:
            self.function.slope(self.Y, self.T, self.dX)
            np.multiply(self.dX, 1 / self.values, out=self.dX)
            self._through_output()
        np.multiply(self.dX, self.weight / self.images, out=self.dX)

    share = 1.0
    """What a cross-entropy's gradient ``P - T`` counts."""

    @abstractmethod
    def _through_output(self) -> None:
        """Make ``dX``, which is the gradient by ``Y``, that by the scores."""

    def _sums(self, values: Array) -> Array:
        """Of all values of each image."""
        return np.add.reduce(values, axis=tuple(range(values.ndim - 1)))


class SoftmaxOutputOperation(OutputOperation):
    """``P = exp(X - max X) / sum exp(X - max X)`` over the classes, X and P of shape (classes, N)."""

    layers = (SoftmaxOutput,)

    def __init__(self, op: Op, number: int, memory: Memory) -> None:
        super().__init__(op, number, memory)
        row = (1, self.count)
        self.shifted = np.empty_like(self.X)
        self.peak, self.total = np.empty(row, self.X.dtype), np.empty(row, self.X.dtype)

    def scratch(self) -> Sequence[Array]:
        return *super().scratch(), self.shifted, self.peak, self.total

    def forward(self, step: int | None) -> None:
        np.maximum.reduce(self.X, axis=0, keepdims=True, out=self.peak)
        np.subtract(self.X, self.peak, out=self.shifted)
        np.exp(self.shifted, out=self.Y)
        np.add.reduce(self.Y, axis=0, keepdims=True, out=self.total)
        np.divide(self.Y, self.total, out=self.Y)

    def _losses(self) -> Array:
        if self.function is not None:
            return super()._losses()
        return np.log(self.total[0]) - np.add.reduce(np.multiply(self.shifted, self.T, out=self.work), axis=0)

    def _through_output(self) -> None:
        """``dX = P (dP - sum P dP)``."""
        np.multiply(self.Y, self.dX, out=self.work)
        np.add.reduce(self.work, axis=0, keepdims=True, out=self.peak)
        np.subtract(self.dX, self.peak, out=self.dX)
        np.multiply(self.Y, self.dX, out=self.dX)


class SigmoidOutputOperation(OutputOperation):
    """``P = 1 / (1 + exp(-X))``, value by value."""

    layers = (SigmoidOutput,)

    def __init__(self, op: Op, number: int, memory: Memory) -> None:
        super().__init__(op, number, memory)
        self.share = 1 / self.values
        self.sigmoid = activation_of(Sigmoid(), self.Y)

    def forward(self, step: int | None) -> None:
        self.sigmoid.forward(self.X, self.Y)

    def _losses(self) -> Array:
        """``-T log P - (1 - T) log(1 - P) = max(x, 0) - x T + log(1 + exp(-|x|))``."""
        if self.function is not None:
            return super()._losses()
        np.abs(self.X, out=self.work)
        np.negative(self.work, out=self.work)
        np.exp(self.work, out=self.work)
        np.log1p(self.work, out=self.work)
        np.add(self.work, np.maximum(self.X, 0), out=self.work)
        np.subtract(self.work, self.X * self.T, out=self.work)
        return self._sums(self.work) / self.values

    def _through_output(self) -> None:
        """``dX = dP P (1 - P)``."""
        self.sigmoid.derivative(self.Y, self.work)
        np.multiply(self.dX, self.work, out=self.dX)


class LinearOutputOperation(OutputOperation):
    """``P = X``."""

    layers = (LinearOutput,)

    def forward(self, step: int | None) -> None:
        np.copyto(self.Y, self.X)

    def _through_output(self) -> None:
        pass
