"""Products through local memory: the six of convolutions and dense layers against loops, exactly, with every tile; and
what happens where a device has less than was hoped for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pyopencl as cl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnstudio.engine.backend import DeviceError
from nnstudio.engine.initializers import Initializer, initial_parameters
from nnstudio.engine.numpy import NumpyBackend
from nnstudio.engine.opencl import starting
from nnstudio.engine.opencl.backend import OpenCLBackend, form_for
from nnstudio.engine.opencl.forms import LEAST_GROUP, LEAST_LOCAL, Form, gpu_form
from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.gemm_tiles import gemm_tiles, items_of, local_bytes
from nnstudio.engine.opencl.lowering import lower
from nnstudio.engine.opencl.starting import startable
from nnstudio.engine.opencl.stream import Stream
from nnstudio.engine.plan import compile_plan
from nnstudio.network import Layer
from nnstudio.network.layers.activation import ReLU, Tanh
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.pooling import MaxPooling
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.presets import chain, lenet5
from tests.engine.opencl.convolving import assert_convolves, computed, expected
from tests.engine.opencl.rig import Nth, Rig, integers, network

GPU = gpu_form(1, compute_units=4, local=2**14)

Shape = tuple[int, int, int]
Pair = tuple[int, int]


@pytest.mark.parametrize(
    ("shape", "filters", "kernel", "stride", "padding", "batch", "number"),
    [
        # Chunks of k within a cell and tiles within a place, so that those of padding are left out.
        ((16, 6, 5), 32, (3, 3), (1, 1), (1, 1), 65, 0),
        ((32, 7, 7), 16, (5, 4), (2, 3), (2, 1), 3, 1),
        ((16, 5, 5), 16, (2, 2), (3, 3), (0, 0), 64, 2),
        # Larger than the largest tile, and not a multiple of any.
        ((5, 4, 4), 131, (2, 3), (1, 1), (0, 1), 130, 3),
        ((67, 3, 3), 17, (3, 3), (1, 1), (2, 2), 2, 4),
    ],
)  # fmt: skip
def test_whole_chunks_and_ragged_tiles(
    device: cl.Device, shape: Shape, filters: int, kernel: Pair, stride: Pair, padding: Pair, batch: int, number: int
) -> None:
    layer = Convolution(filters=filters, kernel=kernel, stride=stride, padding=padding)
    assert_convolves(device, GPU, shape, layer, batch, Nth(number))


pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
few_programs = settings(
    max_examples=5, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@few_programs
@given(
    channels=st.integers(1, 19), filters=st.integers(1, 19), batch=st.integers(1, 130), number=st.integers(0, 7),
    kernel=st.tuples(st.integers(1, 7), st.integers(1, 7)), stride=pairs,
    padding=st.tuples(st.integers(0, 3), st.integers(0, 3)), more=st.tuples(st.integers(0, 5), st.integers(0, 5)),
    bias=st.booleans(),
)  # fmt: skip
def test_any_convolution(
    device: cl.Device,
    channels: int,
    filters: int,
    batch: int,
    number: int,
    kernel: Pair,
    stride: Pair,
    padding: Pair,
    more: Pair,
    bias: bool,
) -> None:
    """The picture is a little larger than the kernel needs."""
    height, width = (max(1, k - 2 * p) + m for k, p, m in zip(kernel, padding, more, strict=True))
    layer = Convolution(filters=filters, kernel=kernel, stride=stride, padding=padding, bias=bias)
    assert_convolves(device, GPU, (channels, height, width), layer, batch, Nth(number))


@few_programs
@given(inputs=st.integers(1, 150), units=st.integers(1, 150), batch=st.integers(1, 130), number=st.integers(0, 7))
def test_any_dense_layer(device: cl.Device, inputs: int, units: int, batch: int, number: int) -> None:
    generator = np.random.default_rng(inputs)
    rig = Rig(device, network((1, 1, inputs), Dense(units=units)), GPU, batch, choices=Nth(number))
    X, b = integers(generator, batch, inputs), integers(generator, units)
    W, dY = integers(generator, units, inputs), integers(generator, batch, units)
    rig.write_parameters({"dense1.weight": W, "dense1.bias": b})
    rig.write("value0", X)
    rig.write("gradient2", dY)
    rig.run("op1_forward", "op1_weight_gradient", "op1_input_gradient")
    if rig.launches("op1_sum_parts"):
        rig.run("op1_sum_parts")
    gradients = rig.read_gradients()
    assert np.array_equal(rig.read("value2", (units,)), X @ W.T + b)
    assert np.array_equal(rig.read("gradient0", (inputs,)), dY @ W)
    assert np.array_equal(gradients["dense1.weight"], dY.T @ X)
    assert np.array_equal(gradients["dense1.bias"], dY.sum(axis=0))


def test_every_tile_and_every_run_gives_the_same_bits(device: cl.Device) -> None:
    generator = np.random.default_rng(0)
    plan = network((6, 9, 9), Convolution(filters=16, kernel=(3, 3), padding=(1, 1)))
    X, dY = generator.standard_normal((70, 6, 9, 9)), generator.standard_normal((70, 16, 9, 9))
    parameters = {"weight": generator.standard_normal((16, 6, 3, 3)), "bias": generator.standard_normal(16)}
    rigs = [Rig(device, plan, GPU, 70, choices=Nth(number)) for number in (0, 0, 3, 7)]
    assert len({launch.local for rig in rigs for launch in rig.launches("op0_forward")}) > 1
    first, *others = (computed(rig, parameters, X, dY) for rig in rigs)
    for name, values in first.items():
        assert np.isfinite(values).all()
        assert all(np.array_equal(values, other[name]) for other in others), name


def test_nan_goes_where_it_is_seen_and_nowhere_else(device: cl.Device) -> None:
    layer = Convolution(filters=5, kernel=(3, 3), padding=(1, 1))
    X, dY = np.ones((7, 3, 6, 6)), np.ones((7, 5, 6, 6))
    X[2, 1, 0, 3] = dY[4, 3, 5, 5] = np.nan
    parameters = {"weight": np.ones((5, 3, 3, 3)), "bias": np.zeros(5)}
    values = computed(Rig(device, network((3, 6, 6), layer), GPU, 7), parameters, X, dY)
    found = {name: np.isnan(array) for name, array in values.items()}
    wanted = {name: np.isnan(array) for name, array in expected(layer, parameters, X, dY).items()}
    for name in ("Y", "dX", "bias"):
        assert 0 < wanted[name].sum() < wanted[name].size
        assert np.array_equal(found[name], wanted[name]), name
    # Padding is zeros here, and 0 times NaN is NaN: all cells of the filter's kernel see it.
    assert found["weight"][3].all()
    assert not found["weight"][[0, 1, 2, 4]][:, [0, 2]].any()


def test_a_small_vgg_follows_numpy(device: cl.Device) -> None:
    """Activations fused forward and backward, convolutions behind each other, pooling between."""

    def convolution(filters: int) -> Layer:
        return Convolution(filters=filters, kernel=(3, 3), padding=(1, 1))

    layers = [
        Input(channels=3, height=10, width=10), convolution(16), ReLU(), convolution(16), ReLU(), MaxPooling(),
        convolution(32), Tanh(), MaxPooling(), Flatten(), Dense(units=20), ReLU(), Dense(units=10), SoftmaxOutput(),
    ]  # fmt: skip
    plan = compile_plan(chain("small VGG", layers))
    generator = np.random.default_rng(1)
    images, labels = generator.random((33, 3, 10, 10), np.float32), generator.integers(0, 10, 33)
    results = []
    for backend in (OpenCLBackend(device, form=GPU), NumpyBackend(np.float64)):
        executable = backend.prepare(plan, batch_size=33)
        executable.write_parameters(initial_parameters(plan, Initializer.HE_NORMAL, 2))
        results.append({**executable.gradients(images, labels), "scores": executable.predict(images)})
        executable.close()
    for name, values in results[0].items():
        expected = results[1][name]
        np.testing.assert_allclose(values, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max(), err_msg=name)


# ---- tiles and shares


@given(
    rows=st.integers(1, 5000), columns=st.integers(1, 10**6), shares=st.integers(1, 500), units=st.integers(1, 200),
    local=st.integers(LEAST_LOCAL, 2**16), group=st.integers(LEAST_GROUP, 1024),
)  # fmt: skip
def test_there_are_always_tiles_and_all_fit(
    rows: int, columns: int, shares: int, units: int, local: int, group: int
) -> None:
    tiles = gemm_tiles(rows, columns, shares, gpu_form(1, units, local=local, local_group=group))
    assert tiles
    for tile in tiles:
        assert items_of(tile) <= group
        assert local_bytes(tile) <= local


def test_a_large_product_has_large_tiles_and_a_small_one_enough_groups() -> None:
    form = gpu_form(1, compute_units=40, local=2**14)
    rows, columns, item_rows, item_columns = gemm_tiles(1024, 2**14, 1, form)[0]
    assert (rows * columns, item_rows * item_columns) == (64 * 128, 64)
    rows, columns, *_ = gemm_tiles(120, 64, 1, form)[0]
    assert 120 / rows * 64 / columns >= 14


@given(channels=st.integers(1, 40), filters=st.integers(1, 40), batch=st.integers(1, 600), units=st.integers(1, 150))
@settings(max_examples=30, deadline=None)
def test_shares_have_all_images_and_places_once(channels: int, filters: int, batch: int, units: int) -> None:
    plan = network((channels, 7, 6), Convolution(filters=filters, kernel=(3, 2)))
    frame = Frame(plan, gpu_form(1, units, local=2**14), batch)
    schedule = lower(frame)
    constants = next(section.constants for section in schedule.sections if section.file == "convolution_gemm")
    shares = next(launch.size[1] for launch in schedule.training if launch.kernel == "op0_weight_gradient_gemm")
    depth, images = int(constants["SHARE_DEPTH"]), frame.blocks * frame.form.block
    assert (shares - 1) * depth < images * 5 * 5 <= shares * depth
    assert shares == constants["PARTS"]


# ---- devices


def test_a_form_with_local_memory_says_what_it_needs() -> None:
    for vector, local, group in [(2, 2**14, 256), (1, 100, 256), (1, 2**14, 8)]:
        with pytest.raises(ValueError, match="`local`"):
            gpu_form(vector, 4, local=local, local_group=group)


@pytest.mark.parametrize(
    ("limit", "group", "local"), [(256, 256, 2**14), (100, 64, 2**14), (16, 16, 2**14), (8, 16, 0)]
)
def test_groups_become_smaller_until_the_kernels_can_be_started(
    device: cl.Device, monkeypatch: pytest.MonkeyPatch, limit: int, group: int, local: int
) -> None:
    monkeypatch.setattr(starting, "most_items", lambda *_: limit)
    plan = compile_plan(chain("test", [Input(height=20, width=20), Flatten(), Dense(units=200), SoftmaxOutput()]))
    frame = startable(Stream(cl.Context([device])), Frame(plan, GPU, 64), training=False)
    assert (frame.form.local_group, frame.form.local) == (group, local)


def test_a_compiler_that_refuses_ends_with_the_direct_kernels(
    device: cl.Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise DeviceError("too many registers")

    monkeypatch.setattr(starting, "Programs", lambda *_: SimpleNamespace(of=refuse))
    executable = OpenCLBackend(device, form=GPU).prepare(compile_plan(lenet5()), batch_size=5)
    assert executable.predict(np.zeros((2, 1, 28, 28), np.uint8)).shape == (2, 10)


def described(**values: Any) -> Form:
    """The form for a GPU that says this of itself."""
    usual = {
        "type": cl.device_type.GPU, "native_vector_width_float": 1, "max_compute_units": 10,
        "max_work_group_size": 1024, "max_work_item_sizes": [1024, 1024, 64],
        "local_mem_type": cl.device_local_mem_type.LOCAL, "local_mem_size": 2**16,
    }  # fmt: skip
    return form_for(cast(cl.Device, SimpleNamespace(**usual | values)))


def test_a_gpu_has_what_it_says_and_no_more_than_is_good() -> None:
    assert described() == gpu_form(1, 10, local=2**14, local_group=256)
    assert described(max_work_group_size=128, local_mem_size=5000) == gpu_form(1, 10, local=5000, local_group=128)
    assert described(max_work_item_sizes=[64, 64, 64]).local_group == 64


@pytest.mark.parametrize(
    "lack",
    [
        {"local_mem_type": cl.device_local_mem_type.GLOBAL}, {"local_mem_size": 1024}, {"max_work_group_size": 8},
        {"native_vector_width_float": 4},
    ],
    ids=str,
)  # fmt: skip
def test_a_gpu_without_local_memory_computes_directly(lack: dict[str, Any]) -> None:
    assert described(**lack).local == 0
