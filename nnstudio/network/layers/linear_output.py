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
    linear: ClassVar[bool] = True
    formula: ClassVar[str] = "y = x"
    where: ClassVar[str] = "x: a value that comes in, y: the answer."
    purpose: ClassVar[str] = (
        "The values are the answer as they are: for measurements such as a price or an angle, which may be any number."
    )
    tip: ClassVar[str] = "These are no probabilities: they may be negative or above 1, and learn by a squared error."
