"""Networks for points of the plane, which are pictures of two channels and one pixel: x and y."""

from __future__ import annotations

from nnstudio.network.layers.activation import HardStep, ReLU, Tanh
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.linear_output import LinearOutput
from nnstudio.network.layers.sigmoid_output import SigmoidOutput
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.presets.building import chain
from nnstudio.network.spec import NetworkSpec

POINT = Input(channels=2, height=1, width=1)


def two_layer_network() -> NetworkSpec:
    """Folds the plane with 32 neurons to part two spirals: 162 parameters."""
    return chain("Two layers for points", [POINT, Flatten(), Dense(units=32), ReLU(), Dense(units=2), SoftmaxOutput()])


def rosenblatt() -> NetworkSpec:
    """The first perceptron (1958) parts the plane by a straight line: 3 parameters.

    It learns by the squared error, whose gradient past the step is Rosenblatt's rule: only points on the wrong side
    count.
    """
    return chain("Rosenblatt's perceptron", [POINT, Flatten(), Dense(units=1), HardStep(), LinearOutput()])


def xor_network() -> NetworkSpec:
    """Two hidden neurons bend the plane to tell XOR, which one layer cannot: 9 parameters.

    2-2-1, with tanh inside and one sigmoid that answers yes or no.
    """
    return chain("XOR network", [POINT, Flatten(), Dense(units=2), Tanh(), Dense(units=1), SigmoidOutput()])
