"""Sigmoid output: each value becomes a probability of its own."""

from __future__ import annotations

from typing import ClassVar, Literal

from nnstudio.network.layers.base import Family, Layer


class SigmoidOutput(Layer):
    """``1 / (1 + exp(-x))``: yes or no for each unit, or a picture with values from 0 to 1."""

    kind: Literal["sigmoid_output"] = "sigmoid_output"
    title: ClassVar[str] = "Sigmoid output"
    family: ClassVar[Family] = Family.OUTPUT
    summary: ClassVar[str] = "Turns each score into a probability of its own; also for networks that draw pictures."
    prefix: ClassVar[str] = "output"
    rank: ClassVar[int] = 101
    bounds: ClassVar[tuple[float, float]] = (0, 1)
    formula: ClassVar[str] = "p = 1/(1 + e^{−x})"
    where: ClassVar[str] = "x: a score, p: its probability."
    purpose: ClassVar[str] = (
        "Every score becomes a probability of its own, from 0 to 1: several answers may be right at once, or none. "
        "Pixels of a drawn picture end here too."
    )
    tip: ClassVar[str] = (
        "Where exactly one of several classes is right, the softmax output learns better, since there the classes "
        "compete."
    )
