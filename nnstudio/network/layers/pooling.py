"""Pooling: one value stands for a small window, or for a whole channel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from nnstudio.network.layers.base import (
    Family,
    Layer,
    LayerError,
    MarginPair,
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
    number,
    sums_over,
    times,
    window_places,
    within,
)
from nnstudio.network.layers.remedies import ChangeSettings, Remedy, TakeOut


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

    where: ClassVar[str] = (
        "x: the picture, y: the answer of the window at row i and column j, in every channel c alone; u and v run "
        "through the window’s rows and columns. k: window, s: stride, p: padding."
    )

    @model_validator(mode="after")
    def _padding_at_most_half(self) -> Self:
        """A window must always touch the picture, as PyTorch and ONNX ask."""
        if any(2 * p > k for p, k in zip(self.padding, self.kernel, strict=True)):
            raise ValueError(
                f"`padding` (={pair_text(self.padding)}) must be at most half of `kernel` (={pair_text(self.kernel)})"
            )
        return self

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        channels, height, width = require_picture(self, inputs[0])
        try:
            return (channels, *require_window((height, width), self.kernel, self.stride, self.padding))
        except LayerError as error:
            raise LayerError(error.message, error.hint, *self._remedies(height, width)) from error

    def _remedies(self, height: int, width: int) -> Iterator[Remedy]:
        """A smaller window; where there is one pixel only, no pooling."""
        window = min(self.kernel[0], height), min(self.kernel[1], width)
        if window != (1, 1):
            yield ChangeSettings(f"Set the window to {pair_text(window)}", {"kernel": window, "padding": (0, 0)})
        yield TakeOut()

    def window(self) -> Window:
        return Window(self.kernel, self.stride, self.padding)

    def idle(self, inputs: Sequence[Shape]) -> bool:
        return self.kernel == self.stride == (1, 1)

    def settings_text(self) -> str:
        return pair_text(self.kernel) + (f" /{pair_text(self.stride)}" if self.stride != self.kernel else "")

    def fill(self, inputs: Sequence[Shape]) -> str:
        row, column = map(index, "ij", "uv", self.stride, self.padding)
        return fill_in(self.formula, {
            "s·i + u − p": row,
            "s·j + v − p": column,
            **sums_over("uv", self.kernel),
            **within("uv", self.kernel),
            "k^{2}": f"({times(*self.kernel)})",
        })  # fmt: skip

    def reckon(self, inputs: Sequence[Shape]) -> tuple[Reckoning, ...]:
        channels, *size = require_picture(self, inputs[0])
        kept = Reckoning("channels", "C", f"{channels:,}", channels)
        return (kept, *window_places(size, self.kernel, self.stride, self.padding))


class MaxPooling(Pooling):
    """The largest value in the window; padding never wins; the first of equal values (row by row) gets the gradient."""

    kind: Literal["max_pooling"] = "max_pooling"
    title: ClassVar[str] = "Max pooling"
    summary: ClassVar[str] = "Keeps the strongest answer in each small window and makes the picture smaller."
    rank: ClassVar[int] = 20
    also: ClassVar[tuple[str, ...]] = ("maxpool", "maxpool2d")
    formula: ClassVar[str] = "y_{c}[i, j] = max_{u,v} x_{c}[s·i + u − p, s·j + v − p]"
    purpose: ClassVar[str] = (
        "Of each small window only the strongest answer goes on: that a pattern was found matters more than the "
        "exact pixel. The picture gets smaller and what follows cheaper."
    )
    tip: ClassVar[str] = (
        "It throws most values away: with 2×2 three of four. Too many poolings leave nothing to look at."
    )


class AveragePooling(Pooling):
    """The mean over the window, padding zeros counted in, as PyTorch's default."""

    kind: Literal["average_pooling"] = "average_pooling"
    title: ClassVar[str] = "Average pooling"
    summary: ClassVar[str] = "Keeps the average of each small window and makes the picture smaller."
    rank: ClassVar[int] = 21
    also: ClassVar[tuple[str, ...]] = ("avgpool", "avgpool2d", "mean pooling", "subsampling")
    linear: ClassVar[bool] = True
    formula: ClassVar[str] = "y_{c}[i, j] = (1/k^{2}) Σ_{u} Σ_{v} x_{c}[s·i + u − p, s·j + v − p]"
    where: ClassVar[str] = Pooling.where + " A window has k·k values."
    purpose: ClassVar[str] = (
        "Of each small window the average goes on, as when a photo is made smaller. Every value has the same say."
    )
    tip: ClassVar[str] = (
        "One bright pixel among dark ones is blurred away; where single strong answers count, use max pooling."
    )


