"""Reshape: the same values in another form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isqrt, prod
from typing import ClassVar, Literal

from pydantic import Field

from nnstudio.network.layers.base import Family, Layer, LayerError, Shape, shape_text
from nnstudio.network.layers.explanation import fill_in
from nnstudio.network.layers.remedies import ChangeSettings, Remedy


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
    also: ClassVar[tuple[str, ...]] = ("unflatten", "view")
    linear: ClassVar[bool] = True
    formula: ClassVar[str] = "y_{c}[i, j] = x[(c·H + i)·W + j]"
    where: ClassVar[str] = "x: the values in a row, y: the picture of H rows and W columns."
    purpose: ClassVar[str] = (
        "It cuts a long row of numbers into the lines and channels of a picture: Flatten run backwards. Networks "
        "that draw need it."
    )
    tip: ClassVar[str] = (
        "It only cuts. Neighbours in the new picture were neighbours in the row, nothing more, so let layers behind "
        "it do the drawing."
    )

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        shape = (self.channels, self.height, self.width)
        if prod(shape) != prod(inputs[0]):
            raise LayerError(
                f"Reshape to {shape_text(shape)} needs {prod(shape):,} values "
                f"but gets {prod(inputs[0]):,} ({shape_text(inputs[0])})",
                f"choose a shape with {prod(inputs[0]):,} values",
                *self._fitting(prod(inputs[0])),
            )
        return shape

    def _fitting(self, values: int) -> Iterator[Remedy]:
        """Other channels; else a square picture with these channels."""
        side = isqrt(values // self.channels)
        for shape in ((values // (self.height * self.width), self.height, self.width), (self.channels, side, side)):
            if prod(shape) == values:
                settings = dict(zip(("channels", "height", "width"), shape, strict=True))
                yield ChangeSettings(f"Reshape to {shape_text(shape)}", settings)

    def sees(self, first: int, last: int, axis: int) -> None:
        return None

    def idle(self, inputs: Sequence[Shape]) -> bool:
        return inputs[0] == (self.channels, self.height, self.width)

    def settings_text(self) -> str:
        return shape_text((self.channels, self.height, self.width))

    def fill(self, inputs: Sequence[Shape]) -> str:
        return fill_in(self.formula, {"·H": f"·{self.height}", "·W": f"·{self.width}"})
