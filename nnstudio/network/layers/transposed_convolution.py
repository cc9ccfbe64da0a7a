"""Transposed convolution: a convolution run backwards, which makes pictures larger."""

from __future__ import annotations

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
)
from nnstudio.network.layers.convolution import cells_inside
from nnstudio.network.layers.explanation import Reckoning, fill_in, products_of, scaled, sums_over, weights_of
from nnstudio.network.layers.remedies import ChangeSettings


class TransposedConvolution(Layer):
    """Every value of the input stamps a filter, times itself, into the output; where stamps overlap they add up.

    Weights are (channels, filters, height, width), as in PyTorch: those of the convolution whose input gradient this
    computes. Along an axis the output has ``(size - 1) stride - 2 padding + kernel + output_padding`` values.
    """

    kind: Literal["transposed_convolution"] = "transposed_convolution"
    filters: int = Field(6, ge=1, le=4096, title="Filters", description="How many outputs there are.")
    kernel: SizePair = Field(
        (2, 2), title="Kernel", description="Height and width of a filter.", json_schema_extra={"unit": "px"}
    )
    stride: SizePair = Field(
        (2, 2), title="Stride", description="How far apart neighbours are stamped.", json_schema_extra={"unit": "px"}
    )
    padding: MarginPair = Field(
        (0, 0), title="Padding", description="Rows and columns cut off around it.", json_schema_extra={"unit": "px"}
    )
    output_padding: MarginPair = Field(
        (0, 0),
        title="Output padding",
        description="Rows and columns more at the bottom and on the right.",
        json_schema_extra={"unit": "px"},
    )
    bias: bool = Field(True, title="Bias", description="Add a learned number to each output.")

    title: ClassVar[str] = "Transposed convolution"
    family: ClassVar[Family] = Family.CONVOLUTION
    summary: ClassVar[str] = "Stamps filters into a larger picture: a convolution run backwards."
    prefix: ClassVar[str] = "upconv"
    rank: ClassVar[int] = 14
    also: ClassVar[tuple[str, ...]] = ("deconvolution", "conv2dtranspose", "convtranspose2d")
    formula: ClassVar[str] = "y_{o}[m, n] = b_{o} + Σ_{c} Σ_{i} Σ_{j} W_{c,o}[m + p − s·i, n + p − s·j] · x_{c}[i, j]"
    where: ClassVar[str] = (
        "x: the picture that comes in, W: the stamp of channel c for output o (0 outside of the stamp), b: bias, y: "
        "what is drawn at row m and column n. F: outputs, C: channels, k: kernel, s: stride, p: padding, e: output "
        "padding."
    )
    purpose: ClassVar[str] = (
        "It draws instead of looking: every value stamps a small pattern into a larger picture, the stronger the "
        "value the stronger the stamp. Networks that make pictures end with such layers."
    )
    tip: ClassVar[str] = (
        "A kernel that is no multiple of the stride makes stamps overlap unevenly: a chequered pattern. 4×4 at "
        "stride 2 does not."
    )
    fuses: ClassVar[bool] = True
    linear: ClassVar[bool] = True
    sized_by: ClassVar[str] = "filters"

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        _, *size = require_picture(self, inputs[0])
        if any(extra >= stride for extra, stride in zip(self.output_padding, self.stride, strict=True)):
            allowed = min(self.output_padding[0], self.stride[0] - 1), min(self.output_padding[1], self.stride[1] - 1)
            raise LayerError(
                f"its output padding (={pair_text(self.output_padding)}) must be smaller than its stride "
                f"(={pair_text(self.stride)})",
                "use a smaller output padding",
                ChangeSettings(f"Set the output padding to {pair_text(allowed)}", {"output_padding": allowed}),
            )
        axes = zip(size, self.kernel, self.stride, self.padding, self.output_padding, strict=True)
        height, width = ((n - 1) * stride - 2 * pad + kernel + extra for n, kernel, stride, pad, extra in axes)
        if height < 1 or width < 1:
            raise LayerError(
                f"its padding {pair_text(self.padding)} cuts everything off",
                "use less padding",
                ChangeSettings("Set padding 0", {"padding": (0, 0)}),
            )
        return (self.filters, height, width)

    def parameters(self, inputs: Sequence[Shape]) -> tuple[Parameter, ...]:
        """An output is the sum of about ``kernel / stride`` stamps along each axis."""
        channels, _, _ = require_picture(self, inputs[0])
        window = prod(self.kernel)
        fan_in, fan_out = max(1, channels * window // prod(self.stride)), self.filters * window
        weight = Parameter("weight", (channels, self.filters, *self.kernel), fan_in, fan_out)
        if not self.bias:
            return (weight,)
        return weight, Parameter("bias", (self.filters,), fan_in, fan_out, initial=0.0)

    def multiply_adds(self, inputs: Sequence[Shape]) -> int:
        self.output_shape(inputs)
        return prod(inputs[0]) * self.filters * prod(self.kernel)

    def needed_multiply_adds(self, inputs: Sequence[Shape]) -> int:
        """Without those whose results are cut off."""
        channels, *size = require_picture(self, inputs[0])
        filters, *out = self.output_shape(inputs)
        axes = zip(out, size, self.kernel, self.stride, self.padding, strict=True)
        return filters * channels * prod(cells_inside(*axis, dilation=1) for axis in axes)

    def sees(self, first: int, last: int, axis: int) -> tuple[int, int]:
        kernel, stride, padding = self.kernel[axis], self.stride[axis], self.padding[axis]
        return -((kernel - 1 - padding - first) // stride), (last + padding) // stride

    def settings_text(self) -> str:
        extras = [f"/{pair_text(self.stride)}"] if self.stride != (1, 1) else []
        extras += [f"pad {pair_text(self.padding)}"] if any(self.padding) else []
        return " ".join([f"{self.filters} × {pair_text(self.kernel)}", *extras])

    def fill(self, inputs: Sequence[Shape]) -> str:
        places = zip("mn", "ij", self.padding, self.stride, strict=True)
        row, column = (f"{y}{f' + {pad}' if pad else ''} − {scaled(x, stride)}" for y, x, pad, stride in places)
        return fill_in(self.formula, {
            "m + p − s·i": row,
            "n + p − s·j": column,
            **sums_over("cij", inputs[0]),
            "b_{o} + ": "b_{o} + " if self.bias else "",
        })  # fmt: skip

    def reckon(self, inputs: Sequence[Shape]) -> tuple[Reckoning, ...]:
        channels, *size = require_picture(self, inputs[0])
        _, *out = self.output_shape(inputs)
        axes = zip(("height", "width"), "HW", size, self.kernel, self.stride, self.padding, self.output_padding, out,
                   strict=True)  # fmt: skip
        return (
            Reckoning("channels", "F", f"{self.filters:,}", self.filters),
            *(
                Reckoning(what, f"({letter} − 1)·s − 2p + k + e", f"({n:,} − 1)·{s} − 2·{p} + {k} + {extra}", result)
                for what, letter, n, k, s, p, extra, result in axes
            ),
            weights_of("F·C·k·k", self.filters, (channels, *self.kernel), bias=self.bias),
            products_of("C·H·W·F·k·k", *inputs[0], self.filters, *self.kernel),
        )
