"""A lane: one fixed share of the batch with arrays of its own, which one thread takes forward and backward."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.backend import Array, Phase
from nnstudio.engine.numpy.layout import inner_shape, swapped_shape, to_inner, to_outer
from nnstudio.engine.numpy.ops import Memory, operation
from nnstudio.engine.numpy.ops.softmax_output import SoftmaxOutputOperation
from nnstudio.engine.numpy.stopwatch import UNWATCHED, Watch
from nnstudio.engine.plan import Plan
from nnstudio.engine.sharing import share

Images = NDArray[np.generic]
Labels = NDArray[np.integer]
DType = np.dtype[np.floating]


def parameter_views(plan: Plan, flat: Array) -> dict[str, Array]:
    """The parameters in a flat buffer by name, in this backend's layout."""
    return {slot.name: flat[slot.offset : slot.end].reshape(swapped_shape(slot.shape)) for slot in plan.slots}


class Lane:
    """``rows`` of the batch, from gathering to the gradients of the parameters in ``flat_gradient``."""

    def __init__(self, plan: Plan, rows: range, parameters: Mapping[str, Array], dtype: DType, seed: int) -> None:
        self.plan, self.rows = plan, rows
        self.loss, self.correct = 0.0, 0
        self.flat_gradient = np.zeros(plan.flat_size, dtype)
        shapes = [inner_shape(tensor.shape, len(rows)) for tensor in plan.tensors]
        self.values: list[Array] = [np.empty(shape, dtype) for shape in shapes]
        self.gradients = _gradients(plan, shapes, dtype)
        own = parameter_views(plan, self.flat_gradient)
        memory = Memory(self.values, self.gradients, parameters, own, rows.start, seed, plan.loss)
        self.operations = [operation(op, number, memory) for number, op in enumerate(plan.ops)]
        self._gathered: Images = np.empty((len(rows), *plan.input.shape), np.uint8)

    @property
    def output(self) -> SoftmaxOutputOperation:
        last = self.operations[-1]
        assert isinstance(last, SoftmaxOutputOperation)
        return last

    def load(self, images: Images, order: Labels) -> None:
        """Gather the lane's images; ``order`` names the batch's. Places behind its end get its last."""
        chosen = np.minimum(self.rows, len(order) - 1)
        if self._gathered.dtype != images.dtype:
            self._gathered = np.empty(self._gathered.shape, images.dtype)
        np.take(images, order[chosen], axis=0, out=self._gathered, mode="clip")
        if images.dtype == np.uint8:
            np.divide(to_inner(self._gathered), 255, out=self.values[0])
        else:
            np.copyto(self.values[0], to_inner(self._gathered))

    def label(self, labels: Labels, order: Labels) -> None:
        """Set what the images of ``load`` are."""
        own = np.full(len(self.rows), -1)
        rows = order[self.rows.start : self.rows.stop]
        own[: len(rows)] = labels[rows]
        self.output.set_labels(own, len(order))

    def use(self, images: Images, labels: Labels | None, order: Labels) -> None:
        """Forward without dropout; with ``labels``, then know the loss."""
        self.load(images, order)
        self._forward(None)
        if labels is not None:
            self.label(labels, order)
            self.loss, self.correct = self.output.measure()

    def train(self, images: Images, labels: Labels, order: Labels, step: int, watch: Watch = UNWATCHED) -> None:
        """Everything of training step number ``step`` (from 0) but the update."""
        watch.start()
        self.load(images, order)
        self.label(labels, order)
        watch.lap(self.plan.input.node, Phase.FORWARD)
        self._forward(step, watch)
        self.loss, self.correct = self.output.measure()
        self._backward(to_input=False, watch=watch)

    def differentiate(self, images: Images, labels: Labels, order: Labels) -> None:
        """As in training, but without dropout, and back to the input."""
        self.load(images, order)
        self.label(labels, order)
        self._forward(None)
        self._backward(to_input=True)

    def _forward(self, step: int | None, watch: Watch = UNWATCHED) -> None:
        for op, worker in zip(self.plan.ops, self.operations, strict=True):
            worker.forward(step)
            watch.lap(op.node, Phase.FORWARD)

    def _backward(self, to_input: bool, watch: Watch = UNWATCHED) -> None:
        for op, worker in zip(reversed(self.plan.ops), reversed(self.operations), strict=True):
            worker.backward(to_input or self.plan.needs_gradient(op))
            watch.lap(op.node, Phase.FORWARD if worker is self.output else Phase.BACKWARD)

    def value(self, tensor: int) -> Array:
        """The value of a tensor in the boundary's layout, a view (n, *shape)."""
        return to_outer(self.values[tensor])

    def input_gradient(self) -> Array:
        return to_outer(self.gradients[0])

    def poison(self) -> None:
        """Fill everything that a step must write before it reads it with NaN."""
        for array in (*self.values, *self.gradients, *(array for op in self.operations for array in op.scratch())):
            array.fill(np.nan)
        for slot in self.plan.slots:
            self.flat_gradient[slot.offset : slot.end] = np.nan


def _gradients(plan: Plan, shapes: Sequence[tuple[int, ...]], dtype: DType) -> list[Array]:
    """A gradient for each tensor. They share memory, since going backwards no more are needed than those around an
    op."""
    backward = [(*op.inputs, op.output) for op in reversed(plan.ops)]
    sizes = {index: prod(shape) for index, shape in enumerate(shapes)}
    shared = share(sizes, [[*backward, (plan.input.index,)]])
    memory = {index: np.empty(sizes[index], dtype) for index in set(shared.values())}
    return [memory[shared[index]][: sizes[index]].reshape(shape) for index, shape in enumerate(shapes)]
