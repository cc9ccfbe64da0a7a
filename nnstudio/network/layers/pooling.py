"""Pooling: one value stands for a small window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from nnstudio.network.layers.base import (
    Family,
    Layer,
    MarginPair,
    Shape,
    SizePair,
    pair_text,
    require_picture,
    require_window,
)


class Pooling(Layer):
    """What all poolings share: a window slides over each channel on its own."""

    kernel: SizePair = Field(
        (2, 2), title="Window", description="Height and width of the window.", json_schema_extra={"unit": "px"}
    )
    stride: SizePair = Field(
        (2, 2), title="Stride", description="How far the window moves each time.", json_schema_extra={"unit": "px"}
    )
    padding: MarginPair = Field(
        (0, 0),
        title="Padding",
        description="Rows and columns added around the picture.",
        json_schema_extra={"unit": "px"},
    )

    family: ClassVar[Family] = Family.POOLING
    prefix: ClassVar[str] = "pool"

    @model_validator(mode="after")
    def _padding_at_most_half(self) -> Self:
        """A window must always touch the picture, as PyTorch and ONNX ask."""
        if any(2 * p > k for p, k in zip(self.padding, self.kernel, strict=True)):
            raise ValueError(
                f"`padding` (={pair_text(self.padding)}) must be at most half of `kernel` (={pair_text(self.kernel)})"
            )
        return self

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        channels, *size = require_picture(self, inputs[0])
        return (channels, *require_window((size[0], size[1]), self.kernel, self.stride, self.padding))

    def settings_text(self) -> str:
        return pair_text(self.kernel) + (f" /{pair_text(self.stride)}" if self.stride != self.kernel else "")


class MaxPooling(Pooling):
    """The largest value in the window; padding never wins; the first of equal values (row by row) gets the gradient."""

    kind: Literal["max_pooling"] = "max_pooling"
    title: ClassVar[str] = "Max pooling"
    summary: ClassVar[str] = "Keeps the strongest answer in each small window and makes the picture smaller."
    rank: ClassVar[int] = 20


class AveragePooling(Pooling):
    """The mean over the window, padding zeros counted in, as PyTorch's default."""

    kind: Literal["average_pooling"] = "average_pooling"
    title: ClassVar[str] = "Average pooling"
    summary: ClassVar[str] = "Keeps the average of each small window and makes the picture smaller."
    rank: ClassVar[int] = 21
