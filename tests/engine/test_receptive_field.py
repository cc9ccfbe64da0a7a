"""Receptive fields against the engine: which rows and columns of the picture change the value in the middle."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nnstudio.engine.numpy import NumpyBackend
from nnstudio.engine.plan import compile_plan
from nnstudio.network import Layer, LayerReport, NetworkSpec, check
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.linear_output import LinearOutput
from nnstudio.network.layers.merge import Add
from nnstudio.network.layers.normalization import LayerNormalization
from nnstudio.network.layers.pooling import AveragePooling, GlobalAveragePooling, MaxPooling
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.layers.transposed_convolution import TransposedConvolution
from nnstudio.network.layers.upsampling import Upsampling
from nnstudio.network.presets import Builder, chain, preset

SIDE = 48


def seen(spec: NetworkSpec, shape: tuple[int, ...]) -> tuple[int, int] | None:
    """Rows and columns from the first to the last that the middle of the last picture depends on; ``None`` if that
    reaches the edge. All weights are positive, so nothing cancels out."""
    plan = compile_plan(spec)
    rows = np.zeros((2 * SIDE, 1, SIDE, SIDE), np.float32)
    for line in range(SIDE):
        rows[line, 0, line, :] = 1
        rows[SIDE + line, 0, :, line] = 1
    executable = NumpyBackend().prepare(plan, batch_size=len(rows))
    weights = {slot.name: np.full(slot.shape, float(slot.parameter.role == "weight")) for slot in plan.slots}
    executable.write_parameters(weights)
    values = executable.predict(rows).reshape(len(rows), *shape)
    executable.close()
    touched = values[:, 0, shape[1] // 2, shape[2] // 2] > 0
    extents = [np.flatnonzero(part) for part in (touched[:SIDE], touched[SIDE:])]
    if any(len(extent) == 0 or extent[0] == 0 or extent[-1] == SIDE - 1 for extent in extents):
        return None
    return int(np.ptp(extents[0])) + 1, int(np.ptp(extents[1])) + 1


def last_picture(spec: NetworkSpec) -> LayerReport:
    return check(spec).layers[spec.sources("flatten1")[0]]


PAIR = st.tuples(st.integers(1, 3), st.integers(1, 3))
STEP = st.sampled_from([(1, 1), (1, 1), (2, 2), (2, 1), (1, 3)])
# Without padding: what it adds cannot be touched, and no setting of it changes how much is seen.
LAYERS = st.one_of(
    st.builds(Convolution, filters=st.just(1), kernel=PAIR, stride=STEP, dilation=PAIR),
    st.builds(lambda kernel, stride: AveragePooling(kernel=kernel, stride=stride), PAIR, STEP),
    st.builds(lambda kernel, stride: MaxPooling(kernel=kernel, stride=stride), PAIR, STEP),
    st.builds(TransposedConvolution, filters=st.just(1), kernel=PAIR, stride=STEP, padding=st.just((0, 0))),
    st.builds(Upsampling, factor=PAIR, mode=st.sampled_from(["nearest", "bilinear"])),
)


@settings(max_examples=30)
@given(st.lists(LAYERS, min_size=1, max_size=5))
def test_chains_see_what_the_engine_sees(layers: Sequence[Layer]) -> None:
    spec = chain("x", [Input(height=SIDE, width=SIDE), *layers, Flatten(), LinearOutput()])
    assume(check(spec).ok)
    report = last_picture(spec)
    assume(max(report.output) <= 2 * SIDE)
    touched = seen(spec, report.output)
    if touched is not None:
        assert report.receptive_field == touched


SAME = st.sampled_from([(1, 0, 1), (3, 1, 1), (5, 2, 1), (3, 2, 2), (2, 1, 2)])
"""Kernel, padding and dilation with which a picture keeps its size."""
FORK = st.tuples(st.lists(SAME, max_size=3), st.lists(SAME, max_size=2))


@settings(max_examples=25)
@given(st.lists(FORK, min_size=1, max_size=2), st.booleans())
def test_paths_that_part_and_meet_see_the_union(forks: Sequence[Sequence[Sequence[tuple[int, ...]]]], up: bool) -> None:
    network = Builder("x")
    network.path([Input(height=SIDE, width=SIDE), AveragePooling()])
    for paths in forks:
        start, ends = network.end, []
        for path in paths:
            convolutions = [Convolution(filters=1, kernel=k, padding=p, dilation=d) for k, p, d in path]
            ends.append(network.path(convolutions, start))
        network.put(Add(), *ends)
        network.path([Upsampling(factor=(2, 1))] if up else [])
    network.path([Flatten(), LinearOutput()])
    report = last_picture(network.spec)
    touched = seen(network.spec, report.output)
    if touched is not None:
        assert report.receptive_field == touched


@pytest.mark.parametrize(
    ("name", "layer", "field"),
    [
        ("lenet5", "pool2", (16, 16)), ("vgg-small", "conv6", (32, 32)), ("resnet20", "add9", (81, 81)),
        ("mobilenet-small", "conv7", (31, 31)), ("alexnet", "pool3", (195, 195)), ("vgg16", "pool5", (212, 212)),
        ("autoencoder", "conv2", (7, 7)), ("autoencoder", "upconv1", None), ("lenet5", "flatten1", None),
    ],
)  # fmt: skip
def test_known_networks(name: str, layer: str, field: tuple[int, int] | None) -> None:
    """AlexNet's and VGG-16's as Araujo et al. have them, the input of the pooling for AlexNet in the form of 2014."""
    assert check(preset(name)).layers[layer].receptive_field == field


def test_what_sees_everything_has_no_receptive_field() -> None:
    layers = [Input(), Convolution(kernel=3), LayerNormalization(), Convolution(kernel=3), GlobalAveragePooling()]
    reports = check(chain("x", [*layers, Dense(), SoftmaxOutput()])).layers
    assert reports["conv1"].receptive_field == (3, 3)
    assert [reports[name].receptive_field for name in ("layernorm1", "conv2", "pool1", "dense1")] == [None] * 4
