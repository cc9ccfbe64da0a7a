"""Linear output: the values as they are."""

from __future__ import annotations

from typing import ClassVar, Literal

from nnstudio.network.layers.base import Family, Layer


class LinearOutput(Layer):
    """``x``: any numbers, or a picture with any values."""

    kind: Literal["linear_output"] = "linear_output"
    title: ClassVar[str] = "Linear output"
    family: ClassVar[Family] = Family.OUTPUT
    summary: ClassVar[str] = "Gives the values as they are: for numbers and pictures instead of probabilities."
    prefix: ClassVar[str] = "output"
    rank: ClassVar[int] = 102
