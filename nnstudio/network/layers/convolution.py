"""Convolutions: small filters slide over the picture."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from math import gcd, prod
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
    Window,
    pair_text,
    require_picture,
    require_window,
)
from nnstudio.network.layers.explanation import (
    Reckoning,
    fill_in,
    index,
    products_of,
    scaled,
    sums_over,
    times,
    weights_of,
    window_places,
)
from nnstudio.network.layers.remedies import ChangeSettings, Remedy


class ChosenFilters(Layer):
    """A number of filters of one's own choice; the first setting in a form."""

    filters: int = Field(6, ge=1, le=4096, title="Filters", description="How many filters, so how many outputs.")
    sized_by: ClassVar[str] = "filters"


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
    linear: ClassVar[bool] = True
    formula: ClassVar[str] = (
        "y_{o}[i, j] = b_{o} + Σ_{c} Σ_{u} Σ_{v} W_{o,c}[u, v] · x_{c}[s·i + d·u − p, s·j + d·v − p]"
    )
    where: ClassVar[str] = (
        "x: the picture, W: the weights of filter o over channel c, b: its bias, y: its answer at row i and column "
        "j; u and v run through the kernel. F: filters, C: channels, k: kernel, s: stride, p: padding, d: dilation, "
        "g: groups; in groups, c runs through the channels of the filter’s own group."
    )

    def window(self) -> Window:
        return Window(self.kernel, self.stride, self.padding, self.dilation)

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

    def fill(self, inputs: Sequence[Shape]) -> str:
        channels, _, _ = require_picture(self, inputs[0])
        groups = self.groups_for(channels)
        seen, filters = channels // groups, self.filters_for(channels) // groups
        row, column = map(index, "ij", "uv", self.stride, self.padding, self.dilation)
        return fill_in(self.formula, {
            "s·i + d·u − p": row,
            "s·j + d·v − p": column,
            **sums_over("cuv", (seen, *self.kernel)),
            "b_{o} + ": "b_{o} + " if self.bias else "",
            "x_{c}": "x_{c}" if groups == 1 else f"x_{{{scaled(f'⌊o/{filters}⌋', seen)} + c}}",
            "⌊o/m⌋": "o" if filters == 1 else f"⌊o/{filters}⌋",
        })  # fmt: skip

    def reckon(self, inputs: Sequence[Shape]) -> tuple[Reckoning, ...]:
        channels, *size = require_picture(self, inputs[0])
        filters, *out = self.output_shape(inputs)
        seen = channels // self.groups_for(channels)
        each = "C·k·k" if seen == channels else "(C/g)·k·k"
        return (
            self._reckon_filters(channels),
            *window_places(size, self.kernel, self.stride, self.padding, self.dilation),
            weights_of(f"F·{each}", filters, (seen, *self.kernel), bias=self.bias),
            products_of(f"F·height·width·{each}", filters, *out, seen, *self.kernel),
        )

    def _reckon_filters(self, channels: int) -> Reckoning:
        filters = self.filters_for(channels)
        return Reckoning("channels", "F", f"{filters:,}", filters)

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
    also: ClassVar[tuple[str, ...]] = ("conv", "conv2d")
    purpose: ClassVar[str] = (
        "A small filter slides over the picture and answers strongly wherever it meets its pattern: an edge, a "
        "corner, later an eye. The same weights look at every place, so few are enough."
    )
    tip: ClassVar[str] = (
        "A 3×3 kernel with padding 1 keeps height and width; without padding each convolution trims the edges."
    )

    def filters_for(self, channels: int) -> int:
        for name, count in (("channels", channels), ("filters", self.filters)):
            if count % self.groups:
                raise LayerError(
                    f"its {name} (={count}) must be divisible by its groups (={self.groups})",
                    f"use a number of groups that divides {count}, or another number of {name}",
                    *self._fewer_groups(channels),
                )
        return self.filters

    def _fewer_groups(self, channels: int) -> Iterator[Remedy]:
        """The largest number of groups, not above the present one, that divides both."""
        common = gcd(channels, self.filters)
        groups = next(number for number in range(min(self.groups, common), 0, -1) if common % number == 0)
        yield ChangeSettings(f"Use {groups} group{'s' if groups > 1 else ''}", {"groups": groups})

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
    also: ClassVar[tuple[str, ...]] = ("dwconv", "separable")
    formula: ClassVar[str] = "y_{o}[i, j] = b_{o} + Σ_{u} Σ_{v} W_{o}[u, v] · x_{⌊o/m⌋}[s·i + d·u − p, s·j + d·v − p]"
    where: ClassVar[str] = (
        "x: the picture, W: the weights of filter o, b: its bias, y: its answer at row i and column j; each of C "
        "channels has m filters. k: kernel, s: stride, p: padding, d: dilation."
    )
    purpose: ClassVar[str] = (
        "Each channel is looked at by filters of its own, so it costs a small part of what a full convolution does. "
        "It finds shapes but mixes no channels."
    )
    tip: ClassVar[str] = "Put a 1×1 convolution behind it: without one, channels never learn from each other."

    def filters_for(self, channels: int) -> int:
        return self.multiplier * channels

    def groups_for(self, channels: int) -> int:
        return channels

    def settings_text(self) -> str:
        multiplier = f"{self.multiplier} × " if self.multiplier > 1 else ""
        return f"{multiplier}{self.window_text()}"

    def _reckon_filters(self, channels: int) -> Reckoning:
        filters = self.filters_for(channels)
        return Reckoning("channels", "F = m·C", times(self.multiplier, channels), filters)


def cells_inside(size: int, out: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    """Cells of all windows along an axis that lie in the picture."""
    starts = range(-padding, out * stride - padding, stride)
    if dilation == 1:
        return sum(max(0, min(start + kernel, size) - max(start, 0)) for start in starts)
    return sum(0 <= start + k * dilation < size for start in starts for k in range(kernel))
