"""A network as a script that needs nothing but NumPy."""

from __future__ import annotations

import inspect

from nnstudio.interop.code import numpy_functions
from nnstudio.interop.code.arrays import ARRAYS
from nnstudio.interop.code.outline import Outline, Site
from nnstudio.interop.code.script import STANDARD, Target, statement
from nnstudio.interop.code.writers import Code, Writers, call, unusual
from nnstudio.network.layers import activation, pooling
from nnstudio.network.layers.convolution import Convolution, DepthwiseConvolution, SlidingFilters
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.dropout import Dropout, SpatialDropout
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.merge import Concatenate
from nnstudio.network.layers.multiply import Multiply
from nnstudio.network.layers.noise import GaussianNoise
from nnstudio.network.layers.normalization import BatchNormalization, LayerNormalization
from nnstudio.network.layers.sigmoid_output import SigmoidOutput
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.layers.transposed_convolution import TransposedConvolution
from nnstudio.network.layers.upsampling import Upsampling

WRITERS = Writers("The NumPy script", ARRAYS)


def _weights(site: Site) -> str:
    """The arrays of the layer, each as the argument of its name."""
    return f'**weights["{site.name}"]'


@WRITERS.writes(Convolution, DepthwiseConvolution)
def _convolution(site: Site) -> str:
    assert isinstance(site.layer, SlidingFilters)
    named = unusual(site.layer, "stride", "padding", "dilation")
    groups = site.layer.groups_for(site.channels)
    return call("conv2d", site.x, _weights(site), **named, **({"groups": groups} if groups > 1 else {}))


@WRITERS.writes(TransposedConvolution)
def _transposed_convolution(site: Site) -> str:
    named = unusual(site.layer, "stride", "padding", "output_padding")
    return call("transposed_conv2d", site.x, _weights(site), **named)


@WRITERS.writes(Dense)
def _dense(site: Site) -> str:
    return call("dense", site.x, _weights(site))


_POOLINGS: dict[type[pooling.Pooling], str] = {
    pooling.MaxPooling: "max_pool2d",
    pooling.MinPooling: "min_pool2d",
    pooling.AveragePooling: "average_pool2d",
    pooling.SumPooling: "sum_pool2d",
    pooling.MedianPooling: "median_pool2d",
}


@WRITERS.writes(*_POOLINGS)
def _pooling(site: Site) -> str:
    assert isinstance(site.layer, pooling.Pooling)
    window = {"kernel": site.layer.kernel, "stride": site.layer.stride}
    return call(_POOLINGS[type(site.layer)], site.x, **window, **unusual(site.layer, "padding"))


@WRITERS.writes(pooling.CountPooling)
def _count_pooling(site: Site) -> str:
    assert isinstance(site.layer, pooling.CountPooling)
    window = {"kernel": site.layer.kernel, "stride": site.layer.stride}
    return call("count_pool2d", site.x, site.layer.threshold, **window, **unusual(site.layer, "padding"))


@WRITERS.writes(pooling.GlobalAveragePooling)
def _global_average_pooling(site: Site) -> str:
    return f"{site.x}.mean(axis=(2, 3))"


@WRITERS.writes(pooling.GlobalMaxPooling)
def _global_max_pooling(site: Site) -> str:
    return f"{site.x}.max(axis=(2, 3))"


@WRITERS.writes(Upsampling)
def _upsampling(site: Site) -> str:
    assert isinstance(site.layer, Upsampling)
    if site.layer.mode == "bilinear":
        return call("upsampled", site.x, factor=site.layer.factor)
    rows, columns = site.layer.factor
    return f"{site.x}.repeat({rows}, axis=2).repeat({columns}, axis=3)"


@WRITERS.writes(activation.ReLU)
def _relu(site: Site) -> str:
    return f"np.maximum({site.x}, 0)"


@WRITERS.writes(activation.LeakyReLU)
def _leaky_relu(site: Site) -> str:
    assert isinstance(site.layer, activation.LeakyReLU)
    return call("leaky_relu", site.x, slope=site.layer.slope)


