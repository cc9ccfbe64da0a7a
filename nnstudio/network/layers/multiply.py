"""Multiply: one path opens and closes another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from nnstudio.network.layers.base import Family, Layer, LayerError, Shape, shape_text


class Multiply(Layer):
    """The first input times the second, value by value; the second has the same shape, or one value for each channel
    of the first, as the gates of squeeze-and-excitation are (Hu et al., 2017)."""

    kind: Literal["multiply"] = "multiply"
    title: ClassVar[str] = "Multiply"
    family: ClassVar[Family] = Family.MERGE
    summary: ClassVar[str] = "Multiplies two inputs: the second opens and closes the first like a gate."
    prefix: ClassVar[str] = "gate"
    rank: ClassVar[int] = 82
    takes: ClassVar[int] = 2

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        first, second = inputs
        if second not in (first, first[:1]):
            raise LayerError(
                f"Multiply needs a second input of {shape_text(first)} or {first[0]} values "
                f"but gets {shape_text(second)}",
                "bring it to that shape, for example with a global pooling and a Dense layer",
            )
        return first
