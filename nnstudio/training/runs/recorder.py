"""Keeps a run while it is trained: everything that it says, in the database of runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import isfinite
from time import monotonic, time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.errors import NNStudioError
from nnstudio.training.events import (
    DeviceChanged,
    EpochDone,
    Event,
    Failed,
    Finished,
    Judged,
    Measured,
    Paused,
    Resumed,
    SettingsChanged,
    Snapshot,
    Started,
    Steps,
)
from nnstudio.training.runs.database import PATIENCE, RunStoreBusyError
from nnstudio.training.runs.packing import Spread
from nnstudio.training.runs.pending import Pending
from nnstudio.training.runs.records import Mark, Origin, Run, RunStatus
from nnstudio.training.runs.store import RunStore

PERIOD = 1.0
"""Seconds between two transactions at least."""
WEIGHTS_PERIOD = 30.0
"""Seconds between two times that the weights are kept."""
RETRY_PERIOD = 10.0
"""Seconds until what could not be written is tried again."""
_SHORT_PATIENCE = 0.02
"""Seconds that training waits for another process that writes."""

TRAINING = ("training_loss", "training_accuracy", "learning_rate")
VALIDATION = ("validation_loss", "validation_accuracy")
SPEED = ("images_per_second", "seconds")
MEMORY = ("device_memory",)


class RunRecorder:
    """Hears a run and writes at most once a second, in the thread that made it and its ``store``.

    ``told`` hears what the run's line in the table says now, after each time it was written. What cannot be written is
    reported to ``failed`` (what happened, what to do) once and tried again later; training never hears of it.
    """

    def __init__(
        self,
        store: RunStore,
        origin: Origin,
        *,
        told: Callable[[Run], object] = lambda _: None,
        failed: Callable[[str, str], object] = lambda _message, _hint: None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._store, self._told, self._failed, self._clock = store, told, failed, clock
        self._pending = Pending()
        self._parameters: Mapping[str, NDArray[np.floating]] | None = None
        self._complained = False
        self._heard = self._next_write = clock()
        self._next_weights = self._heard + WEIGHTS_PERIOD
        self._training_time = self._images = 0.0
        self._batch_size = 0
        self._paused = False
        self.run = store.begin(origin)
        store.set_patience(_SHORT_PATIENCE)
        told(self.run)

    # ---- hearing

    def record(self, event: Event) -> None:
        self._count_time()
        match event:
            case Started():
                self._set(device=event.device, class_names=event.class_names)
                self._batch_size = event.batch_size
            case Steps():
                self._steps(event)
            case EpochDone():
                self._epoch(event)
            case Measured():
                self._measured(event)
            case Judged():
                self._pending.judgements.append(event)
            case Snapshot():
                self._parameters = event.parameters
            case SettingsChanged():
                self._pending.marks.append(Mark(event.step, event.text))
            case DeviceChanged():
                self._set(device=event.device)
                self._pending.marks.append(Mark(event.step, event.message))
            case Paused():
                self._paused = True
                self._next_write = self._clock()  # who knows what comes next, and when
                if event.reason:
                    self._pending.marks.append(Mark(event.step, event.reason))
            case Resumed():
                self._paused = False
            case Finished():
                self._finished(event)
            case Failed():
                self._end(RunStatus.FAILED)
        if self._clock() >= self._next_write:
            self._write()

    def close(self) -> None:
        """Write what is left; a run that nothing has ended has failed."""
        if self.run.status is RunStatus.RUNNING:
            self._end(RunStatus.FAILED)
        try:
            self._store.set_patience(PATIENCE)
            self._write()
            self._keep_weights()
            self._store.prune_weights()
        except NNStudioError as error:
            self._complain(error)
        self._store.close()

    def _count_time(self) -> None:
        now = self._clock()
        if not self._paused:
            self._set(seconds=self.run.seconds + now - self._heard)
        self._heard = now

    def _steps(self, event: Steps) -> None:
        count = len(event.losses)
        steps = np.arange(event.step - count + 1, event.step + 1)
        rates = event.learning_rates if len(event.learning_rates) else np.full(count, event.learning_rate)
        self._pending.add(TRAINING, steps, np.stack([event.losses, event.accuracies, rates]))
        self._pending.add(SPEED, steps[-1:], np.array([[event.images_per_second], [self.run.seconds]]))
        if event.images_per_second > 0:
            self._images += count * self._batch_size
            self._training_time += count * self._batch_size / event.images_per_second
        rate = self._images / self._training_time if self._training_time else event.images_per_second
        self._set(step=event.step, epoch=event.epoch, images_per_second=rate)

    def _epoch(self, event: EpochDone) -> None:
        loss, accuracy = _known(event.validation_loss), _known(event.validation_accuracy)
        self._pending.add(VALIDATION, np.array([event.step]), np.array([[loss], [accuracy]], np.float64))
        self._set(
            validation_loss=loss,
            validation_accuracy=accuracy,
            best_validation_loss=_best(min, self.run.best_validation_loss, loss),
            best_validation_accuracy=_best(max, self.run.best_validation_accuracy, accuracy),
        )

    def _measured(self, event: Measured) -> None:
        self._pending.spreads.append(Spread.of(event))
        figures = {}
        for name, one in event.parameters.items():
            figures[f"weight_norm/{name}"] = one.norm
            figures[f"gradient_norm/{name}"] = one.gradient_norm
            figures[f"update_norm/{name}"] = one.update_norm
        for name, output in event.activations.items():
            figures[f"mean/{name}"], figures[f"deviation/{name}"] = output.mean, output.deviation
            figures[f"zeros/{name}"], figures[f"dead/{name}"] = output.zeros, output.dead
        step = np.array([event.step])
        if figures:
            self._pending.add(tuple(figures), step, np.array([list(figures.values())], np.float64).T)
        if event.memory:
            self._pending.add(MEMORY, step, np.array([[event.memory]], np.float64))

    def _finished(self, event: Finished) -> None:
        self._parameters = event.state.result
        self._set(
            step=event.step,
            epoch=event.epoch,
            device=event.device,
            images_per_second=event.images_per_second,
            test_loss=_known(event.test_loss),
            test_accuracy=_known(event.test_accuracy),
        )
        self._end(RunStatus.STOPPED if event.stopped else RunStatus.DONE)

    def _end(self, status: RunStatus) -> None:
        self._set(status=status, ended=time())
        self._next_write = self._clock()

    def _set(self, **columns: Any) -> None:
        self.run = replace(self.run, **columns)
        self._pending.columns |= columns

    # ---- writing

    def _write(self) -> None:
        now = self._clock()
        self._next_write = now + PERIOD
        try:
            with self._store.transaction():
                self._pending.write(self._store, self.run.uuid)
            self._pending = Pending()
            if now >= self._next_weights:
                self._next_weights = now + WEIGHTS_PERIOD
                self._keep_weights()
        except RunStoreBusyError:  # next time it will work
            self._pending.bound()
        except NNStudioError as error:
            self._next_write = now + RETRY_PERIOD
            self._pending.bound()
            self._complain(error)
        self._told(self.run)

    def _keep_weights(self) -> None:
        if self._parameters is not None:
            self._store.weights.write(self.run.uuid, self._parameters)
            self._parameters = None

    def _complain(self, error: NNStudioError) -> None:
        if not self._complained:
            self._complained = True
            self._failed(error.message, f"Training goes on. {error.hint}".rstrip())


def _known(figure: float | None) -> float | None:
    """SQLite has no NaN: what is none is not known."""
    return figure if figure is not None and isfinite(figure) else None


def _best(better: Callable[[float, float], float], before: float | None, now: float | None) -> float | None:
    if before is None or now is None:
        return now if before is None else before
    return better(before, now)
