"""The optimizers and their settings. Each backend computes the same formulas, which are PyTorch's.

``g`` is the gradient of the mean loss. With ``clip_norm`` it is first multiplied by ``min(1, clip_norm / norm)``, where
``norm`` is its length over all parameters together (Pascanu et al., 2013); then all but AdamW add ``weight_decay * w``.
``t`` is the number of the step, from 1.

With ``average`` the executable keeps, beside the weights ``w`` that learn, their moving average ``a``, running
statistics included: after each step ``a = keep * a + (1 - keep) * w`` with ``keep = min(average, (t - 1) / (t + 9))``,
so that the first step copies and what was learned early is soon forgotten (Polyak and Juditsky, 1992).
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

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
    clip_norm: float = Field(
        0.0,
        ge=0,
        le=1e6,
        allow_inf_nan=False,
        title="Clip gradient",
        description="A gradient of all weights together longer than this is shortened to it; 0: never.",
    )
    average: _Share = Field(
        0.0,
        title="Average weights",
        description="Share of the weights' moving average that each step keeps; the average is what is tested and "
        "saved. 0: no average.",
    )

    title: ClassVar[str]
    own_slots: ClassVar[int] = 0
    """State values that the rule itself has for each parameter."""

    @property
    def slots(self) -> int:
        """State values for each parameter; the average, where there is one, is the last."""
        return self.own_slots + (self.average > 0)

    def average_keep(self, t: int) -> float:
        """The share of the average that step ``t`` (from 1) keeps."""
        return min(self.average, (t - 1) / (t + 9))

    def at_rate(self, learning_rate: float) -> Self:
        """The same at another learning rate."""
        return self.model_copy(update={"learning_rate": learning_rate})


class SGD(OptimizerBase):
    """``w -= learning_rate * g``."""

    kind: Literal["sgd"] = "sgd"
    title: ClassVar[str] = "SGD"


class Momentum(OptimizerBase):
    """``v = momentum * v + g; w -= learning_rate * v``."""

    kind: Literal["momentum"] = "momentum"
    momentum: _Share = Field(0.9, title="Momentum", description="Share of the last step's speed that is kept.")
    title: ClassVar[str] = "SGD with momentum"
    own_slots: ClassVar[int] = 1


class Nesterov(OptimizerBase):
    """``v = momentum * v + g; w -= learning_rate * (g + momentum * v)``."""

    kind: Literal["nesterov"] = "nesterov"
    momentum: _Share = Field(0.9, title="Momentum", description="Share of the last step's speed that is kept.")
    title: ClassVar[str] = "Nesterov momentum"
    own_slots: ClassVar[int] = 1


class RMSProp(OptimizerBase):
    """``s = decay * s + (1 - decay) * g²; w -= learning_rate * g / (sqrt(s) + epsilon)``."""

    kind: Literal["rmsprop"] = "rmsprop"
    learning_rate: float = Field(
        0.001, ge=0, le=100, allow_inf_nan=False, title="Learning rate", description="How far each step goes downhill."
    )
    decay: _Share = Field(0.99, title="Decay", description="Share of the old mean square that is kept.")
    epsilon: float = Field(1e-8, gt=0, le=1, title="Epsilon", description="Keeps the division safe.")
    title: ClassVar[str] = "RMSProp"
    own_slots: ClassVar[int] = 1


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
    own_slots: ClassVar[int] = 2


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
