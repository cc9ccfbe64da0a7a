"""What training makes small: the losses and their settings. Each backend computes the same formulas.

``P`` is what the network's output layer gives for an image, ``T`` what it should give, both of ``n`` values. For a
network that answers with a vector, ``T`` is 1 for the image's class and 0 for all others (of one value: the class
itself, 0 or 1); for one that answers with a picture, ``T`` is the picture it was given. The loss of a batch is the mean
over its images, each multiplied by the weight of its class.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from nnstudio.network.layers.base import Layer

_Weight = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]


class LossBase(BaseModel):
    """What all losses share."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    class_weights: tuple[_Weight, ...] = Field(
        (),
        max_length=65_536,
        title="Class weights",
        description="How much an error counts for each class, in their order; empty: all the same.",
    )

    title: ClassVar[str]
    formula: ClassVar[str]
    """Of one image, for people."""
    outputs: ClassVar[frozenset[str]] = frozenset({"softmax_output", "sigmoid_output", "linear_output"})
    """Kinds of output layers that it can judge."""

    def judges(self, output: Layer) -> bool:
        return output.model_dump(include={"kind"})["kind"] in self.outputs


class CrossEntropy(LossBase):
    """``-sum T log P`` with ``T`` moved by ``label_smoothing`` towards ``1 / n`` (Szegedy et al., 2016)."""

    kind: Literal["cross_entropy"] = "cross_entropy"
    label_smoothing: float = Field(
        0.0,
        ge=0,
        lt=1,
        allow_inf_nan=False,
        title="Label smoothing",
        description="Share of certainty that the right class gives to all, so that the network is never too sure.",
    )
    title: ClassVar[str] = "Cross-entropy"
    formula: ClassVar[str] = "−Σ T log P"
    outputs: ClassVar[frozenset[str]] = frozenset({"softmax_output"})


class BinaryCrossEntropy(LossBase):
    """``-mean(T log P + (1 - T) log(1 - P))``: each value is a yes or no of its own."""

    kind: Literal["binary_cross_entropy"] = "binary_cross_entropy"
    title: ClassVar[str] = "Binary cross-entropy"
    formula: ClassVar[str] = "−mean(T log P + (1 − T) log(1 − P))"
    outputs: ClassVar[frozenset[str]] = frozenset({"sigmoid_output"})


class MeanSquaredError(LossBase):
    """``mean (P - T)²``."""

    kind: Literal["mean_squared_error"] = "mean_squared_error"
    title: ClassVar[str] = "Mean squared error"
    formula: ClassVar[str] = "mean (P − T)²"


class MeanAbsoluteError(LossBase):
    """``mean |P - T|``; its slope at 0 is 0."""

    kind: Literal["mean_absolute_error"] = "mean_absolute_error"
    title: ClassVar[str] = "Mean absolute error"
    formula: ClassVar[str] = "mean |P − T|"


class Huber(LossBase):
    """``mean of d² / 2`` where ``d = |P - T|`` is at most ``delta``, else ``delta (d - delta / 2)`` (Huber, 1964)."""

    kind: Literal["huber"] = "huber"
    delta: float = Field(
        1.0, gt=0, le=1e6, allow_inf_nan=False, title="Delta", description="Errors above this count linearly only."
    )
    title: ClassVar[str] = "Huber"
    formula: ClassVar[str] = "mean of d²/2 up to δ, then δ(d − δ/2)"


def _from_kind(value: Any) -> Any:
    """A loss's name alone stands for it with its usual settings; project files of version 1 have that."""
    return {"kind": value} if isinstance(value, str) else value


Loss = Annotated[
    Annotated[
        CrossEntropy | BinaryCrossEntropy | MeanSquaredError | MeanAbsoluteError | Huber, Field(discriminator="kind")
    ],
    BeforeValidator(_from_kind),
]
LOSSES: dict[str, type[LossBase]] = {
    kind.model_fields["kind"].default: kind
    for kind in (CrossEntropy, BinaryCrossEntropy, MeanSquaredError, MeanAbsoluteError, Huber)
}
"""Every loss by its ``kind``."""


def loss_of(loss: LossBase | str) -> LossBase:
    """A loss, or the one of that kind with its usual settings."""
    return LOSSES[loss]() if isinstance(loss, str) else loss


def fitting_loss(output: Layer) -> LossBase:
    """The first loss that can judge what ``output`` gives."""
    return next(loss() for loss in LOSSES.values() if loss().judges(output))
