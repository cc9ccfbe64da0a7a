"""Every layer that ONNX knows gives what onnxruntime gives, with any settings, and so do whole networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from math import prod
from typing import Any

import numpy as np
import onnxruntime
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from nnstudio.engine.backend import Backend
from nnstudio.engine.initializers import Initializer, initial_parameters
from nnstudio.engine.numpy import NumpyBackend
from nnstudio.engine.plan import Plan, compile_plan
from nnstudio.network import LAYERS, Family, Layer, LayerError, NetworkSpec, Shape, check
from nnstudio.network.layers.activation import Sigmoid, Tanh
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.merge import Add, Concatenate, Merge
from nnstudio.network.layers.multiply import Multiply
from nnstudio.network.layers.pooling import GlobalAveragePooling
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.presets import PRESETS, Builder
from tests.engine.networks import SMALL_PRESETS, Array
from tests.engine.onnx_models import CONVERSIONS, NOT_IN_ONNX, onnx_model

INNER = [kind for kind in CONVERSIONS if LAYERS[kind].family is not Family.OUTPUT]
"""Kinds that can stand within a network."""


def test_every_layer_is_compared_or_there_is_a_reason() -> None:
    assert not CONVERSIONS.keys() & NOT_IN_ONNX.keys()
    assert CONVERSIONS.keys() | NOT_IN_ONNX.keys() == LAYERS.keys()
    assert all(NOT_IN_ONNX.values())
    ends = {PRESETS[name]().nodes[-1].layer.kind for name in SMALL_PRESETS}
    assert CONVERSIONS.keys() - set(INNER) <= ends, "outputs are compared with whole networks"


# ---- layers with any settings

SETTINGS: dict[str, st.SearchStrategy[Any]] = {
    "multiplier": st.integers(1, 3), "units": st.integers(1, 9), "bias": st.booleans(),
    "factor": st.tuples(st.integers(1, 3), st.integers(1, 3)), "mode": st.sampled_from(["nearest", "bilinear"]),
    "gradient": st.sampled_from(["perceptron", "straight_through"]),
    "slope": st.floats(0.01, 1.0), "alpha": st.floats(0.1, 3.0), "threshold": st.floats(-1.0, 1.0, width=16),
    "rate": st.floats(0.0, 0.9), "deviation": st.floats(0.0, 1.0), "epsilon": st.floats(1e-5, 0.1),
    "momentum": st.floats(0.01, 1.0),
}  # fmt: skip
"""Settings that fit any input, by name."""
PICTURES = st.tuples(st.integers(1, 6), st.integers(1, 9), st.integers(1, 9))


@st.composite
def layers_on(draw: st.DrawFn, kind: str, shape: Shape) -> Layer:
    """A layer of that kind that can work on pictures of ``shape``, or on all their values in a row."""
    channels, *size = shape
    declared = LAYERS[kind]
    fields = declared.model_fields
    if kind == "reshape":
        height = draw(st.sampled_from(divisors(prod(shape))))
        return declared(channels=prod(shape) // height, height=height)
    axes = [draw(windows(kind, length)) for length in size]
    chosen: dict[str, Any] = {name: (axes[0][name], axes[1][name]) for name in axes[0] if name in fields}
    chosen |= {name: draw(strategy) for name, strategy in SETTINGS.items() if name in fields}
    groups = draw(st.sampled_from(divisors(channels))) if "groups" in fields else 1
    chosen |= {"groups": groups} if "groups" in fields else {}
    chosen |= {"filters": groups * draw(st.integers(1, 3))} if "filters" in fields else {}
    return declared(**chosen)


@st.composite
def windows(draw: st.DrawFn, kind: str, size: int) -> dict[str, int]:
    """Settings of a window along an axis of that size, such that it fits."""
    kernel, stride = draw(st.integers(1, min(4, size))), draw(st.integers(1, 3))
    most = {Family.POOLING: kernel // 2, Family.CONVOLUTION: 3}.get(LAYERS[kind].family, 0)
    padding = draw(st.integers(0, (kernel - 1) // 2 if kind == "transposed_convolution" else most))
    widest = (size + 2 * padding - 1) // max(1, kernel - 1)
    return {
        "kernel": kernel,
        "stride": stride,
        "padding": padding,
        "dilation": draw(st.integers(1, max(1, min(3, widest)))),
        "output_padding": draw(st.integers(0, stride - 1)),
    }


def divisors(number: int) -> list[int]:
    return [divisor for divisor in range(1, number + 1) if number % divisor == 0]


Stem = tuple[Layer, Shape]
"""A layer and the shape that it works on."""


@st.composite
def stems(draw: st.DrawFn, kind: str, shape: Shape) -> Stem:
    """With pictures of ``shape``, or all their values in a row: whichever the layer takes."""
    layer = draw(layers_on(kind, shape))
    return layer, draw(st.sampled_from([each for each in (shape, (prod(shape),)) if takes(layer, each)]))


def takes(layer: Layer, shape: Shape) -> bool:
    try:
        layer.output_shape([shape] * layer.takes)
    except LayerError:
        return False
    return True


def bouquet(shape: Shape, those: Sequence[Stem]) -> tuple[NetworkSpec, list[str]]:
    """All layers behind one input, their values together in front of one output; and the names of the layers."""
    channels, height, width = shape
    builder = Builder("bouquet")
    root = {shape: builder.put(Input(channels=channels, height=height, width=width))}
    if any(len(each) == 1 for _, each in those):
        root[(prod(shape),)] = builder.put(Flatten())
    names = []
    for layer, each in those:
        others = [builder.path([other], root[each]) for other in companions(layer, each)]
        names.append(builder.put(layer, root[each], *others))
    report = check(builder.spec).layers
    rows = [builder.path([Flatten()], name) if len(report[name].output) == 3 else name for name in names]
    end = builder.put(Concatenate(), *rows) if len(rows) > 1 else rows[0]
    builder.path([Dense(units=2), SoftmaxOutput()], end)
    return builder.spec, names


def companions(layer: Layer, shape: Shape) -> list[Layer]:
    """What makes the other inputs of a layer that takes several."""
    match layer:
        case Add():
            return [Sigmoid(), Tanh()]
        case Multiply():
            return [Sigmoid() if len(shape) == 1 else GlobalAveragePooling()]
        case Merge():
            return [Convolution(filters=5, kernel=(1, 1)) if len(shape) == 3 else Dense(units=5), Tanh()]
    return []


# ---- comparing


def random_parameters(plan: Plan, seed: int) -> dict[str, Array]:
    """Weights as they begin; what begins with one value everywhere strays from it, as after training."""
    generator = np.random.default_rng(seed)
    drawn = dict(initial_parameters(plan, Initializer.HE_NORMAL, seed))
    for slot in plan.slots:
        if slot.parameter.initial is not None:
            strayed = slot.parameter.initial + generator.uniform(-0.3, 0.3, slot.shape)
            drawn[slot.name] = strayed.astype(np.float32)
    return drawn


def by_onnxruntime(
    spec: NetworkSpec, parameters: Mapping[str, Array], images: Array, nodes: Sequence[str]
) -> dict[str, Array]:
    """The values of ``nodes``."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    model = onnx_model(spec, parameters, nodes).SerializeToString()
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return dict(zip(nodes, session.run(list(nodes), {spec.nodes[0].id: images}), strict=True))


