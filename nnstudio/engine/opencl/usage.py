"""Using a network on samples from outside, beside training and without touching it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import nan

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.backend import Array, Evaluation
from nnstudio.engine.objectives import Differentiation, Objective, measure
from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.launcher import Commands
from nnstudio.engine.opencl.layout import Floats, to_blocks, to_images
from nnstudio.engine.opencl.lowering import metric_rows
from nnstudio.engine.opencl.memory import Memory
from nnstudio.engine.opencl.metrics import MetricRows
from nnstudio.engine.opencl.runs import backward_pass, forward_pass
from nnstudio.engine.opencl.samples import USED, SampleStore, staged_images
from nnstudio.engine.opencl.schedule import GRADIENTS, STEP, USED_HITS, USED_LOSSES, Launch, Schedule
from nnstudio.engine.opencl.stream import Stream
from nnstudio.engine.plan import Tensor

_MOST_COMING = 2**18
"""Values that are on their way from the device at a time, before they are waited for."""


class Usage:
    """Forward, and backward to the input, without dropout. ``bind`` makes commands of launches."""

    def __init__(
        self,
        frame: Frame,
        schedule: Schedule,
        stream: Stream,
        memory: Memory,
        bind: Callable[[Sequence[Launch]], Commands],
    ) -> None:
        self._frame, self._stream, self._memory, self._bind = frame, stream, memory, bind
        self._samples = SampleStore(USED, memory, stream)
        self._metrics = MetricRows(stream, memory, USED_LOSSES, USED_HITS, metric_rows(frame), frame.vectors)
        self._schedule = schedule
        self._forward: Commands | None = None
        self._backward: Commands | None = None
        self._way: list[Commands] | None = None
        self._info = np.zeros(8, np.uint32)

    def evaluate(self, images: NDArray[np.generic], labels: NDArray[np.integer]) -> Evaluation:
        """Mean loss and accuracy."""
        for _ in self._forward_batches(images, labels):
            pass
        metrics = self._metrics.drain()
        loss = float(metrics.losses @ metrics.counts) / len(images)
        accuracy = int(metrics.correct.sum()) / len(images) if self._frame.plan.classes else nan
        return Evaluation(loss, accuracy, len(images))

    def activations(
        self, images: NDArray[np.generic], tensors: Sequence[Tensor], labels: NDArray[np.integer] | None = None
    ) -> dict[str, Array]:
        """Values of ``tensors`` by their node; with ``labels``, metrics are kept."""
        results = {tensor.node: np.empty((len(images), *tensor.shape), np.float32) for tensor in tensors}
        given = np.zeros(len(images), np.int32) if labels is None else labels
        coming: list[tuple[Tensor, slice, Floats]] = []
        for batch in self._forward_batches(images, given):
            coming += [(tensor, batch, self._queue_read(self._frame.value(tensor.index), tensor)) for tensor in tensors]
            if batch.stop == len(images) or sum(values.size for *_, values in coming) > _MOST_COMING:
                self._stream.finish()
                for tensor, place, values in coming:
                    results[tensor.node][place] = to_images(values, tensor.shape, place.stop - place.start)
                coming.clear()
        if labels is None:
            self._metrics.discard()
        return {**results}

    def differentiate(
        self,
        images: NDArray[np.generic],
        labels: NDArray[np.integer],
        loss_weight: float,
        objectives: Sequence[Objective],
        wanted: Sequence[str],
    ) -> Differentiation:
        """As the executable's; the gradients of all parameters are on the device then, 0 where there is none."""
        tensor_of = self._frame.plan.tensor_of
        values = self.activations(images, [tensor_of[objective.node] for objective in objectives], labels)
        loss = float(self._metrics.drain().losses[0])
        measured = measure(objectives, values)
        seeds = {tensor_of[node].index: seed for node, seed in measured.seeds.items()}
        indices = [tensor_of[name].index for name in wanted if name in tensor_of]
        found = self._way_back(len(images), loss_weight, seeds, indices)
        total = measured.total + (loss_weight * loss if loss_weight else 0.0)
        return Differentiation(total, measured.numbers, found)

    def _way_back(
        self, count: int, loss_weight: float, seeds: Mapping[int, Array], wanted: Sequence[int]
    ) -> dict[str, Array]:
        """Op by op, since gradients are read and written in between."""
        frame, plan = self._frame, self._frame.plan
        if self._way is None:
            self._way = [self._bind(launches) for launches in self._schedule.backward]
        self._stream.fill(self._memory[GRADIENTS], 0.0)
        found: dict[str, Array] = {}
        reached = {plan.root(plan.output.index)} if loss_weight else set[int]()

        def arrive(tensor: Tensor) -> None:
            """Its gradient is whole now but for what an objective at it adds."""
            root, buffer = plan.root(tensor.index), frame.gradient(tensor.index)
            if tensor.index in seeds:
                seed = seeds[tensor.index] + (self._read(buffer, tensor, count) if root in reached else 0)
                self._write(buffer, seed)
                reached.add(root)
            if tensor.index in wanted:
                shape = (count, *tensor.shape)
                found[tensor.node] = (
                    self._read(buffer, tensor, count) if root in reached else np.zeros(shape, np.float32)
                )

        for op, way in reversed(list(zip(plan.ops, self._way, strict=True))):
            if op is not plan.ops[-1]:
                arrive(plan.tensors[op.output])
            if plan.is_view(op):
                continue
            if plan.root(op.output) in reached:
                if op is plan.ops[-1] and loss_weight != 1:
                    self._scale_loss(op.inputs[0], count, loss_weight)
                way.set(STEP, self._info)
                self._stream.run(way.list)
                reached.update(map(plan.root, op.inputs))
            else:  # others may add to what this op would have been the first to write
                for port, index in enumerate(op.inputs):
                    if frame.is_first(op, port):
                        self._stream.fill(self._memory[frame.gradient(index)], 0.0)
        arrive(plan.input)
        return found

    def _scale_loss(self, scores: int, count: int, weight: float) -> None:
        """The forward pass has left the loss's gradient by the scores."""
        buffer, tensor = self._frame.gradient(scores), self._frame.plan.tensors[scores]
        self._write(buffer, weight * self._read(buffer, tensor, count))

    def _write(self, buffer: str, images: Array) -> None:
        form = self._frame.form
        values = to_blocks(images.astype(np.float32, copy=False), self._frame.blocks, form.block)
        self._stream.write(self._memory[buffer], values)

    def input_gradient(self, images: NDArray[np.generic], labels: NDArray[np.integer]) -> Array:
        """For one batch; the gradients of all parameters are on the device then."""
        self.there_and_back(images, labels, ())
        return self._read(self._frame.gradient(0), self._frame.plan.input, len(images))

    def there_and_back(
        self, images: NDArray[np.generic], labels: NDArray[np.integer], tensors: Sequence[Tensor]
    ) -> dict[str, Array]:
        """Forward and backward for one batch, and values of ``tensors`` by their node, read in between: backward,
        gradients come where some of them were."""
        if self._backward is None:
            self._backward = self._bind(backward_pass(self._frame, self._schedule))
        values: dict[str, Array] = {}
        for batch in self._forward_batches(images, labels):
            coming = [(each, self._queue_read(self._frame.value(each.index), each)) for each in tensors]
            self._backward.set(STEP, self._info)
            self._stream.run(self._backward.list)
            self._stream.finish()
            values = {each.node: to_images(found, each.shape, batch.stop) for each, found in coming}
        self._metrics.discard()
        return values

    def _forward_batches(self, images: NDArray[np.generic], labels: NDArray[np.integer]) -> Iterator[slice]:
        """Queue batch after batch, and say after each which images it has."""
        batch_size = self._frame.batch_size
        staged = staged_images(self._frame)
        for first in range(0, len(images), staged):
            forward = self._stage(images[first : first + staged], labels[first : first + staged])
            for start in range(0, self._samples.count, batch_size):
                count = min(batch_size, self._samples.count - start)
                self._info[:5] = start, count, 0, self._metrics.next_row(count), False
                forward.set(STEP, self._info)
                self._stream.run(forward.list)
                yield slice(first + start, first + start + count)

    def _stage(self, images: NDArray[np.generic], labels: NDArray[np.integer]) -> Commands:
        """Copy samples to the device, and give the commands that take a batch of them forward."""
        changed = self._samples.load(images, labels)
        changed = self._samples.set_order(np.arange(len(images), dtype=np.int32)) or changed
        if changed or self._forward is None:
            self._forward = self._bind(forward_pass(self._frame, self._schedule, self._samples.dtype))
        return self._forward

    def _read(self, buffer: str, tensor: Tensor, count: int) -> Array:
        values = self._queue_read(buffer, tensor)
        self._stream.finish()
        return to_images(values, tensor.shape, count)

    def _queue_read(self, buffer: str, tensor: Tensor) -> Floats:
        """Where values will be as they lie, when the stream has finished."""
        values = np.empty((self._frame.blocks, tensor.size, self._frame.form.block), np.float32)
        self._stream.read(values, self._memory[buffer], wait=False)
        return values
