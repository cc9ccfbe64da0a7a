"""Objectives: numbers made of a network's values, whose gradients can be asked for (``Executable.differentiate``).

An objective looks at the value of one node for all images of a batch, (N, *shape), and says how large it is and how
that changes with each value. Several are added up, each with its weight: that is all that dreaming, fooling pictures,
saliency and style transfer need from the engine.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]


@dataclass(frozen=True, eq=False, kw_only=True)
class Objective(ABC):
    """``weight`` times a number made of the value of ``node``, which must be kept and not be the output layer."""

    node: str
    weight: float = 1.0

    @abstractmethod
    def measure(self, values: Array) -> tuple[float, Array]:
        """The number, without its weight, and its gradient by ``values``."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Projection(Objective):
    """``sum(direction * values)``: any gradient at all, given its ``direction``, broadcast to the values."""

    direction: Array

    def measure(self, values: Array) -> tuple[float, Array]:
        direction = np.broadcast_to(self.direction, values.shape)
        return float(np.sum(direction * values)), direction.astype(values.dtype)


@dataclass(frozen=True, eq=False, kw_only=True)
class MeanValue(Objective):
    """The mean of a ``channel`` (or unit), or of everything: what dreams make large."""

    channel: int | None = None

    def measure(self, values: Array) -> tuple[float, Array]:
        chosen = np.s_[:] if self.channel is None else np.s_[:, self.channel]
        gradient = np.zeros_like(values)
        gradient[chosen] = 1 / values[chosen].size
        return float(values[chosen].mean()), gradient


@dataclass(frozen=True, eq=False, kw_only=True)
class SquaredDistance(Objective):
    """The mean squared distance to ``target``: the content of a picture."""

    target: Array

    def measure(self, values: Array) -> tuple[float, Array]:
        difference = values - self.target
        return float(np.mean(difference**2)), 2 * difference / difference.size


@dataclass(frozen=True, eq=False, kw_only=True)
class GramDistance(Objective):
    """The mean squared distance of the Gram matrices of the channels, for each image, to ``target`` (channels,
    channels): the style of a picture (Gatys et al., 2015)."""

    target: Array

    def measure(self, values: Array) -> tuple[float, Array]:
        features = values.reshape(*values.shape[:2], -1)
        difference = gram(values) - self.target
        slope = 4 * difference / difference.size / (features.shape[1] * features.shape[2])
        return float(np.mean(difference**2)), (slope @ features).reshape(values.shape)


def gram(values: Array) -> Array:
    """How often channels are active together, (N, channels, channels), divided by the number of values an image."""
    features = values.reshape(*values.shape[:2], -1)
    return features @ features.swapaxes(1, 2) / (features.shape[1] * features.shape[2])


@dataclass(frozen=True)
class Measured:
    """What objectives say of values: the weighted total, each one's number, and by node what a value counts."""

    total: float
    numbers: tuple[float, ...]
    seeds: Mapping[str, Array]


def measure(objectives: Sequence[Objective], values: Mapping[str, Array]) -> Measured:
    """All ``objectives`` together, given the values of their nodes."""
    numbers: list[float] = []
    seeds: dict[str, Array] = {}
    for objective in objectives:
        number, gradient = objective.measure(values[objective.node])
        numbers.append(number)
        seeds[objective.node] = seeds.get(objective.node, 0) + objective.weight * gradient
    total = sum(objective.weight * number for objective, number in zip(objectives, numbers, strict=True))
    return Measured(total, tuple(numbers), seeds)


@dataclass(frozen=True)
class Differentiation:
    """The sum of all objectives with their weights, each one's own number, and gradients by node or parameter."""

    total: float
    values: tuple[float, ...]
    gradients: Mapping[str, Array] = field(repr=False)
