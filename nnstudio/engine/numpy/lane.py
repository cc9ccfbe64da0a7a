"""A lane: one fixed share of the batch with arrays of its own, which one thread takes forward and backward.

Work is written as generators: where ops need something of the whole batch, a lane yields, and goes on when all lanes
have come so far.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from math import prod

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.augmentation import Augmentation
from nnstudio.engine.backend import Array, Phase
from nnstudio.engine.numpy.augment import Step, augment
from nnstudio.engine.numpy.layout import inner_shape, swapped_shape, to_inner, to_outer
from nnstudio.engine.numpy.ops import JointOperation, Memory, operation
from nnstudio.engine.numpy.ops.output import OutputOperation
from nnstudio.engine.numpy.stopwatch import UNWATCHED, Watch
from nnstudio.engine.plan import Plan
from nnstudio.engine.sharing import share

Images = NDArray[np.generic]
Labels = NDArray[np.integer]
DType = np.dtype[np.floating]
Work = Iterator[None]
"""Something to do, with a pause at each meeting of the lanes."""


def parameter_views(plan: Plan, flat: Array) -> dict[str, Array]:
    """The parameters in a flat buffer by name, in this backend's layout."""
    return {slot.name: flat[slot.offset : slot.end].reshape(swapped_shape(slot.shape)) for slot in plan.slots}


