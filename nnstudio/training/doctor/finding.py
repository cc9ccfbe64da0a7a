"""What the doctor says: a finding with its evidence, and remedies that can be had at a click."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from nnstudio.network import NetworkSpec
from nnstudio.training.settings import TrainingSettings

LIVE_SETTINGS = ("optimizer", "augmentation", "batch_size")
"""Settings that a running training takes over at once, as long as the optimizer is of the same kind."""


class Severity(IntEnum):
    """How bad it is: worth knowing, in the way of learning, or the end of learning."""

    NOTE = 1
    WARNING = 2
    ERROR = 3


@dataclass(frozen=True)
class Evidence:
    """A figure with its unit, and what it is a figure of."""

    label: str
    value: str


@dataclass(frozen=True)
class Series:
    """The curve that shows it: ``values`` over ``steps``, and the ``limit`` that was passed, if there is one."""

    title: str
    steps: tuple[int, ...]
    values: tuple[float, ...]
    limit: float | None = None
    log: bool = False
    """Whether the values are of very different sizes, and all above 0."""


@dataclass(frozen=True)
class Remedy:
    """What ``title`` says, in the imperative. The changes are pure: each gives the new settings or the new (designed)
    network. ``rewind`` is the step whose weights should come back first; ``go_on`` says that training, which waits,
    shall go on afterwards."""

    title: str
    settings: Callable[[TrainingSettings], TrainingSettings] | None = None
    network: Callable[[NetworkSpec], NetworkSpec] | None = None
    rewind: int | None = None
    go_on: bool = False

    def takes_effect_now(self, settings: TrainingSettings) -> bool:
        """Whether the running training heeds the change of settings; otherwise the next one does."""
        if self.settings is None:
            return True
        after = self.settings(settings)
        live = settings.model_copy(update={name: getattr(after, name) for name in LIVE_SETTINGS})
        then, now = settings.optimizer, after.optimizer
        return live == after and (now.kind, now.slots) == (then.kind, then.slots)


@dataclass(frozen=True)
class Finding:
    """One illness. ``cause`` is its name in the program: there is at most one finding for each.

    ``extent`` is a number that grows as it gets worse, in a unit of the rule's own; it decides when to speak again.
    """

    cause: str
    severity: Severity
    title: str
    text: str
    evidence: tuple[Evidence, ...] = ()
    series: Series | None = None
    remedies: tuple[Remedy, ...] = ()
    extent: float = 1.0
    step: int = 0
    """After which step it was found."""
