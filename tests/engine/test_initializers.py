"""First weights have the spread that the formulas ask for, and come again with the seed."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from nnstudio.engine.initializers import Initializer, initial_parameters
from nnstudio.engine.plan import compile_plan
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.presets import chain

PLAN = compile_plan(chain("wide", [
    Input(channels=16, height=5, width=5), Convolution(filters=200, kernel=(5, 3)),
    Flatten(), Dense(units=300), SoftmaxOutput(),
]))  # fmt: skip
FANS = {"conv1.weight": (16 * 15, 200 * 15), "dense1.weight": (200 * 3, 300)}


def standard_deviation(initializer: Initializer, fan_in: int, fan_out: int) -> float:
    match initializer:
        case Initializer.ZEROS:
            return 0.0
        case Initializer.NORMAL:
            return 0.05
        case Initializer.UNIFORM:
            return 0.05 / sqrt(3)
        case Initializer.XAVIER_NORMAL | Initializer.XAVIER_UNIFORM:
            return sqrt(2 / (fan_in + fan_out))
        case Initializer.HE_NORMAL | Initializer.HE_UNIFORM:
            return sqrt(2 / fan_in)
        case Initializer.LECUN_NORMAL:
            return sqrt(1 / fan_in)


@pytest.mark.parametrize("initializer", Initializer)
def test_spread(initializer: Initializer) -> None:
    values = initial_parameters(PLAN, initializer, seed=1)
    assert values.keys() == {slot.name for slot in PLAN.slots}
    for slot in PLAN.slots:
        found = values[slot.name]
        assert (found.shape, found.dtype) == (slot.shape, np.float32)
        if slot.parameter.role == "bias":
            assert not found.any()
            continue
        wanted = standard_deviation(initializer, *FANS[slot.name])
        assert found.std() == pytest.approx(wanted, rel=0.02)
        assert abs(found.mean()) <= 5 * wanted / sqrt(found.size)
        farthest = np.abs(found).max()
        if initializer.endswith("uniform"):
            assert farthest <= wanted * sqrt(3) * (1 + 1e-6)
        elif initializer is not Initializer.ZEROS:
            assert farthest > 3 * wanted


def test_seeds() -> None:
    first, again, other = (initial_parameters(PLAN, Initializer.HE_NORMAL, seed) for seed in (1, 1, 2))
    for name in FANS:
        assert (first[name] == again[name]).all()
        assert not (first[name] == other[name]).any()
