"""Our networks as ONNX models, layer by layer: what each means in the terms of onnx.ai.

A layer is one node of ONNX or a few; ``CONVERSIONS`` has a function for each kind, and ``NOT_IN_ONNX`` says why some
have none. Arrays need no change: pictures are NCHW and weights lie as in PyTorch on both sides. Names stay too: the
value of node ``conv1`` is called ``conv1``, its weights ``conv1.weight``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from nnstudio.network import Layer, NetworkSpec, Shape, check

OPSET = 20
"""The first with Gelu."""
IR_VERSION = 9
BATCH = "N"

NOT_IN_ONNX = {
    "input": "it is the graph's input, not a node",
    "median_pooling": "ONNX sorts along an axis (TopK), not in windows that slide",
}
"""Why these kinds have no conversion."""


@dataclass(frozen=True)
class Site:
    """A layer in its place: the names of what goes in and comes out, and the shapes of these for one image."""

    name: str
    layer: Layer
    inputs: tuple[str, ...]
    shapes: tuple[Shape, ...]
    output: Shape

    def node(self, op: str, *extra: str, of: str | None = None, to: str = "", **attributes: Any) -> onnx.NodeProto:
        """A node that reads the layer's first input (or ``of``) and ``extra``, and gives its output or ``to``."""
        first = self.inputs[0] if of is None else of
        return helper.make_node(op, [first, *extra], [to or self.name], name=to or self.name, **attributes)

    def parameters(self, *roles: str) -> list[str]:
        return [f"{self.name}.{role}" for role in roles]

    def inner(self, what: str) -> str:
        """A name for a value between the nodes of one layer."""
        return f"{self.name}/{what}"

    def constant(self, what: str, value: Any, dtype: type = np.float32) -> onnx.NodeProto:
        """A value that stands in the model, under the name of ``inner(what)``."""
        array = numpy_helper.from_array(np.asarray(value, dtype))
        return helper.make_node("Constant", [], [self.inner(what)], name=self.inner(what), value=array)


Conversion = Callable[[Site], list[onnx.NodeProto]]
CONVERSIONS: dict[str, Conversion] = {}
"""For each kind of layer, the nodes that compute it."""


def converts(*kinds: str) -> Callable[[Conversion], Conversion]:
    def enter(conversion: Conversion) -> Conversion:
        CONVERSIONS.update(dict.fromkeys(kinds, conversion))
        return conversion

    return enter


# ---- convolutions and dense


@converts("convolution", "depthwise_convolution")
def convolution(site: Site) -> list[onnx.NodeProto]:
    layer, channels = site.layer, site.shapes[0][0]
    return [site.node(
        "Conv", *site.parameters("weight", *(["bias"] if layer.bias else [])),
        **window(layer), dilations=layer.dilation, group=layer.groups_for(channels),
    )]  # fmt: skip


@converts("transposed_convolution")
def transposed_convolution(site: Site) -> list[onnx.NodeProto]:
    roles = ["weight", *(["bias"] if site.layer.bias else [])]
    extra = {"output_padding": site.layer.output_padding}
    return [site.node("ConvTranspose", *site.parameters(*roles), **window(site.layer), **extra)]


@converts("dense")
def dense(site: Site) -> list[onnx.NodeProto]:
    return [site.node("Gemm", *site.parameters("weight", "bias"), transB=1)]


def window(layer: Layer) -> dict[str, Any]:
    """Padding is given for the beginning of each axis, then for the end of each."""
    return {"kernel_shape": layer.kernel, "strides": layer.stride, "pads": layer.padding * 2}


# ---- poolings


@converts("max_pooling")
def max_pooling(site: Site) -> list[onnx.NodeProto]:
    return [site.node("MaxPool", **window(site.layer))]


@converts("min_pooling")
def min_pooling(site: Site) -> list[onnx.NodeProto]:
    """``min x = -max -x``."""
    below, largest = site.inner("negative"), site.inner("largest")
    return [
        site.node("Neg", to=below), site.node("MaxPool", of=below, to=largest, **window(site.layer)),
        site.node("Neg", of=largest),
    ]  # fmt: skip


