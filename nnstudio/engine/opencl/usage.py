"""Using a network on samples from outside, beside training and without touching it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.backend import Array, Evaluation
from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.launcher import Commands
from nnstudio.engine.opencl.layout import to_images
from nnstudio.engine.opencl.lowering import metric_rows
from nnstudio.engine.opencl.memory import Memory
from nnstudio.engine.opencl.metrics import MetricRows
from nnstudio.engine.opencl.runs import backward_pass, forward_pass
from nnstudio.engine.opencl.samples import USED, SampleStore, staged_images
from nnstudio.engine.opencl.schedule import STEP, USED_HITS, USED_LOSSES, Launch, Schedule
from nnstudio.engine.opencl.stream import Stream
from nnstudio.engine.plan import Tensor


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
        self._info = np.zeros(8, np.uint32)

    def evaluate(self, images: NDArray[np.generic], labels: NDArray[np.integer]) -> Evaluation:
        """Mean loss and accuracy."""
        for _ in self._forward_batches(images, labels):
            pass
        metrics = self._metrics.drain()
        loss = float(metrics.losses @ metrics.counts) / len(images)
        return Evaluation(loss, int(metrics.correct.sum()) / len(images), len(images))

    def activations(self, images: NDArray[np.generic], tensors: Sequence[Tensor]) -> dict[str, Array]:
        """Values of ``tensors`` by their node."""
        results = {tensor.node: np.empty((len(images), *tensor.shape), np.float32) for tensor in tensors}
        for batch in self._forward_batches(images, np.zeros(len(images), np.int32)):
            for tensor in tensors:
                values = self._read(self._frame.value(tensor.index), tensor, batch.stop - batch.start)
                results[tensor.node][batch] = values
        self._metrics.discard()
        return {**results}

    def input_gradient(self, images: NDArray[np.generic], labels: NDArray[np.integer]) -> Array:
        """Forward and backward for one batch; the gradients of all parameters are on the device then."""
        if self._backward is None:
            self._backward = self._bind(backward_pass(self._frame, self._schedule))
        for _ in self._forward_batches(images, labels):
            self._backward.set(STEP, self._info)
            self._stream.run(self._backward.list)
        self._metrics.discard()
        return self._read(self._frame.gradient(0), self._frame.plan.input, len(images))

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
        form = self._frame.form
        values = np.empty((self._frame.blocks, tensor.size, form.block), np.float32)
        self._stream.read(values, self._memory[buffer])
        return to_images(values, tensor.shape, count)
