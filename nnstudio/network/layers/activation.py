"""Activations: the bend between two layers, value by value.

Where the derivative is a function of the output ``Y`` alone (``from_output``), an engine may fuse it into the layer
before.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import ClassVar, Literal

from pydantic import Field

from nnstudio.network.layers.base import Family, Layer, Shape
from nnstudio.network.layers.explanation import fill_in, number, sums_over


class Activation(Layer):
    """What all activations share."""

    family: ClassVar[Family] = Family.ACTIVATION
    from_output: ClassVar[bool] = True
    """Whether the derivative follows from the output alone; otherwise it is computed from the input."""
    where: ClassVar[str] = "x: a value that comes in, y: what goes out."


class ReLU(Activation):
    """``max(0, x)``; the derivative at 0 is 0."""

    kind: Literal["relu"] = "relu"
    title: ClassVar[str] = "ReLU"
    summary: ClassVar[str] = "Lets positive values through and turns negative ones into 0."
    prefix: ClassVar[str] = "relu"
    rank: ClassVar[int] = 40
    also: ClassVar[tuple[str, ...]] = ("rectifier",)
    bounds: ClassVar[tuple[float, float]] = (0, inf)
    formula: ClassVar[str] = "y = max(0, x)"
    purpose: ClassVar[str] = (
        "What is positive passes, what is negative becomes 0. This simple bend is what makes a stack of layers more "
        "than one layer, and it costs next to nothing."
    )
    tip: ClassVar[str] = (
        "A neuron whose sum is negative for every picture gets no gradient and never comes back: often the learning "
        "rate was too high."
    )


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
    also: ClassVar[tuple[str, ...]] = ("lrelu",)
    formula: ClassVar[str] = "y = x for x > 0, otherwise a·x"
    where: ClassVar[str] = "x: a value that comes in, y: what goes out, a: the slope."
    purpose: ClassVar[str] = (
        "A ReLU that lets a little of the negative values through, so that no neuron is ever completely silent."
    )
    tip: ClassVar[str] = (
        "With a slope near 1 nothing bends any more, and layers collapse into one; 0.01 to 0.3 is usual."
    )

    def settings_text(self) -> str:
        return f"slope {self.slope:g}"

    def idle(self, inputs: Sequence[Shape]) -> bool:
        return self.slope == 1

    def fill(self, inputs: Sequence[Shape]) -> str:
        return fill_in(self.formula, {"a·": f"{number(self.slope)}·"})


class Sigmoid(Activation):
    """``1 / (1 + exp(-x))``."""

    kind: Literal["sigmoid"] = "sigmoid"
    title: ClassVar[str] = "Sigmoid"
    summary: ClassVar[str] = "Squeezes every value softly between 0 and 1."
    prefix: ClassVar[str] = "sigmoid"
    rank: ClassVar[int] = 42
    also: ClassVar[tuple[str, ...]] = ("logistic",)
    bounds: ClassVar[tuple[float, float]] = (0, 1)
    steepest: ClassVar[float] = 0.25
    formula: ClassVar[str] = "y = 1/(1 + e^{−x})"
    purpose: ClassVar[str] = (
        "It squeezes any number into the range from 0 to 1, like a soft switch: far below 0 off, far above 0 on, "
        "and at 0 just half."
    )
    tip: ClassVar[str] = (
        "For large numbers of either sign it is nearly flat: gradients fade, and deep networks of sigmoids hardly "
        "learn. ReLU does better there."
    )


class Tanh(Activation):
    """``tanh(x)``."""

    kind: Literal["tanh"] = "tanh"
    title: ClassVar[str] = "Tanh"
    summary: ClassVar[str] = "Squeezes every value softly between −1 and 1."
    prefix: ClassVar[str] = "tanh"
    rank: ClassVar[int] = 43
    bounds: ClassVar[tuple[float, float]] = (-1, 1)
    formula: ClassVar[str] = "y = (e^{x} − e^{−x})/(e^{x} + e^{−x})"
    purpose: ClassVar[str] = (
        "It squeezes any number into the range from −1 to 1. Around 0 it changes almost nothing, which made it the "
        "favourite of the 1990s."
    )
    tip: ClassVar[str] = (
        "Like the sigmoid it is flat far from 0. Keep the values that come in small, for example by a normalization."
    )


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
    formula: ClassVar[str] = "y = x for x > 0, otherwise a·(e^{x} − 1)"
    where: ClassVar[str] = "x: a value that comes in, y: what goes out, a: alpha."
    purpose: ClassVar[str] = (
        "Like ReLU for positive values; negative ones level out softly at −a instead of being cut off, so the "
        "average stays near 0."
    )
    tip: ClassVar[str] = (
        "It needs an exponential for each negative value: slower than ReLU, and a normalization often gains as much."
    )

    def settings_text(self) -> str:
        return f"alpha {self.alpha:g}"

    def fill(self, inputs: Sequence[Shape]) -> str:
        return fill_in(self.formula, {"a·": f"{number(self.alpha)}·"})


class Softplus(Activation):
    """``log(1 + exp(x))``."""

    kind: Literal["softplus"] = "softplus"
    title: ClassVar[str] = "Softplus"
    summary: ClassVar[str] = "A ReLU with its corner rounded off."
    prefix: ClassVar[str] = "softplus"
    rank: ClassVar[int] = 45
    bounds: ClassVar[tuple[float, float]] = (0, inf)
    formula: ClassVar[str] = "y = ln(1 + e^{x})"
    purpose: ClassVar[str] = (
        "A ReLU without a corner: smooth everywhere and always above 0. It suits values that must be positive, such "
        "as a spread."
    )
    tip: ClassVar[str] = "It never gives an exact 0, so every neuron always says a little; at 0 it is 0.69."


class GELU(Activation):
    """``x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x³)))``, the usual form of Hendrycks and Gimpel's (2016)."""

    kind: Literal["gelu"] = "gelu"
    title: ClassVar[str] = "GELU"
    summary: ClassVar[str] = "A smooth ReLU that dips a little below 0; the one in today's language models."
    prefix: ClassVar[str] = "gelu"
    rank: ClassVar[int] = 46
    formula: ClassVar[str] = "y = (x/2)·(1 + tanh(√(2/π)·(x + 0.044715·x^{3})))"
    purpose: ClassVar[str] = (
        "A value times the chance that a random number (of a bell curve) is smaller: large ones pass, small "
        "negative ones pass a little. Language models like GPT use it."
    )
    tip: ClassVar[str] = (
        "It dips below 0, to −0.17 near x = −0.75; so its output does not say whether its input was positive."
    )
    from_output: ClassVar[bool] = False


