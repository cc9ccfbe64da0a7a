"""Large networks for photographs of 224×224 in 1,000 classes, to be looked at: their shapes, parameters and costs."""

from __future__ import annotations

from nnstudio.network.layers import Layer
from nnstudio.network.layers.activation import ReLU
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.dropout import Dropout
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.pooling import MaxPooling
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.presets.building import chain
from nnstudio.network.spec import NetworkSpec

PHOTOGRAPH = Input(channels=3, height=224, width=224)
CLASSES = 1000


def alexnet() -> NetworkSpec:
    """What began it all in 2012: 61,100,840 parameters.

    In its later form with one column (Krizhevsky, 2014, "One weird trick for parallelizing convolutional neural
    networks"), as torchvision has it.
    """
    pooling = MaxPooling(kernel=(3, 3), stride=(2, 2))
    return chain("AlexNet", [
        PHOTOGRAPH,
        Convolution(filters=64, kernel=(11, 11), stride=(4, 4), padding=(2, 2)), ReLU(), pooling,
        Convolution(filters=192, kernel=(5, 5), padding=(2, 2)), ReLU(), pooling,
        *_padded(384), *_padded(256), *_padded(256), pooling,
        Flatten(),
        Dropout(), Dense(units=4096), ReLU(), Dropout(), Dense(units=4096), ReLU(),
        Dense(units=CLASSES), SoftmaxOutput(),
    ])  # fmt: skip


def vgg16() -> NetworkSpec:
    """Deep, with filters of 3×3 throughout: 138,357,544 parameters.

    Configuration D of Simonyan and Zisserman (2014).
    """
    stages = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
    convolutions: list[Layer] = []
    for filters, depth in stages:
        convolutions += [*_padded(filters) * depth, MaxPooling()]
    return chain("VGG-16", [
        PHOTOGRAPH, *convolutions, Flatten(),
        Dense(units=4096), ReLU(), Dropout(), Dense(units=4096), ReLU(), Dropout(),
        Dense(units=CLASSES), SoftmaxOutput(),
    ])  # fmt: skip


def _padded(filters: int) -> list[Layer]:
    """A convolution that keeps height and width, and its activation."""
    return [Convolution(filters=filters, kernel=(3, 3), padding=(1, 1)), ReLU()]