@WRITERS.writes(activation.Sigmoid, SigmoidOutput)
def _sigmoid(site: Site) -> str:
    return f"sigmoid({site.x})"


@WRITERS.writes(activation.Tanh)
def _tanh(site: Site) -> str:
    return f"np.tanh({site.x})"


@WRITERS.writes(activation.ELU)
def _elu(site: Site) -> str:
    assert isinstance(site.layer, activation.ELU)
    return call("elu", site.x, alpha=site.layer.alpha)


@WRITERS.writes(activation.Softplus)
def _softplus(site: Site) -> str:
    return f"np.logaddexp(0, {site.x})"


@WRITERS.writes(activation.GELU)
def _gelu(site: Site) -> str:
    return f"gelu({site.x})"


@WRITERS.writes(activation.SiLU)
def _silu(site: Site) -> str:
    return f"{site.x} * sigmoid({site.x})"


@WRITERS.writes(activation.HardStep)
def _hard_step(site: Site) -> str:
    return f"np.heaviside({site.x}, 1)"


@WRITERS.writes(activation.Softmax, SoftmaxOutput)
def _softmax(site: Site) -> str:
    return f"softmax({site.x})"


@WRITERS.writes(BatchNormalization)
def _batch_normalization(site: Site) -> str:
    assert isinstance(site.layer, BatchNormalization)
    return call("batch_norm", site.x, _weights(site), epsilon=site.layer.epsilon)


@WRITERS.writes(LayerNormalization)
def _layer_normalization(site: Site) -> str:
    assert isinstance(site.layer, LayerNormalization)
    return call("layer_norm", site.x, _weights(site), epsilon=site.layer.epsilon)


@WRITERS.writes(Flatten)
def _flatten(site: Site) -> str:
    return f"{site.x}.reshape(len({site.x}), -1)"


@WRITERS.writes(Multiply)
def _multiply(site: Site) -> str:
    first, second = site.inputs
    same = len(site.shapes[0]) == len(site.shapes[1])
    return f"{first} * {second}" if same else f"{first} * {second}[:, :, np.newaxis, np.newaxis]"


@WRITERS.writes(Concatenate)
def _concatenate(site: Site) -> str:
    return f"np.concatenate([{', '.join(site.inputs)}], axis=1)"


@WRITERS.writes(Dropout, SpatialDropout, GaussianNoise)
def _only_while_training(site: Site) -> Code:
    return Code(site.x, note=f"{site.layer.title.lower()} does something while training only")


_LOADING = '''
def load_weights() -> Weights:
    """The arrays of each layer, by its name."""
    weights: Weights = {}
    with np.load(WEIGHTS) as arrays:
        for name, values in arrays.items():
            layer, role = name.split(".")
            weights.setdefault(layer, {})[role] = values
    return weights
'''.strip()


def _body(outline: Outline) -> str:
    given, *rest = outline.sites
    lines = [
        f"def forward({given.name}: Array, weights: Weights) -> Array:",
        '    """The answers to pictures of shape (N, channels, height, width), layer by layer."""',
    ]
    for site in rest:
        code = WRITERS.code(site)
        lines.append(statement(site.name, code.value, "    ", code.note))
    return "\n".join((*lines, f"    return {outline.answer.name}\n\n\n{_LOADING}"))


def _functions() -> dict[str, str]:
    """The source of all that scripts may call, in its order."""
    found = [function for _, function in inspect.getmembers(numpy_functions, inspect.isfunction)]
    found.sort(key=lambda function: function.__code__.co_firstlineno)
    return {function.__name__: inspect.getsource(function).rstrip() for function in found}


NUMPY = Target(
    title="NumPy script",
    what="a stand-alone NumPy script",
    needs="Python 3.10 or newer and NumPy",
    imports={**STANDARD, "np": "import numpy as np"},
    constants={
        "Array": "Array = np.ndarray",
        "Pair": "Pair = tuple[int, int]",
        "Weights": "Weights = dict[str, dict[str, Array]]",
    },
    functions=_functions(),
    body=_body,
    answering=lambda _: ["answers = forward(pictures, load_weights())"],
)
