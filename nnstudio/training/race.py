"""A race of forks: from one training state several variants of the settings, trained in turn on the same batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nnstudio.data.dataset import Dataset
from nnstudio.engine.backend import Backend, TrainingState
from nnstudio.engine.optimizers import OptimizerBase
from nnstudio.engine.plan import compile_plan
from nnstudio.errors import NNStudioError
from nnstudio.network import NetworkSpec
from nnstudio.training.control import Adjustable, Control, Mode
from nnstudio.training.events import EpochDone, Event, Finished, Paused, Snapshot
from nnstudio.training.loop import TrainingLoop
from nnstudio.training.settings import TrainingSettings
from nnstudio.training.settings_path import KIND, Given, Place, changed, kinds_of, places, title_of_kind, value_at
from nnstudio.training.trainer import require_fit
from nnstudio.units import few_digits

MOST_LANES = 4
VARIED = ("optimizer", "schedule", "loss", "augmentation")
"""In what lanes may differ: all else says which pictures come when, or how long, and is the same for all."""
BLOCK = 16
"""Steps that a lane does before it is the next one's turn."""


class RaceError(NNStudioError):
    """These variants cannot race against each other."""


Changes = Mapping[str, Any]
"""What a variant has otherwise: values by their path, such as ``optimizer.learning_rate``."""


def race_places(settings: TrainingSettings) -> list[Place]:
    """The settings that a lane may change which has ``settings`` so far."""
    return [
        place
        for place in places(settings)
        if place.path.split(".")[0] in VARIED and value_at(settings, place.path) is not None
    ]


def race_variant(spec: NetworkSpec, base: TrainingSettings, changes: Changes) -> TrainingSettings:
    """``base`` with ``changes``. ``NNStudioError`` says in plain words what does not go together."""
    known = {place.path: place for place in places(base)}
    for path in changes:
        _require_owner(base, changes, known[path])
    settings = changed(
        base, [Given(tuple(path.split(".")), value, known[path].short) for path, value in changes.items()]
    )
    if (fitting := settings.fitting(spec).loss) != settings.loss:
        what = f"{settings.loss.title} cannot judge what this network answers."
        raise RaceError(what, f"Choose another loss, such as {fitting.title}.")
    return settings


def usual_variants(settings: TrainingSettings) -> tuple[Changes, ...]:
    """What is worth a race where nobody has chosen yet, beginning with no change: one for each possible lane."""
    faster = few_digits(min(10 * settings.optimizer.learning_rate, 100.0), 2) or 0.01
    other = "adam" if settings.optimizer.kind == "momentum" else "momentum"
    return {}, {"optimizer.learning_rate": faster}, {f"optimizer.{KIND}": other}, {"augmentation.shift": 2}


@dataclass(frozen=True)
class LaneEvent:
    """What happened in a lane, counted from 0."""

    lane: int
    event: Event


class Race:
    """Trains each of ``variants`` for ``epochs`` ends of an epoch from ``state``; iterate ``run()`` once, in the thread
    that shall own the executables. ``stop`` may be called from any thread.

    Every lane has an executable of its own and is, to the bit, the same variant trained alone from ``states[lane]``
    with ``settings[lane]``. Pictures come in the same batches in all of them, which is why batch size and seed must be
    the same. Where the optimizer is another than that of ``state`` it begins anew, its count of steps included, as its
    formulas ask for; dropout and augmentation, which follow that count, then draw other numbers.
    """

    def __init__(
        self,
        spec: NetworkSpec,
        dataset: Dataset,
        variants: Sequence[TrainingSettings],
        base: TrainingSettings,
        state: TrainingState,
        *,
        backend: Backend,
        epochs: int = 1,
    ) -> None:
        _require_comparable(variants)
        self.spec, self.dataset, self.backend, self.epochs = spec, dataset, backend, epochs
        state = _with_place(state, base, len(dataset.train))
        begun = (state.seen or 0) // len(dataset.train)
        longest = max(begun + epochs, *(each.epochs for each in variants))
        self.settings = tuple(
            each.model_copy(update={"epochs": longest, "early_stopping": 0}) for each in variants
        )  # fmt: skip
        self.states = tuple(forked(state, base.optimizer, each.optimizer) for each in self.settings)
        self._controls = [
            Control(Adjustable(each.optimizer, each.augmentation, each.batch_size)) for each in self.settings
        ]

    def stop(self) -> None:
        """End all lanes after the steps in progress; their last event is ``Finished``."""
        for control in self._controls:
            control.set(Mode.STOP)

    def run(self) -> Iterator[LaneEvent]:
        """Train all lanes in turn, and say what happens."""
        lanes: list[_Lane] = []
        try:
            for number, control in enumerate(self._controls):
                lanes.append(_Lane(number, self._loop(number), control, self.epochs))
            while any(not lane.over for lane in lanes):
                for lane in lanes:
                    yield from lane.turn()
        finally:
            for lane in lanes:
                lane.close()

    def _loop(self, lane: int) -> TrainingLoop:
        settings = self.settings[lane]
        plan = compile_plan(self.spec, loss=settings.loss)
        require_fit(plan, self.dataset)
        return TrainingLoop(
            plan, self.dataset, settings, self.backend, self.states[lane], self._controls[lane], 0.0, stretch=BLOCK
        )  # fmt: skip


