"""A plan at work in NumPy: lanes side by side, then one update of the flat parameter buffer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from itertools import pairwise
from math import nan

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.augmentation import Augmentation
from nnstudio.engine.backend import (
    Array,
    Evaluation,
    Executable,
    Inspection,
    Phase,
    StepMetrics,
    Timing,
    TrainingState,
)
from nnstudio.engine.numpy.crew import Crew
from nnstudio.engine.numpy.lane import Lane, Work, parameter_views
from nnstudio.engine.numpy.layout import swap_weight
from nnstudio.engine.numpy.ops import JointOperation
from nnstudio.engine.numpy.optimizers import update, update_average
from nnstudio.engine.numpy.stopwatch import UNWATCHED, Stopwatch, Watch
from nnstudio.engine.numpy.tracing import Camera, Traced, together
from nnstudio.engine.objectives import Differentiation, Objective, measure
from nnstudio.engine.optimizers import OptimizerBase
from nnstudio.engine.plan import Plan, Tensor
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

SPLIT_FROM = 48
"""From this many images on two lanes are faster than one: with fewer, threads mostly hand Python's lock over."""
WIDEST = 128
"""Images in a lane at most; wider ones only take more memory at a time from the caches."""
_DONE = object()


class NumpyExecutable(Executable):
    """See ``Executable``. Lanes depend on the batch size alone, so results do not depend on the number of cores."""

    def __init__(
        self, plan: Plan, batch_size: int, optimizer: OptimizerBase | None, seed: int, dtype: np.dtype[np.floating]
    ) -> None:
        self.plan, self.batch_size, self.dtype = plan, batch_size, dtype
        self._flat = np.zeros(plan.flat_size, dtype)
        parameters = parameter_views(plan, self._flat)
        self._scratch = np.zeros_like(self._flat)
        self._optimizer: OptimizerBase | None = None
        self._slots: list[Array] = []
        self._step = 0
        self._lanes = [Lane(plan, rows, parameters, dtype, seed) for rows in lane_rows(batch_size)]
        for same in zip(*(lane.operations for lane in self._lanes), strict=True):
            for worker in same:
                if isinstance(worker, JointOperation):
                    worker.peers = same
        self._gradient = self._lanes[0].flat_gradient
        self._crew = Crew(len(self._lanes))
        self._samples: tuple[NDArray[np.generic], NDArray[np.integer]] = np.empty(0), np.empty(0, np.int32)
        self._order = np.empty(0, np.int32)
        self._metrics: list[tuple[float, int, int]] = []
        if optimizer is not None:
            self.set_optimizer(optimizer)

    # ---- parameters

    def write_parameters(self, values: Mapping[str, Array]) -> None:
        check_values("parameters", values, self.plan)
        self._write(self._flat, values)

    def read_parameters(self) -> dict[str, Array]:
        return self._copies(self._flat)

    def read_state(self) -> TrainingState:
        slots = tuple(self._copies(slot) for slot in self._slots)
        return TrainingState(self.read_parameters(), slots, self._step, self._averages)

    def write_state(self, state: TrainingState) -> None:
        check_state(state, len(self._slots), self.plan)
        self.write_parameters(state.parameters)
        for flat, values in zip(self._slots, state.slots, strict=True):
            self._write(flat, values)
        self._step = state.step

    def _write(self, flat: Array, values: Mapping[str, Array]) -> None:
        views = parameter_views(self.plan, flat)
        for name, value in values.items():
            np.copyto(views[name], swap_weight(np.asarray(value)))

    def _copies(self, flat: Array) -> dict[str, Array]:
        return {name: swap_weight(view).copy() for name, view in parameter_views(self.plan, flat).items()}

    # ---- training

    def set_optimizer(self, optimizer: OptimizerBase) -> None:
        other = type(optimizer) is not type(self._optimizer) or bool(optimizer.average) is not self._averages
        self._optimizer = optimizer
        if other:
            self._slots = [np.zeros_like(self._flat) for _ in range(optimizer.slots)]
            if self._averages:
                np.copyto(self._slots[-1], self._flat)

    @property
    def _averages(self) -> bool:
        """Whether the last slot is the average of the weights."""
        return self._optimizer is not None and self._optimizer.average > 0

    def set_augmentation(self, augmentation: Augmentation | None) -> None:
        for lane in self._lanes:
            lane.augmentation = augmentation if augmentation and augmentation.active else None

    def load_samples(self, images: NDArray[np.generic], labels: NDArray[np.integer]) -> None:
        check_images(images, self.plan)
        check_labels(labels, len(images), self.plan)
        self._samples = np.ascontiguousarray(images), labels
        self._order = np.empty(0, np.int32)

    def begin_epoch(self, order: NDArray[np.integer]) -> None:
        check_order(order, len(self._samples[0]))
        self._order = np.array(order, np.int32)

    def train(self, first: int, count: int, learning_rates: Sequence[float] | None = None) -> None:
        check_rates(learning_rates, count)
        self._train(first, count, [UNWATCHED] * len(self._lanes), UNWATCHED, learning_rates)

    def profile(self, first: int, count: int) -> list[Timing]:
        """All lanes do the same, so each is taken to need what the fastest of them does: the others have waited, for
        Python's lock or for a core."""
        watches, update_watch = [Stopwatch() for _ in self._lanes], Stopwatch()
        self._train(first, count, watches, update_watch)
        steps, turns = max(1, count), len(self._lanes) / self._crew.size
        timings = [
            Timing(*key, turns * min(watch.seconds[key] for watch in watches) / steps) for key in watches[0].seconds
        ]
        return [*timings, Timing("", Phase.UPDATE, update_watch.seconds["", Phase.UPDATE] / steps)]

    def trace(self, batch: int, learning_rate: float) -> list[Traced]:
        """As ``train`` of one step, with the same results to the bit, and everything that was made on the way."""
        cameras = [Camera(lane) for lane in self._lanes]
        self._train(batch, 1, cameras, UNWATCHED, [learning_rate])
        return together(cameras, self._metrics[-1][2])

    def _train(
        self,
        first: int,
        count: int,
        watches: Sequence[Watch],
        update_watch: Watch,
        learning_rates: Sequence[float] | None = None,
    ) -> None:
        batches = -(-len(self._order) // self.batch_size)
        if not 0 <= first <= first + count <= batches:
            raise ValueError(f"`first` (={first}) and `count` (={count}) must lie within the epoch's {batches} batches")
        if self._optimizer is None:
            raise ValueError("`optimizer` (=None) must be set before training")
        for number, batch in enumerate(range(first, first + count)):
            optimizer = self._optimizer if learning_rates is None else self._optimizer.at_rate(learning_rates[number])
            order = self._order[batch * self.batch_size : (batch + 1) * self.batch_size]
            self._differentiate(order, watches)
            update_watch.start()
            self._update(optimizer)
            update_watch.lap("", Phase.UPDATE)

    def _differentiate(self, order: NDArray[np.integer], watches: Sequence[Watch]) -> None:
        """Everything of a step but the update, in all lanes."""
        lanes = zip(self._lanes, watches, strict=True)
        self._together([lane.train(*self._samples, order, self._step, watch) for lane, watch in lanes])
        loss, correct = _sums(self._lanes)
        self._metrics.append((loss / len(order), correct, len(order)))

    def _update(self, optimizer: OptimizerBase) -> None:
        self._add_gradients()
        self._step += 1
        learned = slice(self.plan.learned_size)
        w, g, scratch, *slots = (flat[learned] for flat in (self._flat, self._gradient, self._scratch, *self._slots))
        with np.errstate(all="ignore"):
            update(optimizer, w, g, slots, scratch, self._step)
            if self._averages:
                update_average(optimizer, self._flat, self._slots[-1], self._scratch, self._step)

    def _add_gradients(self) -> None:
        """The lanes' gradients, added up in their order where the first lane has its own."""
        for lane in self._lanes[1:]:
            np.add(self._gradient, lane.flat_gradient, out=self._gradient)

    def drain(self) -> StepMetrics:
        losses, correct, counts = zip(*self._metrics, strict=True) if self._metrics else ((), (), ())
        self._metrics = []
        return StepMetrics(np.array(losses, np.float64), np.array(correct, np.int64), np.array(counts, np.int64))

    # ---- using the network

    def evaluate(
        self, images: NDArray[np.generic], labels: NDArray[np.integer], *, averaged: bool = False
    ) -> Evaluation:
        check_images(images, self.plan)
        check_labels(labels, len(images), self.plan)
        loss, correct = 0.0, 0
        with self._averaged_weights() if averaged and self._averages and self._step else nullcontext():
            for order in self._batches(len(images)):
                lanes = self._forward(images, order, labels)
                of_batch = _sums(lanes)
                loss, correct = loss + of_batch[0], correct + of_batch[1]
        accuracy = correct / len(images) if self.plan.classes else nan
        return Evaluation(loss / len(images), accuracy, len(images))

    @contextmanager
    def _averaged_weights(self) -> Iterator[None]:
        """Have the average in place of the weights for a while."""
        np.copyto(self._scratch, self._flat)
        np.copyto(self._flat, self._slots[-1])
        try:
            yield
        finally:
            np.copyto(self._flat, self._scratch)

    def predict(self, images: NDArray[np.generic], *, averaged: bool = False) -> Array:
        with self._averaged_weights() if averaged and self._averages and self._step else nullcontext():
            return self.activations(images, [self.plan.output.node])[self.plan.output.node]

    def activations(self, images: NDArray[np.generic], nodes: Sequence[str]) -> dict[str, Array]:
        check_images(images, self.plan)
        check_nodes(nodes, self.plan)
        tensors = [self.plan.tensor_of[node] for node in nodes]
        results = {tensor.node: np.empty((len(images), *tensor.shape), self.dtype) for tensor in tensors}
        for order in self._batches(len(images)):
            for lane in self._forward(images, order):
                rows = order[lane.rows.start : lane.rows.stop]
                for tensor in tensors:
                    results[tensor.node][rows[0] : rows[-1] + 1] = lane.value(tensor.index)[: len(rows)]
        return results

    def gradients(self, images: NDArray[np.generic], labels: NDArray[np.integer]) -> dict[str, Array]:
        check_batch(images, labels, self.plan, self.batch_size)
        self._use(images, labels)
        found = self._way_back(len(images), {}, 1.0, [self.plan.input])
        return {**self._learned_gradients(), "input": found[self.plan.input.node]}

    def inspect(self, images: NDArray[np.generic], labels: NDArray[np.integer], nodes: Sequence[str]) -> Inspection:
        check_batch(images, labels, self.plan, self.batch_size)
        check_nodes(nodes, self.plan)
        self._use(images, labels)
        values = {node: self._value(node, len(images)) for node in nodes}
        self._way_back(len(images), {}, 1.0, [])
        return Inspection(values, self._learned_gradients())

    def _learned_gradients(self) -> dict[str, Array]:
        learned = {slot.name for slot in self.plan.learned_slots}
        return {name: value for name, value in self._copies(self._gradient).items() if name in learned}

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
        self._use(images, labels)
        measured = measure(objectives, {each.node: self._value(each.node, len(images)) for each in objectives})
        nodes = [self.plan.tensor_of[name] for name in wanted if name in self.plan.tensor_of]
        gradients = self._way_back(len(images), measured.seeds, loss_weight, nodes)
        loss = _sums(self._lanes)[0] / len(images) if loss_weight else 0.0
        gradients |= {name: value for name, value in self._copies(self._gradient).items() if name in wanted}
        return Differentiation(measured.total + loss_weight * loss, measured.numbers, gradients)

    def _use(self, images: NDArray[np.generic], labels: NDArray[np.integer]) -> None:
        """Take at most a batch through all lanes."""
        order = np.arange(len(images))
        self._together([lane.use(images, labels, order) for lane in self._lanes])

    def _value(self, node: str, count: int) -> Array:
        """That of ``count`` images which have just been used."""
        index = self.plan.tensor_of[node].index
        return np.concatenate([lane.value(index) for lane in self._lanes])[:count]

    def _way_back(
        self, count: int, seeds: Mapping[str, Array], loss_weight: float, nodes: Sequence[Tensor]
    ) -> dict[str, Array]:
        """Gradients by ``nodes`` for ``count`` images which have just been used; those by all parameters are in
        ``_gradient`` then."""
        found: list[dict[int, Array]] = [{} for _ in self._lanes]

        def differentiate(number: int, lane: Lane) -> None:
            own = {self.plan.tensor_of[node].index: lane.own(seed) for node, seed in seeds.items()}
            found[number] = lane.differentiate(own, loss_weight, [node.index for node in nodes])

        self._crew.run([partial(differentiate, number, lane) for number, lane in enumerate(self._lanes)])
        self._add_gradients()
        return {node.node: np.concatenate([each[node.index] for each in found])[:count] for node in nodes}

    def _batches(self, count: int) -> Iterator[NDArray[np.integer]]:
        for first in range(0, count, self.batch_size):
            yield np.arange(first, min(first + self.batch_size, count))

    def _forward(
        self, images: NDArray[np.generic], order: NDArray[np.integer], labels: NDArray[np.integer] | None = None
    ) -> list[Lane]:
        """Take a batch through the lanes that it fills at least in part, and return those."""
        lanes = [lane for lane in self._lanes if lane.rows.start < len(order)]
        self._together([lane.use(images, labels, order) for lane in lanes])
        return lanes

    def _together(self, works: Sequence[Work]) -> None:
        """Let lanes work side by side, from one meeting to the next. All have the same meetings."""
        going_on = [True] * len(works)

        def advance(number: int, work: Work) -> None:
            going_on[number] = next(work, _DONE) is not _DONE

        while any(going_on):
            self._crew.run([partial(advance, number, work) for number, work in enumerate(works)])

    def poison(self) -> None:
        """For tests: fill every array that is not a parameter, nor optimizer state, with NaN."""
        self._scratch.fill(np.nan)
        for lane in self._lanes:
            lane.poison()

    def close(self) -> None:
        self._crew.close()


def lane_rows(batch_size: int) -> list[range]:
    """The batch cut into lanes of nearly equal width."""
    count = max(2 if batch_size >= SPLIT_FROM else 1, -(-batch_size // WIDEST))
    edges = [batch_size * lane // count for lane in range(count + 1)]
    return [range(first, last) for first, last in pairwise(edges)]


def _sums(lanes: Sequence[Lane]) -> tuple[float, int]:
    """Loss and right answers of a batch, added up in the order of its lanes."""
    return sum(lane.loss for lane in lanes), sum(lane.correct for lane in lanes)
