"""Flatten: a picture becomes a vector."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import ClassVar, Literal

from nnstudio.network.layers.base import Family, Layer, Shape
from nnstudio.network.layers.explanation import Reckoning, fill_in, values_of


class Flatten(Layer):
    """Channels, rows, columns one after another, in that order."""

    kind: Literal["flatten"] = "flatten"
    title: ClassVar[str] = "Flatten"
    family: ClassVar[Family] = Family.RESHAPE
    summary: ClassVar[str] = "Lays all values of a picture out in one row, so that dense layers can read them."
    prefix: ClassVar[str] = "flatten"
    rank: ClassVar[int] = 50
    also: ClassVar[tuple[str, ...]] = ("vector",)
    linear: ClassVar[bool] = True
    formula: ClassVar[str] = "y[(c·H + i)·W + j] = x_{c}[i, j]"
    where: ClassVar[str] = "x: the picture of H rows and W columns, y: the row."
    purpose: ClassVar[str] = (
        "It reads a picture line by line, channel by channel, and writes the numbers into one long row, since dense "
        "layers read rows. No value changes."
    )
    tip: ClassVar[str] = (
        "The row can be long, and each dense neuron behind it has a weight for every value: make the picture small "
        "first."
    )

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        return (prod(inputs[0]),)

    def idle(self, inputs: Sequence[Shape]) -> bool:
        return len(inputs[0]) == 1

    def fill(self, inputs: Sequence[Shape]) -> str:
        if len(inputs[0]) == 1:
            return ""
        _, height, width = inputs[0]
        return fill_in(self.formula, {"·H": f"·{height}", "·W": f"·{width}"})

    def reckon(self, inputs: Sequence[Shape]) -> tuple[Reckoning, ...]:
        return (values_of(inputs[0]),)
