"""The chart at the foot of the bed: what a training run has told so far, as far as a diagnosis needs it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from math import isfinite, log, prod

import numpy as np

from nnstudio.engine.losses import BinaryCrossEntropy, CrossEntropy
from nnstudio.engine.plan import compile_plan
from nnstudio.network import Family, NetworkSpec, Node
from nnstudio.training.doctor.data_facts import DataFacts
from nnstudio.training.doctor.finding import Series
from nnstudio.training.events import ActivationStatistics, EpochDone, Judged, Measured, ParameterStatistics, Paused
from nnstudio.training.probe import most_pictures
from nnstudio.training.settings import TrainingSettings

READINGS, _SPAN = 3, 40
"""So many measurements in a row, over at least so many steps, must agree: a single one may be an accident."""
_KEPT_READINGS = 64
_KEPT_BLOCKS = 512
_GAP = 10
"""Steps between two measurements that are kept; nearer ones say the same."""
_BLOCK_STEPS, _BLOCK_IMAGES = 20, 1_280
"""A block of steps has at least so many steps and images, so that its mean loss hardly depends on chance."""


class Chart:
    """Remembers a bounded part of a run of the flat network ``spec``; ``origin`` names the designed layer of each."""

    def __init__(self, spec: NetworkSpec, settings: TrainingSettings, origin: Mapping[str, str] | None = None) -> None:
        self.plan = compile_plan(spec, loss=settings.loss)
        self.spec = self.plan.spec
        self.settings = settings
        self.origin = origin or {}
        self.facts: DataFacts | None = None
        self.batch_size, self.steps_per_epoch, self.epochs_planned = settings.batch_size, 0, settings.epochs
        self.step, self.rate = 0, settings.optimizer.learning_rate
        self.changed_at = 0
        """The step after which the run began or something was changed."""
        self.epochs: list[EpochDone] = []
        self.readings: deque[Measured] = deque(maxlen=_KEPT_READINGS)
        """Measurements since the last change, the newest last."""
        self.blocks: deque[tuple[int, float]] = deque(maxlen=_KEPT_BLOCKS)
        """Mean losses of blocks of steps since the last change, with the last step of each."""
        self.judged: dict[str, Judged] = {}
        """The newest for each part of the data."""
        self.breakdown: Paused | None = None
        """Why training paused by itself, until it has gone on for a block of steps."""
        self.latest: Measured | None = None
        self.start_loss = 0.0
        """Mean loss of the first block."""
        self._block: list[float] = []

    # ---- what is told

    def note_steps(self, step: int, losses: Iterable[float], rate: float) -> None:
        if step <= self.step:
            self.go_back(step - 1)
        self.step, self.rate = step, rate
        self._block += losses
        while len(self._block) >= self.block_steps:  # a fast device does several blocks on end
            mean, self._block = float(np.mean(self._block[: self.block_steps])), self._block[self.block_steps :]
            if self.breakdown is not None:
                self.breakdown = self.latest = None
            self.start_loss = self.start_loss or mean
            self.blocks.append((step - len(self._block), mean))

    def note_reading(self, event: Measured) -> None:
        self.latest = event
        sound = all(isfinite(parameter.norm) for parameter in event.parameters.values())
        if sound and (not self.readings or event.step >= self.readings[-1].step + _GAP):
            self.readings.append(event)

    def change(self, step: int) -> None:
        """Something was changed: what was measured under other conditions says nothing any more."""
        self.changed_at = step
        self.readings.clear()
        self.blocks.clear()
        self._block = []

    def go_back(self, step: int) -> None:
        """Forget what came after ``step``."""
        self.epochs = [epoch for epoch in self.epochs if epoch.step <= step]
        self.judged = {part: event for part, event in self.judged.items() if event.step <= step}
        self.step = step
        self.change(step)

    # ---- what rules ask

    @property
    def block_steps(self) -> int:
        return max(_BLOCK_STEPS, -(-_BLOCK_IMAGES // max(1, self.batch_size)))

    @property
    def guess_loss(self) -> float:
        """What an even guess costs, where that is known; otherwise the loss at the start."""
        match self.settings.loss:
            case CrossEntropy() if self.plan.classes:
                return log(self.plan.output.size)
            case BinaryCrossEntropy() if self.plan.classes:
                return log(2)
        return self.start_loss

    @cached_property
    def weights(self) -> tuple[str, ...]:
        """Learned matrices and kernels, from the input to the output; biases and scales follow other rules."""
        return tuple(slot.name for op in self.plan.ops for slot in op.learned if len(slot.shape) > 1)

    @property
    def full_rate(self) -> bool:
        """Whether the schedule has not made the learning rate small: at a small rate little moves, as it should."""
        return self.rate >= 0.5 * self.settings.optimizer.learning_rate

    @property
    def agreed(self) -> list[Measured]:
        """The last measurements, when there are enough of them over enough steps."""
        readings = list(self.readings)
        first = next((n for n, reading in enumerate(reversed(readings), 1) if self._reaches_back(reading)), 0)
        return readings[-max(first, READINGS) :] if first and len(readings) >= READINGS else []

    def _reaches_back(self, reading: Measured) -> bool:
        return reading.step <= self.readings[-1].step - _SPAN

    def statistics(self, reading: Measured) -> list[tuple[str, ParameterStatistics]]:
        """Of the weights, from the input to the output."""
        return [(name, reading.parameters[name]) for name in self.weights if name in reading.parameters]

    @cached_property
    def rectifiers(self) -> list[Node]:
        """Activations that are exactly 0 for all they do not like, and let no gradient through then."""
        return [
            node
            for node in self.spec.nodes
            if node.layer.family is Family.ACTIVATION and node.layer.bounds[0] == 0 and node.layer.differentiable
        ]

    def looks(self, node: str) -> int:
        """How often a measurement looks at each unit or channel of a layer: at one value in each picture, or at all of
        a map. Of large networks few pictures are measured."""
        pictures = max(1, min(self.batch_size, most_pictures(self.plan)))
        shape = next((tensor.shape for tensor in self.plan.tensors if tensor.node == node), ())
        return pictures * prod(shape[1:])

    def activation(self, reading: Measured, node: str) -> ActivationStatistics | None:
        return reading.activations.get(node)

    def designed(self, node: str) -> str:
        """What a layer is called in the designer."""
        return self.origin.get(node, node)

    @staticmethod
    def layer_of(parameter: str) -> str:
        return parameter.rpartition(".")[0]

    def reading_series(self, title: str, values: Iterator[float], limit: float | None = None) -> Series:
        """A curve over the measurements; ``values`` has one for each. Sizes are compared on a logarithmic axis."""
        pairs = [(reading.step, value) for reading, value in zip(self.readings, values, strict=True) if value > 0]
        return Series(title, tuple(step for step, _ in pairs), tuple(value for _, value in pairs), limit, log=True)

    def loss_series(self) -> Series:
        """The loss since the last change."""
        pairs = [(step, loss) for step, loss in self.blocks if isfinite(loss)]
        return Series("Training loss", tuple(step for step, _ in pairs), tuple(loss for _, loss in pairs))

    def epoch_series(self, figure: str, title: str) -> Series:
        """One of the figures of ``EpochDone`` over all epochs."""
        return Series(title, tuple(e.step for e in self.epochs), tuple(getattr(e, figure) for e in self.epochs))

    @property
    def pixels(self) -> int:
        """Values of one channel of a picture."""
        return prod(self.plan.input.shape[1:])
