"""Dropout: learn with a random part switched off, value by value or channel by channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from nnstudio.network.layers.base import Family, Layer, Shape, require_picture


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

    def settings_text(self) -> str:
        return f"{self.rate:.0%}"


class SpatialDropout(Dropout):
    """While training a whole channel is 0 with probability ``rate``, else divided by ``1 - rate`` (Tompson, 2015)."""

    kind: Literal["spatial_dropout"] = "spatial_dropout"  # type: ignore[assignment]

    title: ClassVar[str] = "Spatial dropout"
    summary: ClassVar[str] = "Switches whole channels off while training (Dropout 2-D), since neighbours say the same."
    rank: ClassVar[int] = 61

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        return require_picture(self, inputs[0])
