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
    formula: ClassVar[str] = "x_{c}[i, j]"
    where: ClassVar[str] = "x: the number in channel c, row i and column j; C channels of H rows and W columns."
    purpose: ClassVar[str] = (
        "A computer sees a picture as a table of numbers: one for each pixel and colour. Here the numbers enter."
    )
    tip: ClassVar[str] = (
        "The size must be that of the data: 1×28×28 for grey digits, 3×32×32 for small colour pictures."
    )
    takes: ClassVar[int] = 0

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        return (self.channels, self.height, self.width)

    def fill(self, inputs: Sequence[Shape]) -> str:
        return f"{self.formula} with c < {self.channels}, i < {self.height}, j < {self.width}"
