"""Upsampling: each pixel becomes several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from nnstudio.network.layers.base import Family, Layer, Shape, SizePair, pair_text, require_picture


class Upsampling(Layer):
    """``factor`` times as many rows and columns. Nearest: each value is repeated. Bilinear: place ``y`` takes what lies
    at ``(y + 0.5) / factor - 0.5`` between its neighbours, edges repeated (PyTorch with ``align_corners`` off)."""

    kind: Literal["upsampling"] = "upsampling"
    factor: SizePair = Field(
        (2, 2), title="Factor", description="How many times as many rows and columns.", json_schema_extra={"unit": "×"}
    )
    mode: Literal["nearest", "bilinear"] = Field(
        "nearest", title="Mode", description="Repeat each value, or blend neighbours."
    )

    title: ClassVar[str] = "Upsampling"
    family: ClassVar[Family] = Family.POOLING
    summary: ClassVar[str] = "Makes the picture larger by repeating or blending its values: pooling run backwards."
    prefix: ClassVar[str] = "up"
    rank: ClassVar[int] = 29

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        channels, height, width = require_picture(self, inputs[0])
        return (channels, height * self.factor[0], width * self.factor[1])

    def settings_text(self) -> str:
        return f"{pair_text(self.factor)} {self.mode}"
