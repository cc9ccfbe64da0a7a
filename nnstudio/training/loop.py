"""One pass through training: the part of a ``Trainer`` that changes while it works."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import nan
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.dataset import Dataset, Samples
from nnstudio.engine.backend import Array, Backend, DeviceError, DeviceLostError, Executable, StepMetrics, TrainingState
from nnstudio.engine.initializers import initial_parameters
from nnstudio.engine.plan import Plan
from nnstudio.errors import NNStudioError
from nnstudio.training.changes import changes_text
from nnstudio.training.control import Control, Mode
from nnstudio.training.early_stopping import EarlyStopping
from nnstudio.training.events import (
    DeviceChanged,
    EpochDone,
    Event,
    Finished,
    Judged,
    Paused,
    Resumed,
    SettingsChanged,
    Snapshot,
    Started,
    Steps,
)
from nnstudio.training.settings import TrainingSettings
from nnstudio.training.soundness import divergence_text, is_finite, worth_going_back_to
from nnstudio.training.tally import Tally
from nnstudio.training.watch import Watch


class TrainingLoop:
    """Trains ``plan`` on ``backend`` and says what happens.

    ``step`` counts finished steps and ``seen`` the pictures in them, over all epochs: where training stands in an
    epoch follows from ``seen`` alone, whatever the batch size is and was. ``losses`` are those of validation after each
    epoch; with ``seen`` they say what the learning rate is. Training figures of an epoch in the midst of which a run
    began from a state are means over the steps that this run did.

    ``latest`` is the newest snapshot, from which training goes on when a device fails; ``safe`` is the newest whose
    next losses were sound, to which it goes back when it diverges.
    """

    def __init__(
        self,
        plan: Plan,
        dataset: Dataset,
        settings: TrainingSettings,
        backend: Backend,
        start: Mapping[str, Array] | TrainingState | None,
        control: Control,
        snapshot_interval: float,
        watch: Watch | None = None,
        stretch: int | None = None,
    ) -> None:
        self.plan, self.dataset, self.settings, self.backend = plan, dataset, settings, backend
        self.control, self.snapshot_interval, self.watch = control, snapshot_interval, watch
        self.stretch = stretch
        """Steps on end, where it is not a snapshot that they go on to."""
        self.images = len(dataset.train)
        self.total = settings.epochs * self.images
        self.now = control.adjustable
        self.losses: tuple[float, ...] = ()
        self.early_stopping = EarlyStopping(settings.early_stopping)
        self.tally = Tally()
        self.last_snapshot = 0.0
        self.step = self.seen = 0
        self.executable = self._prepare(backend)
        try:
            self.latest = self.safe = self._begin(start)
        except DeviceLostError as error:
            self.executable.close()
            raise NNStudioError(error.message, error.hint) from error

    @property
    def per_epoch(self) -> int:
        """Steps in an epoch with batches as large as they are now."""
        return -(-self.images // self.executable.batch_size)

    def _prepare(self, backend: Backend) -> Executable:
        """An executable with the training set resident; the order of the epoch is uploaded before the next step."""
        train, optimizer = self.dataset.train, self.now.optimizer
        batch_size = min(self.now.batch_size, len(train))
        need = backend.require_fit(self.plan, batch_size=batch_size, optimizer=optimizer, sample_bytes=train.nbytes)
        best = 4 * self.plan.flat_size * (1 + optimizer.slots) if self.early_stopping.patience else 0
        self.memory = need.total + best
        executable = backend.prepare(self.plan, batch_size=batch_size, optimizer=optimizer, seed=self.settings.seed)
        executable.load_samples(train.images, train.labels)
        self.order_from: int | None = None
        return executable

    def _begin(self, start: Mapping[str, Array] | TrainingState | None) -> TrainingState:
        if isinstance(start, TrainingState):
            self._take(start)
        else:
            fresh = initial_parameters(self.plan, self.settings.initializer, self.settings.seed)
            self.executable.write_parameters({**fresh, **(start or {})})
        return self._state()

    def _take(self, state: TrainingState) -> None:
        """Be where ``state`` was made."""
        self.executable.write_state(state)
        self.step, self.seen, self.losses = state.step, self._seen(state), state.validation_losses
        self.order_from = None
        self.early_stopping.restore(state, judged=self.seen % self.images == 0)

    def _seen(self, state: TrainingState) -> int:
        """Pictures before ``state``; where it does not say, batches have always been as large as they are now."""
        if state.seen is not None:
            return state.seen
        epoch, batch = divmod(state.step, self.per_epoch)
        return epoch * self.images + batch * self.executable.batch_size

    def _state(self) -> TrainingState:
        best = self.early_stopping.best
        return replace(self.executable.read_state(), validation_losses=self.losses, seen=self.seen, best=best)

    # ---- the loop

    def events(self) -> Iterator[Event]:
        try:
            yield Started(
                self.backend.name, self.executable.batch_size, self.per_epoch, self.settings.epochs,
                self.now.optimizer.learning_rate, self.memory, self.dataset.class_names,
            )  # fmt: skip
            yield Snapshot(self.step, self.safe.result, self.safe)
            while self.seen < self.total and not self.control.stopping and not self.early_stopping.due(self.losses):
                try:
                    if self.control.waiting:
                        yield from self._pause()
                        continue
                    yield from self._adjust()
                    yield from self._stretch()
                except DeviceLostError as error:
                    yield self._fall_back(error)
            try:
                finished = self._finish()
            except DeviceLostError as error:  # what was learned must not be lost with the device that judges it
                yield self._fall_back(error)
                finished = self._finish()
            yield finished
        finally:
            self.executable.close()

    def _pause(self) -> Iterator[Event]:
        """Show and keep what there is at just this step."""
        if self.latest.step != self.step:
            yield self._snapshot()
        yield from self._wait(Paused(self.step))

    def _wait(self, paused: Paused) -> Iterator[Event]:
        yield paused
        self.control.wait()
        if not self.control.stopping:
            yield Resumed(self.step)

    def _adjust(self) -> Iterator[Event]:
        """Do as has been asked since the last step."""
        before, wanted = self.now, self.control.adjustable
        if wanted == before:
            return
        if wanted.optimizer != before.optimizer:
            self.executable.set_optimizer(wanted.optimizer)
        self.now = wanted
        text = changes_text(before, wanted)
        if wanted.batch_size != before.batch_size:
            problem = self._change_batches(before.batch_size)
            text = f"{text}: {problem}" if problem else text
        yield SettingsChanged(self.step, text)

    def _change_batches(self, before: int) -> str:
        """Go on with batches of another size, on a new executable in the state of the old. Where that is not possible
        with those of ``before``, and then it is said why."""
        old, state = self.executable, self._state()
        try:
            self.executable = self._prepare(self.backend)
            self.executable.write_state(state)
        except DeviceLostError:
            old.close()
            raise
        except DeviceError as error:
            self.executable, self.now = old, replace(self.now, batch_size=before)
            self.control.adjust(batch_size=before)
            return f"not possible. {error.message} Batches stay as they were"
        old.close()
        self.latest, self.order_from, self.tally.seconds_per_step = state, None, 0.0
        return ""

    def _stretch(self) -> Iterator[Event]:
        """Some steps on end: until the next snapshot, the end of the epoch, or one when stepping or measuring."""
        measuring = self._measuring()
        before = self._parameters() if measuring else None
        began = perf_counter()
        rates = self._learning_rates(measuring)
        metrics = self._train(rates)
        if not is_finite(metrics):
            yield from self._diverged(metrics)
            return
        if worth_going_back_to(metrics, self.plan):
            self.safe = self.latest
        self.step, self.seen = self.step + len(metrics.losses), self.seen + int(metrics.counts.sum())
        yield self._steps(metrics, rates, perf_counter() - began, measuring)
        # Its loss belongs to the state at the end of an epoch, so validation comes before the snapshot.
        done = self._epoch_done() if self.seen % self.images == 0 else None
        if done or self.control.single or perf_counter() - self.last_snapshot >= self.snapshot_interval:
            yield self._snapshot()
        if self.watch and before is not None:
            yield self.watch.measure(self.executable, before, self._parameters(), self.step, memory=self.memory)
        if done:
            self.early_stopping.judge(self.latest)
            self.control.epoch_done()
            yield done
            yield from self._judged(done.epoch)

    def _steps(self, metrics: StepMetrics, rates: NDArray[np.float64], seconds: float, measuring: bool) -> Steps:
        """Of a step on its own, which is waited for, the epoch so far says more about the speed."""
        alone = measuring and not self.control.single
        self.tally.add(metrics, seconds, on_end=not alone)
        speed = self.tally.epoch.rate if alone else int(metrics.counts.sum()) / seconds
        accuracies = self._accuracy(metrics.correct, metrics.counts)
        epoch, progress = -(-self.seen // self.images), self.seen / self.total
        return Steps(self.step, epoch, metrics.losses, accuracies, float(rates[-1]), speed, rates, progress)

    def _learning_rates(self, single: bool) -> NDArray[np.float64]:
        """One for each of the next steps, at most to the end of the epoch; a change by hand changes them all."""
        epoch, done = divmod(self.seen, self.images)
        first = epoch * self.per_epoch + done / self.executable.batch_size  # whole, unless batches have changed
        count = 1 if single else min(self._steps_until_snapshot(), self._steps_left())
        factors = self.settings.schedule.factors(
            first + np.arange(count), self.per_epoch, self.settings.epochs * self.per_epoch, self.losses
        )
        return self.now.optimizer.learning_rate * factors

    def _steps_left(self) -> int:
        """In this epoch."""
        return -(-(self.images - self.seen % self.images) // self.executable.batch_size)

    def _train(self, rates: NDArray[np.float64]) -> StepMetrics:
        """Queue a step for each of the learning rates and wait for them."""
        epoch, done = divmod(self.seen, self.images)
        if self.order_from is None or done == 0:
            self.executable.begin_epoch(shuffled(self.images, self.settings.seed, epoch)[done:])
            self.order_from = done
        self.executable.set_augmentation(self.now.augmentation)
        self.executable.train((done - self.order_from) // self.executable.batch_size, len(rates), rates.tolist())
        metrics = self.executable.drain()
        self.control.step_done()
        return metrics

    def _steps_until_snapshot(self) -> int:
        if self.stretch:
            return self.stretch
        if self.control.single or not self.tally.seconds_per_step:
            return 1
        wanted = max(1, int(self.snapshot_interval / self.tally.seconds_per_step))
        # A measurement at the end of the epoch needs the last step on its own.
        measures = self.watch is not None and self.watch.can_measure(self.tally.run.seconds)
        return min(wanted, max(1, self._steps_left() - 1)) if measures else wanted

    def _snapshot(self) -> Snapshot:
        self.latest = self._state()
        self.last_snapshot = perf_counter()
        return Snapshot(self.step, self.latest.result, self.latest)

    def _epoch_done(self) -> EpochDone:
        epoch = self.tally.end_epoch()
        accuracy = epoch.correct / epoch.count if self.plan.classes else nan
        validation = self._evaluate(self.dataset.validation)
        self.losses = (*self.losses, validation[0])
        number = self.seen // self.images
        return EpochDone(number, self.step, epoch.loss, accuracy, *validation, epoch.images_per_second)

    # ---- looking on

    def _measuring(self) -> bool:
        """Whether the next step is to be measured: each when stepping, else when the watch wants to."""
        if self.watch is None or self.control.single:
            return self.watch is not None
        return self.watch.wants_to_measure(self.tally.run.seconds, last=self._steps_left() == 1)

    def _parameters(self) -> Mapping[str, Array]:
        """As they are, read anew only if they have to be."""
        return self.latest.parameters if self.latest.step == self.step else self.executable.read_parameters()

    def _judged(self, epoch: int) -> Iterator[Judged]:
        """The answers, as often as that is affordable and at the end."""
        if self.watch and self.plan.classes:
            end = self.seen >= self.total or self.early_stopping.due(self.losses)
            if end or self.watch.wants_to_judge(self.tally.run.seconds):
                yield from self.watch.judge(self.executable, self.step, epoch)

    def _evaluate(self, samples: Samples) -> tuple[float, float]:
        result = self.executable.evaluate(samples.images, samples.labels, averaged=True)
        return result.loss, result.accuracy

    def _accuracy(self, correct: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.float64]:
        return correct / counts if self.plan.classes else np.full_like(counts, np.nan, np.float64)

    def _finish(self) -> Finished:
        stopped = self.control.stopping
        best = None if stopped else self.early_stopping.best
        best_epoch = self._seen(best) // self.images if best else None
        if best:
            self.executable.write_state(best)
        test = None if stopped or self.dataset.test is None else self._evaluate(self.dataset.test)
        epoch = -(-self.seen // self.images)
        loss, accuracy = test or (None, None)
        return Finished(
            self.step, epoch, best or self._state(), stopped, self.backend.name, self.tally.run.rate, loss, accuracy,
            stopped_early=not stopped and self.seen < self.total, best_epoch=best_epoch,
        )  # fmt: skip

    # ---- when things go wrong

    def _diverged(self, metrics: StepMetrics) -> Iterator[Event]:
        """Pause at the last good weights and say where numbers stopped being numbers."""
        broken, step = self.executable.read_parameters(), self.step + len(metrics.losses)
        reason = divergence_text(metrics, self.step, broken)
        if self.watch:
            steps, memory = step - self.latest.step, self.memory
            yield self.watch.measure(self.executable, self.latest.parameters, broken, step, steps=steps, memory=memory)
        self._go_back(self.safe)
        self.control.set(Mode.PAUSE)
        hint = (
            f"The weights are back at step {self.step:,}: "
            f"lower the learning rate (now {self.now.optimizer.learning_rate:g}), then go on."
        )
        yield Snapshot(self.step, self.safe.result, self.safe)
        yield from self._wait(Paused(self.step, reason, hint))

    def _fall_back(self, error: DeviceLostError) -> DeviceChanged:
        """Go on from the newest snapshot on NumPy."""
        from nnstudio.engine.numpy.backend import NumpyBackend  # hardly ever needed, and the window waits for imports

        failed, self.backend = self.backend.name, NumpyBackend()
        self.executable.close()
        self.executable = self._prepare(self.backend)
        self._go_back(self.latest)
        message = f"{failed} failed: {error.message} Training goes on from step {self.step:,} on {self.backend.name}."
        return DeviceChanged(self.step, self.backend.name, message)

    def _go_back(self, state: TrainingState) -> None:
        self.tally.forget(self.step - state.step)
        self._take(state)
        self.latest = state


def shuffled(count: int, seed: int, epoch: int) -> NDArray[np.int32]:
    """The order of samples in an epoch (from 0): from seed and epoch alone, so that a resumed run sees the same."""
    return np.random.default_rng((seed, epoch)).permutation(np.arange(count, dtype=np.int32))
