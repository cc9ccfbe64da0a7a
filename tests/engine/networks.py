"""Small networks around a layer, with weights and pictures to try them on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from nnstudio.engine.losses import (
    BinaryCrossEntropy,
    CrossEntropy,
    Huber,
    LossBase,
    MeanAbsoluteError,
    MeanSquaredError,
)
from nnstudio.engine.plan import Plan, Slot, compile_plan
from nnstudio.network import Layer, NetworkSpec, Shape, check
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
from nnstudio.network.layers.linear_output import LinearOutput
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
from nnstudio.network.layers.sigmoid_output import SigmoidOutput
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.layers.transposed_convolution import TransposedConvolution
from nnstudio.network.layers.upsampling import Upsampling
from nnstudio.network.presets import PRESETS, chain

Array = NDArray[np.floating]

CASES: dict[str, list[tuple[Shape, list[Layer]]]] = {
    "convolution": [
        ((1, 5, 5), [Convolution(filters=1, kernel=(1, 1))]),
        ((2, 7, 6), [Convolution(filters=3, kernel=(3, 3), padding=(1, 1))]),
        ((3, 8, 7), [Convolution(filters=4, kernel=(3, 2), stride=(2, 3), padding=(1, 0)), ReLU()]),
        ((2, 6, 9), [Convolution(filters=2, kernel=(2, 5), stride=(3, 1), padding=(4, 2)), Tanh()]),
        ((1, 4, 3), [Convolution(filters=2, kernel=(1, 2), stride=(1, 2), padding=(2, 3))]),
        ((2, 5, 5), [Convolution(filters=2, kernel=(5, 5)), Sigmoid()]),
        ((1, 9, 9), [Convolution(filters=2, kernel=(4, 4), stride=(3, 2)), LeakyReLU(slope=0.2)]),
        ((1, 6, 6), [Convolution(filters=2, kernel=(3, 3)), Convolution(filters=3, kernel=(2, 2), stride=(2, 2))]),
        ((2, 5, 6), [Convolution(filters=3, kernel=(3, 2), padding=(1, 1), bias=False), ReLU()]),
        ((4, 6, 5), [Convolution(filters=6, kernel=(3, 3), padding=(1, 1), groups=2), Tanh()]),
        ((3, 5, 5), [Convolution(filters=3, kernel=(2, 3), stride=(2, 1), groups=3, bias=False)]),
        ((2, 8, 9), [Convolution(filters=3, kernel=(3, 2), padding=(2, 1), dilation=(2, 3)), ReLU()]),
        ((4, 9, 8), [Convolution(filters=2, kernel=2, stride=(3, 2), padding=1, dilation=(3, 2), groups=2), Sigmoid()]),
    ],
    "depthwise_convolution": [
        ((3, 5, 6), [DepthwiseConvolution(kernel=3, padding=1), ReLU()]),
        ((1, 4, 5), [DepthwiseConvolution(kernel=(2, 3))]),
        ((2, 7, 6), [DepthwiseConvolution(kernel=3, stride=2, padding=1, multiplier=3, bias=False), Tanh()]),
        ((2, 6, 9), [DepthwiseConvolution(kernel=2, dilation=(2, 3), multiplier=2), DepthwiseConvolution(kernel=2)]),
    ],
    "transposed_convolution": [
        ((2, 3, 4), [TransposedConvolution(filters=3), ReLU()]),
        ((1, 4, 3), [TransposedConvolution(filters=2, kernel=3, stride=1, padding=1, bias=False), Tanh()]),
        ((3, 3, 2), [TransposedConvolution(filters=2, kernel=(3, 4), stride=2, padding=(1, 2), output_padding=1)]),
        ((2, 3, 3), [TransposedConvolution(filters=1, kernel=(2, 5), stride=3, output_padding=(2, 0)), Sigmoid()]),
        ((1, 5, 5), [Convolution(filters=2, kernel=3, stride=2), ReLU(), TransposedConvolution(filters=3, kernel=3)]),
    ],
    "max_pooling": [
        ((2, 6, 6), [MaxPooling()]),
        ((1, 7, 5), [MaxPooling()]),
        ((2, 7, 6), [MaxPooling(kernel=(3, 2), stride=(1, 2), padding=(1, 1))]),
        ((1, 5, 8), [MaxPooling(kernel=(2, 3), stride=(3, 4))]),
        ((1, 6, 6), [MaxPooling(kernel=(3, 3), stride=(2, 2), padding=(1, 1))]),
        ((1, 5, 5), [Convolution(filters=2, kernel=(2, 2)), ReLU(), MaxPooling()]),
    ],
    "average_pooling": [
        ((2, 6, 6), [AveragePooling()]),
        ((2, 7, 5), [AveragePooling(kernel=(3, 2), stride=(1, 2), padding=(1, 1))]),
        ((1, 5, 8), [AveragePooling(kernel=(2, 3), stride=(3, 4))]),
        ((1, 6, 6), [Convolution(filters=2, kernel=(3, 3)), AveragePooling(kernel=(3, 3), stride=(2, 2))]),
    ],
    "min_pooling": [
        ((2, 6, 7), [MinPooling()]),
        ((2, 7, 6), [MinPooling(kernel=(3, 2), stride=(1, 2), padding=(1, 1))]),
        ((1, 5, 5), [Convolution(filters=2, kernel=(2, 2)), Tanh(), MinPooling(kernel=(2, 2), stride=(1, 1))]),
    ],
    "median_pooling": [
        ((2, 6, 7), [MedianPooling()]),
        ((1, 5, 8), [MedianPooling(kernel=(2, 2), stride=(2, 3))]),
        ((2, 7, 6), [MedianPooling(kernel=(3, 5), stride=(1, 2), padding=(1, 2))]),
        ((1, 6, 6), [Convolution(filters=2, kernel=(2, 2)), ReLU(), MedianPooling(padding=(1, 1))]),
    ],
    "sum_pooling": [
        ((2, 6, 7), [SumPooling()]),
        ((2, 7, 5), [SumPooling(kernel=(3, 2), stride=(1, 2), padding=(1, 1))]),
        ((1, 6, 6), [Convolution(filters=2, kernel=(2, 2)), Tanh(), SumPooling(kernel=(2, 3), stride=(3, 3))]),
    ],
    "count_pooling": [
        ((2, 6, 7), [CountPooling()]),
        ((2, 7, 5), [CountPooling(threshold=-0.5, kernel=(3, 2), stride=(1, 2), padding=(1, 1))]),
        ((1, 6, 6), [Convolution(filters=2, kernel=(2, 2)), Tanh(), CountPooling(threshold=0.1, kernel=(2, 3))]),
    ],
    "global_average_pooling": [
        ((3, 4, 5), [GlobalAveragePooling()]),
        ((1, 5, 5), [Convolution(filters=3, kernel=(2, 2)), Tanh(), GlobalAveragePooling()]),
        ((2, 1, 1), [GlobalAveragePooling()]),
    ],
    "global_max_pooling": [
        ((3, 4, 5), [GlobalMaxPooling()]),
        ((1, 5, 5), [Convolution(filters=3, kernel=(2, 2)), ReLU(), GlobalMaxPooling()]),
        ((1, 17, 19), [GlobalMaxPooling()]),
    ],
    "upsampling": [
        ((2, 3, 4), [Upsampling()]),
        ((2, 3, 4), [Upsampling(factor=(3, 1))]),
        ((2, 3, 4), [Upsampling(mode="bilinear")]),
        ((1, 2, 1), [Upsampling(factor=(3, 4), mode="bilinear")]),
        ((1, 4, 4), [Convolution(filters=2, kernel=(2, 2)), Tanh(), Upsampling(factor=(1, 5), mode="bilinear")]),
        ((1, 4, 4), [Convolution(filters=2, kernel=(2, 2)), ReLU(), Upsampling(factor=(2, 3))]),
    ],
    "dense": [
        ((2, 3, 4), [Flatten(), Dense(units=5)]),
        ((1, 1, 7), [Flatten(), Dense(units=6), ReLU(), Dense(units=1)]),
    ],
    "relu": [((2, 4, 3), [ReLU()]), ((1, 2, 3), [Flatten(), ReLU(), ReLU()])],
    "leaky_relu": [((2, 4, 3), [LeakyReLU(slope=0.3)]), ((1, 2, 3), [Flatten(), LeakyReLU(slope=1.0)])],
    "sigmoid": [((2, 4, 3), [Sigmoid()]), ((1, 2, 3), [Flatten(), Sigmoid()])],
    "tanh": [((2, 4, 3), [Tanh()]), ((1, 2, 3), [Flatten(), Tanh()])],
    "elu": [((2, 4, 3), [ELU(alpha=0.7)]), ((1, 4, 4), [Convolution(filters=2, kernel=(2, 2)), ELU(alpha=1.5)])],
    "softplus": [((2, 4, 3), [Softplus()]), ((1, 2, 3), [Flatten(), Dense(units=4), Softplus(), Softplus()])],
    "gelu": [((2, 4, 3), [GELU()]), ((1, 4, 4), [Convolution(filters=2, kernel=(2, 2)), Tanh(), GELU()])],
    "silu": [((2, 4, 3), [SiLU()]), ((1, 2, 3), [Flatten(), Dense(units=4), SiLU(), SiLU()])],
    "hard_step": [
        ((2, 4, 3), [HardStep()]),
        ((1, 4, 4), [Convolution(filters=2, kernel=(2, 2)), Tanh(), HardStep(gradient="straight_through")]),
        ((1, 2, 3), [Flatten(), Dense(units=4), HardStep(gradient="straight_through")]),
    ],
    "softmax": [
        ((3, 4, 5), [Softmax()]),
        ((1, 4, 4), [Convolution(filters=5, kernel=(2, 2)), Tanh(), Softmax()]),
        ((1, 2, 3), [Flatten(), Dense(units=4), ReLU(), Softmax()]),
    ],
    "flatten": [((3, 2, 4), [Flatten()]), ((1, 1, 3), [Flatten(), Flatten()])],
    "reshape": [
        ((3, 2, 4), [Reshape(channels=2, height=4, width=3), Convolution(filters=2, kernel=(2, 2)), ReLU()]),
        ((1, 2, 3), [Flatten(), Dense(units=12), Tanh(), Reshape(channels=3, height=2, width=2), MaxPooling()]),
    ],
    "dropout": [((2, 4, 3), [Dropout(rate=0.4)]), ((1, 2, 6), [Flatten(), Dropout(rate=0.0)])],
    "spatial_dropout": [((3, 2, 3), [SpatialDropout(rate=0.4), SpatialDropout(rate=0.0)])],
    "gaussian_noise": [
        ((2, 4, 3), [GaussianNoise(deviation=0.5)]),
        ((1, 2, 6), [Flatten(), Dense(units=4), Tanh(), GaussianNoise(deviation=0)]),
    ],
    "batch_normalization": [
        ((2, 4, 3), [BatchNormalization()]),
        ((1, 5, 5), [Convolution(filters=3, kernel=(2, 2)), BatchNormalization(epsilon=0.1), ReLU()]),
        ((1, 1, 6), [Flatten(), Dense(units=5), ReLU(), BatchNormalization(), Tanh(), BatchNormalization()]),
    ],
    "layer_normalization": [
        ((2, 4, 3), [LayerNormalization()]),
        ((1, 5, 5), [Convolution(filters=3, kernel=(2, 2)), ReLU(), LayerNormalization(epsilon=0.1), ReLU()]),
        ((1, 1, 6), [Flatten(), Dense(units=5), LayerNormalization(), Tanh()]),
    ],
    "softmax_output": [((1, 1, 4), [Flatten(), Dense(units=2)]), ((1, 1, 4), [])],
    "input": [((1, 1, 1), []), ((5, 1, 2), [])],
}  # fmt: skip
"""For each kind of layer, pictures' shapes and what to put behind the input."""


