"""Pooling: one value stands for a small window, or for a whole channel."""

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


class MinPooling(Pooling):
    """The smallest value in the window; padding never wins; the first of equal values gets the gradient."""

    kind: Literal["min_pooling"] = "min_pooling"
    title: ClassVar[str] = "Min pooling"
    summary: ClassVar[str] = "Keeps the weakest answer in each small window: dark on light instead of light on dark."
    rank: ClassVar[int] = 22


class MedianPooling(Pooling):
    """The middle value of those of the window that lie in the picture, of an even number the lower one; it gets the
    gradient, and of equal values the first."""

    kind: Literal["median_pooling"] = "median_pooling"
    kernel: SizePair = Field(
        (3, 3), title="Window", description="Height and width of the window.", json_schema_extra={"unit": "px"}
    )
    title: ClassVar[str] = "Median pooling"
    summary: ClassVar[str] = "Keeps the middle value of each small window, which single wrong pixels cannot move."
    rank: ClassVar[int] = 23

    @model_validator(mode="after")
    def _window_of_moderate_size(self) -> Self:
        """Each value is compared with each other one of its window."""
        if self.kernel[0] * self.kernel[1] > 81:
            raise ValueError(f"`kernel` (={pair_text(self.kernel)}) must have at most 81 values")
        return self


class SumPooling(Pooling):
    """The sum over the window; padding counts as zeros."""

    kind: Literal["sum_pooling"] = "sum_pooling"
    title: ClassVar[str] = "Sum pooling"
    summary: ClassVar[str] = "Adds up each small window: how much of a pattern is there."
    rank: ClassVar[int] = 24


class CountPooling(Pooling):
    """How many values in the window are above ``threshold``; padding counts as zeros. Its slope is 0 everywhere."""

    kind: Literal["count_pooling"] = "count_pooling"
    threshold: float = Field(
        0.5, ge=-1e6, le=1e6, allow_inf_nan=False, title="Threshold", description="Values above this are counted."
    )
    title: ClassVar[str] = "Count pooling"
    summary: ClassVar[str] = "Counts the values above a threshold in each small window. Nothing before it can learn."
    rank: ClassVar[int] = 25
    differentiable: ClassVar[bool] = False

    def settings_text(self) -> str:
        return f"{super().settings_text()} > {self.threshold:g}"


class GlobalPooling(Layer):
    """What both share: one value stands for a whole channel."""

    family: ClassVar[Family] = Family.POOLING
    prefix: ClassVar[str] = "pool"

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        channels, _, _ = require_picture(self, inputs[0])
        return (channels,)


class GlobalAveragePooling(GlobalPooling):
    """The mean of each channel: a vector (Lin et al., 2013)."""

    kind: Literal["global_average_pooling"] = "global_average_pooling"
    title: ClassVar[str] = "Global average pooling"
    summary: ClassVar[str] = "Keeps one number of each channel, its average, whatever the picture's size."
    rank: ClassVar[int] = 26


class GlobalMaxPooling(GlobalPooling):
    """The largest value of each channel: a vector; the first of equal values gets the gradient."""

    kind: Literal["global_max_pooling"] = "global_max_pooling"
    title: ClassVar[str] = "Global max pooling"
    summary: ClassVar[str] = "Keeps the strongest answer of each channel, wherever it is."
    rank: ClassVar[int] = 27
