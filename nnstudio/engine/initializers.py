"""How weights begin. The same seed gives the same values on every device, since they are always drawn by NumPy."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from math import sqrt

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from nnstudio.engine.plan import Plan, Slot

Draw = Callable[[Generator, Slot], NDArray[np.float64]]


class Initializer(StrEnum):
    """How weights are drawn; parameters that say with which value they begin are not."""

    ZEROS = "zeros"
    NORMAL = "normal"
    UNIFORM = "uniform"
    XAVIER_NORMAL = "xavier_normal"
    XAVIER_UNIFORM = "xavier_uniform"
    HE_NORMAL = "he_normal"
    HE_UNIFORM = "he_uniform"
    LECUN_NORMAL = "lecun_normal"


def _normal(variance: Callable[[Slot], float]) -> Draw:
    return lambda generator, slot: generator.normal(0.0, sqrt(variance(slot)), slot.shape)


def _uniform(variance: Callable[[Slot], float]) -> Draw:
    """A uniform distribution over ``±a`` has variance ``a² / 3``."""

    def draw(generator: Generator, slot: Slot) -> NDArray[np.float64]:
        bound = sqrt(3 * variance(slot))
        return generator.uniform(-bound, bound, slot.shape)

    return draw


def _xavier(slot: Slot) -> float:
    """Glorot and Bengio, 2010."""
    return 2 / (slot.parameter.fan_in + slot.parameter.fan_out)


def _he(slot: Slot) -> float:
    """He et al., 2015."""
    return 2 / slot.parameter.fan_in


def _lecun(slot: Slot) -> float:
    """LeCun et al., Efficient BackProp, 1998."""
    return 1 / slot.parameter.fan_in


_DRAWS: dict[Initializer, Draw] = {
    Initializer.ZEROS: lambda _, slot: np.zeros(slot.shape),
    Initializer.NORMAL: _normal(lambda _: 0.05**2),
    Initializer.UNIFORM: _uniform(lambda _: 0.05**2 / 3),
    Initializer.XAVIER_NORMAL: _normal(_xavier),
    Initializer.XAVIER_UNIFORM: _uniform(_xavier),
    Initializer.HE_NORMAL: _normal(_he),
    Initializer.HE_UNIFORM: _uniform(_he),
    Initializer.LECUN_NORMAL: _normal(_lecun),
}


def initial_parameters(plan: Plan, initializer: Initializer, seed: int) -> dict[str, NDArray[np.float32]]:
    """First values for every parameter of ``plan``, by name."""
    generator = np.random.default_rng(seed)
    draw = _DRAWS[initializer]

    def first(slot: Slot) -> NDArray[np.floating]:
        given = slot.parameter.initial
        return draw(generator, slot) if given is None else np.full(slot.shape, given)

    return {slot.name: first(slot).astype(np.float32) for slot in plan.slots}
