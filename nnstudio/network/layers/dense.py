"""Dense: every unit looks at every value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from nnstudio.network.layers.base import Family, Layer, Parameter, Shape, require_vector
from nnstudio.network.layers.explanation import Reckoning, fill_in, products_of, sums_over, values_of, weights_of


class Dense(Layer):
    """``Y = W X + b`` with ``W`` of shape (units, inputs), as PyTorch's Linear."""

    kind: Literal["dense"] = "dense"
    units: int = Field(10, ge=1, le=65536, title="Units", description="How many neurons, so how many outputs.")

    title: ClassVar[str] = "Dense"
    family: ClassVar[Family] = Family.DENSE
    summary: ClassVar[str] = "Every neuron weighs all inputs, adds them up and adds its bias."
    prefix: ClassVar[str] = "dense"
    rank: ClassVar[int] = 30
    also: ClassVar[tuple[str, ...]] = ("fc", "linear", "fully connected", "perceptron")
    formula: ClassVar[str] = "y_{i} = b_{i} + Σ_{j} W_{i,j} · x_{j}"
    where: ClassVar[str] = (
        "x: the values that come in, W: how much neuron i cares for value j, b: its bias, y: its sum; n neurons, m "
        "values."
    )
    purpose: ClassVar[str] = (
        "Every neuron looks at all values, gives each a weight, adds them up and says how much it likes the sum. At "
        "a network’s end it turns what was seen into scores."
    )
    tip: ClassVar[str] = (
        "Two dense layers with no activation between them are no more than one. And most parameters of a network "
        "tend to sit here."
    )
    fuses: ClassVar[bool] = True
    linear: ClassVar[bool] = True
    sized_by: ClassVar[str] = "units"

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

    def fill(self, inputs: Sequence[Shape]) -> str:
        return fill_in(self.formula, sums_over("j", inputs[0]))

    def reckon(self, inputs: Sequence[Shape]) -> tuple[Reckoning, ...]:
        width = require_vector(self, inputs[0])
        return (
            values_of((self.units,)),
            weights_of("n·m", self.units, (width,)),
            products_of("n·m", self.units, width),
        )
