"""All layers of NN Studio in Keras' words."""

from __future__ import annotations

from math import prod
from typing import Any

from nnstudio.interop.code.keras.calls import layer_call, own_weights
from nnstudio.interop.code.keras.windows import WINDOWS
from nnstudio.interop.code.outline import Site
from nnstudio.interop.code.writers import Code, Writers
from nnstudio.network.layers import activation
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.dropout import Dropout, SpatialDropout
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.linear_output import LinearOutput
from nnstudio.network.layers.merge import Add, Concatenate
from nnstudio.network.layers.multiply import Multiply
from nnstudio.network.layers.noise import GaussianNoise
from nnstudio.network.layers.normalization import BatchNormalization, LayerNormalization
from nnstudio.network.layers.reshape import Reshape
from nnstudio.network.layers.sigmoid_output import SigmoidOutput
from nnstudio.network.layers.softmax_output import SoftmaxOutput

WRITERS = Writers("Keras", WINDOWS)


@WRITERS.writes(Input)
def _input(site: Site) -> str:
    channels, height, width = site.output
    return f'keras.Input(({height}, {width}, {channels}), name="{site.name}")'


@WRITERS.writes(Dense)
def _dense(site: Site) -> Code:
    return Code(layer_call(site, "Dense", site.output[0]), own_weights(site, weight=".T"))


@WRITERS.writes(activation.ReLU)
def _relu(site: Site) -> str:
    return layer_call(site, "ReLU")


@WRITERS.writes(activation.LeakyReLU)
def _leaky_relu(site: Site) -> str:
    assert isinstance(site.layer, activation.LeakyReLU)
    return layer_call(site, "LeakyReLU", site.layer.slope)


@WRITERS.writes(activation.ELU)
def _elu(site: Site) -> str:
    assert isinstance(site.layer, activation.ELU)
    return layer_call(site, "ELU", site.layer.alpha)


@WRITERS.writes(activation.Sigmoid, SigmoidOutput)
def _sigmoid(site: Site) -> str:
    return layer_call(site, "Activation", '"sigmoid"')


@WRITERS.writes(activation.Tanh)
def _tanh(site: Site) -> str:
    return layer_call(site, "Activation", '"tanh"')


@WRITERS.writes(activation.Softplus)
def _softplus(site: Site) -> str:
    return layer_call(site, "Activation", '"softplus"')


@WRITERS.writes(activation.SiLU)
def _silu(site: Site) -> str:
    return layer_call(site, "Activation", '"silu"')


@WRITERS.writes(LinearOutput)
def _linear_output(site: Site) -> str:
    return layer_call(site, "Activation", '"linear"')


@WRITERS.writes(activation.GELU)
def _gelu(site: Site) -> str:
    return f"ops.gelu({site.x}, approximate=True)"


@WRITERS.writes(activation.HardStep)
def _hard_step(site: Site) -> Code:
    return Code(f'ops.cast({site.x} >= 0, "float32")', note="no gradient goes through it here")


@WRITERS.writes(activation.Softmax, SoftmaxOutput)
def _softmax(site: Site) -> str:
    return layer_call(site, "Softmax")


@WRITERS.writes(BatchNormalization)
def _batch_normalization(site: Site) -> Code:
    """Keras counts momentum the other way round."""
    assert isinstance(site.layer, BatchNormalization)
    named: dict[str, Any] = {"momentum": round(1 - site.layer.momentum, 12), "epsilon": site.layer.epsilon}
    return Code(layer_call(site, "BatchNormalization", **named), own_weights(site))


@WRITERS.writes(LayerNormalization)
def _layer_normalization(site: Site) -> Code:
    assert isinstance(site.layer, LayerNormalization)
    named: dict[str, Any] = {"axis": [1, 2, 3]} if site.on_picture else {}
    change = ".transpose(1, 2, 0)" if site.on_picture else ""
    value = layer_call(site, "LayerNormalization", **named, epsilon=site.layer.epsilon)
    return Code(value, own_weights(site, weight=change, bias=change))


def _channels_first(site: Site) -> str:
    """The picture such that its values follow one another as in NN Studio."""
    channels, *size = site.shapes[0]
    return site.x if channels == 1 or prod(size) == 1 else f"layers.Permute((3, 1, 2))({site.x})"


@WRITERS.writes(Flatten)
def _flatten(site: Site) -> str:
    return layer_call(site, "Flatten", x=_channels_first(site) if site.on_picture else site.x)


@WRITERS.writes(Reshape)
def _reshape(site: Site) -> str:
    """Laid out with the channels first, which then go to the end."""
    x = _channels_first(site) if site.on_picture else site.x
    return f"layers.Permute((2, 3, 1))({layer_call(site, 'Reshape', site.output, x=x)})"


@WRITERS.writes(Add)
def _add(site: Site) -> str:
    return layer_call(site, "Add", x=f"[{', '.join(site.inputs)}]")


@WRITERS.writes(Multiply)
def _multiply(site: Site) -> str:
    first, second = site.inputs
    if len(site.shapes[0]) > len(site.shapes[1]):
        second = f"layers.Reshape((1, 1, {site.channels}))({second})"
    return layer_call(site, "Multiply", x=f"[{first}, {second}]")


@WRITERS.writes(Concatenate)
def _concatenate(site: Site) -> str:
    return layer_call(site, "Concatenate", x=f"[{', '.join(site.inputs)}]")


@WRITERS.writes(Dropout)
def _dropout(site: Site) -> str:
    assert isinstance(site.layer, Dropout)
    return layer_call(site, "Dropout", site.layer.rate)


@WRITERS.writes(SpatialDropout)
def _spatial_dropout(site: Site) -> str:
    assert isinstance(site.layer, SpatialDropout)
    return layer_call(site, "SpatialDropout2D", site.layer.rate)


@WRITERS.writes(GaussianNoise)
def _gaussian_noise(site: Site) -> str:
    assert isinstance(site.layer, GaussianNoise)
    return layer_call(site, "GaussianNoise", site.layer.deviation)
