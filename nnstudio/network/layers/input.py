"""Input: where pictures enter the network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from nnstudio.network.layers.base import Family, Layer, Shape


class Input(Layer):
    """Pictures with values from 0 to 1, channels first."""

    kind: Literal["input"] = "input"
    channels: int = Field(1, ge=1, le=1024, title="Channels", description="1 for grey pictures, 3 for colour.")
    height: int = Field(
        28, ge=1, le=4096, title="Height", description="Height of a picture.", json_schema_extra={"unit": "px"}
    )
    width: int = Field(
        28, ge=1, le=4096, title="Width", description="Width of a picture.", json_schema_extra={"unit": "px"}
    )

    title: ClassVar[str] = "Input"
    family: ClassVar[Family] = Family.INPUT
    summary: ClassVar[str] = "A picture is a matrix of numbers: this is where it enters."
    prefix: ClassVar[str] = "input"
    rank: ClassVar[int] = 0
    takes: ClassVar[int] = 0

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        return (self.channels, self.height, self.width)
