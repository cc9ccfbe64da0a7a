"""Networks for grey pictures of 28×28: digits and clothes."""

from __future__ import annotations

from nnstudio.network.layers.activation import ReLU
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.dropout import Dropout
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.pooling import MaxPooling
from nnstudio.network.layers.reshape import Reshape
from nnstudio.network.layers.sigmoid_output import SigmoidOutput
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.layers.transposed_convolution import TransposedConvolution
from nnstudio.network.presets.building import chain
from nnstudio.network.spec import NetworkSpec


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


def autoencoder() -> NetworkSpec:
    """Squeezes a picture into 32 numbers and draws it again: 115,217 parameters.

    Strided convolutions make the picture smaller, transposed ones larger. Their kernels of 4×4 overlap evenly at
    stride 2, so that they draw no chequered patterns (Odena et al., 2016).
    """
    smaller, larger = {"kernel": (3, 3), "stride": (2, 2), "padding": (1, 1)}, {"kernel": (4, 4), "padding": (1, 1)}
    return chain("Convolutional autoencoder", [
        Input(),
        Convolution(filters=16, **smaller), ReLU(), Convolution(filters=32, **smaller), ReLU(),
        Flatten(), Dense(units=32), Dense(units=32 * 7 * 7), ReLU(), Reshape(channels=32, height=7, width=7),
        TransposedConvolution(filters=16, **larger), ReLU(), TransposedConvolution(filters=1, **larger),
        SigmoidOutput(),
    ])  # fmt: skip
