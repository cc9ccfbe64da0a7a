"""What all operations share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Self

from nnstudio.engine.backend import Array
from nnstudio.engine.losses import LossBase
from nnstudio.engine.plan import Op
from nnstudio.network import Layer


@dataclass
class Presence:
    """How many of a lane's images the batch really has; the rest repeat its last one and count for nothing."""

    images: int = 0


@dataclass(frozen=True)
class Memory:
    """The arrays of one lane: values and gradients by tensor, parameters and their gradients by name.

    ``given`` has for each op the arrays that it writes the gradients of its inputs to: those of ``gradients``, or ones
    that the lane adds to them where a tensor has several users. ``first_row`` is the place of the lane's first image in
    the batch; ``seed`` and ``loss`` are those of the whole run.
    """

    values: Sequence[Array]
    gradients: Sequence[Array]
    given: Sequence[Sequence[Array]]
    parameters: Mapping[str, Array]
    parameter_gradients: Mapping[str, Array]
    first_row: int
    seed: int
    loss: LossBase
    presence: Presence = field(default_factory=Presence)


class Operation(ABC):
    """One op of a plan at work on the images of one lane.

    ``forward`` reads ``X`` (all inputs: ``Xs``) and writes ``Y``; ``backward`` reads both and ``dY``, and writes the
    gradients of the parameters and, where asked, ``dX`` (``dXs``). It may use ``dY`` as scratch. Neither allocates.
    """

    layers: ClassVar[tuple[type[Layer], ...]] = ()
    """The layers that this operation computes."""

    @classmethod
    def suited(cls, op: Op) -> type[Operation]:  # noqa: ARG003
        """The operation for ``op``: this one, unless another is better for the layer's settings."""
        return cls

    def __init__(self, op: Op, number: int, memory: Memory) -> None:
        self.Xs, self.dXs = [memory.values[index] for index in op.inputs], memory.given[number]
        self.X, self.dX = self.Xs[0], self.dXs[0]
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


class JointOperation(Operation):
    """An op that needs to know something of the whole batch while training: the lanes meet before each pass.

    First each does ``prepare_forward`` (or ``prepare_backward``), which leaves its share in attributes; when all are
    there, ``forward`` (or ``backward``) reads those of ``peers``, the same op in all lanes in their order.
    """

    peers: Sequence[Self] = ()

    @abstractmethod
    def prepare_forward(self) -> None: ...

    @abstractmethod
    def prepare_backward(self) -> None: ...
