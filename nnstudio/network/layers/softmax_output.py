"""Softmax output: scores become probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from nnstudio.network.layers.base import Family, Layer, Shape, require_vector
from nnstudio.network.layers.explanation import fill_in, sums_over


class SoftmaxOutput(Layer):
    """``exp(x_i) / sum_j exp(x_j)``, computed with the maximum taken off; one probability a class."""

    kind: Literal["softmax_output"] = "softmax_output"
    title: ClassVar[str] = "Softmax output"
    family: ClassVar[Family] = Family.OUTPUT
    summary: ClassVar[str] = "Turns the scores into probabilities that add up to 1: the network's answer."
    prefix: ClassVar[str] = "output"
    rank: ClassVar[int] = 100
    also: ClassVar[tuple[str, ...]] = ("classifier", "probabilities")
    bounds: ClassVar[tuple[float, float]] = (0, 1)
    shares: ClassVar[bool] = True
    formula: ClassVar[str] = "p_{i} = exp(x_{i})/Σ_{j} exp(x_{j})"
    where: ClassVar[str] = "x: the score of each class, p: its probability."
    purpose: ClassVar[str] = (
        "Scores become probabilities: all positive, and together 1. The largest is the network’s answer, and its "
        "size says how sure it is."
    )
    tip: ClassVar[str] = (
        "A high probability is no proof: shown nonsense, the network must still share 100 % among the classes it knows."
    )

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        return (require_vector(self, inputs[0]),)

    def fill(self, inputs: Sequence[Shape]) -> str:
        return fill_in(self.formula, sums_over("j", inputs[0]))
