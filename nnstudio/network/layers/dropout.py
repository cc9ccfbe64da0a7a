"""Dropout: learn with a random part switched off, value by value or channel by channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from nnstudio.network.layers.base import Family, Layer, Shape, require_picture
from nnstudio.network.layers.explanation import fill_in, number


class Dropout(Layer):
    """While training a value is 0 with probability ``rate``, else divided by ``1 - rate`` (inverted dropout)."""

    kind: Literal["dropout"] = "dropout"
    rate: float = Field(
        0.5, ge=0, lt=1, allow_inf_nan=False, title="Rate", description="Share of the values switched off in each step."
    )

    title: ClassVar[str] = "Dropout"
    family: ClassVar[Family] = Family.REGULARISATION
    summary: ClassVar[str] = "Switches random values off while training, so that no neuron relies on one other alone."
    prefix: ClassVar[str] = "dropout"
    rank: ClassVar[int] = 60
    linear: ClassVar[bool] = True
    noisy: ClassVar[bool] = True
    formula: ClassVar[str] = "y = x/(1 − r) with probability 1 − r, otherwise 0"
    where: ClassVar[str] = "x: a value that comes in, y: what goes out while training, r: the rate."
    purpose: ClassVar[str] = (
        "While learning, a coin is tossed for every value, and some are switched off. So no neuron can lean on a "
        "single other one, and what is learned is sturdier."
    )
    tip: ClassVar[str] = (
        "It is off when the network is used. While learning, the training loss may therefore be worse than the "
        "validation loss; that is no mistake."
    )

    def settings_text(self) -> str:
        return f"{self.rate:.0%}"

    def idle(self, inputs: Sequence[Shape]) -> bool:
        return self.rate == 0

    def fill(self, inputs: Sequence[Shape]) -> str:
        kept = number(1 - self.rate)
        return fill_in(self.formula, {"(1 − r)": kept, "1 − r": kept})


class SpatialDropout(Dropout):
    """While training a whole channel is 0 with probability ``rate``, else divided by ``1 - rate`` (Tompson, 2015)."""

    kind: Literal["spatial_dropout"] = "spatial_dropout"  # type: ignore[assignment]

    title: ClassVar[str] = "Spatial dropout"
    summary: ClassVar[str] = "Switches whole channels off while training (Dropout 2-D), since neighbours say the same."
    rank: ClassVar[int] = 61
    also: ClassVar[tuple[str, ...]] = ("dropout2d",)
    formula: ClassVar[str] = "y_{c} = x_{c}/(1 − r) with probability 1 − r, otherwise 0"
    where: ClassVar[str] = "x: a whole channel c, y: what goes out while training, r: the rate."
    purpose: ClassVar[str] = (
        "Like dropout, but a whole channel is switched off at once: neighbouring pixels say much the same, so "
        "dropping single ones would change little."
    )
    tip: ClassVar[str] = "With few channels a single one is a large part: use a small rate, or plain dropout."

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        return require_picture(self, inputs[0])
