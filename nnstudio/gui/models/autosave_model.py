"""Hands what stands on the desk to the session that saves it against the program's sudden end."""

from __future__ import annotations

from functools import partial
from threading import Lock
from time import monotonic

from PySide6.QtCore import QObject, QTimer, Signal

from nnstudio.errors import NNStudioError
from nnstudio.gui.models.document import Document
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.training_model import TrainingModel, TrainingPhase
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.gui.worker import Request
from nnstudio.project.autosave import DESK_FILE, PERIOD, RUN_FILE, Haste, Session
from nnstudio.project.desk import Desk, DeskFacts, Learned, pack_desk
from nnstudio.project.recorder import CheckpointRecorder
from nnstudio.training.settings import TrainingSettings

_AT_FIRST = 1.0
"""Seconds after the first change; the next are saved together after a period."""


class AutosaveModel(QObject):
    """Saves the desk when it has changed, at most once in a period, and every run's checkpoints.

    Nothing is copied or written in the GUI thread: what a project consists of never changes afterwards.
    """

    failed = Signal(str, str)
    """Why nothing can be saved, and what to do; said once, until it has worked again."""
    _failed = Signal(object)

    def __init__(
        self,
        network: NetworkModel,
        weights: WeightsModel,
        training: TrainingModel,
        document: Document,
        *,
        session: Session | None = None,
        period: float = PERIOD,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._network, self._weights, self._training, self._document = network, weights, training, document
        self.session = session or Session(self._failed.emit, period=period)
        self._period = period
        self._saved = -period
        self._turn = Lock()
        """Held by whoever looks at the next two, in either thread."""
        self._recorder: CheckpointRecorder | None = None
        self._wanted = False
        """Whether the run that is being prepared is of what stands on the desk."""
        self._run = ""
        """The run that made the weights on the desk."""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(lambda: self.save())
        self._failed.connect(self._tell)
        training.recorders.append(self._make_recorder)
        training.stateChanged.connect(self._follow_run)
        document.replaced.connect(self._begin_anew)
        weights.edited.connect(self._leave_run)
        for signal in (
            document.changed, network.specChanged, weights.changed, training.settingsChanged, training.choicesChanged,
        ):  # fmt: skip
            signal.connect(self._save_soon)

    def save(self, haste: Haste = Haste.SOON) -> None:
        """Let the desk be saved; where nothing on it would be missed, what was saved before is dropped."""
        self._timer.stop()
        self._saved = monotonic()
        if self._document.modified or self._training.active:
            self.session.put(DESK_FILE, partial(pack_desk, self._desk()), haste)
            return
        for name in (DESK_FILE, RUN_FILE):
            self.session.drop(name)

    def go_on_with(self, run: str) -> None:
        """The session has adopted what another left, and it stands on the desk: its weights are those of `run`."""
        self._run = run
        self.session.listen()
        self.save()

    def shut_down(self) -> None:
        """The program ends as it should."""
        self._timer.stop()
        self.session.close()

    def _desk(self) -> Desk:
        document, training, weights = self._document, self._training, self._weights
        facts = DeskFacts(
            name=document.name,
            path=str(document.path or ""),
            dataset=training.dataset,
            device=training.device,
            from_current=training.kept.from_current,
            run=self._run,
            step=training.kept.weights.step,
        )
        learned = Learned(weights.spec, weights.parameters) if not weights.ready and weights.parameters else None
        return Desk(facts, document.project(), learned)

    def _save_soon(self) -> None:
        if not self._timer.isActive():
            wait = max(min(_AT_FIRST, self._period), self._saved + self._period - monotonic())
            self._timer.start(round(1000 * wait))

    # ---- runs

    def _make_recorder(self, request: Request) -> CheckpointRecorder | None:
        """In the working thread. During a guest's run the checkpoint stays that of what stands aside."""
        if request.guest:
            return None
        training = self._training
        recorder = CheckpointRecorder(
            self.session,
            request.run,
            request.spec,
            lambda: settings_of_run(request.settings, training.settings),
            request.dataset,
            request.device,
        )
        with self._turn:
            if self._wanted:
                self._recorder = recorder
            else:
                recorder.forget()
        return recorder

    def _follow_run(self, phase: TrainingPhase) -> None:
        with self._turn:
            if self._training.aside:
                pass  # it is a guest's run
            elif phase is TrainingPhase.PREPARING:
                self._wanted = True
            elif phase is TrainingPhase.RUNNING and self._recorder:
                self._run = self._recorder.run
        if phase is not TrainingPhase.PREPARING:
            self.save(Haste.NOW if phase is TrainingPhase.IDLE else Haste.SOON)

    def _leave_run(self) -> None:
        """The weights on the desk are others now: the checkpoint tells less than the desk."""
        self._run = ""

    def _begin_anew(self) -> None:
        with self._turn:
            if self._recorder:
                self._recorder.forget()
            self._recorder, self._wanted, self._run = None, False, ""
        self._save_soon()

    def _tell(self, error: NNStudioError) -> None:
        what = f"Your work cannot be saved by itself: {error.message}"
        self.failed.emit(what, f"Everything goes on, but would be lost in a crash. {error.hint}".strip())


def settings_of_run(begun: TrainingSettings, now: TrainingSettings) -> TrainingSettings:
    """The settings that a run was begun with and what may have been changed while it goes on; all else that somebody
    has chosen meanwhile is for the next."""
    same = (now.optimizer.kind, now.optimizer.slots) == (begun.optimizer.kind, begun.optimizer.slots)
    return begun.model_copy(
        update={
            "optimizer": now.optimizer if same else begun.optimizer,
            "augmentation": now.augmentation,
            "batch_size": now.batch_size,
        }
    )