Branches = list[list[Layer]]
"""Paths from one layer to a merge; an empty one is a shortcut."""

GRAPHS: dict[str, list[tuple[Shape, list[Layer], Branches, list[Layer]]]] = {
    "add": [
        ((2, 5, 4), [], [[Convolution(filters=2, kernel=(3, 3), padding=(1, 1))], []], [Add(), ReLU()]),
        ((1, 4, 3), [Convolution(filters=3, kernel=(1, 1)), Tanh()], [[], [], [Sigmoid()]], [Add(), Tanh()]),
        ((1, 1, 5), [Flatten(), Dense(units=4), ReLU()], [[Dense(units=4), ReLU()], []], [Add()]),
        ((1, 6, 6), [Convolution(filters=2, kernel=(3, 3)), ReLU()], [[], []], [Add()]),
        ((2, 5, 5), [Convolution(filters=3, kernel=(2, 2)), Tanh()],
         [[DepthwiseConvolution(padding=1)], [TransposedConvolution(filters=3, kernel=3, stride=1, padding=1)],
          [Convolution(filters=3, kernel=3, padding=2, dilation=2, groups=3), ReLU()]], [Add()]),
    ],
    "multiply": [
        ((2, 5, 4), [Convolution(filters=3, kernel=(2, 2)), ReLU()], [[Sigmoid()], []], [Multiply(), Tanh()]),
        ((3, 4, 5), [], [[], [GlobalAveragePooling(), Dense(units=3), Sigmoid()]], [Multiply()]),
        ((1, 1, 5), [Flatten(), Dense(units=4), Tanh()], [[], []], [Multiply()]),
    ],
    "concatenate": [
        ((2, 5, 4), [], [[Convolution(filters=3, kernel=(3, 3), padding=(1, 1)), ReLU()], []], [Concatenate()]),
        ((1, 1, 5), [Flatten()], [[Dense(units=4)], [], [Dense(units=1), Tanh()]], [Concatenate(), ReLU()]),
        ((1, 5, 5), [Convolution(filters=2, kernel=(3, 3)), ReLU()],
         [[MaxPooling(kernel=(2, 2), stride=(1, 1))], [AveragePooling(kernel=(2, 2), stride=(1, 1))]], [Concatenate()]),
        ((2, 6, 6), [Convolution(filters=3, kernel=(2, 2)), Tanh()],
         [[MinPooling(kernel=3)], [MedianPooling()], [SumPooling(kernel=3)], [Softmax(), MaxPooling(kernel=3)],
          [Upsampling(factor=(3, 2), mode="bilinear"), AveragePooling(kernel=(7, 5), stride=(8, 5))]], [Concatenate()]),
        ((2, 5, 4), [Convolution(filters=3, kernel=(2, 2)), ReLU()],
         [[GlobalAveragePooling()], [GlobalMaxPooling()], [Flatten()]], [Concatenate()]),
        ((2, 3, 4), [Convolution(filters=3, kernel=(2, 2)), Softplus()],
         [[GELU()], [SiLU()], [ELU()], [SpatialDropout()], [GaussianNoise()],
          [Upsampling(), MaxPooling()]], [Concatenate()]),
    ],
}  # fmt: skip
"""For each kind of merge: pictures' shapes, what is before it forks, the branches, and what is behind."""


