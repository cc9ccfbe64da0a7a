"""Multiply: one path opens and closes another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal

from nnstudio.network.layers.base import Family, Layer, LayerError, Shape, shape_text
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.explanation import fill_in
from nnstudio.network.layers.pooling import GlobalAveragePooling
from nnstudio.network.layers.remedies import InsertBefore, Remedy, possible


class Multiply(Layer):
    """The first input times the second, value by value; the second has the same shape, or one value for each channel
    of the first, as the gates of squeeze-and-excitation are (Hu et al., 2017)."""

    kind: Literal["multiply"] = "multiply"
    title: ClassVar[str] = "Multiply"
    family: ClassVar[Family] = Family.MERGE
    summary: ClassVar[str] = "Multiplies two inputs: the second opens and closes the first like a gate."
    prefix: ClassVar[str] = "gate"
    rank: ClassVar[int] = 82
    also: ClassVar[tuple[str, ...]] = ("gate", "product")
    formula: ClassVar[str] = "y_{c}[i, j] = x_{c}[i, j]·g_{c}[i, j]"
    where: ClassVar[str] = (
        "x: the first input, g: the second, the gate; a vector has one gate for each channel c. y: their product."
    )
    purpose: ClassVar[str] = (
        "One path opens and closes the other like a tap: times 1 everything passes, times 0 nothing."
    )
    tip: ClassVar[str] = (
        "Let the gate come from a sigmoid, so that it lies between 0 and 1; else values may grow without limit."
    )
    takes: ClassVar[int] = 2

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        first, second = inputs
        if second not in (first, first[:1]):
            raise LayerError(
                f"Multiply needs a second input of {shape_text(first)} or {first[0]} values "
                f"but gets {shape_text(second)}",
                "bring it to that shape, for example with a global pooling and a Dense layer",
                *_gates(first, second),
            )
        return first

    def fill(self, inputs: Sequence[Shape]) -> str:
        places = {1: "", 3: "[i, j]"}
        first, second = (places[len(shape)] for shape in inputs)
        return fill_in(
            self.formula,
            {"g_{c}[i, j]": f"g_{{c}}{second}", "x_{c}[i, j]": f"x_{{c}}{first}", "y_{c}[i, j]": f"y_{{c}}{first}"},
        )


def _gates(first: Shape, second: Shape) -> Iterator[Remedy]:
    """One value for each channel: the mean of its picture, or as a dense layer makes it."""
    dense = possible(Dense, units=first[0])
    if len(second) == 1 and dense:
        yield InsertBefore(f"Insert Dense with {first[0]:,} units before it", {1: dense})
    elif len(second) == 3 and second[0] == first[0]:
        yield InsertBefore("Insert Global average pooling before it", {1: GlobalAveragePooling()})
