"""The engine X-ray as the window sees it: what to measure on, what was found, and what is in the way."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from nnstudio.errors import NNStudioError
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.training_model import TrainingModel, TrainingPhase
from nnstudio.gui.xray.measuring import Measure, Request, measure
from nnstudio.network import NetworkSpec
from nnstudio.training.settings import TrainingSettings

if TYPE_CHECKING:
    from nnstudio.engine.devices import DeviceInfo
    from nnstudio.gui.xray.table import Findings


class XRayState(StrEnum):
    IDLE = "idle"
    WAITING = "waiting"
    """For training to pause."""
    MEASURING = "measuring"
    STOPPING = "stopping"
    """Cancelled; the piece of work in progress is coming to its end."""


@dataclass(frozen=True)
class Note:
    """Something to be told in the panel; ``severity`` is ``warning`` or ``error``."""

    severity: str
    text: str
    hint: str = ""


@dataclass(frozen=True)
class _Job:
    request: Request
    cancelled: threading.Event = field(default_factory=threading.Event)


class XRayModel(QObject):
    """Measures the current network on one or two devices, in a thread of its own, never beside training.

    When training runs it is paused first; when training, or another network, comes in between, measuring ends.
    """

    changed = Signal()
    """State, choices, findings or note."""
    progressed = Signal(float)
    """How much is done, from 0 to 1."""

    _reported = Signal(object, float)
    _ended = Signal(object, object)

    def __init__(
        self,
        network: NetworkModel,
        training: TrainingModel,
        *,
        measure: Measure = measure,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._network, self._training, self._measure = network, training, measure
        self.state = XRayState.IDLE
        self.devices: tuple[DeviceInfo, ...] = ()
        self.first = self.second = ""
        """Keys of the devices to measure; the second may be empty."""
        self.batch_size = self._usual_batch = training.settings.batch_size
        self.findings: Findings | None = None
        self.note: Note | None = None
        self._measured: NetworkSpec | None = None
        self._tuned_since = False
        self._job: _Job | None = None
        self._thread: threading.Thread | None = None
        self._reported.connect(self._report)
        self._ended.connect(self._end)
        network.specChanged.connect(self._leave_network)
        network.checkChanged.connect(lambda _: self.changed.emit())
        training.stateChanged.connect(self._follow_training)
        training.settingsChanged.connect(self._follow_batch)

    # ---- what a person chooses

    def set_devices(self, devices: Sequence[DeviceInfo]) -> None:
        """Offer the healthy ones of these; the fastest is chosen first."""
        self.devices = tuple(device for device in devices if device.healthy)
        keys = [device.key for device in self.devices]
        if self.first not in keys:
            fastest = max(self.devices, key=lambda device: device.images_per_second, default=None)
            self.first = fastest.key if fastest else ""
        if self.second not in keys:
            self.second = ""
        self.changed.emit()

    def choose(self, *, first: str | None = None, second: str | None = None, batch_size: int | None = None) -> None:
        """The devices by their keys, and the batch; to compare a device with itself is to compare it with none."""
        self.first = self.first if first is None else first
        self.second = self.second if second is None else second
        self.batch_size = self.batch_size if batch_size is None else batch_size
        if self.second == self.first:
            self.second = ""
        self.changed.emit()

    # ---- measuring

    @property
    def obstacle(self) -> str:
        """Why nothing can be measured now; empty when it can."""
        if not self.devices:
            return "The devices of this machine are still being looked for."
        if not self._network.check.ok:
            return "The network has errors: mend them in Design first."
        if self._training.state is TrainingPhase.PREPARING:
            return "Training is just being prepared: wait until it runs, or stop it."
        return ""

    @property
    def ready(self) -> bool:
        """Whether measuring can begin."""
        return self.state is XRayState.IDLE and not self.obstacle

    @property
    def outdated(self) -> str:
        """Why another measurement would find something else; empty when it would not."""
        if self.findings is None:
            return ""
        if self._measured != self._network.flat:
            return "The network was changed since it was measured."
        return "The network was tuned since it was measured." if self._tuned_since else ""

    @property
    def must_pause(self) -> bool:
        """Whether training has to pause before."""
        return self._training.state is TrainingPhase.RUNNING

    def tuned(self, key: str) -> None:
        """The network is computed faster now on a device."""
        if self.findings and key in [xray.key for xray in self.findings.xrays]:
            self._tuned_since = True
            self.changed.emit()

    def measure(self) -> None:
        """Measure what is chosen, once training has paused."""
        if not self.ready:
            return
        self.note = None
        if self.must_pause:
            self._enter(XRayState.WAITING)
            self._training.pause()
        else:
            self._begin()

    def toggle(self) -> None:
        """Measure, or cancel that: one button."""
        if self.state is XRayState.IDLE:
            self.measure()
        else:
            self.cancel()

    def cancel(self) -> None:
        """End the measuring soon; what was found before stays."""
        if self.state is XRayState.WAITING:
            self._enter(XRayState.IDLE)
        elif self._job and self.state is XRayState.MEASURING:
            self._job.cancelled.set()
            self._enter(XRayState.STOPPING)

    def shut_down(self) -> None:
        """End the measuring and wait for its thread; for the end of the program."""
        if self._thread and self._job:
            self._job.cancelled.set()
            self._thread.join()

    def _begin(self) -> None:
        by_key = {device.key: device for device in self.devices}
        devices = tuple(by_key[key] for key in (self.first, self.second) if key)
        self._job = _Job(Request(self._network.flat, self.batch_size, devices))
        self._thread = threading.Thread(target=self._work, args=(self._job,), name="xray")
        self._enter(XRayState.MEASURING)
        self._thread.start()

    def _work(self, job: _Job) -> None:
        """In the measuring thread. What is no user's error is not caught: it reaches the exception hook."""
        answer: Findings | NNStudioError | None = None
        try:
            answer = self._measure(job.request, partial(self._reported.emit, job), job.cancelled)
        except NNStudioError as error:
            answer = error
        finally:
            self._ended.emit(job, answer)

    # ---- what the thread says

    def _report(self, job: _Job, share: float) -> None:
        if not job.cancelled.is_set():
            self.progressed.emit(share)

    def _end(self, job: _Job, answer: Findings | NNStudioError | None) -> None:
        """Take what was found, unless nobody wants it any more."""
        self._job = None
        if job.cancelled.is_set():
            pass  # why was told when it was cancelled
        elif isinstance(answer, NNStudioError):
            self.note = Note("error", answer.message, answer.hint)
        elif answer is not None:
            self.findings, self._measured, self._tuned_since = answer, job.request.spec, False
        self._enter(XRayState.IDLE)

    # ---- what the other models say

    def _follow_training(self, phase: TrainingPhase) -> None:
        working = phase in (TrainingPhase.RUNNING, TrainingPhase.PREPARING)
        if self.state is XRayState.WAITING and not working:
            self._begin()
        elif self.state is XRayState.MEASURING and working:
            self._interrupt("Measuring was stopped because training began.", "Measure again once training has paused.")
        self.changed.emit()

    def _follow_batch(self, settings: TrainingSettings) -> None:
        """What was chosen here stays until training’s own batch is another."""
        if settings.batch_size != self._usual_batch:
            self._usual_batch = settings.batch_size
            self.choose(batch_size=settings.batch_size)

    def _leave_network(self) -> None:
        if self.state in (XRayState.MEASURING, XRayState.WAITING):
            self._interrupt("Measuring was stopped because the network was changed.", "Measure again.")

    def _interrupt(self, text: str, hint: str) -> None:
        self.note = Note("warning", text, hint)
        self.cancel()

    def _enter(self, state: XRayState) -> None:
        self.state = state
        self.changed.emit()
