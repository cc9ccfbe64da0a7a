"""Dense: every unit looks at every value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from nnstudio.network.layers.base import Family, Layer, Parameter, Shape, require_vector


class Dense(Layer):
    """``Y = W X + b`` with ``W`` of shape (units, inputs), as PyTorch's Linear."""

    kind: Literal["dense"] = "dense"
    units: int = Field(10, ge=1, le=65536, title="Units", description="How many neurons, so how many outputs.")

    title: ClassVar[str] = "Dense"
    family: ClassVar[Family] = Family.DENSE
    summary: ClassVar[str] = "Every neuron weighs all inputs, adds them up and adds its bias."
    prefix: ClassVar[str] = "dense"
    rank: ClassVar[int] = 30
    fuses: ClassVar[bool] = True

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        require_vector(self, inputs[0])
        return (self.units,)

    def parameters(self, inputs: Sequence[Shape]) -> tuple[Parameter, ...]:
        width = require_vector(self, inputs[0])
        return Parameter("weight", (self.units, width), width, self.units), Parameter(
            "bias", (self.units,), width, self.units, initial=0.0
        )

    def multiply_adds(self, inputs: Sequence[Shape]) -> int:
        return self.units * require_vector(self, inputs[0])

    def settings_text(self) -> str:
        return f"{self.units:,} units"
