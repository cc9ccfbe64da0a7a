"""Softmax with the loss: probabilities forward, the gradient of the mean loss backward."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nnstudio.engine.backend import Array
from nnstudio.engine.numpy.ops.base import Memory, Operation
from nnstudio.engine.plan import Op
from nnstudio.network.layers.softmax_output import SoftmaxOutput


class SoftmaxOutputOperation(Operation):
    """``P = exp(X - max X) / sum exp(X - max X)`` over the classes, X and P of shape (classes, N).

    Cross entropy of an image is ``-log P[label]``, mean squared error ``mean over classes of (P - onehot)²``.
    """

    layers = (SoftmaxOutput,)

    def __init__(self, op: Op, number: int, memory: Memory) -> None:
        super().__init__(op, number, memory)
        self.loss = memory.loss
        classes, count = self.X.shape
        row = (1, count)
        self.labels = np.full(count, -1, np.int64)
        self.images = 1
        self.classes = np.arange(classes)[:, np.newaxis]
        self.hit = np.empty(self.X.shape, bool)
        self.valid = np.empty(count, bool)
        self.shifted, self.difference = np.empty_like(self.X), np.empty_like(self.X)
        self.peak, self.total = np.empty(row, self.X.dtype), np.empty(row, self.X.dtype)

    def scratch(self) -> Sequence[Array]:
        return self.shifted, self.difference, self.peak, self.total

    def forward(self, step: int | None) -> None:
        np.maximum.reduce(self.X, axis=0, keepdims=True, out=self.peak)
        np.subtract(self.X, self.peak, out=self.shifted)
        np.exp(self.shifted, out=self.Y)
        np.add.reduce(self.Y, axis=0, keepdims=True, out=self.total)
        np.divide(self.Y, self.total, out=self.Y)

    def set_labels(self, labels: np.ndarray[tuple[int], np.dtype[np.integer]], images: int) -> None:
        """What the images are: -1 for those that do not count. ``images`` is how many count in the whole batch."""
        np.copyto(self.labels, labels)
        np.equal(self.classes, self.labels, out=self.hit)
        np.greater_equal(self.labels, 0, out=self.valid)
        self.images = images

    def measure(self) -> tuple[float, int]:
        """The sum of the losses of all images that count, and how many of them are recognised."""
        correct = np.count_nonzero(np.argmax(self.Y, axis=0) == self.labels)
        if self.loss == "mean_squared_error":
            np.subtract(self.Y, self.hit, out=self.difference)
            np.square(self.difference, out=self.difference)
            loss = np.add.reduce(self.difference, axis=0) / len(self.Y)
        else:
            loss = np.log(self.total[0]) - np.add.reduce(self.shifted, axis=0, where=self.hit)
        return float(np.add.reduce(loss, where=self.valid)), int(correct)

    def backward(self, want_dX: bool) -> None:
        """Cross entropy: ``dX = (P - onehot) / images``. Squared error: ``dP = 2 (P - onehot) / classes / images`` and
        ``dX = P (dP - sum P dP)``."""
        np.subtract(self.Y, self.hit, out=self.dX)
        if self.loss == "mean_squared_error":
            np.multiply(self.dX, 2 / len(self.Y), out=self.dX)
            np.multiply(self.Y, self.dX, out=self.difference)
            np.add.reduce(self.difference, axis=0, keepdims=True, out=self.total)
            np.subtract(self.dX, self.total, out=self.dX)
            np.multiply(self.Y, self.dX, out=self.dX)
        np.divide(self.dX, self.images, out=self.dX)
        np.multiply(self.dX, self.valid, out=self.dX)
