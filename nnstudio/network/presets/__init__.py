"""Networks to start from, by the name they have on the command line; the window and the command line list these."""

from __future__ import annotations

from collections.abc import Callable

from nnstudio.errors import NNStudioError
from nnstudio.network.presets.building import Builder, chain
from nnstudio.network.presets.colour import mobilenet_small, resnet20, vgg_small
from nnstudio.network.presets.grey import (
    autoencoder,
    convnet,
    lenet5,
    lenet5_1998,
    softmax_regression,
    two_layer_perceptron,
)
from nnstudio.network.presets.imagenet import alexnet, vgg16
from nnstudio.network.presets.points import rosenblatt, two_layer_network, xor_network
from nnstudio.network.presets.templates import TEMPLATES, Category, Template, template_of
from nnstudio.network.spec import NetworkSpec

PRESETS: dict[str, Callable[[], NetworkSpec]] = {template.name: template.make for template in TEMPLATES}
"""Every preset by its name. The first line of its docstring, up to a colon or full stop, says what it is."""


def preset(name: str) -> NetworkSpec:
    """The preset of that name."""
    if name not in PRESETS:
        raise NNStudioError(f"There is no network preset “{name}”.", f"Choose one of {', '.join(PRESETS)}.")
    return PRESETS[name]()


__all__ = [
    "PRESETS", "TEMPLATES", "Builder", "Category", "Template", "alexnet", "autoencoder", "chain", "convnet", "lenet5",
    "lenet5_1998", "mobilenet_small", "preset", "resnet20", "rosenblatt", "softmax_regression", "template_of",
    "two_layer_network", "two_layer_perceptron", "vgg16", "vgg_small", "xor_network",
]  # fmt: skip
