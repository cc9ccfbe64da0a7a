"""Noise: learn on pictures that are never quite the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from nnstudio.network.layers.base import Family, Layer, Shape
from nnstudio.network.layers.explanation import fill_in, number


class GaussianNoise(Layer):
    """While training ``Y = X + deviation * n`` with ``n`` normally distributed; used, ``Y = X``."""

    kind: Literal["gaussian_noise"] = "gaussian_noise"
    deviation: float = Field(
        0.1, ge=0, le=100, allow_inf_nan=False, title="Deviation", description="Standard deviation of the noise."
    )

    title: ClassVar[str] = "Gaussian noise"
    family: ClassVar[Family] = Family.REGULARISATION
    summary: ClassVar[str] = "Adds a little noise while training, so that the network does not cling to details."
    prefix: ClassVar[str] = "noise"
    rank: ClassVar[int] = 62
    linear: ClassVar[bool] = True
    noisy: ClassVar[bool] = True
    formula: ClassVar[str] = "y = x + σ·n"
    where: ClassVar[str] = (
        "x: a value that comes in, y: what goes out, n: a new random number of the bell curve each time, σ: its "
        "deviation."
    )
    purpose: ClassVar[str] = (
        "While learning, every value is shaken a little, each time differently. The network learns what stays the "
        "same and not the exact numbers."
    )
    tip: ClassVar[str] = "Noise as strong as the values themselves drowns them. It is off when the network is used."

    def settings_text(self) -> str:
        return f"σ {self.deviation:g}"

    def idle(self, inputs: Sequence[Shape]) -> bool:
        return self.deviation == 0

    def fill(self, inputs: Sequence[Shape]) -> str:
        return fill_in(self.formula, {"σ": number(self.deviation)})
