"""Each optimizer over several steps against its formula in plain Python, and against PyTorch where it is installed."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from math import sqrt

import numpy as np
import pytest
from numpy.testing import assert_allclose
from pydantic import TypeAdapter, ValidationError

from nnstudio.engine.numpy.optimizers import update, update_average
from nnstudio.engine.optimizers import (
    OPTIMIZERS,
    SGD,
    Adam,
    AdamW,
    Momentum,
    Nesterov,
    Optimizer,
    OptimizerBase,
    RMSProp,
)

STEPS = 6
GENERATOR = np.random.default_rng(0)
START = GENERATOR.normal(size=5)
GRADIENTS = GENERATOR.normal(size=(STEPS, 5))

SETTINGS: list[OptimizerBase] = [
    SGD(learning_rate=0.1),
    SGD(learning_rate=0.1, weight_decay=0.05),
    Momentum(learning_rate=0.1, momentum=0.8, weight_decay=0.05),
    Nesterov(learning_rate=0.1, momentum=0.7, weight_decay=0.05),
    RMSProp(learning_rate=0.02, decay=0.9, epsilon=1e-3, weight_decay=0.05),
    Adam(learning_rate=0.02, beta1=0.8, beta2=0.95, epsilon=1e-3, weight_decay=0.05),
    AdamW(learning_rate=0.02, beta1=0.8, beta2=0.95, epsilon=1e-3, weight_decay=0.3),
]


def in_plain_python(o: OptimizerBase, w: float, gradients: list[float]) -> float:
    """One weight through all steps, by the book."""
    m = v = 0.0
    for t, gradient in enumerate(gradients, start=1):
        g = gradient if isinstance(o, AdamW) else gradient + o.weight_decay * w
        match o:
            case SGD():
                w -= o.learning_rate * g
            case Momentum():
                m = o.momentum * m + g
                w -= o.learning_rate * m
            case Nesterov():
                m = o.momentum * m + g
                w -= o.learning_rate * (g + o.momentum * m)
            case RMSProp():
                v = o.decay * v + (1 - o.decay) * g * g
                w -= o.learning_rate * g / (sqrt(v) + o.epsilon)
            case Adam():
                if isinstance(o, AdamW):
                    w -= o.learning_rate * o.weight_decay * w
                m = o.beta1 * m + (1 - o.beta1) * g
                v = o.beta2 * v + (1 - o.beta2) * g * g
                corrected_m, corrected_v = m / (1 - o.beta1**t), v / (1 - o.beta2**t)
                w -= o.learning_rate * corrected_m / (sqrt(corrected_v) + o.epsilon)
    return w


def in_the_engine(o: OptimizerBase, dtype: type = np.float64) -> np.ndarray:
    w = START.astype(dtype)
    slots = [np.zeros(5, dtype) for _ in range(o.own_slots)]
    for t, gradient in enumerate(GRADIENTS, start=1):
        update(o, w, gradient.astype(dtype), slots, np.full(5, np.nan, dtype), t)
    return w


def test_every_optimizer_is_tried() -> None:
    assert {type(settings) for settings in SETTINGS} == set(OPTIMIZERS.values())


@pytest.mark.parametrize("optimizer", SETTINGS, ids=lambda o: f"{o.kind}-{o.weight_decay}")
def test_formula(optimizer: OptimizerBase) -> None:
    expected = [in_plain_python(optimizer, START[i], list(GRADIENTS[:, i])) for i in range(5)]
    assert_allclose(in_the_engine(optimizer), expected, rtol=1e-12)
    assert_allclose(in_the_engine(optimizer, np.float32), expected, rtol=1e-5)


CLIPPED = [settings.model_copy(update={"clip_norm": 1.5}) for settings in SETTINGS]
"""Shorter than some of the gradients, longer than others."""


def test_the_gradients_are_longer_and_shorter_than_they_may_be() -> None:
    lengths = np.sqrt((GRADIENTS**2).sum(axis=1))
    assert lengths.min() < 1.5 < lengths.max()


@pytest.mark.parametrize("optimizer", CLIPPED, ids=lambda o: f"{o.kind}-{o.weight_decay}")
def test_formula_with_clipped_gradients(optimizer: OptimizerBase) -> None:
    scales = [min(1.0, 1.5 / sqrt(sum(g * g for g in gradient))) for gradient in GRADIENTS]
    expected = [
        in_plain_python(optimizer, START[i], [scale * g for scale, g in zip(scales, GRADIENTS[:, i], strict=True)])
        for i in range(5)
    ]
    assert_allclose(in_the_engine(optimizer), expected, rtol=1e-12)
    assert_allclose(in_the_engine(optimizer, np.float32), expected, rtol=1e-5)


@pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch is not installed")
@pytest.mark.parametrize("optimizer", SETTINGS + CLIPPED, ids=lambda o: f"{o.kind}-{o.weight_decay}-{o.clip_norm}")
def test_pytorch_does_the_same(optimizer: OptimizerBase) -> None:
    import torch

    makers: dict[type[OptimizerBase], Callable[..., torch.optim.Optimizer]] = {
        SGD: lambda p, o: torch.optim.SGD(p, o.learning_rate, weight_decay=o.weight_decay),
        Momentum: lambda p, o: torch.optim.SGD(p, o.learning_rate, o.momentum, weight_decay=o.weight_decay),
        Nesterov: lambda p, o: torch.optim.SGD(
            p, o.learning_rate, o.momentum, weight_decay=o.weight_decay, nesterov=True
        ),
        RMSProp: lambda p, o: torch.optim.RMSprop(p, o.learning_rate, o.decay, o.epsilon, o.weight_decay),
        Adam: lambda p, o: torch.optim.Adam(p, o.learning_rate, (o.beta1, o.beta2), o.epsilon, o.weight_decay),
        AdamW: lambda p, o: torch.optim.AdamW(p, o.learning_rate, (o.beta1, o.beta2), o.epsilon, o.weight_decay),
    }
    w = torch.tensor(START, requires_grad=True)
    peer = makers[type(optimizer)]([w], optimizer)
    for gradient in GRADIENTS:
        w.grad = torch.tensor(gradient)
        if optimizer.clip_norm:
            torch.nn.utils.clip_grad_norm_([w], optimizer.clip_norm)
        peer.step()
    # PyTorch adds 1e-6 to the length of a gradient that it clips.
    assert_allclose(in_the_engine(optimizer), w.detach().numpy(), rtol=1e-5 if optimizer.clip_norm else 1e-9)


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_each_finds_the_bottom_of_a_bowl(kind: str) -> None:
    optimizer = OPTIMIZERS[kind](learning_rate=0.05, weight_decay=0.0)
    w = START.copy()
    slots = [np.zeros(5) for _ in range(optimizer.slots)]
    distances = [np.abs(w).max()]
    for t in range(1, 201):
        update(optimizer, w, 2 * w, slots, np.empty(5), t)
        distances.append(np.abs(w).max())
    assert distances[-1] < 0.1 * distances[0]


def test_settings_are_read_by_kind_and_keep_their_ranges() -> None:
    reader: TypeAdapter[OptimizerBase] = TypeAdapter(Optimizer)
    for settings in SETTINGS:
        assert reader.validate_python(settings.model_dump()) == settings
    for wrong in ({"kind": "sgd", "learning_rate": -1}, {"kind": "adam", "beta1": 1.0}, {"kind": "lion"},
                  {"kind": "momentum", "momentum": float("nan")}, {"kind": "sgd", "speed": 1}):  # fmt: skip
        with pytest.raises(ValidationError):
            reader.validate_python(wrong)


def test_zero_gradients_and_gaps_stay_zero() -> None:
    """The gaps of the flat buffer are 0 and must stay so, whatever the optimizer."""
    for settings in SETTINGS:
        w, slots = np.zeros(4), [np.zeros(4) for _ in range(settings.slots)]
        for t in range(1, 4):
            update(settings, w, np.zeros(4), slots, np.empty(4), t)
        assert not any(array.any() for array in (w, *slots)), settings.kind


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_a_learning_rate_of_zero_changes_nothing(kind: str) -> None:
    assert (in_the_engine(OPTIMIZERS[kind](learning_rate=0)) == START).all()


# ---- the average of weights


@pytest.mark.parametrize("average", [0.05, 0.3, 0.999])
def test_average(average: float) -> None:
    """By the book, step after step; after the first it is a copy."""
    optimizer, expected = SGD(average=average), np.zeros(5)
    found, scratch = np.full(5, 7.0), np.empty(5)
    for t, w in enumerate(GRADIENTS, start=1):
        keep = min(average, (t - 1) / (t + 9))
        expected = keep * expected + (1 - keep) * w
        update_average(optimizer, w, found, scratch, t)
        assert_allclose(found, expected, rtol=1e-12)
        if t == 1:
            assert (found == w).all()


@pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch is not installed")
def test_pytorch_averages_the_same() -> None:
    import torch
    from torch.optim.swa_utils import AveragedModel

    optimizer, model = SGD(average=0.25), torch.nn.Linear(5, 1, bias=False, dtype=torch.float64)
    peer = AveragedModel(model, avg_fn=lambda a, w, n: (k := optimizer.average_keep(int(n) + 1)) * a + (1 - k) * w)
    found, scratch = np.zeros(5), np.empty(5)
    for t, w in enumerate(GRADIENTS, start=1):
        with torch.no_grad():
            model.weight.copy_(torch.tensor(w[None]))
        peer.update_parameters(model)
        update_average(optimizer, w, found, scratch, t)
    assert_allclose(found, peer.module.weight.detach().numpy()[0], rtol=1e-12)


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_the_average_is_one_more_slot(kind: str) -> None:
    assert OPTIMIZERS[kind](average=0.9).slots == OPTIMIZERS[kind]().slots + 1
