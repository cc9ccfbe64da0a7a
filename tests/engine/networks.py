"""Small networks around a layer, with weights and pictures to try them on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from nnstudio.engine.losses import LossBase
from nnstudio.engine.plan import Plan, Slot, compile_plan
from nnstudio.network import Layer, NetworkSpec, Shape, check
from nnstudio.network.layers.activation import LeakyReLU, ReLU, Sigmoid, Tanh
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.dropout import Dropout
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.pooling import AveragePooling, MaxPooling
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.presets import chain

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
    "dense": [
        ((2, 3, 4), [Flatten(), Dense(units=5)]),
        ((1, 1, 7), [Flatten(), Dense(units=6), ReLU(), Dense(units=1)]),
    ],
    "relu": [((2, 4, 3), [ReLU()]), ((1, 2, 3), [Flatten(), ReLU(), ReLU()])],
    "leaky_relu": [((2, 4, 3), [LeakyReLU(slope=0.3)]), ((1, 2, 3), [Flatten(), LeakyReLU(slope=1.0)])],
    "sigmoid": [((2, 4, 3), [Sigmoid()]), ((1, 2, 3), [Flatten(), Sigmoid()])],
    "tanh": [((2, 4, 3), [Tanh()]), ((1, 2, 3), [Flatten(), Tanh()])],
    "flatten": [((3, 2, 4), [Flatten()]), ((1, 1, 3), [Flatten(), Flatten()])],
    "dropout": [((2, 4, 3), [Dropout(rate=0.4)]), ((1, 2, 6), [Flatten(), Dropout(rate=0.0)])],
    "softmax_output": [((1, 1, 4), [Flatten(), Dense(units=2)]), ((1, 1, 4), [])],
    "input": [((1, 1, 1), []), ((5, 1, 2), [])],
}  # fmt: skip
"""For each kind of layer, pictures' shapes and what to put behind the input."""


def cases() -> Iterator[tuple[str, NetworkSpec]]:
    """Every case with a name to tell it by, as a whole network."""
    for kind, variants in CASES.items():
        for number, (shape, layers) in enumerate(variants):
            yield f"{kind}-{number}", network(shape, layers)


def exact_cases() -> Iterator[tuple[str, NetworkSpec]]:
    """Those in which whole numbers stay sums and products of whole numbers up to the softmax."""
    inexact = {"sigmoid", "tanh", "leaky_relu", "average_pooling"}
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


def vgg_small() -> NetworkSpec:
    """Six convolutions in three stages and two dense layers for 32×32 pictures in colour, as VGG is built."""
    layers: list[Layer] = [Input(channels=3, height=32, width=32)]
    for filters in (32, 64, 128):
        convolution = Convolution(filters=filters, kernel=(3, 3), padding=(1, 1))
        layers += [convolution, ReLU(), convolution, ReLU(), MaxPooling()]
    return chain("VGG-small", [*layers, Flatten(), Dense(units=128), ReLU(), Dense(units=10), SoftmaxOutput()])


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