@converts("average_pooling")
def average_pooling(site: Site) -> list[onnx.NodeProto]:
    return [site.node("AveragePool", **window(site.layer), count_include_pad=1)]


@converts("sum_pooling")
def sum_pooling(site: Site) -> list[onnx.NodeProto]:
    return window_sum(site, site.inputs[0])


@converts("count_pooling")
def count_pooling(site: Site) -> list[onnx.NodeProto]:
    """The padding comes first, since a threshold below 0 counts its zeros."""
    above, ones, padded = site.inner("above"), site.inner("ones"), site.inner("padded")
    rows, columns = site.layer.padding
    return [
        site.constant("threshold", site.layer.threshold),
        site.constant("margins", [0, 0, rows, columns, 0, 0, rows, columns], np.int64),
        site.node("Pad", site.inner("margins"), to=padded),
        site.node("Greater", site.inner("threshold"), of=padded, to=above),
        as_number(above, ones),
        *window_sum(site, ones, padding=(0, 0)),
    ]  # fmt: skip


def as_number(truth: str, name: str) -> onnx.NodeProto:
    """1 where ``truth`` is true, else 0."""
    return helper.make_node("Cast", [truth], [name], name=name, to=onnx.TensorProto.FLOAT)


def window_sum(site: Site, of: str, padding: tuple[int, int] | None = None) -> list[onnx.NodeProto]:
    """The mean times the number of places."""
    layer = site.layer if padding is None else site.layer.model_copy(update={"padding": padding})
    mean = site.inner("mean")
    return [
        site.constant("places", float(prod(layer.kernel))),
        site.node("AveragePool", of=of, to=mean, **window(layer), count_include_pad=1),
        site.node("Mul", site.inner("places"), of=mean),
    ]


@converts("global_average_pooling", "global_max_pooling")
def global_pooling(site: Site) -> list[onnx.NodeProto]:
    """ONNX keeps a height and width of 1."""
    op = {"global_average_pooling": "GlobalAveragePool", "global_max_pooling": "GlobalMaxPool"}[site.layer.kind]
    picture = site.inner("picture")
    return [site.node(op, to=picture), site.node("Flatten", of=picture)]


