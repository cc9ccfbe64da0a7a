"""Flatten: a picture becomes a vector."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import ClassVar, Literal

from nnstudio.network.layers.base import Family, Layer, Shape


class Flatten(Layer):
    """Channels, rows, columns one after another, in that order."""

    kind: Literal["flatten"] = "flatten"
    title: ClassVar[str] = "Flatten"
    family: ClassVar[Family] = Family.RESHAPE
    summary: ClassVar[str] = "Lays all values of a picture out in one row, so that dense layers can read them."
    prefix: ClassVar[str] = "flatten"
    rank: ClassVar[int] = 50

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        return (prod(inputs[0]),)
