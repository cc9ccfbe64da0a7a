"""Pooling kernels against loops, exactly: overlapping windows, gaps between windows, padding, equal values, NaN."""

from __future__ import annotations

import numpy as np
import pyopencl as cl
import pytest

from nnstudio.engine.opencl.forms import Form
from nnstudio.network.layers.pooling import AveragePooling, MaxPooling, Pooling
from tests.engine.opencl import reference
from tests.engine.opencl.rig import FORMS, Rig, in_forms, integers, network

Pair = tuple[int, int]
Case = tuple[tuple[int, int, int], Pair, Pair, Pair, int]

CASES: list[Case] = [
    # input, kernel, stride, padding, batch
    ((1, 1, 1), (1, 1), (1, 1), (0, 0), 1),
    ((3, 8, 6), (2, 2), (2, 2), (0, 0), 17),
    ((2, 7, 9), (2, 2), (2, 2), (0, 0), 16),
    ((2, 9, 8), (3, 3), (2, 2), (1, 1), 15),
    ((2, 6, 7), (3, 4), (1, 1), (1, 2), 5),
    ((1, 11, 10), (2, 4), (3, 5), (0, 1), 3),
    ((1, 20, 34), (18, 17), (1, 16), (3, 0), 2),
]


@pytest.mark.parametrize(("form", "case"), in_forms(CASES))
def test_maximum(device: cl.Device, form: Form, case: Case) -> None:
    rig, X, dY = prepared(device, form, case, MaxPooling)
    rig.run("op0_maximum", "op0_maximum_gradient")
    Y, dX = reference.maximum_pooling(X, dY, *case[1:4])
    assert np.array_equal(rig.read("value1", Y.shape[1:]), Y)
    assert np.array_equal(rig.read("gradient0", X.shape[1:]), dX)


@pytest.mark.parametrize(("form", "case"), in_forms(CASES))
def test_average(device: cl.Device, form: Form, case: Case) -> None:
    rig, X, dY = prepared(device, form, case, AveragePooling)
    rig.run("op0_average", "op0_average_gradient")
    Y, dX = reference.average_pooling(X, dY, *case[1:4])
    np.testing.assert_allclose(rig.read("value1", Y.shape[1:]), Y, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(rig.read("gradient0", X.shape[1:]), dX, rtol=1e-6, atol=1e-6)


def prepared(device: cl.Device, form: Form, case: Case, layer: type[Pooling]) -> tuple[Rig, np.ndarray, np.ndarray]:
    """Integers from a small range, so that many values are equal."""
    shape, kernel, stride, padding, batch = case
    generator = np.random.default_rng(sum(shape) + batch)
    plan = network(shape, layer(kernel=kernel, stride=stride, padding=padding))
    rig = Rig(device, plan, form, batch)
    X, dY = integers(generator, batch, *shape, bound=2), integers(generator, batch, *plan.tensors[1].shape)
    rig.write("value0", X)
    rig.write("gradient1", dY)
    return rig, X, dY


@pytest.mark.parametrize("place", range(4))
def test_nan_wins(device: cl.Device, place: int) -> None:
    plan = network((1, 2, 2), MaxPooling())
    rig = Rig(device, plan, FORMS["vector 16"], 1)
    X = np.array([1.0, -np.inf, np.inf, 2.0]).reshape(1, 1, 2, 2)
    X.flat[place] = np.nan
    rig.write("value0", X)
    rig.run("op0_maximum")
    assert np.isnan(rig.read("value1", (1, 1, 1))).all()


def test_all_minus_infinity_sends_the_gradient_to_the_first_place_in_the_picture(device: cl.Device) -> None:
    plan = network((1, 2, 2), MaxPooling(kernel=(2, 2), stride=(2, 2), padding=(1, 1)))
    rig = Rig(device, plan, FORMS["vector 16"], 1)
    rig.write("value0", np.full((1, 1, 2, 2), -np.inf))
    rig.write("gradient1", np.arange(1.0, 5.0).reshape(1, 1, 2, 2))
    rig.run("op0_maximum", "op0_maximum_gradient")
    assert rig.read("gradient0", (1, 2, 2)).ravel().tolist() == [1, 2, 3, 4]
