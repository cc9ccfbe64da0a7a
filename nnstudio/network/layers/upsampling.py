"""Upsampling: each pixel becomes several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from nnstudio.network.layers.base import Family, Layer, Shape, SizePair, pair_text, require_picture
from nnstudio.network.layers.explanation import Reckoning, fill_in, times


class Upsampling(Layer):
    """``factor`` times as many rows and columns. Nearest: each value is repeated. Bilinear: place ``y`` takes what lies
    at ``(y + 0.5) / factor - 0.5`` between its neighbours, edges repeated (PyTorch with ``align_corners`` off)."""

    kind: Literal["upsampling"] = "upsampling"
    factor: SizePair = Field(
        (2, 2), title="Factor", description="How many times as many rows and columns.", json_schema_extra={"unit": "×"}
    )
    mode: Literal["nearest", "bilinear"] = Field(
        "nearest", title="Mode", description="Repeat each value, or blend neighbours."
    )

    title: ClassVar[str] = "Upsampling"
    family: ClassVar[Family] = Family.POOLING
    summary: ClassVar[str] = "Makes the picture larger by repeating or blending its values: pooling run backwards."
    prefix: ClassVar[str] = "up"
    rank: ClassVar[int] = 29
    also: ClassVar[tuple[str, ...]] = ("resize", "interpolate", "unpooling")
    linear: ClassVar[bool] = True
    formula: ClassVar[str] = "y_{c}[i, j] = x_{c}[⌊i/f⌋, ⌊j/f⌋]"
    where: ClassVar[str] = (
        "x: the picture, y: the larger one, f: the factor. Bilinear: row i reads row (i + 0.5)/f − 0.5, blending "
        "its two neighbours, columns likewise."
    )
    purpose: ClassVar[str] = (
        "It makes a picture larger without learning anything: by repeating pixels, or by blending neighbours. A "
        "convolution behind it can draw the details."
    )
    tip: ClassVar[str] = (
        "It invents no details. A transposed convolution learns how to enlarge, at the price of weights."
    )

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        channels, height, width = require_picture(self, inputs[0])
        return (channels, height * self.factor[0], width * self.factor[1])

    def sees(self, first: int, last: int, axis: int) -> tuple[int, int]:
        factor = self.factor[axis]
        if self.mode == "nearest":
            return first // factor, last // factor
        return (2 * first + 1 - factor) // (2 * factor), -((factor - 2 * last - 1) // (2 * factor))

    def idle(self, inputs: Sequence[Shape]) -> bool:
        return self.factor == (1, 1)

    def settings_text(self) -> str:
        return f"{pair_text(self.factor)} {self.mode}"

    def fill(self, inputs: Sequence[Shape]) -> str:
        if self.mode == "bilinear":
            row, column = (f"({place} + 0.5)/{factor} − 0.5" for place, factor in zip("ij", self.factor, strict=True))
            return f"y at row i, column j: x at row {row}, column {column}"
        numbers = {f"{place}/f": f"{place}/{factor}" for place, factor in zip("ij", self.factor, strict=True)}
        return fill_in(self.formula, numbers)

    def reckon(self, inputs: Sequence[Shape]) -> tuple[Reckoning, ...]:
        channels, *size = require_picture(self, inputs[0])
        axes = zip(("height", "width"), "HW", self.factor, size, strict=True)
        return (
            Reckoning("channels", "C", f"{channels:,}", channels),
            *(Reckoning(what, f"f·{letter}", times(f, n), f * n) for what, letter, f, n in axes),
        )