def graph(shape: Shape, before: list[Layer], branches: Branches, behind: list[Layer], classes: int = 3) -> NetworkSpec:
    """Input, ``before``, the branches into the first layer of ``behind``, and what is missing to a softmax."""
    channels, height, width = shape
    spec = chain("test", [Input(channels=channels, height=height, width=width), *before])
    fork, merge = spec.nodes[-1].id, spec.free_id(behind[0])
    spec = spec.add(behind[0], merge)
    for port, branch in enumerate(branches):
        end = fork
        for layer in branch:
            name = spec.free_id(layer)
            spec = spec.add(layer, name).connect(end, name)
            end = name
        spec = spec.connect(end, merge, port)
    return finished(spec, merge, behind[1:], classes)


def finished(spec: NetworkSpec, end: str, layers: list[Layer], classes: int) -> NetworkSpec:
    """``layers`` behind ``end``, and what is missing to a softmax over ``classes``."""
    for layer in layers:
        spec, end = spec.insert_after(end, layer, name := spec.free_id(layer)), name
    if len(check(spec).layers[end].output) == 3:
        spec, end = spec.insert_after(end, Flatten(), name := spec.free_id(Flatten())), name
    spec = spec.insert_after(end, Dense(units=classes), "scores")
    return spec.insert_after("scores", SoftmaxOutput(), "answer")


