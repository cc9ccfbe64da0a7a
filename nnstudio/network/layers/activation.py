"""Activations: the bend between two layers, value by value.

Where the derivative is a function of the output ``Y`` alone (``from_output``), an engine may fuse it into the layer
before.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from nnstudio.network.layers.base import Family, Layer


class Activation(Layer):
    """What all activations share."""

    family: ClassVar[Family] = Family.ACTIVATION
    from_output: ClassVar[bool] = True
    """Whether the derivative follows from the output alone; otherwise it is computed from the input."""


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


class ELU(Activation):
    """``x`` where positive, otherwise ``alpha (exp(x) - 1)`` (Clevert et al., 2015)."""

    kind: Literal["elu"] = "elu"
    alpha: float = Field(
        1.0, gt=0, le=100, allow_inf_nan=False, title="Alpha", description="Large negative values become −alpha."
    )
    title: ClassVar[str] = "ELU"
    summary: ClassVar[str] = "Like ReLU, but negative values level out softly instead of being cut off."
    prefix: ClassVar[str] = "elu"
    rank: ClassVar[int] = 44

    def settings_text(self) -> str:
        return f"alpha {self.alpha:g}"


class Softplus(Activation):
    """``log(1 + exp(x))``."""

    kind: Literal["softplus"] = "softplus"
    title: ClassVar[str] = "Softplus"
    summary: ClassVar[str] = "A ReLU with its corner rounded off."
    prefix: ClassVar[str] = "softplus"
    rank: ClassVar[int] = 45


class GELU(Activation):
    """``x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x³)))``, the usual form of Hendrycks and Gimpel's (2016)."""

    kind: Literal["gelu"] = "gelu"
    title: ClassVar[str] = "GELU"
    summary: ClassVar[str] = "A smooth ReLU that dips a little below 0; the one in today's language models."
    prefix: ClassVar[str] = "gelu"
    rank: ClassVar[int] = 46
    from_output: ClassVar[bool] = False


class SiLU(Activation):
    """``x / (1 + exp(-x))``, also called Swish (Ramachandran et al., 2017)."""

    kind: Literal["silu"] = "silu"
    title: ClassVar[str] = "SiLU"
    summary: ClassVar[str] = "Each value times its own sigmoid: smooth, a little below 0 on the left; also: Swish."
    prefix: ClassVar[str] = "silu"
    rank: ClassVar[int] = 47
    from_output: ClassVar[bool] = False


class HardStep(Activation):
    """1 where ``x`` is 0 or more, otherwise 0. Its slope is 0, so another one is used to learn.

    ``perceptron``: 1 everywhere, as if the step were not there; with a squared error that is Rosenblatt's rule (1958).
    ``straight_through``: 1 where ``|x| <= 1`` and 0 elsewhere (Bengio et al., 2013; Hubara et al., 2016).
    """

    kind: Literal["hard_step"] = "hard_step"
    gradient: Literal["perceptron", "straight_through"] = Field(
        "perceptron",
        title="Learns by",
        description="The perceptron rule ignores the step; straight-through does so near the threshold only.",
    )
    title: ClassVar[str] = "Hard step"
    summary: ClassVar[str] = "Yes or no: 1 from 0 on, otherwise 0, as in the first perceptron."
    prefix: ClassVar[str] = "step"
    rank: ClassVar[int] = 48
    from_output: ClassVar[bool] = False

    def settings_text(self) -> str:
        return self.gradient.replace("_", "-")


class Softmax(Layer):
    """``exp(x_i) / sum_j exp(x_j)`` over the units of a vector, or over the channels at each place of a picture."""

    kind: Literal["softmax"] = "softmax"
    family: ClassVar[Family] = Family.ACTIVATION
    title: ClassVar[str] = "Softmax"
    summary: ClassVar[str] = "Turns values into shares that add up to 1, inside a network."
    prefix: ClassVar[str] = "softmax"
    rank: ClassVar[int] = 49
