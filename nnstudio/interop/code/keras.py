"""A network as a functional model of Keras 3.

Keras has the channels last: pictures are (N, height, width, channels), and filters (height, width, channels, filters).
Where values stand in a row, their order stays that of NN Studio: channel by channel.
"""

from __future__ import annotations

from math import prod
from typing import Any

from nnstudio.interop.code.outline import Outline, Site
from nnstudio.interop.code.script import STANDARD, Target, called, statement
from nnstudio.interop.code.writers import Code, Writers, call, short
from nnstudio.network.layers import activation, pooling
from nnstudio.network.layers.convolution import Convolution, DepthwiseConvolution, SlidingFilters
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
from nnstudio.network.layers.transposed_convolution import TransposedConvolution
from nnstudio.network.layers.upsampling import Upsampling

WRITERS = Writers("Keras")
FILTERS_LAST = ".transpose(2, 3, 1, 0)"
"""From (filters, channels, height, width) to (height, width, channels, filters)."""


def _layer(site: Site, kind: str, *given: Any, x: str = "", **named: Any) -> str:
    """A layer of Keras, called by the name that it has here, at work on ``x`` or the site's first input."""
    named["name"] = f'"{site.name}"'
    return call(f"layers.{kind}", *given, **named) + f"({x or site.x})"


def _array(site: Site, role: str, change: str = "") -> str:
    return f'arrays["{site.name}.{role}"]{change}'


def _own(site: Site, **changes: str) -> str:
    """The layer's weights as Keras keeps them: a list, some of them changed."""
    return f"[{', '.join(_array(site, role, changes.get(role, '')) for role in site.roles)}]"


@WRITERS.writes(Input)
def _input(site: Site) -> str:
    channels, height, width = site.output
    return f'keras.Input(({height}, {width}, {channels}), name="{site.name}")'


def _padded(site: Site, padding: tuple[int, int]) -> str:
    return f"layers.ZeroPadding2D({short(padding)!r})({site.x})" if any(padding) else site.x


@WRITERS.writes(Convolution, DepthwiseConvolution)
def _convolution(site: Site) -> Code:
    """Keras cannot both stride and dilate, nor stride differently along both axes channel by channel; there the
    results of all places are computed, and those between dropped."""
    layer = site.layer
    assert isinstance(layer, SlidingFilters)
    depthwise = isinstance(layer, DepthwiseConvolution)
    uneven = depthwise and layer.stride[0] != layer.stride[1]
    drops = layer.stride != (1, 1) and (layer.dilation != (1, 1) or uneven)
    named: dict[str, Any] = {}
    if layer.stride != (1, 1) and not drops:
        named["strides"] = short(layer.stride)
    if layer.dilation != (1, 1):
        named["dilation_rate"] = short(layer.dilation)
    if not layer.bias:
        named["use_bias"] = False
    x = _padded(site, layer.padding)
    if depthwise:
        multiplier = site.output[0] // site.channels
        named |= {"depth_multiplier": multiplier} if multiplier > 1 else {}
        value = _layer(site, "DepthwiseConv2D", short(layer.kernel), x=x, **named)
        rows, columns = layer.kernel
        own = _own(site, weight=f".reshape({site.channels}, {multiplier}, {rows}, {columns}).transpose(2, 3, 0, 1)")
    else:
        groups = layer.groups_for(site.channels)
        named |= {"groups": groups} if groups > 1 else {}
        value = _layer(site, "Conv2D", site.output[0], short(layer.kernel), x=x, **named)
        own = _own(site, weight=FILTERS_LAST)
    rows, columns = layer.stride
    return Code(f"{value}[:, ::{rows}, ::{columns}]" if drops else value, own)


