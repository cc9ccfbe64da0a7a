"""The thread that trains, and the letter box through which its events reach the window."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal, Slot

from nnstudio.engine.augmentation import Augmentation
from nnstudio.engine.backend import TrainingState
from nnstudio.engine.optimizers import OptimizerBase
from nnstudio.errors import NNStudioError
from nnstudio.network import NetworkSpec
from nnstudio.training.events import Event, Failed, Judged, Measured, Snapshot
from nnstudio.training.recorder import Recorder
from nnstudio.training.settings import TrainingSettings


@dataclass(frozen=True)
class Request:
    """All that a run needs to know; `state` is where it begins, ``None`` for fresh weights. `designed` is the network
    with its muted layers and blocks, for whoever keeps the run.

    Where making the state takes long, `carry` does it, on the working thread. `run` tells what comes of it from all
    other runs, in whatever is kept of it; empty until it begins. `parent` tells the run that the state is of. A `guest`
    is no run of what was on the desk and comes back to it, as a run of a sweep: it leaves the desk's past alone.
    """

    spec: NetworkSpec
    settings: TrainingSettings
    dataset: str
    device: str
    state: Mapping[str, NDArray[np.floating]] | TrainingState | None = None
    carry: Callable[[], TrainingState] | None = None
    designed: NetworkSpec | None = None
    run: str = ""
    parent: str = ""
    guest: bool = False

    def settled(self) -> Request:
        """The same with the state made."""
        return replace(self, state=self.carry(), carry=None) if self.carry else self


@dataclass(frozen=True)
class Preparing:
    """What is being made ready; `done` of `total` if that is known (else 0), `class_names` once the data is there."""

    text: str
    done: int = 0
    total: int = 0
    class_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ended:
    """The run is over, whatever happened; nothing comes after it."""


Letter = Event | Preparing | Ended


class Steerable(Protocol):
    """What a trainer must offer to be run here; the methods but `run` are called from other threads."""

    def run(self) -> Iterator[Event]: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def step_once(self) -> None: ...
    def step_epoch(self) -> None: ...
    def stop(self) -> None: ...
    def set_learning_rate(self, value: float) -> None: ...
    def set_augmentation(self, augmentation: Augmentation) -> None: ...
    def set_optimizer(self, optimizer: OptimizerBase) -> None: ...
    def set_batch_size(self, batch_size: int) -> None: ...


MakeRecorder = Callable[[Request], Recorder | None]
"""Makes what keeps a run's events, or nothing where it is not to be kept; in the working thread."""

Prepare = Callable[[Request, Callable[[Preparing], None], threading.Event], Steerable]
"""Makes a trainer; reports on the way, and gives up with an `NNStudioError` soon after the event is set."""


def prepare_trainer(request: Request, report: Callable[[Preparing], None], cancel: threading.Event) -> Steerable:
    """The real one: load the data, open the device. Imports late, because both take long and the window comes first."""
    from nnstudio.data.catalog import load_dataset
    from nnstudio.engine.devices import open_backend
    from nnstudio.training.trainer import Trainer

    report(Preparing("Loading the data"))
    dataset = load_dataset(
        request.dataset, progress=lambda done, total: report(Preparing("Loading the data", done, total)), cancel=cancel
    )
    report(Preparing("Preparing the device", class_names=dataset.class_names))
    backend = open_backend(request.device)
    return Trainer(request.spec, dataset, request.settings, backend=backend, state=request.state, measures=True)


_KEPT: dict[type[Letter], int] = {Snapshot: 1, Measured: 4, Judged: 4}
"""Of letters that are large or come often, how many wait at most: the newest. Recorders have had them all."""


class Mailbox:
    """Letters from the working thread; of the snapshots only the newest is kept, of measurements the newest few."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._letters: list[Letter] = []

    def put(self, letter: Letter) -> bool:
        """Whether the box was empty, so that somebody should be told."""
        with self._lock:
            was_empty = not self._letters
            self._letters.append(letter)
            self._drop_old(type(letter))
            return was_empty

    def _drop_old(self, kind: type[Letter]) -> None:
        """Drop the oldest of a kind of which too many wait."""
        alike = [other for other in self._letters if type(other) is kind] if kind in _KEPT else []
        if alike and len(alike) > _KEPT[kind]:
            self._letters = [other for other in self._letters if other is not alike[0]]

    def take(self) -> list[Letter]:
        """All letters in order; the box is empty afterwards."""
        with self._lock:
            letters, self._letters = self._letters, []
            return letters


class TrainingJob:
    """One run, steered from the window and worked on by the worker's thread."""

    def __init__(self, request: Request, prepare: Prepare, recorders: Sequence[MakeRecorder] = ()) -> None:
        self.request = replace(request, run=uuid4().hex)
        self._recorders = tuple(recorders)
        self.mailbox = Mailbox()
        self.cancelled = threading.Event()
        self.abandoned = False
        """Nobody wants to hear from it any more."""
        self._prepare = prepare
        self._lock = threading.Lock()
        self._trainer: Steerable | None = None
        self._waiting: list[Callable[[Steerable], None]] = []

    def steer(self, action: Callable[[Steerable], None]) -> None:
        """Tell the trainer something, or as soon as there is one."""
        with self._lock:
            if self._trainer is None:
                self._waiting.append(action)
            else:
                action(self._trainer)

    def stop(self) -> None:
        """End after the step in progress, or while still preparing."""
        self.cancelled.set()
        self.steer(lambda trainer: trainer.stop())

    def events(self, report: Callable[[Preparing], None]) -> Iterator[Event]:
        """Prepare and train; in the working thread. Recorders hear everything first."""
        request = self.request.settled()
        trainer = self._prepare(request, report, self.cancelled)
        with self._lock:
            self._trainer = trainer
            for action in self._waiting:
                action(trainer)
        recorders = [recorder for make in self._recorders if (recorder := make(request)) is not None]
        try:
            for event in trainer.run():
                for recorder in recorders:
                    recorder.record(event)
                yield event
        finally:
            for recorder in recorders:
                recorder.close()


class TrainingWorker(QObject):
    """Lives on the working thread and runs one job after another."""

    arrived = Signal()
    """There are letters; said again only after they were taken."""

    @Slot(object)
    def work(self, job: TrainingJob) -> None:
        """Run `job` to its end. What is no user's error is not caught here: it reaches the exception hook."""

        def post(letter: Letter) -> None:
            if job.mailbox.put(letter):
                self.arrived.emit()

        try:
            for event in job.events(post):
                post(event)
        except NNStudioError as error:
            if not job.cancelled.is_set():
                post(Failed(error.message, error.hint))
        finally:
            post(Ended())
