"""Normalization: values are brought to mean 0 and variance 1, then scaled and shifted as is learned."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import ClassVar, Literal

from pydantic import Field

from nnstudio.network.layers.base import Family, Layer, Parameter, Shape
from nnstudio.network.layers.explanation import Reckoning, fill_in, number, times, values_of


class Normalization(Layer):
    """What both share: ``Y = weight (X - mean) / sqrt(variance + epsilon) + bias``."""

    epsilon: float = Field(1e-5, gt=0, le=1, title="Epsilon", description="Keeps the division safe.")

    family: ClassVar[Family] = Family.NORMALIZATION
    fuses: ClassVar[bool] = True

    def fill(self, inputs: Sequence[Shape]) -> str:
        return fill_in(self.formula, {"ε": number(self.epsilon)})


class BatchNormalization(Normalization):
    """Mean and variance of each channel over all images of the batch and all places (Ioffe and Szegedy, 2015).

    While training, running statistics follow: ``running = (1 - momentum) running + momentum batch``, the variance with
    ``n - 1`` in its denominator, as PyTorch does. When the network is used, they take the batch's place.
    """

    kind: Literal["batch_normalization"] = "batch_normalization"
    momentum: float = Field(
        0.1,
        gt=0,
        le=1,
        allow_inf_nan=False,
        title="Momentum",
        description="How fast the statistics that are used later follow those of the batches.",
    )

    title: ClassVar[str] = "Batch normalization"
    summary: ClassVar[str] = "Brings each channel to mean 0 and spread 1 over the batch: deep networks learn faster."
    prefix: ClassVar[str] = "norm"
    rank: ClassVar[int] = 70
    also: ClassVar[tuple[str, ...]] = ("bn", "batchnorm", "batchnorm2d")
    linear: ClassVar[bool] = True
    centres: ClassVar[bool] = True
    formula: ClassVar[str] = "y = w_{c}·(x − μ_{c})/√(v_{c} + ε) + b_{c}"
    where: ClassVar[str] = (
        "x: a value of channel c, y: what becomes of it, μ and v: mean and variance of that channel over the batch "
        "(when used: the running ones), w and b: what is learned, ε: keeps the division safe."
    )
    purpose: ClassVar[str] = (
        "It brings every channel to mean 0 and spread 1 over the batch, and then lets the network choose a better "
        "mean and spread itself. Deep networks learn several times faster so."
    )
    tip: ClassVar[str] = (
        "A bias just before it does nothing: the mean takes it off again. And batches of a few pictures give poor "
        "means."
    )

    def parameters(self, inputs: Sequence[Shape]) -> tuple[Parameter, ...]:
        shape = (inputs[0][0],)
        return (
            Parameter("weight", shape, 1, 1, initial=1.0),
            Parameter("bias", shape, 1, 1, initial=0.0),
            Parameter("running_mean", shape, 1, 1, initial=0.0, learned=False),
            Parameter("running_variance", shape, 1, 1, initial=1.0, learned=False),
        )

    def settings_text(self) -> str:
        return f"momentum {self.momentum:g}" if self.momentum != 0.1 else ""

    def reckon(self, inputs: Sequence[Shape]) -> tuple[Reckoning, ...]:
        channels = inputs[0][0]
        pairs = (
            Reckoning(what, "2·C", times(2, channels), 2 * channels) for what in ("parameters", "running statistics")
        )
        return (values_of(inputs[0]), *pairs)


class LayerNormalization(Normalization):
    """Mean and variance over all values of one image (Ba et al., 2016); weight and bias have the shape of an image."""

    kind: Literal["layer_normalization"] = "layer_normalization"

    title: ClassVar[str] = "Layer normalization"
    summary: ClassVar[str] = "Brings all values of one image to mean 0 and spread 1; needs no batch."
    prefix: ClassVar[str] = "layernorm"
    rank: ClassVar[int] = 71
    also: ClassVar[tuple[str, ...]] = ("ln", "layernorm")
    formula: ClassVar[str] = "y_{k} = w_{k}·(x_{k} − μ)/√(v + ε) + b_{k}"
    where: ClassVar[str] = (
        "x: value k of a picture, y: what becomes of it, μ and v: mean and variance of all its values, w and b: "
        "what is learned, ε: keeps the division safe."
    )
    purpose: ClassVar[str] = (
        "It brings all values of one picture to mean 0 and spread 1, so it works the same with one picture or a "
        "thousand. Language models use it throughout."
    )
    tip: ClassVar[str] = (
        "Every value has a weight and a bias of its own: for large pictures that is a lot; batch normalization "
        "needs two for each channel."
    )

    def sees(self, first: int, last: int, axis: int) -> None:
        return None

    def parameters(self, inputs: Sequence[Shape]) -> tuple[Parameter, ...]:
        size = prod(inputs[0])
        return (
            Parameter("weight", inputs[0], size, size, initial=1.0),
            Parameter("bias", inputs[0], size, size, initial=0.0),
        )

    def reckon(self, inputs: Sequence[Shape]) -> tuple[Reckoning, ...]:
        values = values_of(inputs[0])
        numbers = f"2·{values.numbers}"
        return (values, Reckoning("parameters", f"2·{values.symbols}", numbers, 2 * values.value))
