"""Training as the window sees it: its state, its settings, its curves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from time import monotonic

from PySide6.QtCore import QObject, QThread, QTimer, Signal

from nnstudio.data.names import class_count
from nnstudio.engine.backend import TrainingState
from nnstudio.engine.surgery import Fate
from nnstudio.gui.models.curves import Curves
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.outcome import outcome
from nnstudio.gui.models.past_run import PastRun
from nnstudio.gui.models.progress import Progress
from nnstudio.gui.models.training_status import TrainingStatus, result_hint, result_text
from nnstudio.gui.models.weights_base import Memory, Parameters
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.gui.worker import (
    Ended,
    Letter,
    MakeRecorder,
    Prepare,
    Preparing,
    Request,
    TrainingJob,
    TrainingWorker,
    prepare_trainer,
)
from nnstudio.network import NetworkSpec
from nnstudio.training.events import (
    DeviceChanged,
    Failed,
    Finished,
    Paused,
    Resumed,
    Snapshot,
    Started,
)
from nnstudio.training.settings import TrainingSettings

_PERIOD = 1 / 30
"""Seconds between two looks into the mailbox."""


class TrainingPhase(StrEnum):
    IDLE = "idle"
    PREPARING = "preparing"
    RUNNING = "running"
    PAUSED = "paused"


@dataclass(frozen=True)
class Standing:
    """Where a person stands between two runs: what was chosen and learned, and what can go on."""

    settings: TrainingSettings
    from_current: bool
    curves: Curves
    status: TrainingStatus
    weights: Memory
    last: PastRun | None
    spec: NetworkSpec
    """What is computed."""
    parameters: Parameters | None
    """``None`` where there are none of that network yet."""
    muted: Parameters
    """What layers know that do nothing now."""


class TrainingModel(QObject):
    """Starts, steers and watches training, which happens on a thread of its own.

    Snapshots go to the `WeightsModel`. A run ends when the network that it computes is edited, or a weight is changed
    by hand; the next goes on where it stood, with what the weights and the optimizer's memory have become.
    """

    stateChanged = Signal(object)
    """The new `TrainingPhase`."""
    settingsChanged = Signal(object)
    """The new `TrainingSettings`."""
    choicesChanged = Signal()
    """The data set, the device, or where the next run begins."""
    obstacleChanged = Signal()
    """Whether the network can be trained."""
    curvesChanged = Signal()
    statusChanged = Signal()
    eventArrived = Signal(object)
    """Every event of the run, after this model has taken note of it; of those that come often (snapshots,
    measurements) the newest."""
    abandoned = Signal()
    """The run and what it came to are of no interest any more: something else comes onto the desk."""
    message = Signal(str, str, str)
    """Severity (``good``, ``warning``, ``error``), what happened, what to do."""

    _start = Signal(object)

    def __init__(
        self,
        network: NetworkModel,
        weights: WeightsModel,
        *,
        prepare: Prepare = prepare_trainer,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._network, self._weights, self._prepare = network, weights, prepare
        self.state = TrainingPhase.IDLE
        self.settings = TrainingSettings(epochs=20)  # enough to watch, on the slowest device and on the fastest
        self.dataset = "digits"
        self.device = "auto"
        self.from_current = False
        """Whether the next run goes on from the weights there are; it does after a run, until told otherwise."""
        self.class_names: tuple[str, ...] = ()
        self.recorders: list[MakeRecorder] = []
        """What keeps each run that begins from now on."""
        self._progress = Progress()
        self.aside: Standing | None = None
        """What is on the desk in truth while other runs are done, as those of a sweep; that is what is saved."""
        self._job: TrainingJob | None = None
        self._last: PastRun | None = None
        self._kept: tuple[TrainingJob, int] | None = None
        """Whose weights are shown, and after which step."""
        self._newest: Snapshot | None = None
        self._waiting = False
        """Whether to begin as soon as the old run has ended and the weights are there."""
        self._looked = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._take)
        self._thread = QThread(self)
        self._thread.setObjectName("training")
        self._worker = TrainingWorker()
        self._worker.moveToThread(self._thread)
        self._worker.arrived.connect(self._look_soon)
        self._start.connect(self._worker.work)
        network.set_classes(class_count(self.dataset))
        network.specChanged.connect(self._fit_loss)
        network.specChanged.connect(self._stop_when_edited)  # the last message stays, and this matters more
        network.checkChanged.connect(self._go_on_when_edited)
        network.checkChanged.connect(lambda _: self.obstacleChanged.emit())
        weights.edited.connect(self._stop_when_changed_by_hand)
        weights.changed.connect(self._begin_if_waiting)

    # ---- what a person chooses

    @property
    def obstacle(self) -> str:
        """Why the network cannot be trained; empty when it can."""
        if self._network.check.ok:
            return ""
        return f"The network cannot be trained yet. {next(iter(self._network.check.problems))}."

    def next_request(self) -> Request:
        """What comes next: the step after the newest snapshot of a run that is paused; else what a new run would begin
        with, of the weights that there are the values alone."""
        state: Parameters | TrainingState | None = None
        if self.state is TrainingPhase.PAUSED and self._newest:
            state = self._newest.state or self._newest.parameters
        elif self.from_current and self._weights.ready:
            state = self._weights.parameters
        return self._described(state)

    @property
    def curves(self) -> Curves:
        """What the run has measured; they grow."""
        return self._progress.curves

    @property
    def status(self) -> TrainingStatus:
        """How far the run is."""
        return self._progress.status

    @property
    def parameters(self) -> Parameters:
        """The weights on the desk."""
        return self._weights.parameters

    @property
    def run(self) -> str:
        """What tells the run that is under way, or was the last on the desk, from all others; empty without one."""
        request = self._job.request if self._job else self._last.request if self._last else None
        return request.run if request else ""

    @property
    def newest_state(self) -> tuple[TrainingSettings, TrainingState] | None:
        """The full state of the run that is paused or was the last, and the settings that it was made with; ``None``
        where there is none of the present network with its present weights."""
        if self._job:
            state = self._newest.state if self._newest and self.state is TrainingPhase.PAUSED else None
            return (self._job.request.settings, state) if state else None
        last, weights = self._last, self._weights
        if last is None or last.request.spec != self._network.flat:
            return None
        untouched = weights.parameters is weights.learned is last.learned
        return (last.request.settings, last.state) if untouched else None

    def set_settings(self, settings: TrainingSettings) -> None:
        """For the next run; the numbers of the optimizer, the batch size and augmentation also for this one."""
        if settings == self.settings:
            return
        if self._job:
            self._steer(self._job, self.settings, settings)
        self.settings = settings
        self._network.set_batch_size(settings.batch_size)
        self.settingsChanged.emit(settings)

    def _steer(self, job: TrainingJob, before: TrainingSettings, after: TrainingSettings) -> None:
        """Tell the run what has changed of what it can change."""
        old, new = before.optimizer, after.optimizer
        if new == old.at_rate(new.learning_rate) and new != old:
            job.steer(lambda trainer: trainer.set_learning_rate(new.learning_rate))
        elif (new.kind, new.slots) == (old.kind, old.slots) and new != old:
            job.steer(lambda trainer: trainer.set_optimizer(new))
        if after.augmentation != before.augmentation:
            job.steer(lambda trainer: trainer.set_augmentation(after.augmentation))
        if after.batch_size != before.batch_size:
            job.steer(lambda trainer: trainer.set_batch_size(after.batch_size))

    def choose(
        self, *, dataset: str | None = None, device: str | None = None, from_current: bool | None = None
    ) -> None:
        """What the next run learns from, where it runs, and whether it goes on from the present weights."""
        self.dataset = self.dataset if dataset is None else dataset
        self.device = self.device if device is None else device
        self.from_current = self.from_current if from_current is None else from_current
        if dataset is not None:
            self._network.set_classes(class_count(dataset))
        self.choicesChanged.emit()

    def set_class_names(self, names: tuple[str, ...]) -> None:
        """What the data calls the classes that the network tells apart."""
        self._network.set_classes(len(names) or class_count(self.dataset))
        if names != self.class_names:
            self.class_names = names
            self.choicesChanged.emit()

    # ---- steering

    @property
    def active(self) -> bool:
        """Whether a run is under way, if only in preparation or paused."""
        return self.state is not TrainingPhase.IDLE

    def play(self) -> None:
        """Start, or go on."""
        if self._job is None:
            self._begin()
        elif self._job.cancelled.is_set():
            self._waiting = True
        else:
            self._job.steer(lambda trainer: trainer.resume())

    def pause(self) -> None:
        self._waiting = False
        if self._job:
            self._job.steer(lambda trainer: trainer.pause())

    def step(self) -> None:
        """Do one step, then wait."""
        if self._job is None:
            self._begin()
        if self._job:
            self._job.steer(lambda trainer: trainer.step_once())

    def step_epoch(self) -> None:
        """Run to the end of the epoch, then wait."""
        if self._job is None:
            self._begin()
        if self._job:
            self._job.steer(lambda trainer: trainer.step_epoch())

    def stop(self) -> None:
        self._waiting = False
        if self._job:
            self._job.stop()

    def toggle(self) -> None:
        """Play or pause, whichever is the other."""
        if self.state in (TrainingPhase.IDLE, TrainingPhase.PAUSED):
            self.play()
        else:
            self.pause()

    def shut_down(self) -> None:
        """End the run and the thread; for the end of the program."""
        self._worker.arrived.disconnect(self._look_soon)
        self.stop()
        self._thread.quit()
        self._thread.wait()

    def abandon(self) -> None:
        """End the run and forget it, as when another project is opened."""
        if self._job:
            self._job.abandoned = True
            self._job.stop()
        self._last, self._waiting, self.aside = None, False, None
        self._clear()
        self.abandoned.emit()

    def resume_from(self, request: Request, state: TrainingState, *, epoch: int, steps_per_epoch: int) -> None:
        """Stand where the run `request` stood at `state`: the next run goes on exactly from there, if the choices that
        matter are the same. Where the network on the desk is another, it takes over what fits or can be widened.

        A run under way must have been abandoned.
        """
        self._weights.replace(request.spec, state.result, state.step)
        self._last = PastRun(request, state, self._weights.learned)
        self._progress.set(
            step=state.step,
            epoch=epoch,
            epochs=request.settings.epochs,
            steps_per_epoch=steps_per_epoch,
            batch_size=request.settings.batch_size,
        )
        self.choose(from_current=True)
        self.statusChanged.emit()

    def show_curves(self, curves: Curves) -> None:
        """Show these from now on, which go on when training does: those of a run that was over, say."""
        self._progress.curves = curves
        self.curvesChanged.emit()

    def standing(self) -> Standing:
        """Where all stands, so that other runs can be done meanwhile."""
        weights = self._weights
        parameters = weights.parameters if weights.ready and not weights.missing else None
        return Standing(
            self.settings, self.from_current, self.curves, self.status, weights.remember(), self._last,
            self._network.flat, parameters, weights.muted,
        )  # fmt: skip

    @property
    def kept(self) -> Standing:
        """What would be saved: what stands aside, else what is on the desk."""
        return self.aside or self.standing()

    def put_aside(self) -> None:
        """Make room for other runs, until `take_back`."""
        self.aside = self.standing()

    def take_back(self) -> None:
        """Put what stands aside on the desk again. A run under way ends and leaves no trace here."""
        aside, self.aside = self.aside, None
        if aside is None:
            return
        self._waiting = False
        if self._job:
            self._job.abandoned = True
            self._job.stop()
        self.return_to(aside)

    def return_to(self, standing: Standing) -> None:
        """Be where it stood, as if there had been no runs since; none may be under way."""
        self._weights.recall(standing.weights)
        self._last = standing.last
        self.set_settings(standing.settings)
        self._progress.curves, self._progress.status = standing.curves, standing.status
        self.choose(from_current=standing.from_current)
        self.curvesChanged.emit()
        self.statusChanged.emit()

    def _clear(self) -> None:
        self._progress = Progress()
        self.curvesChanged.emit()
        self.statusChanged.emit()

    def _begin(self) -> None:
        if self.obstacle:
            self.message.emit("error", self.obstacle, "Mend it in the designer.")
            return
        self._waiting = self.from_current and not self._weights.ready  # many weights are made in the background
        if self._waiting:
            return
        request = self._request()
        if not isinstance(request.state, TrainingState) and not request.carry:
            self._clear()
        self._tell_what_goes_on()
        self._job = TrainingJob(request, self._prepare, self.recorders)
        self._enter(TrainingPhase.PREPARING)
        if not self._thread.isRunning():
            self._thread.start()
        self._start.emit(self._job)

    def _begin_if_waiting(self) -> None:
        if self._waiting and self._job is None:
            self._begin()

    def _described(self, state: TrainingState | Parameters | None = None) -> Request:
        network = self._network
        return Request(
            network.flat, self.settings, self.dataset, self.device, state=state, designed=network.spec,
            guest=self.aside is not None,
        )  # fmt: skip

    def _request(self) -> Request:
        """The next run: from new weights, from the present ones, or exactly where the last run of its kind ended."""
        request = self._described()
        if not self.from_current:
            return request
        if not (self._last and self._continues(self._last)):
            return replace(request, state=self._weights.parameters)
        weights = self._weights
        settings = self._last.prolonged(self.settings, self.status.steps_per_epoch)
        request = replace(request, settings=settings, parent=self._last.request.run)
        if weights.parameters is weights.learned:
            return replace(request, state=self._last.state)
        return replace(request, carry=self._last.carried_over(request.spec, weights.parameters, weights.seed))

    def _continues(self, last: PastRun) -> bool:
        """Whether the next run goes on exactly where the last one ended, as far as the network is the same."""
        known = self._weights.learned is last.learned and not self._weights.missing
        return known and last.continues_with(self.settings, self.dataset)

    def _tell_what_goes_on(self) -> None:
        """Nothing begins anew unsaid."""
        fates = self._weights.fates
        if not (self.from_current and self._weights.learned):
            return
        if self._weights.missing:
            what = "The network is so large now that nothing was carried over: its weights begin anew."
            self.message.emit("warning", what, "Undo brings back the network that had learned, and its weights.")
        elif any(fate is not Fate.KEPT for fate in fates.values()):
            self.message.emit("good", f"Training goes on with the edited network: {outcome(fates)}.", "")

    # ---- what the worker says

    def _look_soon(self) -> None:
        wait = self._looked + _PERIOD - monotonic()
        if wait <= 0:
            self._take()
        elif not self._timer.isActive():
            self._timer.start(round(wait * 1000))

    def _take(self) -> None:
        self._looked = monotonic()
        if self._job is None:
            return
        job = self._job
        for letter in job.mailbox.take():
            if not job.abandoned or isinstance(letter, Ended):
                self._open(letter, job.request)
                if not isinstance(letter, Preparing | Ended):
                    self.eventArrived.emit(letter)
        self.curvesChanged.emit()
        self.statusChanged.emit()

    def _open(self, letter: Letter, request: Request) -> None:
        self._progress.note(letter)
        match letter:
            case Preparing() if letter.class_names:
                self.set_class_names(letter.class_names)
            case Started() | Resumed():
                self._enter(TrainingPhase.RUNNING)
            case Snapshot():
                self._newest = letter
                self._keep(request, letter.parameters, letter.step)
            case Paused():
                self._enter(TrainingPhase.PAUSED)
                if letter.reason:
                    self.message.emit("warning", letter.reason, letter.hint)
            case DeviceChanged():
                self.message.emit("warning", letter.message, "")
            case Finished():
                self._finished(letter, request)
            case Failed():
                self.message.emit("error", letter.message, letter.hint)
            case Ended():
                self._job = self._newest = None
                self._progress.set(preparing=None)
                self._enter(TrainingPhase.IDLE)
                self._begin_if_waiting()

    def _finished(self, event: Finished, request: Request) -> None:
        self._keep(request, event.state.result, event.state.step)
        self._last = PastRun(request, event.state, self._weights.learned)
        self.choose(from_current=True)
        if not event.stopped:
            self.message.emit("good", result_text(event, self.status.test_accuracy), result_hint(event))

    def _keep(self, request: Request, parameters: Parameters, step: int) -> None:
        """Show the newest weights. What is shown already may have been edited since, and then it must stay."""
        assert self._job is not None, "letters are opened while there is a job"
        if self._job.cancelled.is_set() and self._kept == (self._job, step):
            return
        self._kept = self._job, step
        self._weights.replace(request.spec, parameters, step)

    def _fit_loss(self, spec: NetworkSpec) -> None:
        """A loss that cannot judge what the network answers gives way to one that can."""
        before, fitting = self.settings, self.settings.fitting(spec)
        if fitting != before:
            self.set_settings(fitting)
            self.message.emit(
                "good",
                f"The loss is {fitting.loss.title} now: {before.loss.title} cannot judge what this network answers.",
                "Choose another in the training settings.",
            )

    def _stop_when_edited(self, _spec: NetworkSpec) -> None:
        """A trainer computes one network from beginning to end; what does not change that one does not concern it."""
        job, self._waiting = self._job, False
        if self.aside and self._network.flat != self.aside.spec:
            self.take_back()  # and what was done meanwhile is over
        elif job and self._network.flat != job.request.spec and not job.cancelled.is_set():
            self.stop()
            self.choose(from_current=True)
            self.message.emit(
                "warning",
                "Training was stopped because the network was changed.",
                "Nothing is lost: press Continue to go on with the weights that fit or can be widened.",
            )

    def _go_on_when_edited(self) -> None:
        """What an edited network knows is not to be thrown away unasked."""
        weights = self._weights
        edited = not weights.ready or weights.parameters is not weights.learned
        if weights.learned and edited and self._network.check.ok and not self.from_current:
            self.choose(from_current=True)

    def _stop_when_changed_by_hand(self) -> None:
        """A paused run has weights of its own, which nobody can reach."""
        if not self.from_current:
            self.choose(from_current=True)
        if self._job and not self._job.cancelled.is_set():
            self._job.stop()

    def _enter(self, state: TrainingPhase) -> None:
        if state is not self.state:
            self.state = state
            self._weights.held = state in (TrainingPhase.PREPARING, TrainingPhase.RUNNING)
            self.stateChanged.emit(state)
