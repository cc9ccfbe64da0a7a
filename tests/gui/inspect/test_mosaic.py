"""Every weight is painted once, where `locate` finds it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.engine.initializers import Initializer, initial_parameters
from nnstudio.engine.plan import compile_plan
from nnstudio.gui.inspect.mosaic import MAX_SCALE, MIN_SCALE, Mosaic, nice_limit, sources
from nnstudio.network import LAYERS, NetworkSpec, check
from nnstudio.network.layers.convolution import Convolution, DepthwiseConvolution
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.normalization import BatchNormalization, LayerNormalization
from nnstudio.network.layers.transposed_convolution import TransposedConvolution
from nnstudio.network.presets import PRESETS, chain, lenet5, softmax_regression

shapes = st.tuples(st.integers(1, 9), st.integers(1, 4), st.integers(1, 5), st.integers(1, 5))
FRAME = 0xFFFFFFFF


@given(shape=shapes, width=st.integers(10, 400), height=st.integers(10, 400))
def test_every_weight_is_where_it_is_located(shape: tuple[int, int, int, int], width: int, height: int) -> None:
    mosaic = Mosaic.fitting(shape, width, height)
    colours = np.arange(1, np.prod(shape) + 1, dtype=np.uint32).reshape(shape)
    pixels = mosaic.paint(colours, FRAME, range(mosaic.rows), range(mosaic.columns))
    assert pixels.shape[0] - mosaic.gap == mosaic.size[0]
    for y in range(0, mosaic.size[0], 2):
        for x in range(0, mosaic.size[1], 2):
            place = mosaic.locate(y, x)
            assert pixels[y, x] == (colours[place] if place else pixels[y, x])
            assert (place is None) == (pixels[y, x] in (0, FRAME))
    assert set(np.unique(pixels)) - {0, FRAME} == set(np.arange(1, np.prod(shape) + 1))


@given(shape=shapes, width=st.integers(1, 800), height=st.integers(1, 800))
def test_it_fits_or_is_as_small_as_it_may_be(shape: tuple[int, int, int, int], width: int, height: int) -> None:
    mosaic = Mosaic.fitting(shape, width, height)
    fits = mosaic.size[0] <= height and mosaic.size[1] <= width
    assert fits or mosaic.scale == MIN_SCALE
    assert mosaic.scale <= MAX_SCALE


def test_only_tiles_in_sight_are_painted() -> None:
    mosaic = Mosaic((100, 50, 5, 5), 50, 10)
    down, right = mosaic.pitch
    rows, columns = mosaic.seen(2 * down + 1, right, 4 * down + 1, 3 * right + 1)
    assert (rows, columns) == (range(2, 5), range(1, 4))
    colours = np.arange(100 * 50 * 25, dtype=np.uint32).reshape(100, 50, 5, 5)
    pixels = mosaic.paint(colours, FRAME, rows, columns)
    assert pixels.shape == (3 * down, 3 * right)
    assert pixels[1, 1] == colours[2, 1, 0, 0]


def test_outside_there_is_nothing() -> None:
    mosaic = Mosaic((3, 1, 2, 2), 2, 5)
    assert mosaic.locate(-1, 3) is None
    assert mosaic.locate(*mosaic.size) is None
    assert mosaic.locate(mosaic.pitch[0] + 3, mosaic.pitch[1] + 3) is None  # the empty fourth place


@pytest.mark.parametrize(
    ("values", "limit"), [([0.31, -0.34], 0.35), ([-0.5], 0.5), ([1.2], 1.5), ([0.0], 1.0), ([np.nan, 2.0], 2.0)]
)
def test_the_scale_is_a_round_number(values: list[float], limit: float) -> None:
    assert nice_limit(np.array(values)) == limit


@given(st.floats(1e-6, 1e6))
def test_the_scale_holds_all_values(value: float) -> None:
    assert value <= nice_limit(np.array([value])) * (1 + 1e-9) <= 2.001 * value


def test_what_can_be_seen_of_each_preset() -> None:
    shapes = {name: [source.shape for source in sources(make(), check(make()))] for name, make in PRESETS.items()}
    assert shapes["lenet5"] == [(6, 1, 5, 5), (16, 6, 5, 5), (120, 16, 5, 5)]
    assert shapes["perceptron"] == [(10, 1, 28, 28)]


def test_a_broken_network_shows_what_still_has_a_shape() -> None:
    spec = lenet5().disconnect("conv2")
    assert [source.node for source in sources(spec, check(spec))] == ["conv1"]
    spec = softmax_regression().disconnect("dense1")
    assert sources(spec, check(spec)) == []


def every_kind_of_weights() -> NetworkSpec:
    """Convolutions of all kinds between normalizations, whose weights have one and three dimensions."""
    layers = [
        Input(channels=2, height=8, width=8),
        Convolution(filters=4, kernel=(3, 3), groups=2),
        BatchNormalization(),
        DepthwiseConvolution(kernel=(3, 3), multiplier=2),
        LayerNormalization(),
        TransposedConvolution(filters=3, kernel=(2, 2)),
        LAYERS["flatten"](),
        LAYERS["dense"](units=5),
        LAYERS["softmax_output"](),
    ]
    return chain("all", layers)


def test_only_what_can_be_seen_as_kernels_is_offered() -> None:
    spec = every_kind_of_weights()
    assert check(spec).ok
    found = {source.node: source.shape for source in sources(spec, check(spec))}
    assert found == {
        "conv1": (4, 1, 3, 3),
        "depthwise1": (8, 1, 3, 3),
        "upconv1": (3, 8, 2, 2),
        "dense1": (5, 3, 8, 8),
    }


def test_kernels_of_a_transposed_convolution_are_sorted_by_output() -> None:
    spec = every_kind_of_weights()
    weights = initial_parameters(compile_plan(spec), Initializer.HE_NORMAL, 0)
    for source in sources(spec, check(spec)):
        kernels = source.kernels(weights[source.parameter])
        assert kernels is not None
        assert kernels.shape == source.shape
        stored = weights[source.parameter]
        if source.node == "upconv1":
            np.testing.assert_array_equal(kernels[2, 7], stored[7, 2])
        else:
            np.testing.assert_array_equal(kernels.ravel(), stored.ravel())
        assert source.kernels(stored.ravel()[1:]) is None
