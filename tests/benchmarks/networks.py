"""What is trained: networks, and pictures of noise, since the work does not depend on what is in them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nnstudio.network import NetworkSpec
from nnstudio.network.layers import Layer
from nnstudio.network.layers.activation import ReLU
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.pooling import MaxPooling
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.presets import chain

IMAGES = {"lenet": 60_000, "vgg": 50_000}
"""As many as MNIST and CIFAR-10 have."""


def vgg_small() -> NetworkSpec:
    """Six convolutions of 3×3 in pairs, as in VGG (Simonyan and Zisserman, 2014), for pictures of 32×32 in colour."""
    layers: list[Layer] = [Input(channels=3, height=32, width=32)]
    for filters in (32, 64, 128):
        for _ in range(2):
            layers += [Convolution(filters=filters, kernel=(3, 3), padding=(1, 1)), ReLU()]
        layers.append(MaxPooling())
    return chain("VGG-small", [*layers, Flatten(), Dense(units=128), ReLU(), Dense(units=10), SoftmaxOutput()])


@lru_cache(maxsize=2)
def noise(count: int, shape: tuple[int, ...]) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Pictures of that shape, and labels from 0 to 9; nobody may change them."""
    generator = np.random.default_rng(0)
    return generator.integers(0, 256, (count, *shape), np.uint8), generator.integers(0, 10, count).astype(np.int32)
