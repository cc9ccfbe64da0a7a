"""Pooling kernels against loops, exactly: overlapping windows, gaps between windows, padding, equal values, NaN."""

from __future__ import annotations

import numpy as np
import pyopencl as cl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnstudio.engine.opencl.forms import Form
from nnstudio.network import Layer, Shape
from nnstudio.network.layers.pooling import (
    AveragePooling,
    CountPooling,
    GlobalAveragePooling,
    GlobalMaxPooling,
    MaxPooling,
    MedianPooling,
    MinPooling,
    Pooling,
    SumPooling,
)
from tests.engine.opencl.rig import FORMS, Rig, in_forms, integers, network
from tests.engine.references import REFERENCES

Pair = tuple[int, int]
Axis = tuple[int, int, int, int]
"""Size, kernel, stride and padding along it."""
Case = tuple[Shape, Pair, Pair, Pair, int]

WINDOWS: list[Case] = [
    # input, kernel, stride, padding, batch
    ((1, 1, 1), (1, 1), (1, 1), (0, 0), 1),
    ((3, 8, 6), (2, 2), (2, 2), (0, 0), 17),
    ((2, 7, 9), (2, 2), (2, 2), (0, 0), 16),
    ((2, 9, 8), (3, 3), (2, 2), (1, 1), 15),
    ((2, 6, 7), (3, 4), (1, 1), (1, 2), 5),
    ((2, 7, 5), (3, 2), (3, 2), (1, 1), 18),
    ((1, 11, 10), (2, 4), (3, 5), (0, 1), 3),
    ((1, 3, 140), (1, 2), (1, 2), (0, 0), 2),
]
OVERLAPPING, APART = WINDOWS[3], WINDOWS[5]
OTHERS: list[tuple[type[Pooling], dict[str, float]]] = [
    (MinPooling, {}), (MedianPooling, {}), (SumPooling, {}),
    (CountPooling, {"threshold": 0.0}), (CountPooling, {"threshold": -1.5}),
]  # fmt: skip
"""Those that have the gradients of maximum and average."""
KINDS = [(MaxPooling, {}), (AveragePooling, {}), *OTHERS]
SINGLE: list[tuple[Shape, Layer, int]] = [
    ((1, 20, 34), MaxPooling(kernel=(18, 17), stride=(1, 16), padding=(3, 0)), 2),  # more places than a byte counts
    ((1, 20, 34), MinPooling(kernel=(19, 20), stride=(30, 20), padding=(9, 0)), 2),
    ((1, 12, 13), MedianPooling(kernel=(9, 9), stride=(2, 3), padding=(4, 3)), 3),
    ((3, 1, 1), GlobalMaxPooling(), 5),
    ((3, 5, 7), GlobalMaxPooling(), 17),
    ((1, 30, 20), GlobalMaxPooling(), 2),
    ((3, 1, 1), GlobalAveragePooling(), 5),
    ((3, 5, 7), GlobalAveragePooling(), 17),
]
"""What would be slow or impossible with each of the above."""
CASES = [
    (shape, layer(kernel=kernel, stride=stride, padding=padding, **settings), batch)
    for layer, settings in KINDS
    for shape, kernel, stride, padding, batch in ((OVERLAPPING, APART) if (layer, settings) in OTHERS else WINDOWS)
] + SINGLE


def assert_pools(device: cl.Device, form: Form, shape: Shape, layer: Layer, batch: int) -> None:
    """Forward and backward, with whole numbers from a small range, so that many values are equal."""
    generator = np.random.default_rng(sum(shape) + batch)
    rig = Rig(device, network(shape, layer), form, batch)
    out = rig.plan.tensors[1].shape
    X, dY = integers(generator, batch, *shape, bound=2), integers(generator, batch, *out)
    rig.write("value0", X)
    rig.write("gradient1", dY)
    rig.run_launches(rig.launches("op0_")[:2])

    loops = REFERENCES[type(layer)](layer, {})
    np.testing.assert_allclose(rig.read("value1", out), loops.forward(X), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(rig.read("gradient0", shape), loops.backward(dY)[0], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(("form", "case"), in_forms(CASES))
def test_pooling(device: cl.Device, form: Form, case: tuple[Shape, Layer, int]) -> None:
    assert_pools(device, form, *case)


@st.composite
def axes(draw: st.DrawFn) -> Axis:
    kernel, stride = draw(st.integers(1, 5)), draw(st.integers(1, 6))
    padding = draw(st.integers(0, kernel // 2))
    return draw(st.integers(max(1, kernel - 2 * padding), 12)), kernel, stride, padding


@given(
    kind=st.sampled_from(KINDS), height=axes(), width=axes(), channels=st.integers(1, 3), batch=st.integers(1, 18),
    form=st.sampled_from(["vector 16", "work-items, vector 2"]),
)  # fmt: skip
@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
def test_any_window(
    device: cl.Device, kind: tuple[type[Pooling], dict[str, float]], height: Axis, width: Axis, channels: int,
    batch: int, form: str,
) -> None:  # fmt: skip
    layer, own = kind
    kernel, stride, padding = zip(height[1:], width[1:], strict=True)
    window = layer(kernel=kernel, stride=stride, padding=padding, **own)
    assert_pools(device, FORMS[form], (channels, height[0], width[0]), window, batch)


@pytest.mark.parametrize("layer", [MaxPooling(), MinPooling(), MedianPooling(kernel=2), GlobalMaxPooling()],
                         ids=lambda layer: layer.kind)  # fmt: skip
@pytest.mark.parametrize("place", range(4))
def test_nan_wins(device: cl.Device, layer: Layer, place: int) -> None:
    rig = Rig(device, network((1, 2, 2), layer), FORMS["vector 16"], 1)
    X = np.array([1.0, -np.inf, np.inf, 2.0]).reshape(1, 1, 2, 2)
    X.flat[place] = np.nan
    rig.write("value0", X)
    rig.run_launches(rig.launches("op0_")[:1])
    assert np.isnan(rig.read("value1", (1, 1, 1))).all()


@pytest.mark.parametrize("layer", [AveragePooling(), SumPooling(), CountPooling(), GlobalAveragePooling()],
                         ids=lambda layer: layer.kind)  # fmt: skip
def test_nan_remains(device: cl.Device, layer: Layer) -> None:
    rig = Rig(device, network((1, 2, 2), layer), FORMS["vector 16"], 1)
    rig.write("value0", np.array([1.0, 2.0, np.nan, 4.0]).reshape(1, 1, 2, 2))
    rig.run_launches(rig.launches("op0_")[:1])
    assert np.isnan(rig.read("value1", (1, 1, 1))).all()


@pytest.mark.parametrize(("layer", "value"), [(MaxPooling, -np.inf), (MinPooling, np.inf), (MedianPooling, np.inf)])
def test_infinities_send_the_gradient_to_the_first_place_in_the_picture(
    device: cl.Device, layer: type[Pooling], value: float
) -> None:
    """What stands for the padding has the same value."""
    plan = network((1, 2, 2), layer(kernel=(2, 2), stride=(2, 2), padding=(1, 1)))
    rig = Rig(device, plan, FORMS["vector 16"], 1)
    rig.write("value0", np.full((1, 1, 2, 2), value))
    rig.write("gradient1", np.arange(1.0, 5.0).reshape(1, 1, 2, 2))
    rig.run_launches(rig.launches("op0_")[:2])
    assert rig.read("gradient0", (1, 2, 2)).ravel().tolist() == [1, 2, 3, 4]