def assert_agree(backend: Backend, spec: NetworkSpec, nodes: Sequence[str], *, images: int, seed: int) -> None:
    """The values of ``nodes`` are onnxruntime's within the rounding of float32, relative to the largest of each."""
    plan = compile_plan(spec, keep=nodes)
    parameters = random_parameters(plan, seed)
    pictures = np.random.default_rng(seed).normal(0, 1, (images, *plan.input.shape)).astype(np.float32)
    expected = by_onnxruntime(spec, parameters, pictures, nodes)
    with closing(backend.prepare(plan, batch_size=max(1, images - 1))) as executable:
        executable.write_parameters(parameters)
        executable.poison()
        found = executable.activations(pictures, nodes)
    for name in nodes:
        assert found[name].shape == expected[name].shape, name
        scale = np.abs(expected[name]).max()
        assert_allclose(found[name], expected[name], rtol=1e-4, atol=2e-5 * scale + 1e-9, err_msg=name)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", INNER)
@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_layer_on_numpy(kind: str, dtype: type, data: st.DataObject) -> None:
    shape = data.draw(PICTURES)
    spec, names = bouquet(shape, [data.draw(stems(kind, shape))])
    assert_agree(NumpyBackend(dtype), spec, names, images=data.draw(st.integers(1, 4)), seed=data.draw(SEEDS))


SEEDS = st.integers(0, 1000)
BOUQUET = (6, 7, 6)
"""A picture that many groups of channels and many windows fit."""


@settings(
    max_examples=1,
    phases=[Phase.generate],  # each example compiles a program of its own, so the smallest would take long to find
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)
@given(st.data())
def test_all_layers_in_one_network(other_backend: Backend, data: st.DataObject) -> None:
    """On OpenCL, where compiling is what takes time."""
    spec, names = bouquet(BOUQUET, [data.draw(stems(kind, BOUQUET)) for kind in INNER])
    assert_agree(other_backend, spec, names, images=data.draw(st.sampled_from([1, 15, 18])), seed=data.draw(SEEDS))


# ---- whole networks


MANY_KERNELS = ("resnet20", "mobilenet-small", "vgg-small", "convnet")


@pytest.mark.parametrize("name", SMALL_PRESETS)
def test_a_whole_network(backend: Backend, name: str) -> None:
    if name in MANY_KERNELS and "OpenCL" in backend.name and backend.form.local:
        pytest.skip("its kernels are those of other networks here, and take half a minute to compile")
    spec = PRESETS[name]()
    before, last = spec.nodes[-2].id, spec.nodes[-1].id
    assert_agree(backend, spec, [before, last], images=3, seed=1)
