"""A network as a module of PyTorch. What it computes is the same while training too, if not said otherwise."""

from __future__ import annotations

from typing import Any

from nnstudio.interop.code.arrays import ARRAYS
from nnstudio.interop.code.outline import Outline, Site
from nnstudio.interop.code.script import STANDARD, Target, statement
from nnstudio.interop.code.writers import Code, Writers, call, short, shortened, unusual
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

WRITERS = Writers("PyTorch", ARRAYS)


def _module(site: Site, kind: str, *given: Any, **named: Any) -> Code:
    """A layer that keeps something: a module of its own, which is called."""
    return Code(f"self.{site.name}({site.x})", call(f"nn.{kind}", *given, **named))


@WRITERS.writes(Convolution, DepthwiseConvolution)
def _convolution(site: Site) -> Code:
    assert isinstance(site.layer, SlidingFilters)
    named = shortened(unusual(site.layer, "stride", "padding", "dilation"))
    groups = site.layer.groups_for(site.channels)
    named |= ({"groups": groups} if groups > 1 else {}) | unusual(site.layer, "bias")
    sizes = (site.channels, site.output[0], short(site.layer.kernel))
    return _module(site, "Conv2d", *sizes, **named)


@WRITERS.writes(TransposedConvolution)
def _transposed_convolution(site: Site) -> Code:
    assert isinstance(site.layer, TransposedConvolution)
    named = shortened(unusual(site.layer, "stride", "padding", "output_padding", "bias"))
    return _module(site, "ConvTranspose2d", site.channels, site.output[0], short(site.layer.kernel), **named)


@WRITERS.writes(Dense)
def _dense(site: Site) -> Code:
    return _module(site, "Linear", site.channels, site.output[0])


def _pooled(function: str, site: Site, x: str, **named: Any) -> str:
    """A call with the window of a pooling; without a stride it is as wide as the window."""
    layer = site.layer
    assert isinstance(layer, pooling.Pooling)
    stride = {} if layer.stride == layer.kernel else {"stride": short(layer.stride)}
    padding = shortened(unusual(layer, "padding")) if "padding" not in named else {}
    return call(function, x, short(layer.kernel), **stride, **padding, **named)


@WRITERS.writes(pooling.MaxPooling)
def _max_pooling(site: Site) -> str:
    return _pooled("F.max_pool2d", site, site.x)


@WRITERS.writes(pooling.MinPooling)
def _min_pooling(site: Site) -> str:
    return "-" + _pooled("F.max_pool2d", site, f"-{site.x}")


@WRITERS.writes(pooling.AveragePooling)
def _average_pooling(site: Site) -> str:
    return _pooled("F.avg_pool2d", site, site.x)


@WRITERS.writes(pooling.SumPooling)
def _sum_pooling(site: Site) -> str:
    return _pooled("F.avg_pool2d", site, site.x, divisor_override=1)


def _whole_window(site: Site) -> dict[str, Any]:
    """Kernel, stride and padding as pairs, for functions of our own."""
    assert isinstance(site.layer, pooling.Pooling)
    return {name: getattr(site.layer, name) for name in ("kernel", "stride", "padding")}


@WRITERS.writes(pooling.CountPooling)
def _count_pooling(site: Site) -> str:
    assert isinstance(site.layer, pooling.CountPooling)
    return call("count_pool2d", site.x, site.layer.threshold, **_whole_window(site))


@WRITERS.writes(pooling.MedianPooling)
def _median_pooling(site: Site) -> str:
    return call("median_pool2d", site.x, **_whole_window(site))


@WRITERS.writes(pooling.GlobalAveragePooling)
def _global_average_pooling(site: Site) -> str:
    return f"{site.x}.mean(dim=(2, 3))"


@WRITERS.writes(pooling.GlobalMaxPooling)
def _global_max_pooling(site: Site) -> str:
    return f"{site.x}.amax(dim=(2, 3))"


@WRITERS.writes(Upsampling)
def _upsampling(site: Site) -> str:
    """Plain ``nearest`` rounds places down after a division, which misses some by one."""
    assert isinstance(site.layer, Upsampling)
    mode = {"nearest": '"nearest-exact"', "bilinear": '"bilinear"'}[site.layer.mode]
    return call("F.interpolate", site.x, scale_factor=short(site.layer.factor), mode=mode)


@WRITERS.writes(activation.ReLU)
def _relu(site: Site) -> str:
    return f"F.relu({site.x})"


@WRITERS.writes(activation.LeakyReLU)
def _leaky_relu(site: Site) -> str:
    assert isinstance(site.layer, activation.LeakyReLU)
    return call("F.leaky_relu", site.x, site.layer.slope)


@WRITERS.writes(activation.Sigmoid, SigmoidOutput)
def _sigmoid(site: Site) -> str:
    return f"torch.sigmoid({site.x})"


@WRITERS.writes(activation.Tanh)
def _tanh(site: Site) -> str:
    return f"torch.tanh({site.x})"


@WRITERS.writes(activation.ELU)
def _elu(site: Site) -> str:
    assert isinstance(site.layer, activation.ELU)
    return call("F.elu", site.x, site.layer.alpha)


@WRITERS.writes(activation.Softplus)
def _softplus(site: Site) -> str:
    return f"F.softplus({site.x})"


@WRITERS.writes(activation.GELU)
def _gelu(site: Site) -> str:
    return call("F.gelu", site.x, approximate='"tanh"')


@WRITERS.writes(activation.SiLU)
def _silu(site: Site) -> str:
    return f"F.silu({site.x})"


