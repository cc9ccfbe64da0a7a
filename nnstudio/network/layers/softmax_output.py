"""Softmax output: scores become probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from nnstudio.network.layers.base import Family, Layer, Shape, require_vector


class SoftmaxOutput(Layer):
    """``exp(x_i) / sum_j exp(x_j)``, computed with the maximum taken off; one probability a class."""

    kind: Literal["softmax_output"] = "softmax_output"
    title: ClassVar[str] = "Softmax output"
    family: ClassVar[Family] = Family.OUTPUT
    summary: ClassVar[str] = "Turns the scores into probabilities that add up to 1: the network's answer."
    prefix: ClassVar[str] = "output"
    rank: ClassVar[int] = 100

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        return (require_vector(self, inputs[0]),)
