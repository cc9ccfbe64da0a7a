"""Ops behind which an activation may be applied at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nnstudio.engine.backend import Array
from nnstudio.engine.numpy.ops.activation import function_of
from nnstudio.engine.numpy.ops.base import Memory, Operation
from nnstudio.engine.plan import Op


class FusingOperation(Operation):
    """``Y = f(Z)``, in place, where an activation ``f`` is fused into the op; ``dZ`` is the gradient by ``Z``."""

    def __init__(self, op: Op, number: int, memory: Memory) -> None:
        super().__init__(op, number, memory)
        self.activation = op.activation and function_of(op.activation, self.Y)
        self.dZ = np.empty_like(self.dY) if self.activation else self.dY

    def scratch(self) -> Sequence[Array]:
        return (self.dZ, *self.activation.scratch()) if self.activation else ()

    def activate(self) -> None:
        """Make ``Y`` of ``Z``, which is there now."""
        if self.activation:
            self.activation.forward(self.Y, self.Y)

    def differentiate_activation(self) -> None:
        """Make ``dZ`` of ``dY``."""
        if self.activation:
            self.activation.backward(self.Y, self.dY, self.dZ)