OUTPUTS: dict[str, list[tuple[Shape, list[Layer]]]] = {
    "softmax_output": [((1, 1, 4), [Flatten(), Dense(units=3), SoftmaxOutput()])],
    "sigmoid_output": [
        ((1, 1, 4), [Flatten(), Dense(units=3), ReLU(), Dense(units=3), SigmoidOutput()]),
        ((1, 1, 4), [Flatten(), Dense(units=5), Tanh(), Dense(units=1), SigmoidOutput()]),
        ((2, 3, 4), [Convolution(filters=2, kernel=(3, 3), padding=(1, 1)), SigmoidOutput()]),
    ],
    "linear_output": [
        ((1, 1, 4), [Flatten(), Dense(units=3), ReLU(), LinearOutput()]),
        ((1, 1, 4), [Flatten(), Dense(units=1), LinearOutput()]),
        ((2, 3, 4), [Convolution(filters=2, kernel=(3, 3), padding=(1, 1)), Tanh(), LinearOutput()]),
    ],
}
"""For each kind of output: pictures' shapes and everything behind the input."""
JUDGES: list[LossBase] = [
    CrossEntropy(), CrossEntropy(label_smoothing=0.3, class_weights=(0.5, 2.0, 0.0)), BinaryCrossEntropy(),
    MeanSquaredError(), MeanSquaredError(class_weights=(0.5, 2.0, 1.5)), MeanAbsoluteError(), Huber(delta=0.4),
]  # fmt: skip
"""Losses with settings that are not the usual ones."""


