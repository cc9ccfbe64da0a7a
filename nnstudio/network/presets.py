"""Networks to start from."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from nnstudio.errors import NNStudioError
from nnstudio.network.layers import Layer
from nnstudio.network.layers.activation import ReLU
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.dropout import Dropout
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.pooling import MaxPooling
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.spec import NetworkSpec


def chain(name: str, layers: Iterable[Layer]) -> NetworkSpec:
    """Layers connected one after another."""
    spec = NetworkSpec(name=name)
    for layer in layers:
        spec = spec.append(layer)
    return spec


def lenet5() -> NetworkSpec:
    """LeCun's LeNet-5 (1998) with today's ReLU and max pooling: 61,706 parameters."""
    return chain("LeNet-5", [
        Input(),
        Convolution(filters=6, kernel=(5, 5), padding=(2, 2)), ReLU(), MaxPooling(),
        Convolution(filters=16, kernel=(5, 5)), ReLU(), MaxPooling(),
        Flatten(), Dense(units=120), ReLU(), Dense(units=84), ReLU(), Dense(units=10), SoftmaxOutput(),
    ])  # fmt: skip


def convnet() -> NetworkSpec:
    """Four layers that learn: two convolutions and two dense layers."""
    return chain("4-layer ConvNet", [
        Input(),
        Convolution(filters=16, kernel=(3, 3), padding=(1, 1)), ReLU(), MaxPooling(),
        Convolution(filters=32, kernel=(3, 3), padding=(1, 1)), ReLU(), MaxPooling(),
        Flatten(), Dense(units=64), ReLU(), Dropout(rate=0.25), Dense(units=10), SoftmaxOutput(),
    ])  # fmt: skip


def two_layer_perceptron() -> NetworkSpec:
    """One hidden layer of 128 neurons."""
    return chain(
        "Two-layer perceptron", [Input(), Flatten(), Dense(units=128), ReLU(), Dense(units=10), SoftmaxOutput()]
    )


def softmax_regression() -> NetworkSpec:
    """A single layer: each class has one picture of weights."""
    return chain("Single-layer perceptron", [Input(), Flatten(), Dense(units=10), SoftmaxOutput()])


PRESETS: dict[str, Callable[[], NetworkSpec]] = {
    "lenet5": lenet5,
    "convnet": convnet,
    "mlp": two_layer_perceptron,
    "perceptron": softmax_regression,
}
"""Every preset by the name it has on the command line."""


def preset(name: str) -> NetworkSpec:
    """The preset of that name."""
    if name not in PRESETS:
        raise NNStudioError(f"There is no network preset “{name}”.", f"Choose one of {', '.join(PRESETS)}.")
    return PRESETS[name]()
