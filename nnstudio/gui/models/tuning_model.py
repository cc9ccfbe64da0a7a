"""Tuning as the window sees it: when somebody asks for it, or by itself when a run has ended and nobody is at work."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from nnstudio.errors import NNStudioError
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.training_model import TrainingModel, TrainingPhase
from nnstudio.gui.models.xray_model import Note, XRayModel, XRayState
from nnstudio.network import NetworkSpec

if TYPE_CHECKING:
    from nnstudio.engine.devices import DeviceInfo
    from nnstudio.engine.tuner import TuningReport

_QUIET_MS = 10_000
"""After a run somebody looks at what was learned, draws, and may want to go on."""
_AT_WORK = (TrainingPhase.PREPARING, TrainingPhase.RUNNING)


class TuningState(StrEnum):
    IDLE = "idle"
    TUNING = "tuning"
    STOPPING = "stopping"
    """Cancelled; the child process is being ended."""


@dataclass(frozen=True)
class TuningRequest:
    """Which network, in batches of how many images, on which device; ``aside`` when nobody has asked for it."""

    spec: NetworkSpec
    batch_size: int
    device: DeviceInfo
    aside: bool = field(default=False, compare=False)


Tune = Callable[[TuningRequest, Callable[["TuningReport"], None], Callable[[], bool]], "TuningReport"]
"""Tunes, tells how far it is, and ends at once, with what it has, when the last function says so."""


def tune_in_child(
    request: TuningRequest, report: Callable[[TuningReport], None], cancelled: Callable[[], bool]
) -> TuningReport:
    """The real one. Imports late: the window comes first."""
    from nnstudio.engine.tuner import tune

    return tune(
        request.spec, request.device.key, request.batch_size,
        progress=report, cancelled=cancelled, aside=request.aside,
    )  # fmt: skip


@dataclass(frozen=True)
class _Job:
    request: TuningRequest
    cancelled: threading.Event = field(default_factory=threading.Event)


class TuningModel(QObject):
    """Tunes the current network for the device that the X-ray is to measure, or that a run has just ended on.

    Never beside training or measuring: both end it. So does another network. What was found until then is kept.
    """

    changed = Signal()
    """State, progress, outcome or note."""
    ended = Signal()
    """It came to its end without being stopped."""

    _reported = Signal(object, object)
    _ended = Signal(object, object)

    def __init__(
        self,
        network: NetworkModel,
        training: TrainingModel,
        xray: XRayModel,
        *,
        tune: Tune = tune_in_child,
        quiet_ms: int = _QUIET_MS,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._network, self._training, self._xray, self._tune = network, training, xray, tune
        self.state = TuningState.IDLE
        self.request: TuningRequest | None = None
        """What is tuned, or was last."""
        self.report: TuningReport | None = None
        """How far that is; ``None`` until it is known how much there is to try."""
        self.outcome = ""
        """What came of it, in a sentence; empty while that is not known or means nothing any more."""
        self.note: Note | None = None
        self.by_itself = True
        """Whether to tune after training, without being asked."""
        self._tuned: list[TuningRequest] = []
        """What shall not begin by itself again: it came to its end, or a person has cancelled it."""
        self._trained = False
        """Whether a run was seen with the network as it is now."""
        self._job: _Job | None = None
        self._thread: threading.Thread | None = None
        self._quiet = QTimer(self)
        self._quiet.setSingleShot(True)
        self._quiet.setInterval(quiet_ms)
        self._quiet.timeout.connect(self._begin_by_itself)
        self._reported.connect(self._report)
        self._ended.connect(self._end)
        network.specChanged.connect(self._leave_network)
        training.stateChanged.connect(self._follow_training)
        training.settingsChanged.connect(self.wait_for_quiet)
        xray.changed.connect(self._follow_xray)

    # ---- asked for

    @property
    def obstacle(self) -> str:
        """Why nothing can be tuned now; empty when it can."""
        if self._xray.obstacle:
            return self._xray.obstacle
        if self._xray.state is not XRayState.IDLE:
            return "The network is just being measured."
        if self._training.state in _AT_WORK:
            return "Training is running: tune once it has paused."
        device = self._chosen_device()
        if device is None or not _can_be_tuned(device):
            return "Only OpenCL devices can be tuned: choose one of them."
        return ""

    @property
    def ready(self) -> bool:
        """Whether tuning can begin."""
        return self.state is TuningState.IDLE and not self.obstacle

    def tune(self) -> None:
        """Tune for the device and the batch that are to be measured."""
        device = self._chosen_device()
        if self.ready and device:
            self._begin(TuningRequest(self._network.flat, self._xray.batch_size, device))

    def toggle(self) -> None:
        """Tune, or cancel that: one button."""
        if self.state is TuningState.IDLE:
            self.tune()
        else:
            self.cancel()

    def cancel(self) -> None:
        """End at once; what was found stays. For this network it does not begin by itself again."""
        if self._job and self.state is TuningState.TUNING:
            self._tuned.append(self._job.request)
            self._stop()

    def _chosen_device(self) -> DeviceInfo | None:
        return next((device for device in self._xray.devices if device.key == self._xray.first), None)

    # ---- by itself

    def set_by_itself(self, by_itself: bool) -> None:
        """Whether that is wanted; when not, what began so ends."""
        self.by_itself = by_itself
        if not by_itself:
            self._quiet.stop()
            if self._job and self._job.request.aside:
                self._stop()

    def wait_for_quiet(self) -> None:
        """Somebody is at work: what would begin by itself begins later."""
        if self._quiet.isActive():
            self._quiet.start()

    def _begin_by_itself(self) -> None:
        device = self._trained_on()
        if device is None or not self._network.check.ok:
            return
        request = TuningRequest(self._network.flat, self._training.settings.batch_size, device, aside=True)
        if request in self._tuned or self.state is not TuningState.IDLE:
            return
        if self._xray.state is XRayState.IDLE:
            self._begin(request)
        else:
            self._quiet.start()

    def _trained_on(self) -> DeviceInfo | None:
        """The device that the last run ended on, if it can be tuned. A run that lost its device ends on NumPy."""
        chosen, name = self._training.device, self._training.status.device
        fitting = (
            device
            for device in self._xray.devices
            if _can_be_tuned(device) and device.name in name and device.platform in name
        )
        return next((device for device in fitting if chosen in ("auto", device.key)), None)

    # ---- tuning

    def shut_down(self) -> None:
        """End at once; for the end of the program."""
        self._quiet.stop()
        if self._thread and self._job:
            self._job.cancelled.set()
            self._thread.join()

    def _begin(self, request: TuningRequest) -> None:
        self.request, self.report, self.outcome, self.note = request, None, "", None
        self._job = _Job(request)
        self._thread = threading.Thread(target=self._work, args=(self._job,), name="tuning")
        self._enter(TuningState.TUNING)
        self._thread.start()

    def _work(self, job: _Job) -> None:
        """In the tuning thread. What is no user's error is not caught: it reaches the exception hook."""
        answer: TuningReport | NNStudioError | None = None
        try:
            answer = self._tune(job.request, partial(self._reported.emit, job), job.cancelled.is_set)
        except NNStudioError as error:
            answer = error
        finally:
            self._ended.emit(job, answer)

    def _report(self, job: _Job, report: TuningReport) -> None:
        if not job.cancelled.is_set():
            self.report = report
            self.changed.emit()

    def _end(self, job: _Job, answer: TuningReport | NNStudioError | None) -> None:
        self._job, self.state = None, TuningState.IDLE
        if isinstance(answer, NNStudioError):
            self.note = Note("error", answer.message, answer.hint)
        elif answer and (answer.questions or not job.cancelled.is_set()):
            self._take(job.request, answer)
        if not job.cancelled.is_set():
            self._tuned.append(job.request)
            self.ended.emit()
        self.changed.emit()

    def _take(self, request: TuningRequest, report: TuningReport) -> None:
        self.report = report
        if request.spec == self._network.flat:
            self.outcome = report.summary
        if report.speedup > 1:
            self._xray.tuned(request.device.key)

    def _stop(self) -> None:
        if self._job:
            self._job.cancelled.set()
            self._enter(TuningState.STOPPING)

    # ---- what the other models say

    def _follow_training(self, phase: TrainingPhase) -> None:
        if phase in _AT_WORK:
            self._quiet.stop()
            self._interrupt("training began", "Tune again once training has paused.")
        if phase is TrainingPhase.RUNNING:
            self._trained = True
        elif phase is TrainingPhase.IDLE and self._trained and self.by_itself:
            self._quiet.start()
        self.changed.emit()

    def _follow_xray(self) -> None:
        self.wait_for_quiet()
        if self._xray.state is XRayState.MEASURING:
            self.outcome = ""
            self._interrupt("measuring began", "Tune again afterwards.")
        self.changed.emit()

    def _leave_network(self) -> None:
        """A network that was edited since it was trained is not tuned by itself: the next edit may follow."""
        self._trained, self.outcome = False, ""
        self._quiet.stop()
        self._interrupt("the network was changed", "Tune again.")

    def _interrupt(self, why: str, hint: str) -> None:
        """Who has asked for it is told; else it ends as quietly as it has begun."""
        if self._job and self.state is TuningState.TUNING:
            if not self._job.request.aside:
                self.note = Note("warning", f"Tuning was stopped because {why}. What was found is kept.", hint)
            self._stop()

    def _enter(self, state: TuningState) -> None:
        self.state = state
        self.changed.emit()


def _can_be_tuned(device: DeviceInfo) -> bool:
    return device.key.startswith("opencl:")