@WRITERS.writes(TransposedConvolution)
def _transposed_convolution(site: Site) -> Code:
    """Along an axis stamps make ``(size - 1) stride + kernel`` values; ``more`` come behind, and some are cut off."""
    layer = site.layer
    assert isinstance(layer, TransposedConvolution)
    axes = list(zip(layer.padding, layer.output_padding, strict=True))
    more = tuple(max(0, extra - padding) for padding, extra in axes)
    cut = tuple((padding, max(0, padding - extra)) for padding, extra in axes)
    named: dict[str, Any] = {"strides": short(layer.stride), "output_padding": short(more)}
    named |= {} if layer.bias else {"use_bias": False}
    value = _layer(site, "Conv2DTranspose", site.output[0], short(layer.kernel), **named)
    cropping = f"layers.Cropping2D({cut})({value})" if any(map(any, cut)) else value
    return Code(cropping, _own(site, weight=FILTERS_LAST))


@WRITERS.writes(Dense)
def _dense(site: Site) -> Code:
    return Code(_layer(site, "Dense", site.output[0]), _own(site, weight=".T"))


def _pooled(site: Site, kind: str, x: str) -> str:
    layer = site.layer
    assert isinstance(layer, pooling.Pooling)
    strides = {} if layer.stride == layer.kernel else {"strides": short(layer.stride)}
    return _layer(site, kind, short(layer.kernel), x=x, **strides)


def _padding(site: Site) -> tuple[int, int]:
    assert isinstance(site.layer, pooling.Pooling)
    return site.layer.padding


@WRITERS.writes(pooling.MaxPooling)
def _max_pooling(site: Site) -> str:
    padding = _padding(site)
    below = call("padded", site.x, padding, 'float("-inf")')
    return _pooled(site, "MaxPooling2D", below if any(padding) else site.x)


@WRITERS.writes(pooling.MinPooling)
def _min_pooling(site: Site) -> str:
    padding = _padding(site)
    below = call("padded", f"-{site.x}", padding, 'float("-inf")')
    return "-" + _pooled(site, "MaxPooling2D", below if any(padding) else f"-{site.x}")


@WRITERS.writes(pooling.AveragePooling)
def _average_pooling(site: Site) -> str:
    return _pooled(site, "AveragePooling2D", _padded(site, _padding(site)))


@WRITERS.writes(pooling.SumPooling)
def _sum_pooling(site: Site) -> str:
    assert isinstance(site.layer, pooling.SumPooling)
    return f"{prod(site.layer.kernel)} * " + _pooled(site, "AveragePooling2D", _padded(site, _padding(site)))


@WRITERS.writes(pooling.CountPooling)
def _count_pooling(site: Site) -> str:
    assert isinstance(site.layer, pooling.CountPooling)
    above = f'ops.cast({_padded(site, _padding(site))} > {site.layer.threshold}, "float32")'
    return f"{prod(site.layer.kernel)} * " + _pooled(site, "AveragePooling2D", above)


@WRITERS.writes(pooling.MedianPooling)
def _median_pooling(site: Site) -> str:
    assert isinstance(site.layer, pooling.MedianPooling)
    window = {name: getattr(site.layer, name) for name in ("kernel", "stride", "padding")}
    return call("median_pool2d", site.x, **window)


@WRITERS.writes(pooling.GlobalAveragePooling)
def _global_average_pooling(site: Site) -> str:
    return _layer(site, "GlobalAveragePooling2D")


@WRITERS.writes(pooling.GlobalMaxPooling)
def _global_max_pooling(site: Site) -> str:
    return _layer(site, "GlobalMaxPooling2D")


@WRITERS.writes(Upsampling)
def _upsampling(site: Site) -> str:
    assert isinstance(site.layer, Upsampling)
    named = {} if site.layer.mode == "nearest" else {"interpolation": '"bilinear"'}
    return _layer(site, "UpSampling2D", short(site.layer.factor), **named)


@WRITERS.writes(activation.ReLU)
def _relu(site: Site) -> str:
    return _layer(site, "ReLU")


