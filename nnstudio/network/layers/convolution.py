"""Convolution: small filters slide over the picture."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import ClassVar, Literal

from pydantic import Field

from nnstudio.network.layers.base import (
    Family,
    Layer,
    MarginPair,
    Parameter,
    Shape,
    SizePair,
    pair_text,
    require_picture,
    require_window,
)


class Convolution(Layer):
    """Cross-correlation ``Y[o] = b[o] + sum_c W[o, c] * X[c]`` with zero padding, weights OIHW, as in PyTorch."""

    kind: Literal["convolution"] = "convolution"
    filters: int = Field(6, ge=1, le=4096, title="Filters", description="How many filters, so how many outputs.")
    kernel: SizePair = Field(
        (5, 5), title="Kernel", description="Height and width of a filter.", json_schema_extra={"unit": "px"}
    )
    stride: SizePair = Field(
        (1, 1), title="Stride", description="How far a filter moves each time.", json_schema_extra={"unit": "px"}
    )
    padding: MarginPair = Field(
        (0, 0), title="Padding", description="Zeros added around the picture.", json_schema_extra={"unit": "px"}
    )

    title: ClassVar[str] = "Convolution"
    family: ClassVar[Family] = Family.CONVOLUTION
    summary: ClassVar[str] = (
        "Filters slide over the picture like torch lights and answer where they find their pattern."
    )
    prefix: ClassVar[str] = "conv"
    rank: ClassVar[int] = 10

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        _, *size = require_picture(self, inputs[0])
        return (self.filters, *require_window((size[0], size[1]), self.kernel, self.stride, self.padding))

    def parameters(self, inputs: Sequence[Shape]) -> tuple[Parameter, ...]:
        channels, _, _ = require_picture(self, inputs[0])
        window = self.kernel[0] * self.kernel[1]
        fan_in, fan_out = channels * window, self.filters * window
        weight = Parameter("weight", (self.filters, channels, *self.kernel), fan_in, fan_out)
        return weight, Parameter("bias", (self.filters,), fan_in, fan_out)

    def multiply_adds(self, inputs: Sequence[Shape]) -> int:
        height, width = self.kernel
        places = prod(self.output_shape(inputs))
        return places * inputs[0][0] * height * width

    def needed_multiply_adds(self, inputs: Sequence[Shape]) -> int:
        channels, *size = require_picture(self, inputs[0])
        _, *out = self.output_shape(inputs)
        axes = zip(size, out, self.kernel, self.stride, self.padding, strict=True)
        return self.filters * channels * prod(_cells_inside(*axis) for axis in axes)

    def settings_text(self) -> str:
        extras = [f"/{pair_text(self.stride)}"] if self.stride != (1, 1) else []
        extras += [f"pad {pair_text(self.padding)}"] if any(self.padding) else []
        return " ".join([f"{self.filters} × {pair_text(self.kernel)}", *extras])


def _cells_inside(size: int, out: int, kernel: int, stride: int, padding: int) -> int:
    """Cells of all windows along an axis that lie in the picture."""
    starts = range(-padding, out * stride - padding, stride)
    return sum(max(0, min(start + kernel, size) - max(start, 0)) for start in starts)
