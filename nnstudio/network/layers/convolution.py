"""Convolutions: small filters slide over the picture."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from math import prod
from typing import ClassVar, Literal

from pydantic import Field

from nnstudio.network.layers.base import (
    Family,
    Layer,
    LayerError,
    MarginPair,
    Parameter,
    Shape,
    SizePair,
    pair_text,
    require_picture,
    require_window,
)


class ChosenFilters(Layer):
    """A number of filters of one's own choice; the first setting in a form."""

    filters: int = Field(6, ge=1, le=4096, title="Filters", description="How many filters, so how many outputs.")


class SlidingFilters(Layer):
    """What all convolutions share: ``Y[o] = b[o] + sum_c W[o, c] * X[c]``, a cross-correlation with zero padding.

    Channels and filters are cut into ``groups``; a filter sees the channels of its own group only. Weights are
    (filters, channels / groups, height, width), as in PyTorch.
    """

    kernel: SizePair = Field(
        (5, 5), title="Kernel", description="Height and width of a filter.", json_schema_extra={"unit": "px"}
    )
    stride: SizePair = Field(
        (1, 1), title="Stride", description="How far a filter moves each time.", json_schema_extra={"unit": "px"}
    )
    padding: MarginPair = Field(
        (0, 0), title="Padding", description="Zeros added around the picture.", json_schema_extra={"unit": "px"}
    )
    dilation: SizePair = Field(
        (1, 1),
        title="Dilation",
        description="Distance between the pixels that a filter looks at: 2 skips every other one.",
        json_schema_extra={"unit": "px"},
    )
    bias: bool = Field(
        True, title="Bias", description="Add a learned number to each output; needless before batch normalization."
    )

    family: ClassVar[Family] = Family.CONVOLUTION
    fuses: ClassVar[bool] = True

    @abstractmethod
    def filters_for(self, channels: int) -> int:
        """How many filters there are over so many channels."""

    @abstractmethod
    def groups_for(self, channels: int) -> int:
        """Into how many groups channels and filters are cut."""

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        channels, height, width = require_picture(self, inputs[0])
        size = require_window((height, width), self.kernel, self.stride, self.padding, self.dilation)
        return (self.filters_for(channels), *size)

    def parameters(self, inputs: Sequence[Shape]) -> tuple[Parameter, ...]:
        channels, _, _ = require_picture(self, inputs[0])
        filters, groups, window = self.filters_for(channels), self.groups_for(channels), prod(self.kernel)
        fan_in, fan_out = channels // groups * window, filters // groups * window
        weight = Parameter("weight", (filters, channels // groups, *self.kernel), fan_in, fan_out)
        if not self.bias:
            return (weight,)
        return weight, Parameter("bias", (filters,), fan_in, fan_out, initial=0.0)

    def multiply_adds(self, inputs: Sequence[Shape]) -> int:
        channels = inputs[0][0]
        return prod(self.output_shape(inputs)) * (channels // self.groups_for(channels)) * prod(self.kernel)

    def needed_multiply_adds(self, inputs: Sequence[Shape]) -> int:
        channels, *size = require_picture(self, inputs[0])
        filters, *out = self.output_shape(inputs)
        axes = zip(size, out, self.kernel, self.stride, self.padding, self.dilation, strict=True)
        return filters * (channels // self.groups_for(channels)) * prod(cells_inside(*axis) for axis in axes)

    def window_text(self) -> str:
        """Kernel, and what is not as usual, in a few characters."""
        extras = [f"/{pair_text(self.stride)}"] if self.stride != (1, 1) else []
        extras += [f"pad {pair_text(self.padding)}"] if any(self.padding) else []
        extras += [f"dil {pair_text(self.dilation)}"] if self.dilation != (1, 1) else []
        return " ".join([pair_text(self.kernel), *extras])


class Convolution(SlidingFilters, ChosenFilters):
    """As many filters as one likes, in as many groups."""

    kind: Literal["convolution"] = "convolution"
    groups: int = Field(
        1, ge=1, le=4096, title="Groups", description="Cuts channels and filters into parts that do not see each other."
    )

    title: ClassVar[str] = "Convolution"
    summary: ClassVar[str] = (
        "Filters slide over the picture like torch lights and answer where they find their pattern."
    )
    prefix: ClassVar[str] = "conv"
    rank: ClassVar[int] = 10

    def filters_for(self, channels: int) -> int:
        for name, count in (("channels", channels), ("filters", self.filters)):
            if count % self.groups:
                raise LayerError(
                    f"its {name} (={count}) must be divisible by its groups (={self.groups})",
                    f"use a number of groups that divides {count}, or another number of {name}",
                )
        return self.filters

    def groups_for(self, channels: int) -> int:
        return self.groups

    def settings_text(self) -> str:
        groups = f" in {self.groups} groups" if self.groups > 1 else ""
        return f"{self.filters} × {self.window_text()}{groups}"


class DepthwiseConvolution(SlidingFilters):
    """Each channel has ``multiplier`` filters to itself: a convolution with as many groups as channels."""

    kind: Literal["depthwise_convolution"] = "depthwise_convolution"
    kernel: SizePair = Field(
        (3, 3), title="Kernel", description="Height and width of a filter.", json_schema_extra={"unit": "px"}
    )
    multiplier: int = Field(1, ge=1, le=64, title="Multiplier", description="How many filters each channel has.")

    title: ClassVar[str] = "Depthwise convolution"
    summary: ClassVar[str] = "Each channel has filters of its own: far fewer weights than a convolution over all."
    prefix: ClassVar[str] = "depthwise"
    rank: ClassVar[int] = 12

    def filters_for(self, channels: int) -> int:
        return self.multiplier * channels

    def groups_for(self, channels: int) -> int:
        return channels

    def settings_text(self) -> str:
        multiplier = f"{self.multiplier} × " if self.multiplier > 1 else ""
        return f"{multiplier}{self.window_text()}"


def cells_inside(size: int, out: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    """Cells of all windows along an axis that lie in the picture."""
    starts = range(-padding, out * stride - padding, stride)
    if dilation == 1:
        return sum(max(0, min(start + kernel, size) - max(start, 0)) for start in starts)
    return sum(0 <= start + k * dilation < size for start in starts for k in range(kernel))
