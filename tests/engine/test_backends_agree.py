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
from nnstudio.engine.optimizers import OPTIMIZERS, SGD, Adam, Momentum, OptimizerBase
from nnstudio.engine.plan import Plan, compile_plan
from nnstudio.network import LAYERS, Layer, NetworkSpec, Shape
from nnstudio.network.layers.activation import (
    ELU,
    GELU,
    HardStep,
    LeakyReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from nnstudio.network.layers.convolution import Convolution, DepthwiseConvolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.dropout import Dropout, SpatialDropout
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.merge import Add, Concatenate
from nnstudio.network.layers.multiply import Multiply
from nnstudio.network.layers.noise import GaussianNoise
from nnstudio.network.layers.normalization import BatchNormalization, LayerNormalization
from nnstudio.network.layers.pooling import (
    AveragePooling,
    CountPooling,
    GlobalAveragePooling,
    GlobalMaxPooling,
    MaxPooling,
    MedianPooling,
    MinPooling,
    SumPooling,
)
from nnstudio.network.layers.reshape import Reshape
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.layers.transposed_convolution import TransposedConvolution
from nnstudio.network.layers.upsampling import Upsampling
from nnstudio.network.presets import chain, convnet, lenet5
from tests.engine.networks import (
    OUTPUTS,
    Array,
    Problem,
    graph,
    integer_problem,
    losses_of,
    network,
    networks_of,
    problem,
)

TILE = 16
"""Vectors hold up to 16 images; tiles of filters and units are at most about as large."""

EXACT_KINDS = {
    "convolution", "depthwise_convolution", "transposed_convolution", "dense", "relu", "hard_step", "flatten",
    "reshape", "max_pooling", "min_pooling", "median_pooling", "sum_pooling", "count_pooling", "global_max_pooling",
}  # fmt: skip
"""Layers in which whole numbers stay whole."""

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
    "groups and dilation": ((6, 13, 12), [
        Convolution(filters=2 * TILE + 4, kernel=(3, 3), padding=(1, 1), groups=2), ReLU(),
        Convolution(filters=6, kernel=(2, 3), stride=(1, 2), padding=(1, 2), dilation=(3, 2), groups=3, bias=False),
        DepthwiseConvolution(kernel=(3, 3), padding=(1, 1), multiplier=TILE + 1), ReLU(),
        DepthwiseConvolution(kernel=(2, 2), stride=(2, 1), dilation=(2, 1), bias=False),
        Convolution(filters=3, kernel=(3, 1), padding=(2, 0), dilation=(2, 1)), ReLU(),
    ]),
    "no bias": ((3, 7, 8), [
        Convolution(filters=5, kernel=(3, 3), padding=(1, 1), bias=False), ReLU(),
        Convolution(filters=2, kernel=(2, 3), stride=(2, 2), bias=False),
    ]),
    "transposed": ((3, 5, 4), [
        TransposedConvolution(filters=TILE + 1, kernel=(2, 2), stride=(2, 2)), ReLU(),
        TransposedConvolution(filters=4, kernel=(3, 4), stride=(1, 1), padding=(1, 2), bias=False),
        TransposedConvolution(filters=2, kernel=(3, 2), stride=(2, 3), padding=(2, 1), output_padding=(1, 2)), ReLU(),
        Convolution(filters=3, kernel=(5, 5), stride=(3, 3)),
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
    "smooth activations": ((2, 6, 5), [
        Convolution(filters=3, kernel=(2, 2)), ELU(alpha=0.5), Convolution(filters=2, kernel=(1, 1)), Softplus(),
        GELU(), SiLU(), Convolution(filters=TILE + 1, kernel=(2, 2)), Tanh(), Softmax(), ELU(), Softplus(),
        SpatialDropout(), Flatten(), Dense(units=5), ELU(alpha=3), SiLU(), Dense(units=4), GELU(), Softmax(),
        GaussianNoise(),
    ]),
    "steps": ((2, 6, 5), [
        Convolution(filters=3, kernel=(2, 2)), HardStep(), Convolution(filters=2, kernel=(2, 2)), ReLU(),
        HardStep(gradient="straight_through"), Flatten(), Dense(units=5), HardStep(gradient="straight_through"),
    ]),
    "minimum, median and sum": ((2, 19, 14), [
        MinPooling(kernel=(3, 2), stride=(1, 2), padding=(1, 1)), Convolution(filters=2, kernel=(2, 2)), ReLU(),
        MedianPooling(kernel=(4, 3), stride=(1, 1), padding=(2, 1)), MinPooling(kernel=(2, 2), stride=(3, 2)),
        SumPooling(kernel=(1, 2), stride=(2, 3)), MedianPooling(kernel=(3, 1), padding=(1, 0), stride=(1, 1)),
    ]),
    "counts and global maximum": ((2, 9, 8), [
        Convolution(filters=4, kernel=(2, 2)), CountPooling(kernel=(3, 2), padding=(1, 1), threshold=-1),
        Reshape(channels=2, height=4, width=8), SumPooling(stride=(1, 3)), Convolution(filters=3, kernel=(1, 1)),
        ReLU(), GlobalMaxPooling(), Dense(units=4), Reshape(channels=1, height=2, width=2), CountPooling(kernel=(1, 2)),
    ]),
    "upsampling": ((2, 4, 3), [
        Upsampling(factor=(3, 2), mode="bilinear"), Convolution(filters=2, kernel=(2, 2)), Tanh(), Upsampling(),
        Upsampling(factor=(1, 4), mode="bilinear"), GlobalAveragePooling(),
    ]),
}  # fmt: skip
EXACT = [name for name in NETWORKS if EXACT_KINDS.issuperset(layer.kind for layer in NETWORKS[name][1])]


def forks() -> NetworkSpec:
    """Tensors with several users: their gradients are added up, around every edge of a tile, also behind activations
    that are fused, and where a view of a tensor is used beside it."""
    spec = chain("forks", [Input(channels=3, height=7, width=9), Convolution(filters=TILE + 1, kernel=(1, 1)), ReLU()])
    spec = spec.append(Convolution(filters=TILE + 1, kernel=(3, 3), padding=(1, 1)), "left")
    spec = spec.add(Convolution(filters=TILE + 1, kernel=(3, 3), padding=(1, 1), stride=(1, 1)), "right")
    spec = spec.connect("relu1", "right").add(Add(), "sum").connect("left", "sum", 0).connect("right", "sum", 1)
    spec = spec.connect("relu1", "sum", 2).append(Tanh(), "bent")
    spec = spec.append(MaxPooling(kernel=(3, 2), stride=(2, 1)), "pooled")
    spec = spec.add(AveragePooling(kernel=(3, 2), stride=(2, 1)), "mean").connect("bent", "mean")
    spec = spec.add(Concatenate(), "stack").connect("mean", "stack", 0).connect("pooled", "stack", 1)
    spec = spec.append(Flatten(), "row").append(Dense(units=TILE + 1), "first").append(Sigmoid(), "squeezed")
    spec = spec.append(Dense(units=TILE + 1), "again").add(Dense(units=TILE + 1), "other").connect("row", "other")
    spec = spec.add(Add(), "all").connect("squeezed", "all", 0).connect("again", "all", 1).connect("other", "all", 2)
    return spec.append(Dense(units=3)).append(SoftmaxOutput())


def convolutions_of_one() -> NetworkSpec:
    """All kinds of convolutions with the same input, whose channels and columns are no whole tiles."""
    many = TILE + 1
    return graph((3, 5, 9), [Convolution(filters=many, kernel=(1, 1)), ReLU()], [
        [TransposedConvolution(filters=many, kernel=(3, 3), stride=(1, 1), padding=(1, 1))],
        [Convolution(filters=many, kernel=(3, 3), padding=(2, 2), dilation=(2, 2))],
        [DepthwiseConvolution(kernel=(3, 3), padding=(1, 1), bias=False), ReLU()],
        [TransposedConvolution(filters=many, kernel=(3, 5), stride=(1, 1), padding=(1, 2), bias=False)],
    ], [Add(), Tanh()])  # fmt: skip


def gates(*gate: Layer) -> NetworkSpec:
    """What ``gate`` makes of a tensor opens and closes it."""
    return graph((2, 7, 6), [Convolution(filters=TILE + 1, kernel=(2, 2)), ReLU()], [[], [*gate]], [Multiply(), Tanh()])


def many_uses() -> NetworkSpec:
    """What stands alone behind a tensor that others use too, and that is an activation's output."""
    return graph((2, 7, 6), [Convolution(filters=3, kernel=(2, 2)), ELU()], [
        [GELU()], [SiLU(), Softmax()], [Softplus()], [HardStep(gradient="straight_through")], [SpatialDropout()],
        [GaussianNoise()], [Upsampling(mode="bilinear"), MaxPooling()], [Upsampling(), MinPooling()],
        [MedianPooling(stride=(1, 1), padding=(1, 1))], [SumPooling(kernel=(3, 3), stride=(1, 1), padding=(1, 1))],
        [MinPooling(kernel=(1, 1), stride=(1, 1))], [CountPooling(kernel=(1, 1), stride=(1, 1))],
        [GlobalAveragePooling(), Reshape(channels=3), Upsampling(factor=(6, 5))],
        [GlobalMaxPooling(), Reshape(channels=3), Upsampling(factor=(6, 5))],
    ], [Concatenate(), Convolution(filters=2, kernel=(2, 2)), Tanh()])  # fmt: skip


def normalizing() -> NetworkSpec:
    """Batch normalization of pictures and of vectors, behind and before activations."""
    return network((2, 6, 5), [
        BatchNormalization(), Convolution(filters=TILE + 1, kernel=(2, 2)), BatchNormalization(momentum=0.4), ReLU(),
        LayerNormalization(), MaxPooling(), Flatten(), Dense(units=7), Tanh(), BatchNormalization(),
    ])  # fmt: skip


SPECS = {name: network(*given) for name, given in NETWORKS.items()} | {
    "forks": forks(), "normalizing": normalizing(), "gates for values": gates(Sigmoid()),
    "gates for channels": gates(GlobalAveragePooling(), Dense(units=TILE + 1), Sigmoid()),
    "convolutions of one": convolutions_of_one(), "many uses": many_uses()
}  # fmt: skip


def test_every_layer_is_compared() -> None:
    outputs = {node.layer.kind for kind in OUTPUTS for spec in networks_of(kind) for node in spec.nodes}
    used = {node.layer.kind for spec in SPECS.values() for node in spec.nodes} | outputs
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
        assert_allclose(value, expected[name], rtol=1e-4, atol=2e-5 * scale + 1e-8, err_msg=name)


@pytest.mark.parametrize(
    ("keep", "loss", "batches"),
    [(True, "cross_entropy", [TILE + 1]), (False, "mean_squared_error", [1, 2 * TILE + 1])],
    ids=["kept", "fused"],
)
@pytest.mark.parametrize("name", SPECS)
def test_operations(other_backend: Backend, name: str, keep: bool, loss: str, batches: list[int]) -> None:
    """In batches of one image and of more than two vectors; of all sizes around them where sums are over images. What
    is kept comes from the same kernels in every form, so one is enough; so it is for batches of one image, which differ
    from others in the vectors of processors only."""
    on_work_items = bool(getattr(getattr(other_backend, "form", None), "local", 0))
    if keep and on_work_items:
        pytest.skip("all nodes are kept in the form for processors")
    sizes = batches[-1:] if on_work_items else batches
    for batch_size in [*sizes, TILE - 1, TILE, 64] if "tile" in name and not keep else sizes:
        given = problem(SPECS[name], images=batch_size, loss=loss, keep=keep)
        numpy, other = both(given, other_backend, batch_size)
        with closing(numpy), closing(other):
            nodes = list(given.plan.tensor_of)
            assert_agree(other.activations(given.images, nodes), numpy.activations(given.images, nodes))
            assert_agree(other.gradients(given.images, given.labels), numpy.gradients(given.images, given.labels))
            found, expected = (executable.evaluate(given.images, given.labels) for executable in (other, numpy))
            assert found.loss == pytest.approx(expected.loss, rel=1e-4)
            assert found.accuracy == expected.accuracy


@pytest.mark.parametrize("kind", OUTPUTS)
def test_losses(other_backend: Backend, kind: str) -> None:
    """All losses in the first network of this kind of output, and one in each of the others."""
    first, *others = (spec for spec in networks_of(kind) if spec.nodes[-1].layer.kind == kind)
    pairs = [(first, loss) for loss in losses_of(kind)]
    pairs += [(spec, losses_of(kind)[-1 - number]) for number, spec in enumerate(others)]
    for spec, loss in pairs:
        if loss.judges(spec.nodes[-1].layer):
            given = problem(spec, images=TILE + 1, loss=loss)
            numpy, other = both(given, other_backend, TILE + 1)
            with closing(numpy), closing(other):
                assert_agree(other.gradients(given.images, given.labels), numpy.gradients(given.images, given.labels))
                found, expected = (executable.evaluate(given.images, given.labels) for executable in (other, numpy))
                assert found.loss == pytest.approx(expected.loss, rel=1e-4)
                assert found.accuracy == pytest.approx(expected.accuracy, nan_ok=True)


@pytest.mark.parametrize("images", [3, TILE + 1, 2 * TILE, 70])
def test_training_steps_of_batch_normalization(other_backend: Backend, images: int) -> None:
    """Statistics of the batch, without places that have no image; running ones follow. The last batch is short."""
    given = problem(normalizing(), images=images, keep=False)
    states = []
    for backend in (NumpyBackend(np.float64), other_backend):
        executable = backend.prepare(given.plan, batch_size=min(images, 40), optimizer=SGD(learning_rate=0.1))
        with closing(executable):
            executable.write_parameters(given.parameters)
            executable.load_samples(given.images.astype(np.float32), given.labels)
            executable.begin_epoch(np.arange(images))
            executable.poison()
            executable.train(0, -(-images // 40))
            losses = executable.drain().losses
            assert executable.evaluate(given.images, given.labels).loss > 0
            states.append((losses, executable.read_parameters()))
    assert_allclose(states[1][0], states[0][0], rtol=1e-4)
    assert_agree(states[1][1], states[0][1])


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


def test_a_training_with_noise(other_backend: Backend) -> None:
    """All that is random while training is the same in every step, forward and backward."""
    layers = [
        GaussianNoise(deviation=0.3), Convolution(filters=4, kernel=(3, 3)), Tanh(), SpatialDropout(rate=0.3), SiLU(),
        GaussianNoise(), Convolution(filters=3, kernel=(2, 2)), ReLU(), SpatialDropout(), Flatten(), Dropout(rate=0.2),
    ]  # fmt: skip
    plan = compile_plan(network((1, 6, 6), layers, classes=10))
    expected, weights = learn(start(NumpyBackend(np.float64), plan, Momentum(), samples=80), epochs=4, steps=3)
    found, other_weights = learn(start(other_backend, plan, Momentum(), samples=80), epochs=4, steps=3)
    assert_allclose(found, expected, rtol=1e-4)
    assert_agree(other_weights, weights)


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