class _Lane:
    """One variant on its way. A turn is a stretch of steps, which a snapshot ends."""

    def __init__(self, number: int, loop: TrainingLoop, control: Control, epochs: int) -> None:
        self._number, self._loop, self._control, self._epochs_left = number, loop, control, epochs
        self._events = loop.events()
        self.over = False

    def turn(self) -> Iterator[LaneEvent]:
        for event in self._events:
            match event:
                case EpochDone():
                    self._epochs_left -= 1
                    if self._epochs_left == 0:
                        self._control.set(Mode.STOP)
                case Paused():  # it diverged: nobody is there to slow it down
                    self._control.set(Mode.STOP)
                case Finished() if self._epochs_left == 0:
                    event = replace(event, stopped=False)
            yield LaneEvent(self._number, event)
            if isinstance(event, Snapshot) and not self._control.stopping:
                return
        self.over = True

    def close(self) -> None:
        """Give back what the device holds, for a lane that was left on its way."""
        if not self.over:
            self._loop.executable.close()


def forked(state: TrainingState, before: OptimizerBase, after: OptimizerBase) -> TrainingState:
    """``state`` as one that ``after`` goes on from: as it is where the optimizer is of the same kind; else what was
    learned, at the same place in the epoch, with an optimizer that has no memory yet."""
    if type(before) is type(after) and len(state.slots) == after.slots:
        return replace(state, best=None)
    learned = dict(state.result)
    slots = [{name: np.zeros_like(values) for name, values in learned.items()} for _ in range(after.own_slots)]
    average = [learned] if after.average > 0 else []
    return replace(
        state, parameters=learned, slots=(*slots, *average), step=0, averaged=after.average > 0, best=None
    )  # fmt: skip


def untrained(parameters: dict[str, np.ndarray], optimizer: OptimizerBase) -> TrainingState:
    """Where a race begins that begins with training itself."""
    zeros = {name: np.zeros_like(values) for name, values in parameters.items()}
    slots = (zeros,) * optimizer.own_slots + ((parameters,) if optimizer.average > 0 else ())
    return TrainingState(parameters, slots, 0, optimizer.average > 0, seen=0)


def _with_place(state: TrainingState, base: TrainingSettings, images: int) -> TrainingState:
    """The same, saying how many pictures were seen: a fork may lose the count of steps that this follows from."""
    if state.seen is not None:
        return state
    epoch, batch = divmod(state.step, base.steps_per_epoch(images))
    return replace(state, seen=epoch * images + batch * base.batch_size)


def _require_owner(base: TrainingSettings, changes: Changes, place: Place) -> None:
    """What is chosen in ``changes``, or in ``base``, must have the setting."""
    name, _, setting = place.path.partition(".")
    kinds, choice = kinds_of(TrainingSettings.model_fields[name]), f"{name}.{KIND}"
    if not kinds or setting == KIND:
        return
    chosen = kinds[changes.get(choice, value_at(base, choice))]
    if setting not in chosen.model_fields:
        able = " or ".join(title_of_kind(kind) for kind in kinds.values() if setting in kind.model_fields)
        what = f"{title_of_kind(chosen)} has no setting “{place.short}”."
        raise RaceError(what, f"Remove that change, or choose {able}.")


def _require_comparable(variants: Sequence[TrainingSettings]) -> None:
    if not 1 <= len(variants) <= MOST_LANES:
        raise RaceError(f"A race has between 1 and {MOST_LANES} lanes, not {len(variants)}.")
    first = variants[0]
    for number, each in enumerate(variants[1:], start=2):
        for name in ("batch_size", "seed"):
            ours, theirs = getattr(each, name), getattr(first, name)
            if ours != theirs:
                what = f"{name} (={ours}) of lane {number} must be that of lane 1 (={theirs})."
                raise RaceError(what, "The lanes see the same pictures in the same batches.")