class SiLU(Activation):
    """``x / (1 + exp(-x))``, also called Swish (Ramachandran et al., 2017)."""

    kind: Literal["silu"] = "silu"
    title: ClassVar[str] = "SiLU"
    summary: ClassVar[str] = "Each value times its own sigmoid: smooth, a little below 0 on the left; also: Swish."
    prefix: ClassVar[str] = "silu"
    rank: ClassVar[int] = 47
    also: ClassVar[tuple[str, ...]] = ("swish",)
    formula: ClassVar[str] = "y = x/(1 + e^{−x})"
    purpose: ClassVar[str] = "Each value opens its own gate: x times the sigmoid of x. Smooth like GELU and cheaper."
    tip: ClassVar[str] = "It dips below 0, to −0.28 near x = −1.28. In small networks it is seldom better than ReLU."
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
    also: ClassVar[tuple[str, ...]] = ("threshold", "heaviside")
    bounds: ClassVar[tuple[float, float]] = (0, 1)
    formula: ClassVar[str] = "y = 1 for x ≥ 0, otherwise 0"
    purpose: ClassVar[str] = (
        "A plain yes or no, like the neurons of the first perceptron in 1958. It shows where neural networks began."
    )
    tip: ClassVar[str] = (
        "A step is flat, so there is no true slope to follow: in deep networks, sigmoid or ReLU learn far better."
    )
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
    bounds: ClassVar[tuple[float, float]] = (0, 1)
    shares: ClassVar[bool] = True
    formula: ClassVar[str] = "y_{i} = exp(x_{i})/Σ_{j} exp(x_{j})"
    where: ClassVar[str] = (
        "x: the values, y: their shares, among the units of a vector or the channels at each place of a picture."
    )
    purpose: ClassVar[str] = (
        "It turns numbers into shares that add up to 1, and favours the largest. Inside a network it says where to "
        "look: attention is built on it."
    )
    tip: ClassVar[str] = (
        "Before a softmax output it is one too many: probabilities of probabilities are pale, and learning is slow."
    )

    def fill(self, inputs: Sequence[Shape]) -> str:
        return fill_in(self.formula, sums_over("j", inputs[0][:1]))
