"""A race of forks as the window sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from math import inf, isfinite
from typing import Protocol
from uuid import uuid4

from PySide6.QtCore import QObject, Signal

from nnstudio.engine.backend import TrainingState
from nnstudio.errors import NNStudioError
from nnstudio.gui.background import Background
from nnstudio.gui.models.curves import Curve
from nnstudio.gui.models.training_model import TrainingModel, TrainingPhase
from nnstudio.gui.models.weights_base import Parameters
from nnstudio.gui.runs.groups import free_group
from nnstudio.gui.runs.runs_model import RunsModel
from nnstudio.gui.worker import Mailbox, MakeRecorder, Request
from nnstudio.network import NetworkSpec
from nnstudio.training.events import EpochDone, Event, Failed, Finished, Paused, Snapshot, Started, Steps
from nnstudio.training.race import MOST_LANES, Changes, LaneEvent, Race, RaceError, forked, race_variant, untrained
from nnstudio.training.recorder import Recorder
from nnstudio.training.runs import Run
from nnstudio.training.settings import TrainingSettings

_NEWEST = 16
"""Steps over which the newest training losses are compared."""


@dataclass(frozen=True)
class Entry:
    """What a race is about: the run it forks from (its `settings` are those of `state`), and the variants; each of
    these has a request of its own too, for what keeps it."""

    request: Request
    state: TrainingState
    lanes: tuple[Request, ...]
    epochs: int

    @property
    def variants(self) -> tuple[TrainingSettings, ...]:
        return tuple(lane.settings for lane in self.lanes)


class Runner(Protocol):
    """A `Race`, or what a test has instead."""

    def run(self) -> Iterator[LaneEvent]: ...
    def stop(self) -> None: ...


MakeRace = Callable[[Entry], Runner]


def made_race(entry: Entry) -> Runner:
    """The real one. Imports late, as training does."""
    from nnstudio.data.catalog import load_dataset
    from nnstudio.engine.devices import open_backend

    request = entry.request
    dataset, backend = load_dataset(request.dataset), open_backend(request.device)
    return Race(
        request.spec, dataset, entry.variants, request.settings, entry.state, backend=backend, epochs=entry.epochs
    )


@dataclass
class Lane:
    """A variant, and what it has come to."""

    changes: Changes
    settings: TrainingSettings
    run: str = ""
    """What tells it from other runs, in whatever is kept of it."""
    losses: Curve = field(default_factory=Curve)
    accuracies: Curve = field(default_factory=Curve)
    """Both of training, over the steps of the race."""
    validation: tuple[float, float] | None = None
    """Loss and accuracy after the last epoch; of networks that answer with pictures the accuracy is NaN."""
    parameters: Parameters | None = None
    state: TrainingState | None = None
    epoch: int = 0
    steps_per_epoch: int = 0
    note: str = ""
    """Why it did not come to its end."""

    @property
    def rank(self) -> tuple[float, float]:
        """Less is better: by validation accuracy, then loss; before there are any, by the newest training losses."""
        if self.validation:
            loss, accuracy = self.validation
            return (-accuracy if isfinite(accuracy) else 0.0), loss
        return 0.0, float(self.losses.y[-_NEWEST:].mean()) if len(self.losses) else inf


class RaceModel(QObject):
    """Forks what training has come to into up to four variants and trains them in turn, in a thread of its own.

    Nothing on the desk changes until somebody keeps a lane. Every lane is a run, which the history keeps under the tag
    `group`.
    """

    changed = Signal()
    """Lanes, a problem, or whether a race is run."""
    keepAsked = Signal(object)
    """A `Lane`: training shall go on from there."""

    _arrived = Signal(object)

    def __init__(
        self, training: TrainingModel, history: RunsModel, *, make: MakeRace = made_race, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._training, self._history, self._make = training, history, make
        self.recorders: list[MakeRecorder] = []
        """What keeps each lane of a race that begins from now on."""
        self.group = ""
        self.lanes: tuple[Lane, ...] = ()
        self.spec: NetworkSpec | None = None
        """The network that races."""
        self.problem: NNStudioError | None = None
        self.running = False
        self.kept: int | None = None
        """The lane of the last race that stands on the desk since."""
        self.past: tuple[TrainingSettings, TrainingState] | None = None
        """A state of the past to fork, and the settings it was made with; ``None``: the newest."""
        self._stopping = False
        self._runner: Runner | None = None
        self._boxes: tuple[Mailbox, ...] = ()
        self._background = Background(self)
        self._arrived.connect(self._take)
        training.stateChanged.connect(self._give_way)
        training.settingsChanged.connect(self.changed)
        training.obstacleChanged.connect(self.changed)
        history.began.connect(self._note_run)

    @property
    def obstacle(self) -> str:
        """Why no race can begin; empty when one can."""
        if self._training.state in (TrainingPhase.RUNNING, TrainingPhase.PREPARING):
            return "Training is running: pause or stop it first, so that both do not wait for each other."
        return self._training.obstacle

    @property
    def origin(self) -> str:
        """In words where a race begins."""
        if self.past:
            return f"from step {self.past[1].step:,} on the timeline"
        newest = self._training.newest_state
        return f"from step {newest[1].step:,}" if newest else "from the weights on the desk, with a fresh optimizer"

    @property
    def winner(self) -> int | None:
        """The lane that leads, or has won."""
        ranked = [(lane.rank, number) for number, lane in enumerate(self.lanes) if lane.state and not lane.note]
        return min(ranked)[1] if ranked and self._comparable else None

    @property
    def _comparable(self) -> bool:
        """Different losses are not: where lanes have them, only accuracies can be compared."""
        racing = [lane for lane in self.lanes if not lane.note]
        judged = all(lane.validation and isfinite(lane.validation[1]) for lane in racing)
        return judged or len({lane.settings.loss for lane in racing}) == 1

    @property
    def base(self) -> tuple[NetworkSpec, TrainingSettings]:
        """What is on the desk: what lanes are variants of."""
        request = self._training.next_request()
        return request.spec, request.settings

    def set_past(self, past: tuple[TrainingSettings, TrainingState] | None) -> None:
        """Where on the timeline somebody stands."""
        self.past = past
        self.changed.emit()

    def start(self, lanes: Sequence[Changes], epochs: int) -> None:
        """Fork, if that can be done now. `NNStudioError` where a variant is not possible."""
        if self.running or self.obstacle:
            return
        entry = self._entry(tuple(race_variant(*self.base, changes) for changes in lanes), epochs)
        self.group = free_group("race", self._history.runs, self.group)
        self.lanes = tuple(map(Lane, lanes, entry.variants, (lane.run for lane in entry.lanes)))
        self._boxes = tuple(Mailbox() for _ in lanes)
        self.spec, self.problem, self.kept = entry.request.spec, None, None
        self.running, self._stopping = True, False
        self._background.run(partial(self._work, entry, self._boxes), self._end, self._fail)
        self.changed.emit()

    def stop(self) -> None:
        """End all lanes soon; what they have come to stays."""
        self._stopping = True
        if self._runner:
            self._runner.stop()

    def keep(self, lane: int) -> None:
        """Let training go on with this lane."""
        kept = self.lanes[lane]
        if not self.running and kept.state and not kept.note:
            self.keepAsked.emit(kept)
            self.kept = lane
            self.changed.emit()

    def shut_down(self) -> None:
        """End the race and wait for its thread; for the end of the program."""
        self.stop()
        self._background.wait()

    def _entry(self, variants: tuple[TrainingSettings, ...], epochs: int) -> Entry:
        request, newest = self._training.next_request(), self.past or self._training.newest_state
        settings = newest[0] if newest else request.settings
        if not 1 <= len(variants) <= MOST_LANES:
            raise RaceError(f"A race has between 1 and {MOST_LANES} lanes, not {len(variants)}.")
        state = newest[1] if newest else untrained(dict(self._training.parameters), settings.optimizer)
        base = replace(request, settings=settings, state=state, parent=self._training.run if newest else "", guest=True)
        return Entry(base, state, tuple(_lane_request(base, state, variant) for variant in variants), epochs)

    # ---- in the working thread

    def _work(self, entry: Entry, boxes: Sequence[Mailbox]) -> None:
        runner = self._runner = self._make(entry)
        if self._stopping:
            runner.stop()
        with ExitStack() as stack:
            recorders = [self._recorders_of(lane, stack) for lane in entry.lanes]
            for each in runner.run():
                for recorder in recorders[each.lane]:
                    recorder.record(each.event)
                if boxes[each.lane].put(each.event):
                    self._arrived.emit(boxes)

    def _recorders_of(self, lane: Request, stack: ExitStack) -> list[Recorder]:
        recorders = [recorder for make in self.recorders if (recorder := make(lane)) is not None]
        for recorder in recorders:
            stack.callback(recorder.close)
        return recorders

    def _give_way(self, phase: TrainingPhase) -> None:
        """Training has the device first."""
        if phase in (TrainingPhase.PREPARING, TrainingPhase.RUNNING):
            self.kept = None
            if self.running:
                self.stop()
        self.changed.emit()

    # ---- what it says

    def _note_run(self, run: Run) -> None:
        """The history has begun to keep a lane."""
        for number, lane in enumerate(self.lanes, start=1):
            if lane.run == run.uuid:
                self._history.rename(run.uuid, f"Lane {number} of {self.group}")
                self._history.set_tags(run.uuid, (self.group,))

    def _take(self, boxes: Sequence[Mailbox]) -> None:
        if boxes is not self._boxes:
            return
        for lane, box in zip(self.lanes, boxes, strict=True):
            for letter in box.take():
                _note(lane, letter)
        self.changed.emit()

    def _end(self, _: None) -> None:
        self._take(self._boxes)
        self.running, self._runner = False, None
        self.changed.emit()

    def _fail(self, problem: NNStudioError) -> None:
        self.running, self._runner, self.problem = False, None, problem
        self.changed.emit()


def _lane_request(base: Request, state: TrainingState, variant: TrainingSettings) -> Request:
    begun = forked(state, base.settings.optimizer, variant.optimizer)
    return replace(base, settings=variant, state=begun, run=uuid4().hex)


def _note(lane: Lane, event: Event) -> None:
    match event:
        case Started():
            lane.steps_per_epoch = event.steps_per_epoch
        case Steps():
            steps = range(len(lane.losses) + 1, len(lane.losses) + 1 + len(event.losses))
            lane.losses.extend(steps, event.losses)
            lane.accuracies.extend(steps, event.accuracies)
        case Snapshot():
            lane.parameters, lane.state = event.parameters, event.state
        case EpochDone():
            lane.validation, lane.epoch = (event.validation_loss, event.validation_accuracy), event.epoch
        case Paused(reason=reason) if reason:
            lane.note = reason
        case Failed():
            lane.note = event.message
        case Finished():
            lane.parameters, lane.state, lane.epoch = event.state.result, event.state, event.epoch
