"""The training loop: a generator of events that the window, the command line and the tests use alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nnstudio.data.dataset import Dataset
from nnstudio.engine.augmentation import Augmentation
from nnstudio.engine.backend import Array, Backend, TrainingState
from nnstudio.engine.devices import open_backend
from nnstudio.engine.optimizers import OptimizerBase
from nnstudio.engine.plan import Plan, compile_plan
from nnstudio.errors import NNStudioError
from nnstudio.network import NetworkSpec, Shape
from nnstudio.network.layers import shape_text
from nnstudio.training.control import Adjustable, Control, Mode
from nnstudio.training.events import Event, Failed
from nnstudio.training.loop import TrainingLoop
from nnstudio.training.settings import TrainingSettings
from nnstudio.training.watch import Watch

MOST_PICTURES = 65_536
"""In a batch."""


class TrainingError(NNStudioError):
    """Network and data do not fit each other."""


class Trainer:
    """Trains ``spec`` on ``dataset``; iterate ``run()`` once, in the thread that shall own the executable.

    ``state`` is where to begin: weights by name, a full ``TrainingState`` to go on exactly, or ``None`` for fresh
    weights. ``backend`` is the device, by default the fastest healthy one. With ``measures`` events tell what the
    network looks like inside and how it answers (``Measured``, ``Judged``), which takes a few per cent of the time and
    changes no bit of what is learned. The other methods may be called from any thread.
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
        measures: bool = False,
    ) -> None:
        self.spec, self.dataset, self.settings = spec, dataset, settings
        self.backend, self.state, self.measures = backend, state, measures
        self.snapshot_interval = 1.0 / snapshots_per_second
        self.control = Control(Adjustable(settings.optimizer, settings.augmentation, settings.batch_size))
        self.steps_per_epoch = settings.steps_per_epoch(len(dataset.train))

    # ---- steering, from any thread

    def pause(self) -> None:
        self.control.set(Mode.PAUSE)

    def resume(self) -> None:
        self.control.set(Mode.RUN)

    def step_once(self) -> None:
        """Do one step, then pause."""
        self.control.ask_step()

    def step_epoch(self) -> None:
        """Run to the end of the epoch, then pause."""
        self.control.ask_epoch()

    def stop(self) -> None:
        """End after the step in progress; the last event is ``Finished`` with ``stopped`` set."""
        self.control.set(Mode.STOP)

    def set_learning_rate(self, value: float) -> None:
        """Use ``value`` from the next steps on."""
        if not 0 <= value <= 100:
            raise TrainingError(f"The learning rate (={value:g}) must be between 0 and 100.")
        self.control.set_learning_rate(value)

    def set_optimizer(self, optimizer: OptimizerBase) -> None:
        """Use the numbers of ``optimizer`` from the next steps on; what it remembers stays, so it must be of the same
        kind."""
        now = self.control.adjustable.optimizer
        if type(optimizer) is not type(now) or optimizer.slots != now.slots:
            raise TrainingError(
                f"{now.title} cannot become {optimizer.title} while training runs, nor begin or cease to average.",
                "Stop, choose the other optimizer, and continue.",
            )
        self.control.adjust(optimizer=optimizer)

    def set_batch_size(self, batch_size: int) -> None:
        """Look at so many pictures before each step, from the next on. No picture of the epoch is left out or comes
        twice."""
        if not 1 <= batch_size <= MOST_PICTURES:
            raise TrainingError(f"The batch size (={batch_size:,}) must be between 1 and {MOST_PICTURES:,}.")
        self.control.adjust(batch_size=batch_size)

    def set_augmentation(self, augmentation: Augmentation) -> None:
        """Change pictures so from the next steps on."""
        self.control.adjust(augmentation=augmentation)

    # ---- working, in the thread that iterates

    def run(self) -> Iterator[Event]:
        """Train, and say what happens; ends with ``Finished`` or ``Failed``."""
        try:
            plan = compile_plan(self.spec, loss=self.settings.loss)
            require_fit(plan, self.dataset)
            backend = self.backend or open_backend("auto")
            watch = Watch(plan, self.dataset, self.settings) if self.measures else None
            loop = TrainingLoop(
                plan, self.dataset, self.settings, backend, self.state, self.control, self.snapshot_interval, watch
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
