"""The optimizers and their settings. Each backend computes the same formulas, which are PyTorch's.

``g`` is the gradient of the mean loss; all but AdamW first add ``weight_decay * w`` to it. ``slots`` counts the state
values a parameter has. ``t`` is the number of the step, from 1.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

_Share = Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)]


class OptimizerBase(BaseModel):
    """What all optimizers share."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    learning_rate: float = Field(
        0.01, ge=0, le=100, allow_inf_nan=False, title="Learning rate", description="How far each step goes downhill."
    )
    weight_decay: float = Field(
        0.0,
        ge=0,
        le=10,
        allow_inf_nan=False,
        title="Weight decay",
        description="How strongly weights are pulled towards 0.",
    )

    title: ClassVar[str]
    slots: ClassVar[int] = 0


class SGD(OptimizerBase):
    """``w -= learning_rate * g``."""

    kind: Literal["sgd"] = "sgd"
    title: ClassVar[str] = "SGD"


class Momentum(OptimizerBase):
    """``v = momentum * v + g; w -= learning_rate * v``."""

    kind: Literal["momentum"] = "momentum"
    momentum: _Share = Field(0.9, title="Momentum", description="Share of the last step's speed that is kept.")
    title: ClassVar[str] = "SGD with momentum"
    slots: ClassVar[int] = 1


class Nesterov(OptimizerBase):
    """``v = momentum * v + g; w -= learning_rate * (g + momentum * v)``."""

    kind: Literal["nesterov"] = "nesterov"
    momentum: _Share = Field(0.9, title="Momentum", description="Share of the last step's speed that is kept.")
    title: ClassVar[str] = "Nesterov momentum"
    slots: ClassVar[int] = 1


class RMSProp(OptimizerBase):
    """``s = decay * s + (1 - decay) * g²; w -= learning_rate * g / (sqrt(s) + epsilon)``."""

    kind: Literal["rmsprop"] = "rmsprop"
    learning_rate: float = Field(
        0.001, ge=0, le=100, allow_inf_nan=False, title="Learning rate", description="How far each step goes downhill."
    )
    decay: _Share = Field(0.99, title="Decay", description="Share of the old mean square that is kept.")
    epsilon: float = Field(1e-8, gt=0, le=1, title="Epsilon", description="Keeps the division safe.")
    title: ClassVar[str] = "RMSProp"
    slots: ClassVar[int] = 1


class Adam(OptimizerBase):
    """``m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g²``, then with both bias-corrected by ``1 - beta^t``
    ``w -= learning_rate * m̂ / (sqrt(v̂) + epsilon)`` (Kingma and Ba, 2015)."""

    kind: Literal["adam"] = "adam"
    learning_rate: float = Field(
        0.001, ge=0, le=100, allow_inf_nan=False, title="Learning rate", description="How far each step goes downhill."
    )
    beta1: _Share = Field(0.9, title="β₁", description="Share of the old mean gradient that is kept.")
    beta2: _Share = Field(0.999, title="β₂", description="Share of the old mean square that is kept.")
    epsilon: float = Field(1e-8, gt=0, le=1, title="Epsilon", description="Keeps the division safe.")
    title: ClassVar[str] = "Adam"
    slots: ClassVar[int] = 2


class AdamW(Adam):
    """Adam, but first ``w -= learning_rate * weight_decay * w`` instead of a decay in ``g`` (Loshchilov, 2019)."""

    kind: Literal["adamw"] = "adamw"  # type: ignore[assignment]
    weight_decay: float = Field(
        0.01,
        ge=0,
        le=10,
        allow_inf_nan=False,
        title="Weight decay",
        description="How strongly weights are pulled towards 0.",
    )
    title: ClassVar[str] = "AdamW"


Optimizer = Annotated[SGD | Momentum | Nesterov | RMSProp | Adam | AdamW, Field(discriminator="kind")]
OPTIMIZERS: dict[str, type[OptimizerBase]] = {
    kind.model_fields["kind"].default: kind for kind in (SGD, Momentum, Nesterov, RMSProp, Adam, AdamW)
}
"""Every optimizer by its ``kind``."""
