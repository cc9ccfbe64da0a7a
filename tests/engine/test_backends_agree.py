"""Every OpenCL device computes what NumPy computes: each operation, around every edge, and a whole training."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from nnstudio.engine.backend import Backend, Executable
from nnstudio.engine.initializers import Initializer, initial_parameters
from nnstudio.engine.numpy import NumpyBackend
from nnstudio.engine.optimizers import OPTIMIZERS, Adam, Momentum, OptimizerBase
from nnstudio.engine.plan import Plan, compile_plan
from nnstudio.network import LAYERS, Layer, NetworkSpec, Shape
from nnstudio.network.layers.activation import LeakyReLU, ReLU, Sigmoid, Tanh
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.dropout import Dropout
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.pooling import AveragePooling, MaxPooling
from nnstudio.network.presets import convnet, lenet5
from tests.engine.networks import Array, Problem, integer_problem, network, problem

TILE = 16
"""Vectors hold up to 16 images; tiles of filters and units are at most about as large."""

NETWORKS: dict[str, tuple[Shape, list[Layer]]] = {
    "one of each": ((1, 1, 1), [Convolution(filters=1, kernel=(1, 1)), ReLU(), Flatten(), Dense(units=1), ReLU()]),
    "channels around a tile": ((1, 5, 6), [
        Convolution(filters=TILE - 1, kernel=(2, 2)), ReLU(), Convolution(filters=TILE, kernel=(1, 2)), ReLU(),
        Convolution(filters=TILE + 1, kernel=(2, 1)), ReLU(), Convolution(filters=1, kernel=(2, 2)),
    ]),
    "units around a tile": ((1, 3, 5), [
        Flatten(), Dense(units=TILE - 1), ReLU(), Dense(units=TILE), Dense(units=TILE + 1), ReLU(),
        Dense(units=1), ReLU(),
    ]),
    "odd strides and paddings": ((2, 13, 11), [
        Convolution(filters=3, kernel=(3, 2), stride=(2, 3), padding=(1, 0)), ReLU(),
        Convolution(filters=5, kernel=(2, 5), stride=(1, 2), padding=(3, 4)), ReLU(),
        Convolution(filters=2, kernel=(1, 3), stride=(3, 1), padding=(2, 1)),
    ]),
    "maximum": ((2, 15, 14), [
        MaxPooling(), MaxPooling(kernel=(3, 2), stride=(1, 2), padding=(1, 1)),
        MaxPooling(kernel=(2, 3), stride=(3, 1)), ReLU(), MaxPooling(kernel=(1, 2), stride=(2, 1)),
    ]),
    "average": ((2, 15, 14), [
        AveragePooling(), AveragePooling(kernel=(3, 2), stride=(1, 2), padding=(1, 1)),
        AveragePooling(kernel=(2, 3), stride=(3, 1)),
    ]),
    "activations": ((1, 4, 5), [
        Convolution(filters=2, kernel=(2, 2)), Sigmoid(), Tanh(),
        Convolution(filters=2, kernel=(2, 2)), LeakyReLU(slope=0.2),
        ReLU(), Flatten(), Sigmoid(), LeakyReLU(), Dense(units=5), Tanh(), Dense(units=5), Dropout(rate=0.3), Flatten(),
    ]),
}  # fmt: skip
EXACT = [name for name in NETWORKS if name not in ("average", "activations")]


def test_every_layer_is_compared() -> None:
    used = {node.layer.kind for shape, layers in NETWORKS.values() for node in network(shape, layers).nodes}
    assert set(LAYERS) <= used, f"put {', '.join(set(LAYERS) - used)} into a network here"


def both(given: Problem, other: Backend, batch_size: int) -> Iterator[Executable]:
    """The problem on NumPy in float64 and on the other backend, whose buffers hold NaN at first."""
    for backend in (NumpyBackend(np.float64), other):
        executable = backend.prepare(given.plan, batch_size=batch_size)
        executable.write_parameters(given.parameters)
        executable.poison()
        yield executable


def assert_agree(found: dict[str, Array], expected: dict[str, Array]) -> None:
    """Within what float32 can, relative to the largest value of each array."""
    assert found.keys() == expected.keys()
    for name, value in found.items():
        scale = np.abs(expected[name]).max()
        assert_allclose(value, expected[name], rtol=1e-4, atol=2e-5 * scale + 1e-9, err_msg=name)


@pytest.mark.parametrize(
    ("keep", "loss", "batches"),
    [(True, "cross_entropy", [TILE + 1]), (False, "mean_squared_error", [1, TILE - 1, TILE, TILE + 1, 64])],
    ids=["kept", "fused"],
)
@pytest.mark.parametrize("name", NETWORKS)
def test_operations(other_backend: Backend, name: str, keep: bool, loss: str, batches: list[int]) -> None:
    for batch_size in batches:
        given = problem(network(*NETWORKS[name]), images=batch_size, loss=loss, keep=keep)
        numpy, other = both(given, other_backend, batch_size)
        with closing(numpy), closing(other):
            nodes = list(given.plan.tensor_of)
            assert_agree(other.activations(given.images, nodes), numpy.activations(given.images, nodes))
            assert_agree(other.gradients(given.images, given.labels), numpy.gradients(given.images, given.labels))
            found, expected = (executable.evaluate(given.images, given.labels) for executable in (other, numpy))
            assert found.loss == pytest.approx(expected.loss, rel=1e-4)
            assert found.accuracy == expected.accuracy


@pytest.mark.parametrize("name", EXACT)
def test_whole_numbers_exactly(other_backend: Backend, name: str) -> None:
    given = integer_problem(network(*NETWORKS[name]), images=17)
    numpy, other = both(given, other_backend, batch_size=20)
    with closing(numpy), closing(other):
        before_softmax = list(given.plan.tensor_of)[:-1]
        expected = numpy.activations(given.images, before_softmax)
        for node, value in other.activations(given.images, before_softmax).items():
            assert np.abs(value).max() < 2**24
            assert_array_equal(value, expected[node], err_msg=node)


# ---- training


def start(backend: Backend, plan: Plan, optimizer: OptimizerBase, samples: int) -> Executable:
    """LeNet-5 or the like, ready to learn some random pictures by heart."""
    generator = np.random.default_rng(0)
    executable = backend.prepare(plan, batch_size=32, optimizer=optimizer, seed=9)
    executable.write_parameters(initial_parameters(plan, Initializer.HE_NORMAL, 4))
    executable.load_samples(
        generator.integers(0, 256, (samples, *plan.input.shape), np.uint8), generator.integers(0, 10, samples)
    )
    executable.begin_epoch(generator.permutation(samples))
    executable.poison()
    return executable


def learn(executable: Executable, epochs: int, steps: int) -> tuple[np.ndarray, dict[str, Array]]:
    """Losses and final weights."""
    with closing(executable):
        for _ in range(epochs):
            executable.train(0, steps)
        return executable.drain().losses, executable.read_parameters()


@pytest.mark.parametrize("make", [lenet5, convnet])
def test_a_whole_training(other_backend: Backend, make: type[NetworkSpec]) -> None:
    """40 steps with a short last batch; the loss falls, and by the same curve. ConvNet has dropout."""
    plan, optimizer = compile_plan(make()), Momentum(learning_rate=0.02, weight_decay=1e-4)
    expected, weights = learn(start(NumpyBackend(), plan, optimizer, samples=140), epochs=8, steps=5)
    found, other_weights = learn(start(other_backend, plan, optimizer, samples=140), epochs=8, steps=5)
    assert expected[-5:].mean() < 0.8 * expected[:5].mean()
    assert_allclose(found, expected, rtol=5e-3)
    for name, value in other_weights.items():
        # A value that rounding puts on the other side of a ReLU moves a few weights visibly: compare them as a whole.
        # NumPy's own float32 and float64 are 4 % apart here, in a bias that began as 0.
        assert np.linalg.norm(value - weights[name]) < 0.1 * np.linalg.norm(weights[name]), name


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_optimizers(other_backend: Backend, kind: str) -> None:
    plan = compile_plan(
        network((1, 6, 6), [Convolution(filters=4, kernel=(3, 3)), Tanh(), Dropout(rate=0.2)], classes=10)
    )
    optimizer = OPTIMIZERS[kind](learning_rate=0.01, weight_decay=0.03)
    expected, weights = learn(start(NumpyBackend(np.float64), plan, optimizer, samples=80), epochs=5, steps=3)
    found, other_weights = learn(start(other_backend, plan, optimizer, samples=80), epochs=5, steps=3)
    assert_allclose(found, expected, rtol=1e-4)
    assert_agree(other_weights, weights)


def test_a_seed_repeats_a_training_bit_by_bit(other_backend: Backend) -> None:
    plan = compile_plan(convnet())
    runs = [learn(start(other_backend, plan, Adam(), samples=140), epochs=2, steps=5) for _ in range(2)]
    assert_array_equal(runs[0][0], runs[1][0])
    for name, value in runs[0][1].items():
        assert_array_equal(value, runs[1][1][name], err_msg=name)
