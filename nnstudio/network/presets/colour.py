"""Networks for small pictures in colour: 3×32×32, as CIFAR-10 has them."""

from __future__ import annotations

from nnstudio.network.layers import Layer
from nnstudio.network.layers.activation import ReLU
from nnstudio.network.layers.convolution import Convolution, DepthwiseConvolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.merge import Add
from nnstudio.network.layers.normalization import BatchNormalization
from nnstudio.network.layers.pooling import GlobalAveragePooling, MaxPooling
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.presets.building import Builder, chain
from nnstudio.network.spec import NetworkSpec

PICTURE = Input(channels=3, height=32, width=32)
CLASSES = 10


def vgg_small() -> NetworkSpec:
    """Six convolutions of 3×3 in pairs, as VGG is built: 550,570 parameters."""
    convolutions: list[Layer] = []
    for filters in (32, 64, 128):
        convolution = Convolution(filters=filters, kernel=(3, 3), padding=(1, 1))
        convolutions += [convolution, ReLU(), convolution, ReLU(), MaxPooling()]
    return chain("VGG-small", [
        PICTURE, *convolutions, Flatten(), Dense(units=128), ReLU(), Dense(units=CLASSES), SoftmaxOutput(),
    ])  # fmt: skip


def resnet20() -> NetworkSpec:
    """Twenty layers with shortcuts past every second (He et al., 2015): 272,474 parameters.

    Three stages of three blocks with 16, 32 and 64 filters; where the size changes the shortcut is a convolution of
    1×1 (their option B).
    """
    network = Builder("ResNet-20")
    network.path([PICTURE, *_convolution(16), ReLU()])
    for filters, stride in ((16, 1), (32, 2), (64, 2)):
        _residual_block(network, filters, stride)
        _residual_block(network, filters)
        _residual_block(network, filters)
    network.path([GlobalAveragePooling(), Dense(units=CLASSES), SoftmaxOutput()])
    return network.spec


def _residual_block(network: Builder, filters: int, stride: int = 1) -> None:
    """Two convolutions learn what is to be added to what comes in."""
    shortcut = network.end
    learned = network.path([*_convolution(filters, stride=stride), ReLU(), *_convolution(filters)])
    if stride > 1:
        shortcut = network.path(_convolution(filters, kernel=1, stride=stride), source=shortcut)
    network.put(Add(), learned, shortcut)
    network.put(ReLU())


def mobilenet_small() -> NetworkSpec:
    """Depthwise convolutions and 1×1 behind them (MobileNet, 2017): 73,130 parameters.

    Blocks as Howard et al. have them, fewer and narrower, for small pictures.
    """
    blocks = ((32, 1), (64, 2), (64, 1), (128, 2), (128, 1), (256, 1))
    layers = [layer for filters, stride in blocks for layer in _separable_convolution(filters, stride)]
    return chain("MobileNet-small", [
        PICTURE, *_convolution(16), ReLU(), *layers, GlobalAveragePooling(), Dense(units=CLASSES), SoftmaxOutput(),
    ])  # fmt: skip


def _separable_convolution(filters: int, stride: int) -> list[Layer]:
    """One filter a channel looks at the places, then filters of 1×1 look at the channels."""
    depthwise = DepthwiseConvolution(kernel=(3, 3), stride=(stride, stride), padding=(1, 1), bias=False)
    return [depthwise, BatchNormalization(), ReLU(), *_convolution(filters, kernel=1), ReLU()]


def _convolution(filters: int, kernel: int = 3, stride: int = 1) -> list[Layer]:
    """A convolution that keeps height and width at stride 1, and batch normalization, which makes a bias needless."""
    margin = kernel // 2
    convolution = Convolution(
        filters=filters, kernel=(kernel, kernel), stride=(stride, stride), padding=(margin, margin), bias=False
    )
    return [convolution, BatchNormalization()]
