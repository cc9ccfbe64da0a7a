"""How much memory the next run will take, known before it begins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from nnstudio.gui.background import Background
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.training_model import TrainingModel
from nnstudio.network import NetworkSpec
from nnstudio.training.settings import TrainingSettings

if TYPE_CHECKING:
    from nnstudio.engine.backend import MemoryNeed

_WAIT_MS = 150
"""While somebody drags a slider nobody needs to know."""


@dataclass(frozen=True)
class Intent:
    """A run that somebody may begin."""

    spec: NetworkSpec
    settings: TrainingSettings
    dataset: str
    device: str


@dataclass(frozen=True)
class Estimate:
    """What a run needs on a device, and a batch size that fits when its own does not: 0 when none does.

    Without ``pictures`` those to learn from are not counted: how many there are is seen when they are loaded.
    """

    device: str
    need: MemoryNeed
    pictures: bool = True
    smaller_batch: int = 0


def estimate(intent: Intent) -> Estimate:
    """Ask the device that would train. Imports late, and may have to wait for a driver: not for the GUI thread."""
    from nnstudio.data.catalog import training_count
    from nnstudio.engine.devices import open_backend
    from nnstudio.engine.plan import compile_plan

    settings, images = intent.settings, training_count(intent.dataset)
    backend = open_backend(intent.device)
    plan = compile_plan(intent.spec, loss=settings.loss)
    sample_bytes = (images or 0) * (plan.input.size + 4)  # a byte a pixel, four a label
    batch_size = min(settings.batch_size, images or settings.batch_size)
    need = backend.memory_need(plan, batch_size=batch_size, optimizer=settings.optimizer, sample_bytes=sample_bytes)
    if need.fits:
        return Estimate(backend.name, need, images is not None)
    largest = backend.largest_batch(plan, optimizer=settings.optimizer, sample_bytes=sample_bytes)
    return Estimate(backend.name, need, images is not None, min(largest, batch_size - 1))


class MemoryModel(QObject):
    """Keeps an `Estimate` for what is chosen, made in the background soon after anything changes.

    It begins at rest, until the devices are known: to ask for them earlier would be to look for them twice.
    """

    changed = Signal()

    def __init__(
        self,
        network: NetworkModel,
        training: TrainingModel,
        *,
        estimate: Callable[[Intent], Estimate] = estimate,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._network, self._training, self._ask = network, training, estimate
        self.estimate: Estimate | None = None
        """For the run that `Train` would begin; ``None`` while that is not known."""
        self._asked: Intent | None = None
        self._known = False
        self._background = Background(self)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_WAIT_MS)
        self._timer.timeout.connect(self._begin)
        for signal in (
            network.specChanged, training.settingsChanged, training.choicesChanged, training.stateChanged,
        ):  # fmt: skip
            signal.connect(self._begin_soon)

    def watch(self) -> None:
        """Begin: the devices are known."""
        self._known = True
        self._begin_soon()

    def use_smaller_batch(self) -> None:
        """Let the next run take the batch size that fits."""
        if self.estimate and self.estimate.smaller_batch:
            settings = self._training.settings.model_copy(update={"batch_size": self.estimate.smaller_batch})
            self._training.set_settings(settings)

    def shut_down(self) -> None:
        """Let what has begun come to its end; for the end of the program."""
        self._timer.stop()
        self._known = False
        self._background.wait()

    def _begin_soon(self) -> None:
        """While a run goes on, what is free says nothing about the next."""
        if self._known and not self._training.active:
            self._timer.start()

    def _begin(self) -> None:
        if self._asked is not None or self._training.active:
            return  # asked again when the answer is there, or when the run has ended
        if not self._network.check.ok:
            self._show(None)
            return
        self._asked = self._intent()
        # Why a device cannot be asked is told by whoever wants to use it.
        self._background.run(partial(self._ask, self._asked), self._take, lambda _: self._take(None))

    def _intent(self) -> Intent:
        training = self._training
        return Intent(self._network.flat, training.settings, training.dataset, training.device)

    def _take(self, answer: Estimate | None) -> None:
        asked, self._asked = self._asked, None
        if asked == self._intent():
            self._show(answer)
        else:
            self._begin_soon()

    def _show(self, answer: Estimate | None) -> None:
        self.estimate = answer
        self.changed.emit()
