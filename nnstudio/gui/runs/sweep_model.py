"""A sweep as the window sees it: its runs, trained one after another, and what they came to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic

from PySide6.QtCore import QObject, QTimer, Signal

from nnstudio.gui.models.training_model import TrainingModel, TrainingPhase
from nnstudio.gui.runs.groups import free_group
from nnstudio.gui.runs.runs_model import RunsModel
from nnstudio.gui.runs.sweep_keeper import SweepKeeper
from nnstudio.training.events import EpochDone, Event, Failed, Finished, Paused
from nnstudio.training.runs import Run, runs_path
from nnstudio.training.sweep import Sweep, Variant
from nnstudio.training.sweep_runs import OPEN, Desk, OpenSweep, RunState, SweepRun, desk_of

_OTHER_DESK = "The network or the data were changed: the sweep has ended."
BEST = "best"
"""The tag of a sweep's best run, beside that of the sweep."""


class SweepModel(QObject):
    """Trains the variants of a `Sweep` through the `TrainingModel`, each an ordinary run from new weights that the
    history keeps under the tag `group`. Afterwards settings, weights and curves are those of before.

    A run that diverges or fails is noted and the next begins; a run that somebody stops elsewhere ends the sweep. What
    is still to be done then can be done later, also by the next session: `resume`.
    """

    changed = Signal()
    """The runs, or whether they are trained."""
    progressed = Signal()
    message = Signal(str, str, str)
    """Severity (``good``, ``warning``), what happened, what to do."""

    def __init__(
        self, training: TrainingModel, history: RunsModel, *, path: Path | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._training, self._history = training, history
        self._keeper = SweepKeeper(path or runs_path().with_name("sweep.json"), self)
        self._keeper.failed.connect(lambda what, hint: self.message.emit("warning", what, hint))
        self._looked = False
        """Whether it is known what an earlier session left."""
        self.paths: tuple[str, ...] = ()
        self.runs: tuple[SweepRun, ...] = ()
        self.group = ""
        self._at: int | None = None
        """Which of the runs is being trained."""
        self._desk: Desk | None = None
        """What the sweep under way is about."""
        self._about: Desk | None = None
        """The same of the last sweep."""
        self._base = training.settings
        self._leaving = ""
        """Why the sweep ends with the run under way."""
        self._began = self._seconds = 0.0
        self._epochs = 0
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._next)
        training.eventArrived.connect(self._hear)
        training.stateChanged.connect(self._follow)
        training.abandoned.connect(self._give_way)
        training.statusChanged.connect(self._tell_progress)
        history.began.connect(self._note_run)

    # ---- what there is to say

    @property
    def running(self) -> bool:
        return self._desk is not None

    @property
    def obstacle(self) -> str:
        """Why no sweep can begin; empty when one can."""
        if self._training.active:
            return "Training is under way: stop it first, so that the runs of the sweep can have the device."
        return self._training.obstacle

    def variants(self, sweep: Sweep) -> tuple[Variant, ...]:
        """The runs that it would have; `SettingError` says why there are none."""
        return sweep.variants(self._base if self.running else self._training.settings)

    @property
    def current(self) -> SweepRun | None:
        return self.runs[self._at] if self._at is not None else None

    @property
    def done(self) -> int:
        """Runs that are over."""
        return sum(run.state not in (*OPEN, RunState.RUNNING) for run in self.runs)

    @property
    def left(self) -> int:
        """Runs of a sweep that has ended before them."""
        return 0 if self.running else sum(run.state in OPEN for run in self.runs)

    @property
    def resume_obstacle(self) -> str:
        """Why the rest of the last sweep cannot be done now; empty when it can."""
        about, seen = self._about, self._seen_desk()
        if about and about.fingerprint != seen.fingerprint:
            return f"{self.group.capitalize()} is of another network ({about.network}): open that one to go on."
        if about and about.dataset != seen.dataset:
            return f"{self.group.capitalize()} is of other data ({about.dataset}): choose them to go on."
        return self.obstacle

    @property
    def progress(self) -> float:
        """From 0 to 1, over all runs."""
        running = self.current and self.current.state is RunState.RUNNING
        now = self._training.status.progress if running else 0.0
        return min(1.0, (self.done + now) / len(self.runs)) if self.runs else 0.0

    @property
    def seconds_left(self) -> float | None:
        """``None`` while nobody knows."""
        waiting = [run.variant for run in self.runs if run.state in OPEN]
        if self.current:
            left = 1 - self._training.status.progress
            now = self.current.variant.settings.epochs * left
        else:
            now = 0.0
        return self._seconds_for(now + sum(each.settings.epochs for each in waiting))

    def estimate(self, variants: Sequence[Variant]) -> float | None:
        """Seconds that so many runs take; ``None`` where nothing has been trained yet that would tell."""
        return self._seconds_for(sum(each.settings.epochs for each in variants))

    @property
    def best(self) -> int | None:
        """Which of the runs that came to their end has recognised most; without accuracies, has the least loss."""
        ended = [(number, run) for number, run in enumerate(self.runs) if run.state is RunState.DONE]
        by_accuracy = [(run.accuracy, -(run.loss or 0.0), -number) for number, run in ended if run.accuracy is not None]
        if by_accuracy:
            return -max(by_accuracy)[2]
        by_loss = [(run.loss, number) for number, run in ended if run.loss is not None]
        return min(by_loss)[1] if by_loss else None

    # ---- steering

    def prepare(self) -> None:
        """Know which sweeps there have been, and what was left of the last, before one begins."""
        if not self._history.ready:
            self._history.load()
        if not self._looked:
            self._looked = True
            self._keeper.read(self._take_up)

    def start(self, sweep: Sweep) -> None:
        """Train all of its runs, if that can be done now. `SettingError` where the sweep is not possible."""
        if self.running or self.obstacle:
            return
        variants = self.variants(sweep)
        self.paths, self.runs = sweep.paths, tuple(map(SweepRun, variants))
        self.group = free_group("sweep", self._history.runs, self.group)
        self._begin()

    def resume(self) -> None:
        """Do what is left of a sweep that has ended before its time, if that can be done now."""
        if self.left and not self.resume_obstacle:
            self._begin()

    def _begin(self) -> None:
        self._looked = True  # what an earlier session left is history now
        self._base, self._desk = self._training.settings, self._seen_desk()
        self._about = self._desk
        self._training.put_aside()
        self._at, self._leaving = None, ""
        self._seconds, self._epochs = 0.0, 0
        self._next()

    def skip(self) -> None:
        """Leave the run under way, and go on with the next."""
        if self.current and self.current.state is RunState.RUNNING:
            self._change(state=RunState.SKIPPED, note="skipped")
            self._training.stop()

    def cancel(self) -> None:
        """End it with the run under way; what was trained stays in the history."""
        if self.running:
            self._leave("The sweep was cancelled.")
            if self._training.active:
                self._training.stop()

    def shut_down(self) -> None:
        """Put what was there before on the desk again; for the end of the program, before training is shut down."""
        if self.running:
            self._break_off()
            self._training.take_back()
            self.changed.emit()
        self._keeper.wait()

    # ---- one run after another

    def _next(self) -> None:
        if self._desk is None:
            return
        if not self._leaving and self._desk != self._seen_desk():
            self._leaving = _OTHER_DESK
        if not self._leaving:
            self._leaving = self._training.obstacle
        waiting = next((n for n, run in enumerate(self.runs) if run.state in OPEN), None)
        if self._leaving or waiting is None:
            self._finish()
            return
        self._at, self._began = waiting, monotonic()
        self.runs = (*self.runs[:waiting], SweepRun(self.runs[waiting].variant), *self.runs[waiting + 1 :])
        self._change(state=RunState.RUNNING)
        self._training.choose(from_current=False)
        self._training.set_settings(self.runs[waiting].variant.settings)
        self._training.play()

    def _follow(self, phase: TrainingPhase) -> None:
        """A run has ended: how, has been heard before."""
        if phase is not TrainingPhase.IDLE or self.current is None:
            return
        if self.current.state is RunState.RUNNING:
            self._change(state=RunState.STOPPED, note="stopped")
            why = "The run was stopped, and with it the sweep."
            self._leave(why if self._desk == self._seen_desk() else _OTHER_DESK)
        self._at = None
        self._soon.start(0)  # the model that tells this is still busy with the end of the run

    def _hear(self, event: Event) -> None:
        run = self.current
        if run is None or run.state is not RunState.RUNNING:
            return
        match event:
            case EpochDone():
                losses, accuracies = (*run.losses, event.validation_loss), (*run.accuracies, event.validation_accuracy)
                self._change(losses=losses, accuracies=accuracies)
            case Paused(reason=reason) if reason:
                self._change(state=RunState.FAILED, note=reason)
                self._training.stop()
            case Failed():
                self._change(state=RunState.FAILED, note=event.message)
            case Finished(stopped=False):
                self._seconds += monotonic() - self._began
                self._epochs += event.epoch
                self._change(state=RunState.DONE, best_epoch=event.best_epoch)

    def _finish(self) -> None:
        """Everything as it was before, and the best run marked."""
        self._desk = self._at = None
        self._training.take_back()
        best, ended = self.best, sum(run.state is RunState.DONE for run in self.runs)
        if best is not None and ended > 1 and (uuid := self.runs[best].uuid):
            self._history.set_starred([uuid], True)
            known = self._history.run(uuid)
            self._history.set_tags(uuid, (*(known.tags if known else (self.group,)), BEST))
        if self._leaving:
            self.message.emit("warning", self._leaving, "Settings and weights are those of before; the runs are kept.")
        elif best is not None:
            what = f"{self.group.capitalize()} is done. Best: {self.runs[best].variant.name}."
            self.message.emit("good", what, "Settings and weights are those of before; the runs are kept.")
        self.changed.emit()

    def _leave(self, why: str) -> None:
        self._leaving = self._leaving or why
        if self.current is None:
            self._soon.start(0)
        elif self.current.state is RunState.RUNNING:
            self._change(state=RunState.STOPPED, note="cancelled")

    def _give_way(self) -> None:
        """Something else comes onto the desk: of what was before, only the settings still mean something."""
        if self.running:
            self._break_off()
            self._training.set_settings(self._base)
            self.changed.emit()

    def _break_off(self) -> None:
        """The run under way comes to nothing, and no other follows."""
        if self.current and self.current.state is RunState.RUNNING:
            self._change(state=RunState.STOPPED, note="stopped")
        self._desk = self._at = None

    # ---- keeping note

    def _note_run(self, run: Run) -> None:
        """The history has begun to keep the run under way."""
        if self.current and self.current.uuid is None and run.uuid == self._training.run:
            self._change(uuid=run.uuid)
            self._history.rename(run.uuid, self.current.variant.name)
            self._history.set_tags(run.uuid, (self.group,))

    def _change(self, **changes: object) -> None:
        assert self._at is not None, "only the run under way changes"
        runs = list(self.runs)
        runs[self._at] = replace(runs[self._at], **changes)  # type: ignore[arg-type]
        self.runs = tuple(runs)
        if "state" in changes:
            unfinished = any(run.state in (*OPEN, RunState.RUNNING) for run in runs)
            self._keeper.keep(self._written() if unfinished else None)
        self.changed.emit()

    def _written(self) -> OpenSweep:
        """As it is to be found after a sudden end: the run under way was cut off."""
        runs = [replace(run, state=RunState.STOPPED) if run.state is RunState.RUNNING else run for run in self.runs]
        assert self._about, "a sweep that is kept is about something"
        return OpenSweep(self.group, self.paths, self._about, tuple(runs))

    def _take_up(self, sweep: OpenSweep | None) -> None:
        """What an earlier session left, where no other sweep has been here."""
        if sweep and not self.runs:
            self.group, self.paths, self.runs, self._about = sweep.group, sweep.paths, sweep.runs, sweep.desk
            self.changed.emit()

    def _tell_progress(self) -> None:
        if self.running:
            self.progressed.emit()

    def _seen_desk(self) -> Desk:
        return desk_of(self._training.next_request().spec, self._training.dataset)

    def _seconds_for(self, epochs: float) -> float | None:
        if self._epochs:
            return epochs * self._seconds / self._epochs
        status = self._training.status
        if not status.images_per_second or not status.steps_per_epoch:
            return None
        return epochs * status.steps_per_epoch * status.batch_size / status.images_per_second