@WRITERS.writes(activation.LeakyReLU)
def _leaky_relu(site: Site) -> str:
    assert isinstance(site.layer, activation.LeakyReLU)
    return _layer(site, "LeakyReLU", site.layer.slope)


@WRITERS.writes(activation.ELU)
def _elu(site: Site) -> str:
    assert isinstance(site.layer, activation.ELU)
    return _layer(site, "ELU", site.layer.alpha)


@WRITERS.writes(activation.Sigmoid, SigmoidOutput)
def _sigmoid(site: Site) -> str:
    return _layer(site, "Activation", '"sigmoid"')


@WRITERS.writes(activation.Tanh)
def _tanh(site: Site) -> str:
    return _layer(site, "Activation", '"tanh"')


@WRITERS.writes(activation.Softplus)
def _softplus(site: Site) -> str:
    return _layer(site, "Activation", '"softplus"')


@WRITERS.writes(activation.SiLU)
def _silu(site: Site) -> str:
    return _layer(site, "Activation", '"silu"')


@WRITERS.writes(LinearOutput)
def _linear_output(site: Site) -> str:
    return _layer(site, "Activation", '"linear"')


@WRITERS.writes(activation.GELU)
def _gelu(site: Site) -> str:
    return f"ops.gelu({site.x}, approximate=True)"


@WRITERS.writes(activation.HardStep)
def _hard_step(site: Site) -> Code:
    return Code(f'ops.cast({site.x} >= 0, "float32")', note="no gradient goes through it here")


@WRITERS.writes(activation.Softmax, SoftmaxOutput)
def _softmax(site: Site) -> str:
    return _layer(site, "Softmax")


@WRITERS.writes(BatchNormalization)
def _batch_normalization(site: Site) -> Code:
    """Keras counts momentum the other way round."""
    assert isinstance(site.layer, BatchNormalization)
    named: dict[str, Any] = {"momentum": round(1 - site.layer.momentum, 12), "epsilon": site.layer.epsilon}
    return Code(_layer(site, "BatchNormalization", **named), _own(site))


@WRITERS.writes(LayerNormalization)
def _layer_normalization(site: Site) -> Code:
    assert isinstance(site.layer, LayerNormalization)
    named: dict[str, Any] = {"axis": [1, 2, 3]} if site.on_picture else {}
    change = ".transpose(1, 2, 0)" if site.on_picture else ""
    value = _layer(site, "LayerNormalization", **named, epsilon=site.layer.epsilon)
    return Code(value, _own(site, weight=change, bias=change))


def _channels_first(site: Site) -> str:
    """The picture such that its values follow one another as in NN Studio."""
    channels, *size = site.shapes[0]
    return site.x if channels == 1 or prod(size) == 1 else f"layers.Permute((3, 1, 2))({site.x})"


@WRITERS.writes(Flatten)
def _flatten(site: Site) -> str:
    return _layer(site, "Flatten", x=_channels_first(site) if site.on_picture else site.x)


@WRITERS.writes(Reshape)
def _reshape(site: Site) -> str:
    """Laid out with the channels first, which then go to the end."""
    x = _channels_first(site) if site.on_picture else site.x
    return f"layers.Permute((2, 3, 1))({_layer(site, 'Reshape', site.output, x=x)})"


@WRITERS.writes(Add)
def _add(site: Site) -> str:
    return _layer(site, "Add", x=f"[{', '.join(site.inputs)}]")


@WRITERS.writes(Multiply)
def _multiply(site: Site) -> str:
    first, second = site.inputs
    if len(site.shapes[0]) > len(site.shapes[1]):
        second = f"layers.Reshape((1, 1, {site.channels}))({second})"
    return _layer(site, "Multiply", x=f"[{first}, {second}]")


@WRITERS.writes(Concatenate)
def _concatenate(site: Site) -> str:
    return _layer(site, "Concatenate", x=f"[{', '.join(site.inputs)}]")