@WRITERS.writes(activation.HardStep)
def _hard_step(site: Site) -> Code:
    return Code(f"({site.x} >= 0).to({site.x}.dtype)", note="no gradient goes through it here")


@WRITERS.writes(activation.Softmax, SoftmaxOutput)
def _softmax(site: Site) -> str:
    return f"F.softmax({site.x}, dim=1)"


@WRITERS.writes(BatchNormalization)
def _batch_normalization(site: Site) -> Code:
    assert isinstance(site.layer, BatchNormalization)
    usual = {"eps": 1e-5, "momentum": 0.1}
    chosen = {"eps": site.layer.epsilon, "momentum": site.layer.momentum}
    named = {name: value for name, value in chosen.items() if value != usual[name]}
    return _module(site, "BatchNorm2d" if site.on_picture else "BatchNorm1d", site.channels, **named)


@WRITERS.writes(LayerNormalization)
def _layer_normalization(site: Site) -> Code:
    assert isinstance(site.layer, LayerNormalization)
    named = {} if site.layer.epsilon == 1e-5 else {"eps": site.layer.epsilon}
    return _module(site, "LayerNorm", site.shapes[0], **named)


@WRITERS.writes(Flatten)
def _flatten(site: Site) -> str:
    return f"{site.x}.flatten(1)"


@WRITERS.writes(Multiply)
def _multiply(site: Site) -> str:
    first, second = site.inputs
    same = len(site.shapes[0]) == len(site.shapes[1])
    return f"{first} * {second}" if same else f"{first} * {second}[:, :, None, None]"


@WRITERS.writes(Concatenate)
def _concatenate(site: Site) -> str:
    return f"torch.cat([{', '.join(site.inputs)}], dim=1)"


@WRITERS.writes(Dropout)
def _dropout(site: Site) -> str:
    assert isinstance(site.layer, Dropout)
    return f"F.dropout({site.x}, {site.layer.rate}, self.training)"


@WRITERS.writes(SpatialDropout)
def _spatial_dropout(site: Site) -> str:
    assert isinstance(site.layer, SpatialDropout)
    return f"F.dropout2d({site.x}, {site.layer.rate}, self.training)"


@WRITERS.writes(GaussianNoise)
def _gaussian_noise(site: Site) -> str:
    assert isinstance(site.layer, GaussianNoise)
    return f"{site.x} + {site.layer.deviation} * torch.randn_like({site.x}) if self.training else {site.x}"


_FUNCTIONS = {
    "windows_of": '''
def windows_of(x: Tensor, kernel: Pair, stride: Pair, padding: Pair, value: float) -> Tensor:
    """What a sliding window shows at each place, in a row; around the picture lies ``value``."""
    rows, columns = padding
    padded = F.pad(x, (columns, columns, rows, rows), value=value)
    return padded.unfold(2, kernel[0], stride[0]).unfold(3, kernel[1], stride[1]).flatten(-2)
''',
    "median_pool2d": '''
def median_pool2d(x: Tensor, kernel: Pair, stride: Pair, padding: Pair) -> Tensor:
    """The middle of those values of each window that lie in the picture, of an even number the lower one."""
    return windows_of(x, kernel, stride, padding, value=float("nan")).nanmedian(dim=-1).values
''',
    "count_pool2d": '''
def count_pool2d(x: Tensor, threshold: float, kernel: Pair, stride: Pair, padding: Pair) -> Tensor:
    """How many values of each window are above the threshold; the zeros of the padding count."""
    return (windows_of(x, kernel, stride, padding, value=0.0) > threshold).sum(dim=-1).to(x.dtype)
''',
}

_LOADING = '''
def load_weights(network: {name}) -> {name}:
    """The network with the weights from the file beside this one."""
    with np.load(WEIGHTS) as arrays:
        weights = {{name: torch.from_numpy(values) for name, values in arrays.items()}}
    network.load_state_dict({state})
    return network
'''


def _body(outline: Outline) -> str:
    given, *rest = outline.sites
    codes = {site.name: WRITERS.code(site) for site in rest}
    kept = [statement(f"self.{name}", code.own, " " * 8) for name, code in codes.items() if code.own]
    counts = any(isinstance(site.layer, BatchNormalization) for site in rest)
    state = "network.state_dict() | weights" if counts else "weights"
    loading = _LOADING.format(name=outline.class_name, state=state).strip()
    return "\n".join((
        f"class {outline.class_name}(nn.Module):",
        "    def __init__(self) -> None:",
        "        super().__init__()",
        *kept,
        "",
        f"    def forward(self, {given.name}: Tensor) -> Tensor:",
        *(statement(name, code.value, " " * 8, code.note) for name, code in codes.items()),
        f"        return {outline.answer.name}\n\n\n{loading}",
    ))  # fmt: skip


def _answering(outline: Outline) -> list[str]:
    return [
        f"network = load_weights({outline.class_name}()).eval()",
        "with torch.no_grad():",
        "    answers = network(torch.from_numpy(pictures)).numpy()",
    ]


PYTORCH = Target(
    title="PyTorch",
    what="a PyTorch module",
    needs="PyTorch 2 and NumPy",
    imports={
        **STANDARD,
        "np": "import numpy as np",
        "torch": "import torch",
        "F": "import torch.nn.functional as F",
        "Tensor": "from torch import Tensor",
        "nn": "from torch import nn",
    },
    constants={"Pair": "Pair = tuple[int, int]"},
    functions={name: source.strip() for name, source in _FUNCTIONS.items()},
    body=_body,
    answering=_answering,
)