class Lane:
    """``rows`` of the batch, from gathering to the gradients of the parameters in ``flat_gradient``."""

    def __init__(self, plan: Plan, rows: range, parameters: Mapping[str, Array], dtype: DType, seed: int) -> None:
        self.plan, self.rows, self._random_seed = plan, rows, seed
        self.augmentation: Augmentation | None = None
        self.loss, self.correct = 0.0, 0
        self.flat_gradient = np.zeros(plan.flat_size, dtype)
        shapes = [inner_shape(tensor.shape, len(rows)) for tensor in plan.tensors]
        self.values: list[Array] = [np.empty(shape, dtype) for shape in shapes]
        self.gradients = _gradients(plan, shapes, dtype)
        self._spare = np.empty(_spare_size(plan) * len(rows), dtype)
        given, self._additions = self._users()
        own = parameter_views(plan, self.flat_gradient)
        memory = Memory(self.values, self.gradients, given, parameters, own, rows.start, seed, plan.loss)
        self._presence = memory.presence
        self.operations = [operation(op, number, memory) for number, op in enumerate(plan.ops)]
        self._gathered: Images = np.empty((len(rows), *plan.input.shape), np.uint8)

    def _users(self) -> tuple[list[list[Array]], list[list[tuple[Array, Array]]]]:
        """For each op where it puts the gradients of its inputs, and what is then to be added to what: going backwards
        a tensor's first user fills the tensor's own gradient, and what the others give is added to it."""
        filled: set[int] = set()
        given: list[list[Array]] = []
        all_additions: list[list[tuple[Array, Array]]] = []
        for op in reversed(self.plan.ops):
            places, additions, used = [], [], 0
            for index in op.inputs:
                own = place = self.gradients[index]
                if index in filled:
                    place = self._spare[used : used + own.size].reshape(own.shape)
                    used += own.size
                    additions.append((own, place))
                filled.add(index)
                places.append(place)
            given.insert(0, places)
            all_additions.insert(0, additions)
        return given, all_additions

    @property
    def output(self) -> OutputOperation:
        last = self.operations[-1]
        assert isinstance(last, OutputOperation)
        return last

    def load(self, images: Images, order: Labels, step: int | None = None) -> None:
        """Gather the lane's images; ``order`` names the batch's. Places behind its end get its last. For training in
        ``step`` they are augmented."""
        chosen = np.minimum(self.rows, len(order) - 1)
        self._presence.images = max(0, min(self.rows.stop, len(order)) - self.rows.start)
        if self._gathered.dtype != images.dtype:
            self._gathered = np.empty(self._gathered.shape, images.dtype)
        np.take(images, order[chosen], axis=0, out=self._gathered, mode="clip")
        if self.augmentation and step is not None:
            now = Step(self._random_seed, step, self.rows.start)
            augment(self._gathered, self.augmentation, now, to_outer(self.values[0]))
        elif images.dtype == np.uint8:
            np.divide(to_inner(self._gathered), 255, out=self.values[0])
        else:
            np.copyto(self.values[0], to_inner(self._gathered))

    def label(self, labels: Labels, order: Labels) -> None:
        """Set what the images of ``load`` are."""
        own = np.full(len(self.rows), -1)
        rows = order[self.rows.start : self.rows.stop]
        own[: len(rows)] = labels[rows]
        self.output.set_labels(own, len(order))

    def use(self, images: Images, labels: Labels | None, order: Labels) -> Work:
        """Forward as when the network is used; with ``labels``, then know the loss."""
        self.load(images, order)
        yield from self._forward(None)
        if labels is not None:
            self.label(labels, order)
            self.loss, self.correct = self.output.measure()

    def train(self, images: Images, labels: Labels, order: Labels, step: int, watch: Watch = UNWATCHED) -> Work:
        """Everything of training step number ``step`` (from 0) but the update."""
        watch.start()
        self.load(images, order, step)
        self.label(labels, order)
        watch.lap(self.plan.input.node, Phase.FORWARD)
        yield from self._forward(step, watch)
        self.loss, self.correct = self.output.measure()
        yield from self._backward(watch)

    def _forward(self, step: int | None, watch: Watch = UNWATCHED) -> Work:
        for op, worker in zip(self.plan.ops, self.operations, strict=True):
            if isinstance(worker, JointOperation) and step is not None:
                worker.prepare_forward()
                yield
            worker.forward(step)
            watch.lap(op.node, Phase.FORWARD)

    def _backward(self, watch: Watch) -> Work:
        """What training needs: no gradient goes to where nothing learns."""
        for number, op in reversed(list(enumerate(self.plan.ops))):
            worker = self.operations[number]
            if isinstance(worker, JointOperation):
                worker.prepare_backward()
                yield
            self._step_back(number, self.plan.needs_gradient(op))
            watch.lap(op.node, Phase.FORWARD if worker is self.output else Phase.BACKWARD)

    def _step_back(self, number: int, wanted: bool) -> None:
        self.operations[number].backward(wanted)
        if wanted:
            for total, more in self._additions[number]:
                np.add(total, more, out=total)

    def differentiate(self, seeds: Mapping[int, Array], loss_share: float, wanted: Collection[int]) -> dict[int, Array]:
        """Gradients by the tensors ``wanted``, copies (n, *shape), after a forward pass: of ``loss_share`` times the
        mean loss plus the sum of ``seeds[t]`` times tensor ``t``, and those of all parameters in ``flat_gradient``."""
        self.flat_gradient.fill(0)
        found: dict[int, Array] = {}
        reached = {self.plan.output.index} if loss_share else set[int]()
        for number, op in reversed(list(enumerate(self.plan.ops))):
            self._seed(op.output, seeds, reached)
            self._note(op.output, wanted, reached, found)
            if op.output in reached:
                self._step_back(number, wanted=True)
                reached.update(op.inputs)
                if self.operations[number] is self.output:
                    np.multiply(self.output.dX, loss_share, out=self.output.dX)
            else:  # others may add to what this op would have been the first to write
                for index, place in zip(op.inputs, self.operations[number].dXs, strict=True):
                    if place is self.gradients[index]:
                        place.fill(0)
        self._seed(0, seeds, reached)
        self._note(0, wanted, reached, found)
        return found

    def _seed(self, tensor: int, seeds: Mapping[int, Array], reached: set[int]) -> None:
        if tensor not in seeds:
            return
        gradient, seed = self.gradients[tensor], to_inner(seeds[tensor])
        if tensor in reached:
            np.add(gradient, seed, out=gradient)
        else:
            np.copyto(gradient, seed)
        reached.add(tensor)

    def _note(self, tensor: int, wanted: Collection[int], reached: set[int], found: dict[int, Array]) -> None:
        if tensor in wanted:
            gradient = to_outer(self.gradients[tensor])
            found[tensor] = gradient.copy() if tensor in reached else np.zeros(gradient.shape, gradient.dtype)

    def own(self, values: Array) -> Array:
        """The lane's rows of values (N, *shape) of a batch that may be short; 0 where it has no image."""
        rows = values[self.rows.start : self.rows.stop]
        missing = len(self.rows) - len(rows)
        return np.pad(rows, [(0, missing), *[(0, 0)] * (values.ndim - 1)]) if missing else rows

    def value(self, tensor: int) -> Array:
        """The value of a tensor in the boundary's layout, a view (n, *shape)."""
        return to_outer(self.values[tensor])

    def gradient(self, tensor: int) -> Array:
        """The gradient of a tensor, likewise, as long as no other has its place."""
        return to_outer(self.gradients[tensor])

    def poison(self) -> None:
        """Fill everything that a step must write before it reads it with NaN."""
        own = (array for worker in self.operations for array in worker.scratch())
        for array in (*self.values, *self.gradients, self._spare, *own):
            array.fill(np.nan)
        for slot in self.plan.slots:
            self.flat_gradient[slot.offset : slot.end] = np.nan


def _spare_size(plan: Plan) -> int:
    """Values an image of gradients that are added to others: at most those of the inputs of one op."""
    users = [index for op in plan.ops for index in op.inputs]
    return max((sum(plan.tensors[i].size for i in op.inputs if users.count(i) > 1) for op in plan.ops), default=0)


def _gradients(plan: Plan, shapes: Sequence[tuple[int, ...]], dtype: DType) -> list[Array]:
    """A gradient for each tensor. They share memory, since going backwards no more are needed than those between a
    tensor's first user and what made it."""
    backward = [(*op.inputs, op.output) for op in reversed(plan.ops)]
    sizes = {index: prod(shape) for index, shape in enumerate(shapes)}
    shared = share(sizes, [[*backward, (plan.input.index,)]])
    memory = {index: np.empty(sizes[index], dtype) for index in set(shared.values())}
    return [memory[shared[index]][: sizes[index]].reshape(shape) for index, shape in enumerate(shapes)]
