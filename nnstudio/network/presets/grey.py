"""Networks for grey pictures of 28×28: digits and clothes."""

from __future__ import annotations

from nnstudio.network.layers import Layer
from nnstudio.network.layers.activation import ReLU, Tanh
from nnstudio.network.layers.convolution import Convolution, DepthwiseConvolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.dropout import Dropout
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.pooling import AveragePooling, MaxPooling
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


def lenet5_1998() -> NetworkSpec:
    """LeNet-5 as near as can be to how it was published: 61,750 parameters.

    Pictures of 28×28 are padded to the paper's 32×32. A subsampling layer takes the mean of 2×2 values, times a learned
    factor and with a learned bias for each channel (a depthwise convolution of 1×1), and bends it by tanh. What
    differs: there the third layer's filters saw only some of the channels (1,516 parameters, here 2,416), tanh was
    scaled to 1.7159 tanh(2x/3), and distances to drawn codes gave the answer instead of a softmax.
    """
    return chain("LeNet-5 of 1998", [
        Input(),
        Convolution(filters=6, kernel=(5, 5), padding=(2, 2)), Tanh(), *_subsampling(),
        Convolution(filters=16, kernel=(5, 5)), Tanh(), *_subsampling(),
        Convolution(filters=120, kernel=(5, 5)), Tanh(),
        Flatten(), Dense(units=84), Tanh(), Dense(units=10), SoftmaxOutput(),
    ])  # fmt: skip


def _subsampling() -> list[Layer]:
    return [AveragePooling(), DepthwiseConvolution(kernel=(1, 1)), Tanh()]


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
