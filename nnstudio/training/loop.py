"""One pass through training: the part of a ``Trainer`` that changes while it works."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.dataset import Dataset, Samples
from nnstudio.engine.backend import Array, Backend, DeviceLostError, Executable, StepMetrics, TrainingState
from nnstudio.engine.initializers import initial_parameters
from nnstudio.engine.numpy.backend import NumpyBackend
from nnstudio.engine.optimizers import OptimizerBase
from nnstudio.engine.plan import Plan
from nnstudio.errors import NNStudioError
from nnstudio.training.control import Control, Mode
from nnstudio.training.early_stopping import EarlyStopping
from nnstudio.training.events import (
    DeviceChanged,
    EpochDone,
    Event,
    Finished,
    Paused,
    Resumed,
    Snapshot,
    Started,
    Steps,
)
from nnstudio.training.settings import TrainingSettings

FAR_WORSE_THAN_GUESSING = 3.0
"""Times the loss of an even guess: weights with such a loss are nothing to go back to."""


@dataclass(frozen=True)
class _Clock:
    """Images trained on and the seconds that took, without pauses and evaluations."""

    images: int = 0
    seconds: float = 0.0

    def plus(self, images: int, seconds: float) -> _Clock:
        return _Clock(self.images + images, self.seconds + seconds)

    @property
    def rate(self) -> float:
        return self.images / self.seconds if self.seconds else 0.0


class TrainingLoop:
    """Trains ``plan`` on ``backend`` and says what happens.

    ``step`` counts finished steps over all epochs and alone says where training is: epoch and batch follow from it.
    ``losses`` are those of validation after each epoch; with ``step`` they say what the learning rate is.
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
    ) -> None:
        self.plan, self.dataset, self.settings, self.backend = plan, dataset, settings, backend
        self.control, self.snapshot_interval = control, snapshot_interval
        self.per_epoch = settings.steps_per_epoch(len(dataset.train))
        self.total = settings.epochs * self.per_epoch
        self.learning_rate = control.learning_rate
        self.losses: tuple[float, ...] = ()
        self.early_stopping = EarlyStopping(settings.early_stopping)
        self.epoch_losses = np.zeros(self.per_epoch)
        self.epoch_correct = np.zeros(self.per_epoch, np.int64)
        self.epoch_counts = np.zeros(self.per_epoch, np.int64)
        self.clock, self.epoch_clock = _Clock(), _Clock()
        self.seconds_per_step = 0.0
        self.last_snapshot = 0.0
        self.executable = self._prepare(backend)
        try:
            self.latest = self.safe = self._begin(start)
        except DeviceLostError as error:
            self.executable.close()
            raise NNStudioError(error.message, error.hint) from error
        self.step = self.safe.step

    def _prepare(self, backend: Backend) -> Executable:
        """An executable with the training set resident; the order of the epoch is uploaded before the next step."""
        train, optimizer = self.dataset.train, self._optimizer()
        batch_size = min(self.settings.batch_size, len(train))
        need = backend.require_fit(self.plan, batch_size=batch_size, optimizer=optimizer, sample_bytes=train.nbytes)
        best = 4 * self.plan.flat_size * (1 + optimizer.slots) if self.early_stopping.patience else 0
        self.memory = need.total + best
        executable = backend.prepare(self.plan, batch_size=batch_size, optimizer=optimizer, seed=self.settings.seed)
        executable.load_samples(train.images, train.labels)
        self.loaded_epoch = -1
        return executable

    def _optimizer(self) -> OptimizerBase:
        """The optimizer of the settings, at the rate that holds now."""
        return self.settings.optimizer.model_copy(update={"learning_rate": self.learning_rate})

    def _begin(self, start: Mapping[str, Array] | TrainingState | None) -> TrainingState:
        if isinstance(start, TrainingState):
            self.executable.write_state(start)
            self.losses = start.validation_losses
            if self.losses and start.step % self.per_epoch == 0:
                self.early_stopping.judge(start)
        else:
            fresh = initial_parameters(self.plan, self.settings.initializer, self.settings.seed)
            self.executable.write_parameters({**fresh, **(start or {})})
        return self._state()

    def _state(self) -> TrainingState:
        return replace(self.executable.read_state(), validation_losses=self.losses)

    # ---- the loop

    def events(self) -> Iterator[Event]:
        try:
            yield Started(
                self.backend.name, self.executable.batch_size, self.per_epoch, self.settings.epochs,
                self.learning_rate, self.memory,
            )  # fmt: skip
            yield Snapshot(self.step, self.safe.result, self.safe)
            while self.step < self.total and not self.control.stopping and not self.early_stopping.due(self.losses):
                if self.control.waiting:
                    yield from self._wait(Paused(self.step))
                    continue
                try:
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

    def _wait(self, paused: Paused) -> Iterator[Event]:
        yield paused
        self.control.wait()
        if not self.control.stopping:
            yield Resumed(self.step)

    def _stretch(self) -> Iterator[Event]:
        """Some steps on end: until the next snapshot, the end of the epoch, or one when stepping."""
        began = perf_counter()
        rates = self._learning_rates()
        metrics = self._train(rates)
        count, images = len(metrics.losses), int(metrics.counts.sum())
        if not np.isfinite(metrics.losses).all():
            yield from self._diverged(metrics)
            return
        if metrics.losses.max() < FAR_WORSE_THAN_GUESSING * _loss_of_guessing(self.plan):
            self.safe = self.latest
        self.step += count
        seconds = perf_counter() - began
        self.seconds_per_step = seconds / count
        self.clock = self.clock.plus(images, seconds)
        self.epoch_clock = self.epoch_clock.plus(images, seconds)
        epoch = (self.step - 1) // self.per_epoch + 1
        accuracies = self._accuracy(metrics.correct, metrics.counts)
        yield Steps(self.step, epoch, metrics.losses, accuracies, float(rates[-1]), images / seconds, rates)
        # Its loss belongs to the state at the end of an epoch, so validation comes before the snapshot.
        done = self._epoch_done(epoch) if self.step % self.per_epoch == 0 else None
        if done or self.control.waiting or perf_counter() - self.last_snapshot >= self.snapshot_interval:
            yield self._snapshot()
        if done:
            self.early_stopping.judge(self.latest)
            yield done

    def _learning_rates(self) -> NDArray[np.float64]:
        """One for each of the next steps, at most to the end of the epoch; a change by hand changes them all."""
        self.learning_rate = self.control.learning_rate
        count = min(self._steps_until_snapshot(), self.per_epoch - self.step % self.per_epoch)
        steps = np.arange(self.step, self.step + count)
        return self.learning_rate * self.settings.schedule.factors(steps, self.per_epoch, self.total, self.losses)

    def _train(self, rates: NDArray[np.float64]) -> StepMetrics:
        """Queue a step for each of the learning rates and wait for them."""
        epoch, batch = divmod(self.step, self.per_epoch)
        if epoch != self.loaded_epoch:
            self.executable.begin_epoch(shuffled(len(self.dataset.train), self.settings.seed, epoch))
            self.loaded_epoch = epoch
        self.executable.set_augmentation(self.control.augmentation)
        self.executable.train(batch, len(rates), rates.tolist())
        metrics = self.executable.drain()
        self.control.step_done()
        stretch = slice(batch, batch + len(rates))
        self.epoch_losses[stretch], self.epoch_correct[stretch] = metrics.losses, metrics.correct
        self.epoch_counts[stretch] = metrics.counts
        return metrics

    def _steps_until_snapshot(self) -> int:
        if self.control.single or not self.seconds_per_step:
            return 1
        return max(1, int(self.snapshot_interval / self.seconds_per_step))

    def _snapshot(self) -> Snapshot:
        self.latest = self._state()
        self.last_snapshot = perf_counter()
        return Snapshot(self.step, self.latest.result, self.latest)

    def _epoch_done(self, epoch: int) -> EpochDone:
        counts = self.epoch_counts
        loss = float(np.average(self.epoch_losses, weights=counts))
        accuracy = float(self._accuracy(self.epoch_correct.sum(), counts.sum()))
        validation = self._evaluate(self.dataset.validation)
        self.losses = (*self.losses, validation[0])
        rate, self.epoch_clock = self.epoch_clock.rate, _Clock()
        return EpochDone(epoch, self.step, loss, accuracy, *validation, rate)

    def _evaluate(self, samples: Samples) -> tuple[float, float]:
        result = self.executable.evaluate(samples.images, samples.labels, averaged=True)
        return result.loss, result.accuracy

    def _accuracy(self, correct: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.float64]:
        return correct / counts if self.plan.classes else np.full_like(counts, np.nan, np.float64)

    def _finish(self) -> Finished:
        stopped = self.control.stopping
        best = None if stopped else self.early_stopping.best
        best_epoch = best.step // self.per_epoch if best else None
        if best:
            self.executable.write_state(best)
        test = None if stopped or self.dataset.test is None else self._evaluate(self.dataset.test)
        epoch = -(-self.step // self.per_epoch)
        loss, accuracy = test or (None, None)
        return Finished(
            self.step, epoch, best or self._state(), stopped, self.backend.name, self.clock.rate, loss, accuracy,
            stopped_early=not stopped and self.step < self.total, best_epoch=best_epoch,
        )  # fmt: skip

    # ---- when things go wrong

    def _diverged(self, metrics: StepMetrics) -> Iterator[Event]:
        """Pause at the last good weights and say where numbers stopped being numbers."""
        step = self.step + int(np.flatnonzero(~np.isfinite(metrics.losses))[0]) + 1
        culprit = _first_not_finite(self.executable.read_parameters())
        where = f"; the weights {culprit} are no longer finite" if culprit else ""
        self._go_back(self.safe)
        self.control.set(Mode.PAUSE)
        reason = f"Training diverged: the loss became NaN or infinite in step {step:,}{where}."
        hint = (
            f"The weights are back at step {self.step:,}: "
            f"lower the learning rate (now {self.learning_rate:g}), then go on."
        )
        yield Snapshot(self.step, self.safe.result, self.safe)
        yield from self._wait(Paused(self.step, reason, hint))

    def _fall_back(self, error: DeviceLostError) -> DeviceChanged:
        """Go on from the newest snapshot on NumPy."""
        failed, self.backend = self.backend.name, NumpyBackend()
        self.executable.close()
        self.executable = self._prepare(self.backend)
        self._go_back(self.latest)
        message = f"{failed} failed: {error.message} Training goes on from step {self.step:,} on {self.backend.name}."
        return DeviceChanged(self.step, self.backend.name, message)

    def _go_back(self, state: TrainingState) -> None:
        self.executable.write_state(state)
        self.latest, self.step, self.loaded_epoch, self.seconds_per_step = state, state.step, -1, 0.0
        self.losses = state.validation_losses
        self.early_stopping.go_back(state.step)


def shuffled(count: int, seed: int, epoch: int) -> NDArray[np.int32]:
    """The order of samples in an epoch (from 0): from seed and epoch alone, so that a resumed run sees the same."""
    return np.random.default_rng((seed, epoch)).permutation(np.arange(count, dtype=np.int32))


def _loss_of_guessing(plan: Plan) -> float:
    """About the most that an even guess costs."""
    return float(np.log(plan.output.size + 1) * max((1.0, *plan.loss.class_weights)))


def _first_not_finite(parameters: Mapping[str, Array]) -> str | None:
    return next((name for name, values in parameters.items() if not np.isfinite(values).all()), None)
