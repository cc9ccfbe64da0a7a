"""Activations: the bend between two layers, value by value.

The derivative of each is a function of its output ``Y`` alone, so that an engine may fuse it into the layer before.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from nnstudio.network.layers.base import Family, Layer


class Activation(Layer):
    """What all activations share."""

    family: ClassVar[Family] = Family.ACTIVATION


class ReLU(Activation):
    """``max(0, x)``; the derivative at 0 is 0."""

    kind: Literal["relu"] = "relu"
    title: ClassVar[str] = "ReLU"
    summary: ClassVar[str] = "Lets positive values through and turns negative ones into 0."
    prefix: ClassVar[str] = "relu"
    rank: ClassVar[int] = 40


class LeakyReLU(Activation):
    """``x`` where positive, otherwise ``slope * x``; the slope is above 0, so the sign of the output tells the side."""

    kind: Literal["leaky_relu"] = "leaky_relu"
    slope: float = Field(
        0.01, gt=0, le=1, allow_inf_nan=False, title="Slope", description="Factor for negative values."
    )
    title: ClassVar[str] = "Leaky ReLU"
    summary: ClassVar[str] = "Like ReLU, but negative values leak through a little, so no neuron dies."
    prefix: ClassVar[str] = "leaky"
    rank: ClassVar[int] = 41

    def settings_text(self) -> str:
        return f"slope {self.slope:g}"


class Sigmoid(Activation):
    """``1 / (1 + exp(-x))``."""

    kind: Literal["sigmoid"] = "sigmoid"
    title: ClassVar[str] = "Sigmoid"
    summary: ClassVar[str] = "Squeezes every value softly between 0 and 1."
    prefix: ClassVar[str] = "sigmoid"
    rank: ClassVar[int] = 42


class Tanh(Activation):
    """``tanh(x)``."""

    kind: Literal["tanh"] = "tanh"
    title: ClassVar[str] = "Tanh"
    summary: ClassVar[str] = "Squeezes every value softly between −1 and 1."
    prefix: ClassVar[str] = "tanh"
    rank: ClassVar[int] = 43
