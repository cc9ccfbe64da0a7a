"""Reshape: the same values in another form."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import ClassVar, Literal

from pydantic import Field

from nnstudio.network.layers.base import Family, Layer, LayerError, Shape, shape_text


class Reshape(Layer):
    """The values in their order (channel, row, column) as a picture of another shape."""

    kind: Literal["reshape"] = "reshape"
    channels: int = Field(1, ge=1, le=65536, title="Channels", description="Channels of the new picture.")
    height: int = Field(
        1, ge=1, le=4096, title="Height", description="Height of the new picture.", json_schema_extra={"unit": "px"}
    )
    width: int = Field(
        1, ge=1, le=4096, title="Width", description="Width of the new picture.", json_schema_extra={"unit": "px"}
    )

    title: ClassVar[str] = "Reshape"
    family: ClassVar[Family] = Family.RESHAPE
    summary: ClassVar[str] = "Lays a row of values out as a picture: Flatten run backwards."
    prefix: ClassVar[str] = "reshape"
    rank: ClassVar[int] = 51

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        shape = (self.channels, self.height, self.width)
        if prod(shape) != prod(inputs[0]):
            raise LayerError(
                f"Reshape to {shape_text(shape)} needs {prod(shape):,} values "
                f"but gets {prod(inputs[0]):,} ({shape_text(inputs[0])})",
                f"choose a shape with {prod(inputs[0]):,} values",
            )
        return shape

    def settings_text(self) -> str:
        return shape_text((self.channels, self.height, self.width))
