"""The contract between the engine and its backends: the NumPy backend is the specification, every other does the same.

At this boundary pictures are NCHW, convolution weights OIHW, dense weights (units, inputs); inside, a backend may lay
data out as it likes. Pictures are ``uint8`` (a value means ``value / 255``) or ``float32``.

Randomness is counted, not drawn, so that all backends see the same: value ``f`` of image ``i`` in the batch of step
``t`` (from 0) is dropped by op number ``o`` when random number ``i * features + f`` of ``stream(seed, t, o)`` is below
``threshold(rate)`` (see ``random.py``). What augmentation does to image ``i`` is counted likewise, under op numbers
that no op has: see ``augmentation.py``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.augmentation import Augmentation
from nnstudio.engine.objectives import Differentiation, Objective
from nnstudio.engine.optimizers import OptimizerBase
from nnstudio.engine.plan import Plan
from nnstudio.engine.roofline import Peaks
from nnstudio.errors import NNStudioError
from nnstudio.units import bytes_text

Array = NDArray[np.floating]


class DeviceError(NNStudioError):
    """A device is missing, unhealthy, or failed at work."""


class DeviceLostError(DeviceError):
    """A device failed in mid-work: its executable is of no further use, everything since the last snapshot is gone."""


class Phase(StrEnum):
    """The parts of a training step."""

    FORWARD = "forward"
    BACKWARD = "backward"
    UPDATE = "update"


@dataclass(frozen=True)
class Timing:
    """How long a node's op takes in one phase of a step, a mean over steps, in so many launches of a kernel.

    The gather of the batch is the input node's forward phase; softmax, loss and its gradient by the scores are the
    output node's. The optimizer, with all parameters at once, has the node ``""``.
    """

    node: str
    phase: Phase
    seconds: float
    launches: int = 1


@dataclass(frozen=True)
class StepMetrics:
    """What happened in the steps since the last reading, one value a step: mean loss, right answers, images."""

    losses: NDArray[np.float64]
    correct: NDArray[np.int64]
    counts: NDArray[np.int64]


@dataclass(frozen=True)
class Evaluation:
    """Mean loss and share of right answers over a set of samples; NaN for networks that answer with pictures, for
    which nothing is right or wrong."""

    loss: float
    accuracy: float
    count: int


@dataclass(frozen=True)
class Inspection:
    """What a few pictures do inside a network: values of nodes, each (N, *shape), and gradients of the mean loss over
    the pictures by parameter name."""

    values: Mapping[str, Array]
    gradients: Mapping[str, Array]


@dataclass(frozen=True)
class TrainingState:
    """All that training needs to go on exactly: parameters, optimizer state (both by parameter name), steps done.

    When weights are ``averaged``, the last of ``slots`` is their average. The rest is for whoever trains; an executable
    has none of it: ``validation_losses``, one for each epoch done; how many pictures were ``seen`` since training
    began, all epochs together, where that does not follow from ``step``; and with early stopping the ``best`` state so
    far, if that is another.
    """

    parameters: Mapping[str, Array]
    slots: tuple[Mapping[str, Array], ...]
    step: int
    averaged: bool = False
    validation_losses: tuple[float, ...] = ()
    seen: int | None = None
    best: TrainingState | None = None

    @property
    def result(self) -> Mapping[str, Array]:
        """What has been learned: the average of the weights, where there is one, else the parameters."""
        return self.slots[-1] if self.averaged and self.step else self.parameters


@dataclass(frozen=True)
class MemoryNeed:
    """The most memory that training or using a plan takes at a time, in bytes of the device's memory.

    ``parameters`` are weights, gradients and optimizer state, with the copies in snapshots where these are in the same
    memory; ``activations`` are what a batch needs, sharing counted; ``samples`` are the backend's own copies of
    the training set; ``other`` are samples on their way to be judged, metrics and programs. ``available`` is what is
    free, 0 where nobody knows. ``obstacle`` says what is in the way however much is free.
    """

    parameters: int
    activations: int
    samples: int
    other: int
    available: int
    obstacle: str = ""

    @property
    def total(self) -> int:
        return self.parameters + self.activations + self.samples + self.other

    @property
    def fits(self) -> bool:
        return not self.obstacle and (not self.available or self.total <= self.available)


class Executable(ABC):
    """A plan prepared on a device, with arrays of its own. It belongs to the thread that made it.

    Steps allocate nothing and wait for nothing; ``read_*``, ``drain``, ``evaluate``, ``predict``, ``activations``,
    ``gradients`` and ``inspect`` wait for the work to be done. Any call may raise ``DeviceLostError``.
    """

    plan: Plan
    batch_size: int

    # ---- parameters

    @abstractmethod
    def write_parameters(self, values: Mapping[str, Array]) -> None:
        """Set parameters by name (``conv1.weight``); others stay. A wrong name or shape is a ``ValueError``."""

    @abstractmethod
    def read_parameters(self) -> dict[str, Array]:
        """Copies of all parameters by name."""

    @abstractmethod
    def read_state(self) -> TrainingState:
        """A copy of parameters, optimizer state and step count."""

    @abstractmethod
    def write_state(self, state: TrainingState) -> None:
        """Go on from ``state``: bit-identical to never having stopped, on the same device."""

    # ---- training

    @abstractmethod
    def set_optimizer(self, optimizer: OptimizerBase) -> None:
        """Use these settings from the next step on; optimizer state stays when the kind does, and whether weights are
        averaged. Else it begins at 0, and an average at the weights that there are."""

    @abstractmethod
    def set_augmentation(self, augmentation: Augmentation | None) -> None:
        """Change the pictures of training batches so from the next step on, or (``None``) not any more. Whoever uses
        the network sees its pictures unchanged."""

    @abstractmethod
    def load_samples(self, images: NDArray[np.generic], labels: NDArray[np.integer]) -> None:
        """Make the training set resident: images (N, C, H, W), labels (N,) from 0 to units - 1. They may be used where
        they are, so they must not change."""

    @abstractmethod
    def begin_epoch(self, order: NDArray[np.integer]) -> None:
        """Batch ``b`` of this epoch is ``order[b * batch_size : (b + 1) * batch_size]``; the last may be smaller."""

    @abstractmethod
    def train(self, first: int, count: int, learning_rates: Sequence[float] | None = None) -> None:
        """Do or queue ``count`` steps from batch ``first`` of the epoch: gather, forward, loss, backward, update. Each
        has its own of ``learning_rates``, or all have the optimizer's."""

    @abstractmethod
    def profile(self, first: int, count: int) -> list[Timing]:
        """As ``train``, with the same results to the bit, but wait, and say how long each op took in each phase, op by
        op on its own: all together may take longer than a step in which a backend does several at once."""

    @abstractmethod
    def drain(self) -> StepMetrics:
        """Wait for all queued steps and return what happened since the last call."""

    # ---- using the network, without dropout and without touching training

    @abstractmethod
    def evaluate(
        self, images: NDArray[np.generic], labels: NDArray[np.integer], *, averaged: bool = False
    ) -> Evaluation:
        """Mean loss and accuracy over any number of samples; ``averaged``: with the average of the weights, in so far
        as the optimizer keeps one and a step has been done."""

    @abstractmethod
    def predict(self, images: NDArray[np.generic], *, averaged: bool = False) -> Array:
        """The output layer's values, (N, units), for any number of images; ``averaged`` as in ``evaluate``."""

    @abstractmethod
    def activations(self, images: NDArray[np.generic], nodes: Sequence[str]) -> dict[str, Array]:
        """Values of ``nodes`` (kept ones: see ``compile_plan``), each (N, *shape)."""

    @abstractmethod
    def gradients(self, images: NDArray[np.generic], labels: NDArray[np.integer]) -> dict[str, Array]:
        """Gradients of the mean loss over at most ``batch_size`` images: by parameter name, and of ``input`` (as a
        target the input is a constant)."""

    @abstractmethod
    def inspect(self, images: NDArray[np.generic], labels: NDArray[np.integer], nodes: Sequence[str]) -> Inspection:
        """For at most ``batch_size`` images the same as ``activations`` of ``nodes`` and ``gradients`` by all
        parameters that learn, for the price of ``gradients``: there is one pass forward."""

    @abstractmethod
    def differentiate(
        self,
        images: NDArray[np.generic],
        objectives: Sequence[Objective],
        wanted: Sequence[str],
        *,
        labels: NDArray[np.integer] | None = None,
        loss_weight: float = 0.0,
    ) -> Differentiation:
        """The sum of ``objectives`` for at most ``batch_size`` images, plus ``loss_weight`` times their mean loss, and
        its gradients by the nodes (the input's too) and parameters that are ``wanted``.

        Objectives and gradients can be had at nodes that are kept (see ``compile_plan``), but not at the output.
        """

    @abstractmethod
    def close(self) -> None:
        """Give the device's memory back; nothing may be called afterwards."""