def networks_of(kind: str) -> list[NetworkSpec]:
    """All networks to try a kind of layer in."""
    chains = [network(shape, layers) for shape, layers in CASES.get(kind, [])]
    outputs = [chain("test", [picture(shape), *layers]) for shape, layers in OUTPUTS.get(kind, [])]
    return chains + outputs + [graph(*given) for given in GRAPHS.get(kind, [])]


def losses_of(kind: str) -> list[LossBase]:
    """The losses to try a kind of layer with: for an output all that can judge it."""
    if kind in OUTPUTS:
        return [loss for loss in JUDGES if kind in loss.outputs]
    return [CrossEntropy(), MeanSquaredError()]


def judged_cases() -> Iterator[tuple[str, NetworkSpec, LossBase]]:
    """Every case with a name to tell it by, as a whole network, with each of its losses."""
    for kind in dict.fromkeys([*CASES, *GRAPHS, *OUTPUTS]):
        for number, spec in enumerate(networks_of(kind)):
            for loss in losses_of(kind):
                if loss.judges(spec.nodes[-1].layer):
                    settings = loss.model_dump(exclude_defaults=True)
                    yield f"{kind}-{number}-{loss.kind}{'-set' if settings else ''}", spec, loss


def picture(shape: Shape) -> Input:
    channels, height, width = shape
    return Input(channels=channels, height=height, width=width)


def cases() -> Iterator[tuple[str, NetworkSpec]]:
    """Every case with a name to tell it by, as a whole network."""
    for kind in dict.fromkeys([*CASES, *GRAPHS]):
        for number, spec in enumerate(networks_of(kind)):
            yield f"{kind}-{number}", spec


def exact_cases() -> Iterator[tuple[str, NetworkSpec]]:
    """Those in which whole numbers stay sums and products of whole numbers up to the softmax."""
    inexact = {
        "sigmoid", "tanh", "leaky_relu", "elu", "softplus", "gelu", "silu", "softmax", "average_pooling",
        "global_average_pooling", "upsampling", "batch_normalization", "layer_normalization",
    }  # fmt: skip
    for name, spec in cases():
        if inexact.isdisjoint(node.layer.kind for node in spec.nodes):
            yield name, spec


def network(shape: Shape, layers: list[Layer], classes: int = 3) -> NetworkSpec:
    """Input, ``layers``, and what is missing to a softmax over ``classes``."""
    channels, height, width = shape
    spec = chain("test", [Input(channels=channels, height=height, width=width), *layers])
    if len(check(spec).layers[spec.nodes[-1].id].output) == 3:
        spec = spec.append(Flatten())
    return spec.append(Dense(units=classes)).append(SoftmaxOutput())


SMALL_PRESETS = [name for name, make in PRESETS.items() if check(make()).multiply_adds < 10**8]
"""Those that a test can compute; the others are to be looked at."""


@dataclass(frozen=True)
class Problem:
    """A network with weights and a batch to try it on; all its nodes can be read."""

    plan: Plan
    parameters: dict[str, Array]
    images: Array
    labels: NDArray[np.int32]


def problem(
    spec: NetworkSpec, images: int, *, loss: LossBase | str | None = None, keep: bool = True, seed: int = 0
) -> Problem:
    """Random weights and pictures of moderate size."""
    generator = np.random.default_rng(seed)
    plan = compile_plan(spec, loss=loss, keep=[node.id for node in spec.nodes] if keep else [])
    parameters = {slot.name: _drawn(generator, slot) for slot in plan.slots}
    pictures = generator.normal(0, 1, (images, *plan.input.shape))
    return Problem(plan, parameters, pictures, generator.integers(0, plan.classes or 1, images).astype(np.int32))


def _drawn(generator: Generator, slot: Slot) -> Array:
    """A variance is positive."""
    values = generator.normal(0, 0.5, slot.shape)
    return np.abs(values) + 0.1 if slot.parameter.role == "running_variance" else values


def integer_problem(spec: NetworkSpec, images: int, seed: int = 0) -> Problem:
    """Small whole numbers, with which float32 computes exactly in any order."""
    generator = np.random.default_rng(seed)
    plan = compile_plan(spec, keep=[node.id for node in spec.nodes])
    parameters = {slot.name: whole(generator, slot.shape) for slot in plan.slots}
    pictures = whole(generator, (images, *plan.input.shape))
    return Problem(plan, parameters, pictures, generator.integers(0, plan.classes or 1, images).astype(np.int32))


def whole(generator: Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
    return generator.integers(-3, 4, shape).astype(np.float32)
