"""How fast the network on the desk will train: estimated from figures of the device, or seen in a real run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from nnstudio.errors import NNStudioError
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.training_model import TrainingModel, TrainingPhase
from nnstudio.network import NetworkSpec

if TYPE_CHECKING:
    from nnstudio.engine.devices import DeviceInfo

_WAIT_MS = 200
"""While somebody drags a slider nobody needs to know."""
_MOST_RUNS = 32
"""Real runs that are remembered."""
_AT_WORK = (TrainingPhase.PREPARING, TrainingPhase.RUNNING)


@dataclass(frozen=True)
class SpeedRequest:
    """Which network, in batches of how many images, on which device."""

    spec: NetworkSpec
    batch_size: int
    device: DeviceInfo


@dataclass(frozen=True)
class Speed:
    """Images a second in training; ``measured`` in a real run of this very network, or else estimated."""

    images_per_second: float
    device: str
    measured: bool = False


Ask = Callable[[SpeedRequest, Callable[[], bool]], float]
"""Estimates images a second; gives up with an `NNStudioError` soon after the function says so."""


def estimate(request: SpeedRequest, cancelled: Callable[[], bool]) -> float:
    """The real one; measures the device when that was never done. Imports late: the window comes first."""
    from nnstudio.engine.devices import open_backend
    from nnstudio.engine.plan import compile_plan
    from nnstudio.engine.speed import images_per_second, measure_figures, remember_figures, remembered_figures

    figures = remembered_figures(request.device.label)
    if figures is None:
        figures = measure_figures(open_backend(request.device.key), cancelled=cancelled)
        remember_figures(request.device.label, figures)
    return images_per_second(compile_plan(request.spec), request.batch_size, figures)


@dataclass(frozen=True)
class _Job:
    request: SpeedRequest
    cancelled: threading.Event = field(default_factory=threading.Event)


class SpeedModel(QObject):
    """Keeps a `Speed` for the run that Train would begin, made in a thread of its own soon after anything changes.

    Only while somebody looks, and never beside training or another measurement (``busy``): both would be disturbed.
    What a run really reaches counts more than any estimate, for as long as network, batch and device are the same.
    """

    changed = Signal()

    _ended = Signal(object, object)

    def __init__(
        self,
        network: NetworkModel,
        training: TrainingModel,
        *,
        ask: Ask = estimate,
        busy: Callable[[], bool] = lambda: False,
        wait_ms: int = _WAIT_MS,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._network, self._training, self._ask, self._busy = network, training, ask, busy
        self.speed: Speed | None = None
        """``None`` while that is not known."""
        self._devices: tuple[DeviceInfo, ...] = ()
        self._looked_at = False
        self._runs: list[tuple[SpeedRequest, float]] = []
        self._trained: NetworkSpec | None = None
        """What the run under way trains."""
        self._refused: set[str] = set()
        """Keys of devices that could not be measured: whoever trains there is told why."""
        self._job: _Job | None = None
        self._thread: threading.Thread | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(wait_ms)
        self._timer.timeout.connect(self._begin)
        self._ended.connect(self._end)
        for signal in (network.checkChanged, training.settingsChanged, training.choicesChanged):
            signal.connect(self._outdate)
        training.stateChanged.connect(self._follow_training)
        training.statusChanged.connect(self._note_run)

    def set_devices(self, devices: Sequence[DeviceInfo]) -> None:
        """What training may choose among."""
        self._devices = tuple(device for device in devices if device.healthy)
        self._refused.clear()
        self._outdate()

    def look(self, looked_at: bool) -> None:
        """Whether anybody sees the figure: if not, nothing is measured, and what is measured ends."""
        self._looked_at = looked_at
        if looked_at:
            self._begin_soon()
        else:
            self._stop()

    @property
    def measuring(self) -> bool:
        return self._job is not None

    def shut_down(self) -> None:
        """End at once; for the end of the program."""
        self._looked_at = False
        self._stop()
        if self._thread:
            self._thread.join()

    # ---- asking

    def _request(self) -> SpeedRequest | None:
        """For the run that would begin now; nothing when none can."""
        chosen = self._training.device
        healthy = [device for device in self._devices if chosen in ("auto", device.key)]
        device = max(healthy, key=lambda device: device.images_per_second, default=None)
        if device is None or not self._network.check.ok:
            return None
        return SpeedRequest(self._network.flat, self._training.settings.batch_size, device)

    def _outdate(self) -> None:
        """Something is different: what is known already is shown at once."""
        request = self._request()
        known = next((speed for run, speed in reversed(self._runs) if run == request), None)
        if known is not None and request is not None:
            self._show(Speed(known, request.device.label, measured=True))
        else:
            self._show(None)
            self._begin_soon()

    def _begin_soon(self) -> None:
        if self._looked_at and self.speed is None and self._training.state not in _AT_WORK:
            self._timer.start()

    def _begin(self) -> None:
        request = self._request()
        if request is None or request.device.key in self._refused or self._training.state in _AT_WORK:
            return
        if self._job is not None or self._busy():
            self._timer.start()
            return
        self._job = _Job(request)
        self._thread = threading.Thread(target=self._work, args=(self._job,), name="speed")
        self._thread.start()

    def _work(self, job: _Job) -> None:
        """In the thread. What is no user's error is not caught: it reaches the exception hook."""
        answer: float | NNStudioError | None = None
        try:
            answer = self._ask(job.request, job.cancelled.is_set)
        except NNStudioError as error:
            answer = error
        finally:
            self._ended.emit(job, answer)

    def _end(self, job: _Job, answer: float | NNStudioError | None) -> None:
        self._job = None
        if isinstance(answer, float):
            if job.request == self._request() and self.speed is None:
                self._show(Speed(answer, job.request.device.label))
        elif not job.cancelled.is_set():
            self._refused.add(job.request.device.key)
        self._begin_soon()

    def _stop(self) -> None:
        self._timer.stop()
        if self._job:
            self._job.cancelled.set()

    # ---- training

    def _follow_training(self, phase: TrainingPhase) -> None:
        if phase in _AT_WORK:
            self._trained = self._network.flat
            self._stop()
        else:
            self._begin_soon()

    def _note_run(self) -> None:
        """What a run reaches, as long as it is one of the network on the desk."""
        status, request = self._training.status, self._request()
        running = self._training.state is TrainingPhase.RUNNING and status.images_per_second > 0
        if not running or request is None or status.batch_size != request.batch_size:
            return
        if request.spec != self._trained or request.device.name not in status.device:
            return  # it ends because of an edit, or it has lost its device and goes on elsewhere
        self._runs = [run for run in self._runs if run[0] != request][1 - _MOST_RUNS :]
        self._runs.append((request, status.images_per_second))
        self._show(Speed(status.images_per_second, request.device.label, measured=True))

    def _show(self, speed: Speed | None) -> None:
        if speed != self.speed:
            self.speed = speed
            self.changed.emit()
