"""Merging: several paths through the network come together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from nnstudio.network.layers.base import Family, Layer, LayerError, Shape, shape_text


class Merge(Layer):
    """What all merges share: two inputs or more."""

    family: ClassVar[Family] = Family.MERGE
    takes: ClassVar[int] = 2
    takes_more: ClassVar[bool] = True


class Add(Merge):
    """The sum of all inputs, value by value; they have one shape. It makes ResNet's shortcuts (He et al., 2015)."""

    kind: Literal["add"] = "add"
    title: ClassVar[str] = "Add"
    summary: ClassVar[str] = "Adds several pictures of one size: a shortcut past some layers joins the main path."
    prefix: ClassVar[str] = "add"
    rank: ClassVar[int] = 80
    fuses: ClassVar[bool] = True

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        other = next((shape for shape in inputs if shape != inputs[0]), None)
        if other is not None:
            raise LayerError(
                f"Add needs inputs of one shape but gets {shape_text(inputs[0])} and {shape_text(other)}",
                "bring them to one shape, for example with a 1×1 convolution",
            )
        return inputs[0]


class Concatenate(Merge):
    """The channels of all inputs one after another, in port order; vectors end to end."""

    kind: Literal["concatenate"] = "concatenate"
    title: ClassVar[str] = "Concatenate"
    summary: ClassVar[str] = "Stacks the channels of several pictures of one height and width."
    prefix: ClassVar[str] = "concat"
    rank: ClassVar[int] = 81

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        first = inputs[0]
        other = next((shape for shape in inputs if shape[1:] != first[1:]), None)
        if other is not None:
            raise LayerError(
                f"Concatenate needs one height and width but gets {shape_text(first)} and {shape_text(other)}",
                "bring them to one size, for example with a pooling or an upsampling",
            )
        return (sum(shape[0] for shape in inputs), *first[1:])
