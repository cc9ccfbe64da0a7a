"""Convolution kernels against loops, exactly, in every form and around every edge."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyopencl as cl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnstudio.engine.opencl.forms import Form
from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.lowering import lower
from nnstudio.network.layers.convolution import Convolution, DepthwiseConvolution
from nnstudio.network.layers.transposed_convolution import TransposedConvolution
from tests.engine.opencl.convolving import Sliding, assert_convolves, computed
from tests.engine.opencl.rig import FORMS, Nth, Rig, in_forms, network

Pair = tuple[int, int]
Case = tuple[tuple[int, int, int], Sliding, int]


def conv(filters: int, kernel: Pair, stride: Pair, padding: Pair, **settings: Any) -> Convolution:
    return Convolution(filters=filters, kernel=kernel, stride=stride, padding=padding, **settings)


def depthwise(kernel: Pair, stride: Pair, padding: Pair, **settings: Any) -> DepthwiseConvolution:
    return DepthwiseConvolution(kernel=kernel, stride=stride, padding=padding, **settings)


def upconv(filters: int, kernel: Pair, stride: Pair, padding: Pair, **settings: Any) -> TransposedConvolution:
    return TransposedConvolution(filters=filters, kernel=kernel, stride=stride, padding=padding, **settings)


CASES: list[Case] = [
    # input, layer with kernel, stride and padding, batch
    ((1, 1, 1), conv(1, (1, 1), (1, 1), (0, 0)), 1),
    ((1, 28, 28), conv(6, (5, 5), (1, 1), (2, 2)), 17),
    ((6, 14, 14), conv(16, (5, 5), (1, 1), (0, 0)), 16),
    ((2, 5, 7), conv(3, (3, 2), (2, 3), (1, 0)), 33),
    ((3, 8, 9), conv(7, (3, 3), (1, 1), (1, 1)), 15),
    ((3, 6, 31), conv(5, (1, 5), (1, 1), (0, 2)), 3),
    ((5, 4, 25), conv(23, (3, 3), (1, 1), (1, 1), bias=False), 1),
    ((2, 4, 24), conv(24, (3, 3), (1, 1), (1, 1)), 2),
    ((2, 4, 23), conv(25, (3, 3), (1, 1), (1, 1)), 64),
    ((13, 3, 3), conv(1, (3, 3), (1, 1), (0, 0)), 18),
    ((1, 9, 9), conv(2, (2, 2), (3, 3), (0, 0)), 4),
    ((2, 9, 10), conv(2, (3, 3), (2, 2), (1, 1), bias=False), 4),
    ((2, 11, 9), conv(3, (4, 5), (3, 2), (3, 4)), 4),
    ((3, 7, 7), conv(2, (1, 1), (2, 2), (0, 0)), 65),
    ((1, 3, 3), conv(2, (7, 7), (1, 1), (2, 2)), 5),
    ((1, 2, 2), conv(2, (3, 3), (4, 4), (5, 5)), 5),
    ((1, 4, 40), conv(2, (1, 33), (1, 1), (0, 0)), 2),
    # groups and dilation
    ((6, 7, 9), conv(46, (3, 3), (1, 1), (1, 1), groups=2), 17),
    ((4, 6, 8), conv(4, (3, 2), (2, 2), (1, 1), groups=4, bias=False), 3),
    ((2, 9, 23), conv(5, (3, 3), (1, 1), (2, 2), dilation=(2, 2)), 16),
    ((3, 12, 11), conv(2, (2, 3), (3, 2), (2, 5), dilation=(5, 4), bias=False), 18),
    ((4, 9, 10), conv(6, (3, 2), (2, 3), (3, 1), dilation=(2, 3), groups=2), 15),
    ((5, 6, 33), depthwise((3, 3), (1, 1), (1, 1)), 33),
    ((3, 9, 8), depthwise((3, 2), (2, 3), (1, 1), bias=False), 16),
    ((2, 7, 9), depthwise((2, 3), (1, 2), (1, 0), dilation=(3, 2), multiplier=23), 17),
    ((1, 8, 8), depthwise((6, 7), (1, 1), (3, 3)), 5),
    # transposed
    ((3, 5, 6), upconv(4, (2, 2), (2, 2), (0, 0)), 17),
    ((23, 4, 9), upconv(25, (3, 3), (1, 1), (1, 1)), 16),
    ((2, 3, 4), upconv(3, (3, 5), (3, 2), (1, 2), output_padding=(2, 1)), 15),
    ((2, 4, 3), upconv(1, (1, 2), (2, 3), (0, 0), output_padding=(1, 0), bias=False), 33),
    ((1, 7, 7), upconv(2, (6, 4), (1, 1), (3, 2)), 2),
]
"""Sizes around a tile, strides beyond the kernel, padding beyond the picture, batches around a vector and a block."""


@pytest.mark.parametrize(("form", "case"), in_forms(CASES))
def test_convolution(device: cl.Device, form: Form, case: Case) -> None:
    shape, layer, batch = case
    assert_convolves(device, form, shape, layer, batch)


# ---- any shape

pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
kernels, paddings = st.tuples(st.integers(1, 4), st.integers(1, 5)), st.tuples(st.integers(0, 3), st.integers(0, 3))
batches = st.sampled_from([1, 15, 16, 17, 31, 33, 65])
few_programs = settings(
    max_examples=8, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
both_forms = pytest.mark.parametrize("form", [FORMS["vector 16"], FORMS["local memory"]], ids=["cpu", "gpu"])


@st.composite
def convolutions(draw: st.DrawFn) -> Case:
    """The picture is a little larger than the kernel needs."""
    kernel, stride, padding, dilation = draw(kernels), draw(pairs), draw(paddings), draw(pairs)
    groups, extra = draw(st.integers(1, 4)), draw(st.tuples(st.integers(0, 9), st.integers(0, 9)))
    axes = zip(kernel, dilation, padding, extra, strict=True)
    height, width = (max(1, (k - 1) * d + 1 - 2 * p) + more for k, d, p, more in axes)
    channels, filters = groups * draw(st.integers(1, 5)), groups * draw(st.integers(1, 22))
    layer = conv(filters, kernel, stride, padding, dilation=dilation, groups=groups, bias=draw(st.booleans()))
    return (channels, height, width), layer, draw(batches)


@st.composite
def transposed_convolutions(draw: st.DrawFn) -> Case:
    """The picture is so large that the padding leaves something of it."""
    kernel, stride, padding = draw(kernels), draw(pairs), draw(paddings)
    height, width = (
        -(-max(0, 2 * p + 1 - k) // s) + 1 + draw(st.integers(0, 5))
        for k, s, p in zip(kernel, stride, padding, strict=True)
    )
    more = draw(st.tuples(*(st.integers(0, s - 1) for s in stride)))
    filters, bias = draw(st.integers(1, 22)), draw(st.booleans())
    layer = upconv(filters, kernel, stride, padding, output_padding=more, bias=bias)
    return (draw(st.integers(1, 22)), height, width), layer, draw(batches)


@both_forms
@few_programs
@given(case=convolutions(), number=st.integers(0, 4))
def test_any_convolution(device: cl.Device, form: Form, case: Case, number: int) -> None:
    shape, layer, batch = case
    assert_convolves(device, form, shape, layer, batch, Nth(number))


@both_forms
@few_programs
@given(case=transposed_convolutions(), number=st.integers(0, 4))
def test_any_transposed_convolution(device: cl.Device, form: Form, case: Case, number: int) -> None:
    shape, layer, batch = case
    assert_convolves(device, form, shape, layer, batch, Nth(number))


# ---- tiles


LAYERS: list[tuple[tuple[int, int, int], Sliding]] = [
    ((4, 9, 9), conv(14, (3, 3), (1, 1), (1, 1), groups=2, dilation=(1, 2))),
    ((5, 9, 9), depthwise((3, 3), (1, 1), (1, 1))),
    ((7, 6, 5), upconv(9, (3, 3), (2, 2), (1, 1), output_padding=(1, 1))),
]


@pytest.mark.parametrize(("shape", "layer"), LAYERS, ids=["groups", "depthwise", "transposed"])
def test_every_tile_gives_the_same_bits(device: cl.Device, shape: tuple[int, int, int], layer: Sliding) -> None:
    generator = np.random.default_rng(0)
    plan = network(shape, layer)
    X, dY = (generator.standard_normal((35, *plan.tensors[index].shape)) for index in (0, 1))
    parameters = {slot.parameter.role: generator.standard_normal(slot.shape) for slot in plan.ops[0].parameters}
    rigs = [Rig(device, plan, FORMS["vector 16"], 35, choices=Nth(number)) for number in range(3)]
    first, *others = (computed(rig, parameters, X, dY) for rig in rigs)
    for name, values in first.items():
        assert np.isfinite(values).all()
        assert all(np.array_equal(values, other[name]) for other in others), name


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@given(case=st.one_of(convolutions(), transposed_convolutions()))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_kernel_is_asked_for_once_under_its_own_name(form: Form, case: Case) -> None:
    """What the tuner measures and remembers must be what is launched."""
    shape, layer, batch = case
    frame = Frame(network(shape, layer), form, batch)
    launched = {launch.kernel for launch in lower(frame).training} | {"op0_input_gradient"}
    asked = [question.kernel for question in frame.choices.asked if question.kernel.startswith("op0")]
    names = {name.removesuffix("_gemm") for name in asked}
    assert names == {"op0_forward", "op0_weight_gradient", "op0_input_gradient"}
    assert len(asked) == 3
    assert all(kernel in launched for kernel in asked if "input_gradient" not in kernel)
    assert len({question.key for question in frame.choices.asked}) == len(frame.choices.asked)
