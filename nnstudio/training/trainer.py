"""The training loop: a generator of events that the window, the command line and the tests use alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nnstudio.data.dataset import Dataset
from nnstudio.engine.augmentation import Augmentation
from nnstudio.engine.backend import Array, Backend, TrainingState
from nnstudio.engine.devices import open_backend
from nnstudio.engine.plan import Plan, compile_plan
from nnstudio.errors import NNStudioError
from nnstudio.network import NetworkSpec, Shape
from nnstudio.network.layers import shape_text
from nnstudio.training.control import Control, Mode
from nnstudio.training.events import Event, Failed
from nnstudio.training.loop import TrainingLoop
from nnstudio.training.settings import TrainingSettings


class TrainingError(NNStudioError):
    """Network and data do not fit each other."""


class Trainer:
    """Trains ``spec`` on ``dataset``; iterate ``run()`` once, in the thread that shall own the executable.

    ``state`` is where to begin: weights by name, a full ``TrainingState`` to go on exactly, or ``None`` for fresh
    weights. ``backend`` is the device, by default the fastest healthy one. The other methods may be called from any
    thread.
    """

    def __init__(
        self,
        spec: NetworkSpec,
        dataset: Dataset,
        settings: TrainingSettings,
        *,
        backend: Backend | None = None,
        state: Mapping[str, Array] | TrainingState | None = None,
        snapshots_per_second: float = 30.0,
    ) -> None:
        self.spec, self.dataset, self.settings = spec, dataset, settings
        self.backend, self.state = backend, state
        self.snapshot_interval = 1.0 / snapshots_per_second
        self.control = Control(settings.optimizer.learning_rate, settings.augmentation)
        self.steps_per_epoch = settings.steps_per_epoch(len(dataset.train))

    # ---- steering, from any thread

    def pause(self) -> None:
        self.control.set(Mode.PAUSE)

    def resume(self) -> None:
        self.control.set(Mode.RUN)

    def step_once(self) -> None:
        """Do one step, then pause."""
        self.control.ask_step()

    def stop(self) -> None:
        """End after the step in progress; the last event is ``Finished`` with ``stopped`` set."""
        self.control.set(Mode.STOP)

    def set_learning_rate(self, value: float) -> None:
        """Use ``value`` from the next steps on."""
        if not 0 <= value <= 100:
            raise TrainingError(f"The learning rate (={value:g}) must be between 0 and 100.")
        self.control.learning_rate = value

    def set_augmentation(self, augmentation: Augmentation) -> None:
        """Change pictures so from the next steps on."""
        self.control.augmentation = augmentation

    # ---- working, in the thread that iterates

    def run(self) -> Iterator[Event]:
        """Train, and say what happens; ends with ``Finished`` or ``Failed``."""
        try:
            plan = compile_plan(self.spec, loss=self.settings.loss)
            require_fit(plan, self.dataset)
            backend = self.backend or open_backend("auto")
            loop = TrainingLoop(
                plan, self.dataset, self.settings, backend, self.state, self.control, self.snapshot_interval
            )
            yield from loop.events()
        except NNStudioError as error:
            yield Failed(error.message, error.hint)


def require_fit(plan: Plan, dataset: Dataset) -> None:
    """Raise ``TrainingError`` when pictures or classes of ``dataset`` are not what ``plan`` takes and tells apart. One
    that answers with pictures asks for no classes: its target is its input."""
    pictures: Shape = dataset.train.image_shape
    if pictures != plan.input.shape:
        raise TrainingError(
            f"The pictures of “{dataset.name}” are {shape_text(pictures)}, "
            f"but the network takes {shape_text(plan.input.shape)}.",
            "Change the Input layer or choose other data.",
        )
    classes = len(dataset.class_names)
    if plan.classes not in (0, classes):
        raise TrainingError(
            f"“{dataset.name}” has {classes} classes, but the network answers with {plan.classes}.",
            f"Give the last Dense layer {classes} units.",
        )
    weights = len(plan.loss.class_weights)
    if weights not in (0, classes):
        raise TrainingError(
            f"The loss has {weights} class weights, but “{dataset.name}” has {classes} classes.",
            f"Give {classes} weights, in the order of the classes, or none.",
        )
