"""What all operations share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from nnstudio.engine.backend import Array
from nnstudio.engine.plan import Loss, Op
from nnstudio.network import Layer


@dataclass(frozen=True)
class Memory:
    """The arrays of one lane: values and gradients by tensor, parameters and their gradients by name.

    ``first_row`` is the place of the lane's first image in the batch; ``seed`` and ``loss`` are those of the whole run.
    """

    values: Sequence[Array]
    gradients: Sequence[Array]
    parameters: Mapping[str, Array]
    parameter_gradients: Mapping[str, Array]
    first_row: int
    seed: int
    loss: Loss


class Operation(ABC):
    """One op of a plan at work on the images of one lane.

    ``forward`` reads ``X`` and writes ``Y``; ``backward`` reads both and ``dY``, and writes the gradients of the
    parameters and, where asked, ``dX``. It may use ``dY`` as scratch. Neither allocates.
    """

    layers: ClassVar[tuple[type[Layer], ...]] = ()
    """The layers that this operation computes."""

    def __init__(self, op: Op, number: int, memory: Memory) -> None:
        self.X, self.dX = memory.values[op.inputs[0]], memory.gradients[op.inputs[0]]
        self.Y, self.dY = memory.values[op.output], memory.gradients[op.output]

    @abstractmethod
    def forward(self, step: int | None) -> None:
        """Compute ``Y``; ``step`` is the number of the training step, or ``None`` when the network is only used."""

    @abstractmethod
    def backward(self, want_dX: bool) -> None:
        """Compute the gradients of what ``forward`` did last."""

    def scratch(self) -> Sequence[Array]:
        """All arrays of its own that are written before they are read: tests fill them with NaN."""
        return ()
