"""Layers that do something random while training: what it is, on every backend. Used, they do nothing."""

from __future__ import annotations

from contextlib import closing

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray

from nnstudio.engine.backend import Backend, Executable
from nnstudio.engine.optimizers import SGD
from nnstudio.engine.plan import compile_plan
from nnstudio.engine.random import normal, random_bits, second_stream, stream, threshold
from nnstudio.network import Layer
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.dropout import SpatialDropout
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.linear_output import LinearOutput
from nnstudio.network.layers.noise import GaussianNoise
from nnstudio.network.presets import chain

SEED = 2**32 + 17
SHAPE = (3, 2, 4)
COUNT = 21
"""More images than a vector holds, and no whole number of vectors."""
IMAGES = np.random.default_rng(0).uniform(1, 2, (COUNT, *SHAPE)).astype(np.float32)


def prepared(backend: Backend, *layers: Layer) -> Executable:
    """``layers`` between the pictures and a linear layer with a unit for each of them."""
    spec = chain("test", [Input(channels=3, height=2, width=4), *layers, Flatten(), Dense(units=COUNT), LinearOutput()])
    plan = compile_plan(spec, loss="mean_squared_error")
    executable = backend.prepare(plan, batch_size=COUNT, optimizer=SGD(learning_rate=1), seed=SEED)
    executable.load_samples(IMAGES, np.arange(COUNT))
    executable.begin_epoch(np.arange(COUNT))
    executable.poison()
    return executable


def let_through(executable: Executable, steps: int) -> list[NDArray[np.floating]]:
    """What the layers make of the pictures in each step, (COUNT, features). With all weights 0 only picture ``i`` moves
    the weights of unit ``i``, by ``2 / COUNT**2`` times its values: the derivative of its share of the loss."""
    found = []
    weights = {name: np.zeros_like(value) for name, value in executable.read_parameters().items()}
    for _ in range(steps):
        executable.write_parameters(weights)
        executable.train(0, 1)
        found.append(executable.read_parameters()["dense1.weight"] * COUNT**2 / 2)
    return found


def test_gaussian_noise_is_what_the_hashes_say(backend: Backend) -> None:
    """Two layers, so that the number of an op counts too."""
    with closing(prepared(backend, GaussianNoise(deviation=0.5), GaussianNoise(deviation=2))) as executable:
        for step, values in enumerate(let_through(executable, 2)):
            expected = IMAGES.reshape(COUNT, -1).astype(np.float64)
            for op, deviation in enumerate([0.5, 2]):
                u = ((random_bits(stream(SEED, step, op), expected.size) >> 8) + 1) / 2**24
                v = (random_bits(second_stream(SEED, step, op), expected.size) >> 8) / 2**24
                noise = np.sqrt(-2 * np.log(u)) * np.cos(2 * np.pi * v)
                expected += deviation * noise.reshape(expected.shape)
            assert_allclose(values, expected, rtol=1e-4, atol=1e-4)


def test_spatial_dropout_drops_whole_channels(backend: Backend) -> None:
    rate = 0.4
    with closing(prepared(backend, SpatialDropout(rate=rate))) as executable:
        for step, values in enumerate(let_through(executable, 2)):
            kept = random_bits(stream(SEED, step, 0), COUNT * 3) >= threshold(rate)
            expected = IMAGES * kept.reshape(COUNT, 3, 1, 1) / (1 - rate)
            assert_allclose(values, expected.reshape(COUNT, -1), rtol=1e-4, atol=1e-4)
            assert 0.2 < kept.mean() < 0.9


@pytest.mark.parametrize("layer", [GaussianNoise(deviation=0), SpatialDropout(rate=0)], ids=lambda layer: layer.kind)
def test_nothing_of_it_is_nothing(backend: Backend, layer: Layer) -> None:
    with closing(prepared(backend, layer)) as executable:
        assert_allclose(let_through(executable, 1)[0], IMAGES.reshape(COUNT, -1), rtol=1e-5)


@pytest.mark.parametrize("layer", [GaussianNoise(deviation=3), SpatialDropout()], ids=lambda layer: layer.kind)
def test_each_step_is_another_and_use_has_none(backend: Backend, layer: Layer) -> None:
    with closing(prepared(backend, layer)) as executable:
        first, second = let_through(executable, 2)
        assert np.abs(first - second).max() > 0.1
        node = executable.plan.tensors[1].node
        assert_array_equal(executable.activations(IMAGES, [node])[node], IMAGES)


def test_the_normal_distribution() -> None:
    """Mean, deviation, and how many numbers lie within one, two and three deviations."""
    count = 10**6
    numbers = normal(*(random_bits(key(1, 2, 3), count) for key in (stream, second_stream)), np.dtype(np.float64))
    assert abs(numbers.mean()) < 5 / np.sqrt(count)
    assert numbers.std() == pytest.approx(1, abs=5 / np.sqrt(2 * count))
    for within, share in ((1, 0.682689), (2, 0.954500), (3, 0.997300)):
        found = np.mean(np.abs(numbers) < within)
        assert found == pytest.approx(share, abs=5 * np.sqrt(share * (1 - share) / count))
    assert abs(np.corrcoef(numbers[:-1], numbers[1:])[0, 1]) < 5 / np.sqrt(count)
