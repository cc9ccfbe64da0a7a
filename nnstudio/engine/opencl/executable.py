"""A plan at work on an OpenCL device."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.augmentation import Augmentation
from nnstudio.engine.backend import Array, Evaluation, Executable, Inspection, StepMetrics, Timing, TrainingState
from nnstudio.engine.objectives import Differentiation, Objective
from nnstudio.engine.opencl import augment, optimizers
from nnstudio.engine.opencl.buffers import plan_buffers
from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.launcher import Commands
from nnstudio.engine.opencl.layout import pack, unpack
from nnstudio.engine.opencl.lowering import lower, metric_rows
from nnstudio.engine.opencl.memory import Memory
from nnstudio.engine.opencl.metrics import MetricRows
from nnstudio.engine.opencl.programs import Programs
from nnstudio.engine.opencl.runs import Launches, separate_step, timings, training_step
from nnstudio.engine.opencl.samples import TRAINING, SampleStore, gather_sections
from nnstudio.engine.opencl.schedule import (
    GRADIENTS,
    HITS,
    LOSSES,
    PARAMETERS,
    RANGES,
    SETTINGS,
    STEP,
    Launch,
    Section,
)
from nnstudio.engine.opencl.stream import Stream
from nnstudio.engine.opencl.usage import Usage
from nnstudio.engine.optimizers import OptimizerBase
from nnstudio.engine.validation import (
    check_batch,
    check_images,
    check_labels,
    check_nodes,
    check_objectives,
    check_order,
    check_rates,
    check_state,
    check_values,
)


class OpenCLExecutable(Executable):
    """See ``Executable``. A step replays a list of commands that was made once; nothing new is said to the device but
    ``Step`` and ``Settings``, arguments by value."""

    def __init__(self, stream: Stream, frame: Frame, optimizer: OptimizerBase | None, seed: int) -> None:
        self.plan, self.batch_size = frame.plan, frame.batch_size
        self._stream, self._frame, self._seed = stream, frame, seed & 0xFFFFFFFF
        self._schedule = lower(frame)
        self._memory = Memory(stream)
        self._buffers = plan_buffers(frame, self._schedule)
        self._memory.make(self._buffers.sizes, self._buffers.shared)
        sections = (*self._schedule.sections, *gather_sections(frame), optimizers.section(frame))
        self._programs = Programs(stream.context, sections, frame.form)
        self._metrics = MetricRows(stream, self._memory, LOSSES, HITS, metric_rows(frame), frame.vectors)
        self._samples = SampleStore(TRAINING, self._memory, stream, lent=True)
        self._usage = Usage(frame, self._schedule, stream, self._memory, self._commands)
        self._step_commands: Commands | None = None
        self._update_commands: Commands | None = None
        self._step_info = np.zeros(8, np.uint32)
        self._optimizer: OptimizerBase | None = None
        self._augmentation: Augmentation | None = None
        self._slots: tuple[str, ...] = ()
        self._steps = 0
        if optimizer is not None:
            self.set_optimizer(optimizer)

    def _commands(self, launches: Sequence[Launch], more: Sequence[Section] = ()) -> Commands:
        return Commands(self._programs.of(launches, more), self._stream.device, self._memory, self._seed, launches)

    # ---- parameters

    def write_parameters(self, values: Mapping[str, Array]) -> None:
        check_values("parameters", values, self.plan)
        self._write_flat(PARAMETERS, values)

    def read_parameters(self) -> dict[str, Array]:
        return self._read_flat(PARAMETERS)

    def read_state(self) -> TrainingState:
        slots = tuple(map(self._read_flat, self._slots))
        return TrainingState(self.read_parameters(), slots, self._steps, self._averages)

    def write_state(self, state: TrainingState) -> None:
        check_state(state, len(self._slots), self.plan)
        self.write_parameters(state.parameters)
        for name, values in zip(self._slots, state.slots, strict=True):
            self._write_flat(name, values)
        self._steps = state.step

    def _read_flat(self, name: str) -> dict[str, Array]:
        flat = np.empty(self.plan.flat_size, np.float32)
        if flat.size:
            self._stream.read(flat, self._memory[name])
        return unpack(self.plan.slots, flat)

    def _write_flat(self, name: str, values: Mapping[str, Array]) -> None:
        flat = np.empty(self.plan.flat_size, np.float32)
        if not flat.size:
            return
        self._stream.read(flat, self._memory[name])
        pack(self.plan.slots, values, flat)
        self._stream.write(self._memory[name], flat)

    # ---- training

    def set_optimizer(self, optimizer: OptimizerBase) -> None:
        other = type(optimizer) is not type(self._optimizer) or bool(optimizer.average) is not self._averages
        buffers = optimizers.buffers(self._frame, optimizer)
        if other:
            self._slots = optimizers.slot_names(optimizer)
            self._memory.make(buffers)
            if optimizer.average:
                self._stream.copy(self._memory[self._slots[-1]], self._memory[PARAMETERS])
        else:
            self._memory.make({name: size for name, size in buffers.items() if name not in self._memory})
        if other or bool(optimizer.clip_norm) is not self._clips:
            self._update_commands = self._commands(optimizers.launches(self._frame, optimizer))
        self._optimizer = optimizer

    @property
    def _averages(self) -> bool:
        """Whether the last slot is the average of the weights."""
        return self._optimizer is not None and self._optimizer.average > 0

    @property
    def _clips(self) -> bool:
        return self._optimizer is not None and self._optimizer.clip_norm > 0

    def set_augmentation(self, augmentation: Augmentation | None) -> None:
        form = augment.form(augmentation)
        if form != augment.form(self._augmentation):
            self._step_commands = None
        self._augmentation = augmentation if form else None

    def load_samples(self, images: NDArray[np.generic], labels: NDArray[np.integer]) -> None:
        check_images(images, self.plan)
        check_labels(labels, len(images), self.plan)
        if self._samples.load(images, labels):
            self._step_commands = None

    def begin_epoch(self, order: NDArray[np.integer]) -> None:
        check_order(order, self._samples.count)
        if self._samples.set_order(order):
            self._step_commands = None

    def train(self, first: int, count: int, learning_rates: Sequence[float] | None = None) -> None:
        check_rates(learning_rates, count)
        optimizer, update = self._ready(first, count)
        if self._step_commands is None:
            self._step_commands = self._of_step(training_step)
        step = self._step_commands
        self._set_ranges(step)
        for number, batch in enumerate(range(first, first + count)):
            rate = None if learning_rates is None else learning_rates[number]
            self._begin_step(batch * self.batch_size, step, update, optimizer, rate)
            self._stream.run(step.list + update.list)

    def profile(self, first: int, count: int) -> list[Timing]:
        """Launches are not merged, and so each takes the time of a launch; the device measures them."""
        optimizer, update = self._ready(first, count)
        step = self._of_step(separate_step)
        self._set_ranges(step)
        commands = step.list + update.list
        seconds = np.zeros(len(commands))
        for batch in range(first, first + count):
            self._begin_step(batch * self.batch_size, step, update, optimizer)
            seconds += self._stream.profile(commands)
        return timings(step.launches + update.launches, seconds / max(1, count))

    def _of_step(self, run: Callable[..., Launches]) -> Commands:
        """Commands for one of the ways to run a step."""
        dtype, augmentation = self._samples.dtype, self._augmentation
        launches = run(self._frame, self._schedule, dtype, augmented=augmentation is not None)
        return self._commands(launches, [augment.section(self._frame, dtype, augmentation)] if augmentation else [])

    def _set_ranges(self, step: Commands) -> None:
        if self._augmentation is not None:
            step.set(RANGES, augment.ranges(self._augmentation, self.plan.input.shape))

    def _ready(self, first: int, count: int) -> tuple[OptimizerBase, Commands]:
        """What updates parameters, when these batches can be trained on."""
        batches = -(-self._samples.order_length // self.batch_size)
        if not 0 <= first <= first + count <= batches:
            raise ValueError(f"`first` (={first}) and `count` (={count}) must lie within the epoch's {batches} batches")
        if self._optimizer is None or self._update_commands is None:
            raise ValueError("`optimizer` (=None) must be set before training")
        return self._optimizer, self._update_commands

    def _begin_step(
        self, start: int, step: Commands, update: Commands, optimizer: OptimizerBase, rate: float | None = None
    ) -> None:
        """Say to the commands which step comes next, on the batch that begins at ``start``."""
        count = min(self.batch_size, self._samples.order_length - start)
        self._step_info[:5] = start, count, self._steps & 0xFFFFFFFF, self._metrics.next_row(count), True
        step.set(STEP, self._step_info)
        self._steps += 1
        update.set(SETTINGS, optimizers.settings(optimizer, self._steps, rate))

    def drain(self) -> StepMetrics:
        return self._metrics.drain()

    # ---- using the network

    def evaluate(
        self, images: NDArray[np.generic], labels: NDArray[np.integer], *, averaged: bool = False
    ) -> Evaluation:
        check_images(images, self.plan)
        check_labels(labels, len(images), self.plan)
        with self._averaged_weights() if averaged and self._averages and self._steps else nullcontext():
            return self._usage.evaluate(images, labels)

    @contextmanager
    def _averaged_weights(self) -> Iterator[None]:
        """Have the average in place of the weights for a while; these wait where the gradients were, which the next
        step makes anew."""
        parameters, elsewhere = self._memory[PARAMETERS], self._memory[GRADIENTS]
        self._stream.copy(elsewhere, parameters)
        self._stream.copy(parameters, self._memory[self._slots[-1]])
        try:
            yield
        finally:
            self._stream.copy(parameters, elsewhere)

    def predict(self, images: NDArray[np.generic], *, averaged: bool = False) -> Array:
        with self._averaged_weights() if averaged and self._averages and self._steps else nullcontext():
            return self.activations(images, [self.plan.output.node])[self.plan.output.node]

    def activations(self, images: NDArray[np.generic], nodes: Sequence[str]) -> dict[str, Array]:
        check_images(images, self.plan)
        check_nodes(nodes, self.plan)
        return self._usage.activations(images, [self.plan.tensor_of[node] for node in nodes])

    def gradients(self, images: NDArray[np.generic], labels: NDArray[np.integer]) -> dict[str, Array]:
        check_batch(images, labels, self.plan, self.batch_size)
        of_input = self._usage.input_gradient(images, labels)
        return {**self._learned_gradients(), "input": of_input}

    def inspect(self, images: NDArray[np.generic], labels: NDArray[np.integer], nodes: Sequence[str]) -> Inspection:
        check_batch(images, labels, self.plan, self.batch_size)
        check_nodes(nodes, self.plan)
        values = self._usage.there_and_back(images, labels, [self.plan.tensor_of[node] for node in nodes])
        return Inspection(values, self._learned_gradients())

    def _learned_gradients(self) -> dict[str, Array]:
        gradients = self._read_flat(GRADIENTS)
        return {slot.name: gradients[slot.name] for slot in self.plan.learned_slots}

    def differentiate(
        self,
        images: NDArray[np.generic],
        objectives: Sequence[Objective],
        wanted: Sequence[str],
        *,
        labels: NDArray[np.integer] | None = None,
        loss_weight: float = 0.0,
    ) -> Differentiation:
        check_images(images, self.plan)
        labels = check_objectives(len(images), objectives, wanted, labels, loss_weight, self.plan, self.batch_size)
        found = self._usage.differentiate(images, labels, loss_weight, objectives, wanted)
        parameters = self._read_flat(GRADIENTS)
        of_parameters = {name: parameters[name] for name in wanted if name in parameters}
        return replace(found, gradients={**found.gradients, **of_parameters})

    def close(self) -> None:
        self._memory.release()

    # ---- for tests

    def poison(self) -> None:
        """Fill every buffer that a step must write before it reads it with NaN."""
        self._memory.poison(name for name in self._schedule.buffers if name != PARAMETERS)

    def fail_after(self, steps: int) -> None:
        """Let the device fail, as after a driver's reset, when ``steps`` more batches have been queued for training
        or use."""
        self._stream.fail_after(steps)
