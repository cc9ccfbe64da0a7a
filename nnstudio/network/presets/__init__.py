"""Networks to start from, by the name they have on the command line; the window and the command line list these."""

from __future__ import annotations

from collections.abc import Callable

from nnstudio.errors import NNStudioError
from nnstudio.network.presets.building import Builder, chain
from nnstudio.network.presets.colour import mobilenet_small, resnet20, vgg_small
from nnstudio.network.presets.grey import autoencoder, convnet, lenet5, softmax_regression, two_layer_perceptron
from nnstudio.network.presets.imagenet import alexnet, vgg16
from nnstudio.network.presets.points import rosenblatt, two_layer_network
from nnstudio.network.spec import NetworkSpec

PRESETS: dict[str, Callable[[], NetworkSpec]] = {
    "lenet5": lenet5,
    "convnet": convnet,
    "mlp": two_layer_perceptron,
    "perceptron": softmax_regression,
    "autoencoder": autoencoder,
    "points": two_layer_network,
    "rosenblatt": rosenblatt,
    "vgg-small": vgg_small,
    "resnet20": resnet20,
    "mobilenet-small": mobilenet_small,
    "alexnet": alexnet,
    "vgg16": vgg16,
}
"""Every preset by its name. The first line of its docstring, up to a colon or full stop, says what it is."""


def preset(name: str) -> NetworkSpec:
    """The preset of that name."""
    if name not in PRESETS:
        raise NNStudioError(f"There is no network preset “{name}”.", f"Choose one of {', '.join(PRESETS)}.")
    return PRESETS[name]()


__all__ = [
    "PRESETS", "Builder", "alexnet", "autoencoder", "chain", "convnet", "lenet5", "mobilenet_small", "preset",
    "resnet20", "rosenblatt", "softmax_regression", "two_layer_network", "two_layer_perceptron", "vgg16", "vgg_small",
]  # fmt: skip