class MinPooling(Pooling):
    """The smallest value in the window; padding never wins; the first of equal values gets the gradient."""

    kind: Literal["min_pooling"] = "min_pooling"
    title: ClassVar[str] = "Min pooling"
    summary: ClassVar[str] = "Keeps the weakest answer in each small window: dark on light instead of light on dark."
    rank: ClassVar[int] = 22
    formula: ClassVar[str] = "y_{c}[i, j] = min_{u,v} x_{c}[s·i + u − p, s·j + v − p]"
    purpose: ClassVar[str] = (
        "Of each small window the smallest value goes on. With dark ink on light paper it keeps thin lines that max "
        "pooling would wipe out."
    )
    tip: ClassVar[str] = "Behind a ReLU most windows hold a 0, and then little but zeros is left."


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
    formula: ClassVar[str] = "y_{c}[i, j] = median_{u,v} x_{c}[s·i + u − p, s·j + v − p]"
    purpose: ClassVar[str] = (
        "The values of each window are put in order and the middle one goes on. A few wrong pixels change nothing: "
        "it is the classic cure for speckled pictures."
    )
    tip: ClassVar[str] = "A line of one pixel’s width is a minority in its window and disappears too."

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
    linear: ClassVar[bool] = True
    formula: ClassVar[str] = "y_{c}[i, j] = Σ_{u} Σ_{v} x_{c}[s·i + u − p, s·j + v − p]"
    purpose: ClassVar[str] = "It adds each small window up: how much of a pattern there is, not only whether."
    tip: ClassVar[str] = (
        "A sum grows with the window: behind large ones the values are large, and training may need a smaller "
        "learning rate."
    )


class CountPooling(Pooling):
    """How many values in the window are above ``threshold``; padding counts as zeros. Its slope is 0 everywhere."""

    kind: Literal["count_pooling"] = "count_pooling"
    threshold: float = Field(
        0.5, ge=-1e6, le=1e6, allow_inf_nan=False, title="Threshold", description="Values above this are counted."
    )
    title: ClassVar[str] = "Count pooling"
    summary: ClassVar[str] = "Counts the values above a threshold in each small window. Nothing before it can learn."
    rank: ClassVar[int] = 25
    formula: ClassVar[str] = "y_{c}[i, j] = Σ_{u} Σ_{v} 1 if x_{c}[s·i + u − p, s·j + v − p] > t, else 0"
    where: ClassVar[str] = Pooling.where + " t: the threshold."
    purpose: ClassVar[str] = (
        "It counts how many values of each window are above a threshold, like counting bright pixels."
    )
    tip: ClassVar[str] = (
        "A count does not change when a value changes a little, so nothing before it can learn: put it before all "
        "layers with weights."
    )
    differentiable: ClassVar[bool] = False

    def idle(self, inputs: Sequence[Shape]) -> bool:
        return False  # even of a single value it says only whether it is large

    def settings_text(self) -> str:
        return f"{super().settings_text()} > {self.threshold:g}"

    def fill(self, inputs: Sequence[Shape]) -> str:
        return fill_in(super().fill(inputs), {"> t,": f"> {number(self.threshold)},"})


class GlobalPooling(Layer):
    """What both share: one value stands for a whole channel."""

    family: ClassVar[Family] = Family.POOLING
    prefix: ClassVar[str] = "pool"

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        channels, _, _ = require_picture(self, inputs[0])
        return (channels,)

    def fill(self, inputs: Sequence[Shape]) -> str:
        _, *size = require_picture(self, inputs[0])
        return fill_in(self.formula, {"H·W": times(*size), **sums_over("ij", size), **within("ij", size)})

    def reckon(self, inputs: Sequence[Shape]) -> tuple[Reckoning, ...]:
        channels, _, _ = require_picture(self, inputs[0])
        return (Reckoning("values", "C", f"{channels:,}", channels),)


class GlobalAveragePooling(GlobalPooling):
    """The mean of each channel: a vector (Lin et al., 2013)."""

    kind: Literal["global_average_pooling"] = "global_average_pooling"
    title: ClassVar[str] = "Global average pooling"
    summary: ClassVar[str] = "Keeps one number of each channel, its average, whatever the picture's size."
    rank: ClassVar[int] = 26
    also: ClassVar[tuple[str, ...]] = ("gap", "adaptive")
    linear: ClassVar[bool] = True
    formula: ClassVar[str] = "y_{c} = (1/(H·W)) Σ_{i} Σ_{j} x_{c}[i, j]"
    where: ClassVar[str] = "x: the picture of H rows and W columns, y: one number for each channel c."
    purpose: ClassVar[str] = (
        "Each channel becomes one number, its average: how much of its pattern the whole picture has. What follows "
        "needs few weights, whatever the picture’s size."
    )
    tip: ClassVar[str] = "It forgets where things are. To tell a 6 from a 9 the channels themselves must know it."


class GlobalMaxPooling(GlobalPooling):
    """The largest value of each channel: a vector; the first of equal values gets the gradient."""

    kind: Literal["global_max_pooling"] = "global_max_pooling"
    title: ClassVar[str] = "Global max pooling"
    summary: ClassVar[str] = "Keeps the strongest answer of each channel, wherever it is."
    rank: ClassVar[int] = 27
    also: ClassVar[tuple[str, ...]] = ("gmp",)
    formula: ClassVar[str] = "y_{c} = max_{i,j} x_{c}[i, j]"
    where: ClassVar[str] = "x: the picture, y: one number for each channel c."
    purpose: ClassVar[str] = (
        "Each channel becomes one number, its strongest answer: is the pattern there, anywhere at all?"
    )
    tip: ClassVar[str] = "Only one pixel of each channel gets a gradient, so learning is slower than with an average."
