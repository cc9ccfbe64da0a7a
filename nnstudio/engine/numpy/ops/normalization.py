"""Normalization: ``Z = W x + b`` with ``x = (X - mean) / sqrt(variance + epsilon)``.

Where mean and variance come from ``n`` of the values themselves, a change of one value moves them too, so
``dX = W / sqrt(...) (dZ - mean(dZ) - x mean(dZ x))``, with means over the same values.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np

from nnstudio.engine.backend import Array
from nnstudio.engine.numpy.ops.base import JointOperation, Memory
from nnstudio.engine.numpy.ops.fusing import FusingOperation
from nnstudio.engine.plan import Op
from nnstudio.network.layers.normalization import BatchNormalization, LayerNormalization, Normalization


class NormalizationOperation(FusingOperation):
    """What both share: ``x``, and parameters in a form that goes with ``X``."""

    def __init__(self, op: Op, number: int, memory: Memory) -> None:
        super().__init__(op, number, memory)
        assert isinstance(op.layer, Normalization)
        self.epsilon = op.layer.epsilon
        parameters = [self.beside_X(memory.parameters[slot.name]) for slot in op.parameters]
        self.W, self.b = parameters[:2]
        self.states = parameters[2:]
        self.dW, self.db = (self.beside_X(memory.parameter_gradients[slot.name]) for slot in op.learned)
        self.x, self.work = np.empty_like(self.X), np.empty_like(self.X)

    @abstractmethod
    def beside_X(self, parameter: Array) -> Array:
        """A view of a parameter that can be multiplied with ``X``."""

    def scratch(self) -> Sequence[Array]:
        return *super().scratch(), self.x, self.work

    def _finish_forward(self) -> None:
        np.multiply(self.x, self.W, out=self.Y)
        np.add(self.Y, self.b, out=self.Y)
        self.activate()


class BatchNormalizationOperation(NormalizationOperation, JointOperation):
    """Statistics of a channel are those of all images that the batch has, in all lanes; those of lanes are joined as
    Chan, Golub and LeVeque (1983) do. ``M2`` is the sum of squared distances from the mean."""

    layers = (BatchNormalization,)

    def __init__(self, op: Op, number: int, memory: Memory) -> None:
        self.axes = (0, 2, 3) if memory.values[op.inputs[0]].ndim == 4 else (1,)
        super().__init__(op, number, memory)
        assert isinstance(op.layer, BatchNormalization)
        self.momentum = op.layer.momentum
        self.presence = memory.presence
        self.training = False
        self.places = self.X.size // self.X.shape[-1] // self.W.size
        self.mean, self.M2, self.scale, self.sum, self.sum_x = (np.zeros_like(self.W) for _ in range(5))

    def beside_X(self, parameter: Array) -> Array:
        return parameter[:, np.newaxis, np.newaxis] if len(self.axes) == 3 else parameter[:, np.newaxis]

    @property
    def count(self) -> int:
        """Values of a channel in this lane."""
        return self.places * self.presence.images

    def _sum(self, values: Array, out: Array) -> None:
        """Over all images that there are."""
        np.add.reduce(values[..., : self.presence.images], axis=self.axes, out=out.reshape(-1))

    def prepare_forward(self) -> None:
        self._sum(self.X, self.mean)
        np.divide(self.mean, max(1, self.count), out=self.mean)
        np.subtract(self.X, self.mean, out=self.work)
        np.square(self.work, out=self.work)
        self._sum(self.work, self.M2)

    def forward(self, step: int | None) -> None:
        self.training = step is not None
        mean, variance = self._joined() if self.training else self.states
        np.divide(1, np.sqrt(variance + self.epsilon), out=self.scale)
        np.subtract(self.X, mean, out=self.x)
        np.multiply(self.x, self.scale, out=self.x)
        self._finish_forward()

    def _joined(self) -> tuple[Array, Array]:
        """Mean and variance of the whole batch; the first lane lets the running statistics follow."""
        counts = [lane.count for lane in self.peers]
        total = sum(counts)
        mean, M2 = np.zeros_like(self.mean), np.zeros_like(self.M2)
        for n, lane in zip(counts, self.peers, strict=True):
            mean += n / total * lane.mean
        for n, lane in zip(counts, self.peers, strict=True):
            M2 += lane.M2 + n * (lane.mean - mean) ** 2
        if self is self.peers[0]:
            for running, now in zip(self.states, (mean, M2 / max(1, total - 1)), strict=True):
                running += self.momentum * (now - running)
        return mean, M2 / total

    def prepare_backward(self) -> None:
        self.differentiate_activation()
        self._sum(self.dZ, self.sum)
        np.multiply(self.dZ, self.x, out=self.work)
        self._sum(self.work, self.sum_x)

    def backward(self, want_dX: bool) -> None:
        if not self.training:  # the lanes have not met
            self.prepare_backward()
        np.copyto(self.db, self.sum)
        np.copyto(self.dW, self.sum_x)
        if not want_dX:
            return
        np.copyto(self.dX, self.dZ)
        if self.training:
            total = sum(lane.count for lane in self.peers)
            np.subtract(self.dX, sum(lane.sum for lane in self.peers) / total, out=self.dX)
            np.multiply(self.x, sum(lane.sum_x for lane in self.peers) / total, out=self.work)
            np.subtract(self.dX, self.work, out=self.dX)
        np.multiply(self.dX, self.W * self.scale, out=self.dX)
        self.dX[..., self.presence.images :] = 0


class LayerNormalizationOperation(NormalizationOperation):
    """Statistics of an image are those of all its values."""

    layers = (LayerNormalization,)

    def __init__(self, op: Op, number: int, memory: Memory) -> None:
        super().__init__(op, number, memory)
        self.axes = tuple(range(self.X.ndim - 1))
        row = (*[1] * (self.X.ndim - 1), self.X.shape[-1])
        self.mean, self.scale, self.shift = (np.empty(row, self.X.dtype) for _ in range(3))

    def beside_X(self, parameter: Array) -> Array:
        return (parameter.swapaxes(0, 1) if parameter.ndim == 3 else parameter)[..., np.newaxis]

    def scratch(self) -> Sequence[Array]:
        return *super().scratch(), self.mean, self.scale, self.shift

    def _means(self, values: Array, out: Array) -> None:
        np.mean(values, axis=self.axes, keepdims=True, out=out)

    def forward(self, step: int | None) -> None:
        self._means(self.X, self.mean)
        np.subtract(self.X, self.mean, out=self.x)
        np.square(self.x, out=self.work)
        self._means(self.work, self.scale)
        np.add(self.scale, self.epsilon, out=self.scale)
        np.sqrt(self.scale, out=self.scale)
        np.divide(1, self.scale, out=self.scale)
        np.multiply(self.x, self.scale, out=self.x)
        self._finish_forward()

    def backward(self, want_dX: bool) -> None:
        self.differentiate_activation()
        np.add.reduce(self.dZ, axis=-1, keepdims=True, out=self.db)
        np.multiply(self.dZ, self.x, out=self.work)
        np.add.reduce(self.work, axis=-1, keepdims=True, out=self.dW)
        if not want_dX:
            return
        np.multiply(self.dZ, self.W, out=self.work)
        self._means(self.work, self.mean)
        np.subtract(self.work, self.mean, out=self.dX)
        np.multiply(self.work, self.x, out=self.work)
        self._means(self.work, self.shift)
        np.multiply(self.x, self.shift, out=self.work)
        np.subtract(self.dX, self.work, out=self.dX)
        np.multiply(self.dX, self.scale, out=self.dX)
