"""Noise: learn on pictures that are never quite the same."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from nnstudio.network.layers.base import Family, Layer


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

    def settings_text(self) -> str:
        return f"σ {self.deviation:g}"