BATCH_SIZES = (1, *sorted(start << power for start in (2, 3) for power in range(16)))[:-1]
"""Batch sizes to propose: 1, 2, 3, 4, 6, 8, 12, ... 65,536."""


class Backend(ABC):
    """A device that can run plans: ``name`` for people, ``key`` for the command line (``opencl:0``)."""

    name: str
    key: str

    @abstractmethod
    def prepare(
        self, plan: Plan, *, batch_size: int, optimizer: OptimizerBase | None = None, seed: int = 0
    ) -> Executable:
        """Arrays and programs for ``plan``; without an optimizer only for use. ``seed`` is for dropout.

        ``DeviceError`` when that does not fit, naming a batch size that does: see ``require_fit``.
        """

    @abstractmethod
    def memory_need(
        self, plan: Plan, *, batch_size: int, optimizer: OptimizerBase | None = None, sample_bytes: int = 0
    ) -> MemoryNeed:
        """What ``prepare`` with these arguments and then training on images and labels of ``sample_bytes`` will take.

        Allocates nothing that counts and takes about a millisecond.
        """

    @abstractmethod
    def measure_peaks(self) -> Peaks:
        """The most that the device can do; takes about a second. ``DeviceError`` when that fails."""

    def largest_batch(self, plan: Plan, *, optimizer: OptimizerBase | None = None, sample_bytes: int = 0) -> int:
        """The largest of ``BATCH_SIZES`` that fits; 0 when none does."""

        def too_large(batch_size: int) -> bool:
            need = self.memory_need(plan, batch_size=batch_size, optimizer=optimizer, sample_bytes=sample_bytes)
            return not need.fits

        fitting = bisect_right(BATCH_SIZES, False, key=too_large)
        return BATCH_SIZES[fitting - 1] if fitting else 0

    def require_fit(
        self, plan: Plan, *, batch_size: int, optimizer: OptimizerBase | None = None, sample_bytes: int = 0
    ) -> MemoryNeed:
        """The need where it fits; otherwise ``DeviceError`` with what is needed, what there is, and what to do."""
        need = self.memory_need(plan, batch_size=batch_size, optimizer=optimizer, sample_bytes=sample_bytes)
        if need.fits:
            return need
        reason = need.obstacle or (
            f"Batches of {batch_size:,} images need {bytes_text(need.total)} of memory "
            f"and {self.name} has room for {bytes_text(need.available)}."
        )
        smaller = self.largest_batch(plan, optimizer=optimizer, sample_bytes=sample_bytes)
        raise DeviceError(reason, smaller_batch_hint(min(smaller, batch_size - 1)))


def sets_kept(optimizer: OptimizerBase | None) -> int:
    """How many arrays as large as all parameters a trainer has beside the executable: two states, the newest and the
    one that it goes back to, and a set of weights on its way to whoever looks on."""
    return 2 * (1 + optimizer.slots) + 1 if optimizer else 0


def smaller_batch_hint(batch_size: int) -> str:
    """What to do about too little memory, when a batch of ``batch_size`` might fit (0: none does)."""
    if batch_size:
        return f"Choose a smaller batch, such as {batch_size:,}."
    return "Make the network smaller, or choose fewer samples or another device."