@WRITERS.writes(Dropout)
def _dropout(site: Site) -> str:
    assert isinstance(site.layer, Dropout)
    return _layer(site, "Dropout", site.layer.rate)


@WRITERS.writes(SpatialDropout)
def _spatial_dropout(site: Site) -> str:
    assert isinstance(site.layer, SpatialDropout)
    return _layer(site, "SpatialDropout2D", site.layer.rate)


@WRITERS.writes(GaussianNoise)
def _gaussian_noise(site: Site) -> str:
    assert isinstance(site.layer, GaussianNoise)
    return _layer(site, "GaussianNoise", site.layer.deviation)


_FUNCTIONS = {
    "padded": '''
def padded(x, padding, value):
    """Pictures with rows of ``value`` added above and below, and columns left and right."""
    rows, columns = padding
    return ops.pad(x, ((0, 0), (rows, rows), (columns, columns), (0, 0)), constant_values=value)
''',
    "median_pool2d": '''
def median_pool2d(x, kernel, stride, padding):
    """The middle of those values of each window that lie in the picture, of an even number the lower one."""
    _, height, width, _ = x.shape
    (rows, columns), (down, across) = kernel, stride
    places = (height + 2 * padding[0] - rows) // down + 1, (width + 2 * padding[1] - columns) // across + 1
    tall, wide = (places[0] - 1) * down + 1, (places[1] - 1) * across + 1
    around = padded(x, padding, float("inf"))
    inside = np.pad(np.ones((height, width), int), [(padding[0], padding[0]), (padding[1], padding[1])])
    shifts = [np.s_[i : i + tall : down, j : j + wide : across] for i in range(rows) for j in range(columns)]
    count = sum(inside[shift] for shift in shifts)[..., np.newaxis]
    in_order = ops.sort(ops.stack([around[(np.s_[:], *shift)] for shift in shifts], axis=-1), axis=-1)
    middle = np.arange(rows * columns) == (count - 1) // 2
    return ops.sum(ops.where(middle[:, :, np.newaxis], in_order, 0.0), axis=-1)
''',
}

_LOADING = '''
def load_weights(network: keras.Model) -> keras.Model:
    """The network with the weights from the file beside this one."""
    with np.load(WEIGHTS) as arrays:
{lines}
    return network
'''


def _body(outline: Outline) -> str:
    codes = {site.name: WRITERS.code(site) for site in outline.sites}
    kept = {name: code.own for name, code in codes.items() if code.own}
    lines = [called(f'network.get_layer("{name}").set_weights', own, " " * 8) for name, own in kept.items()]
    lines = lines or ["        assert not arrays.files  # no layer has weights"]
    given, answer = outline.sites[0].name, outline.answer.name
    return "\n".join((
        "def build() -> keras.Model:",
        '    """The network with weights drawn at random."""',
        *(statement(name, code.value, "    ", code.note) for name, code in codes.items()),
        f'    return keras.Model({given}, {answer}, name="{outline.class_name}")',
        f"\n\n{_LOADING.strip().format(lines=chr(10).join(lines))}",
    ))  # fmt: skip


def _answering(outline: Outline) -> list[str]:
    lines = [
        "network = load_weights(build())",
        "answers = network.predict(pictures.transpose(0, 2, 3, 1), verbose=0)  # Keras has the channels last",
    ]
    if len(outline.answer.output) == 3:
        lines[1] = "answers = network.predict(pictures.transpose(0, 2, 3, 1), verbose=0).transpose(0, 3, 1, 2)"
    return lines


KERAS = Target(
    title="Keras",
    what="a model of Keras 3",
    needs="Keras 3 with TensorFlow, PyTorch or JAX, and NumPy",
    imports={
        **STANDARD,
        "keras": "import keras",
        "np": "import numpy as np",
        "layers": "from keras import layers",
        "ops": "from keras import ops",
    },
    constants={},
    functions={name: source.strip() for name, source in _FUNCTIONS.items()},
    body=_body,
    answering=_answering,
)