@converts("upsampling")
def upsampling(site: Site) -> list[onnx.NodeProto]:
    """Resize takes a region of interest, which is left out here, and the factors of all four axes."""
    how = {
        "nearest": {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"},
        "bilinear": {"mode": "linear", "coordinate_transformation_mode": "half_pixel"},
    }[site.layer.mode]
    factors = site.constant("factors", [1, 1, *site.layer.factor])
    return [factors, site.node("Resize", "", site.inner("factors"), **how)]


# ---- activations


@converts("relu", "sigmoid", "tanh", "softplus")
def activation(site: Site) -> list[onnx.NodeProto]:
    return [site.node(type(site.layer).__name__.replace("ReLU", "Relu"))]


@converts("leaky_relu")
def leaky_relu(site: Site) -> list[onnx.NodeProto]:
    return [site.node("LeakyRelu", alpha=site.layer.slope)]


@converts("elu")
def elu(site: Site) -> list[onnx.NodeProto]:
    return [site.node("Elu", alpha=site.layer.alpha)]


@converts("gelu")
def gelu(site: Site) -> list[onnx.NodeProto]:
    return [site.node("Gelu", approximate="tanh")]


@converts("silu")
def silu(site: Site) -> list[onnx.NodeProto]:
    share = site.inner("share")
    return [site.node("Sigmoid", to=share), site.node("Mul", share)]


@converts("hard_step")
def hard_step(site: Site) -> list[onnx.NodeProto]:
    reached = site.inner("reached")
    return [
        site.constant("zero", 0.0),
        site.node("GreaterOrEqual", site.inner("zero"), to=reached),
        as_number(reached, site.name),
    ]


@converts("softmax", "softmax_output")
def softmax(site: Site) -> list[onnx.NodeProto]:
    """Over the units of a vector, or the channels of a picture: axis 1 either way."""
    return [site.node("Softmax", axis=1)]


# ---- normalization


@converts("batch_normalization")
def batch_normalization(site: Site) -> list[onnx.NodeProto]:
    """ONNX counts momentum the other way round; it only matters while training."""
    roles = site.parameters("weight", "bias", "running_mean", "running_variance")
    momentum = 1 - site.layer.momentum
    return [site.node("BatchNormalization", *roles, epsilon=site.layer.epsilon, momentum=momentum)]


@converts("layer_normalization")
def layer_normalization(site: Site) -> list[onnx.NodeProto]:
    """Over all axes from 1 on."""
    return [site.node("LayerNormalization", *site.parameters("weight", "bias"), axis=1, epsilon=site.layer.epsilon)]


# ---- shapes, merging, and what does nothing when a network is used


@converts("flatten")
def flatten(site: Site) -> list[onnx.NodeProto]:
    return [site.node("Flatten")]


@converts("reshape")
def reshape(site: Site) -> list[onnx.NodeProto]:
    return [site.constant("shape", [-1, *site.output], np.int64), site.node("Reshape", site.inner("shape"))]


@converts("add")
def add(site: Site) -> list[onnx.NodeProto]:
    """ONNX's Add takes two; Sum takes any number."""
    return [site.node("Add" if len(site.inputs) == 2 else "Sum", *site.inputs[1:])]


@converts("multiply")
def multiply(site: Site) -> list[onnx.NodeProto]:
    """One value for each channel is first made a picture of one pixel."""
    if len(site.shapes[0]) == len(site.shapes[1]):
        return [site.node("Mul", site.inputs[1])]
    axes = site.constant("axes", [2, 3], np.int64)
    pixel = site.node("Unsqueeze", site.inner("axes"), of=site.inputs[1], to=site.inner("pixel"))
    return [axes, pixel, site.node("Mul", site.inner("pixel"))]


@converts("concatenate")
def concatenate(site: Site) -> list[onnx.NodeProto]:
    return [site.node("Concat", *site.inputs[1:], axis=1)]


@converts("dropout", "spatial_dropout")
def dropout(site: Site) -> list[onnx.NodeProto]:
    """Without a third input it is not training."""
    return [site.constant("rate", site.layer.rate), site.node("Dropout", site.inner("rate"))]


@converts("gaussian_noise", "linear_output")
def identity(site: Site) -> list[onnx.NodeProto]:
    return [site.node("Identity")]


@converts("sigmoid_output")
def sigmoid_output(site: Site) -> list[onnx.NodeProto]:
    return [site.node("Sigmoid")]


# ---- whole networks


def onnx_model(
    spec: NetworkSpec, parameters: Mapping[str, NDArray[np.floating]], outputs: Collection[str]
) -> onnx.ModelProto:
    """``spec`` with these parameters; the values of the nodes ``outputs`` come out. The model has been checked."""
    report = check(spec).layers
    first, *rest = spec.ordered()
    nodes: list[onnx.NodeProto] = []
    for node in rest:
        layer = report[node.id]
        site = Site(node.id, node.layer, spec.sources(node.id), layer.inputs, layer.output)
        nodes += CONVERSIONS[node.layer.kind](site)
    graph = helper.make_graph(
        nodes,
        spec.name,
        [_value(first.id, report[first.id].output)],
        [_value(name, report[name].output) for name in outputs],
        [numpy_helper.from_array(np.asarray(array, np.float32), name) for name, array in parameters.items()],
    )
    opset = helper.make_opsetid("", OPSET)
    model = helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION, producer_name="nnstudio")
    onnx.checker.check_model(model, full_check=True)
    return model


def _value(name: str, shape: Shape) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [BATCH, *shape])
