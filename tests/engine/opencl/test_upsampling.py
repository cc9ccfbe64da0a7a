"""Upsampling kernels against loops, with values that both have exactly where the factors are powers of two."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pyopencl as cl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnstudio.engine.opencl.forms import Form
from nnstudio.network import Shape
from nnstudio.network.layers.upsampling import Upsampling
from tests.engine.opencl.rig import FORMS, Rig, in_forms, integers, network
from tests.engine.references import REFERENCES

Mode = Literal["nearest", "bilinear"]
Case = tuple[Shape, Upsampling, int]

CASES: list[Case] = [
    (shape, Upsampling(factor=factor, mode=mode), batch)
    for shape, factor, batch in [
        ((1, 1, 1), (1, 1), 1),
        ((2, 3, 5), (2, 2), 17),
        ((3, 1, 4), (3, 2), 16),
        ((1, 4, 1), (4, 3), 5),
        ((1, 2, 70), (1, 2), 3),
        ((1, 3, 2), (5, 7), 2),
    ]
    for mode in ("nearest", "bilinear")
]


def assert_upsamples(device: cl.Device, form: Form, shape: Shape, layer: Upsampling, batch: int) -> None:
    generator = np.random.default_rng(sum(shape) + batch)
    rig = Rig(device, network(shape, layer), form, batch)
    out = rig.plan.tensors[1].shape
    X, dY = integers(generator, batch, *shape), integers(generator, batch, *out)
    rig.write("value0", X)
    rig.write("gradient1", dY)
    rig.run_launches(rig.launches("op0_")[:2])
    loops = REFERENCES[Upsampling](layer, {})
    exact = all(factor & (factor - 1) == 0 for factor in layer.factor)
    tolerance = {"rtol": 0 if exact else 1e-6, "atol": 0 if exact else 2e-5}
    np.testing.assert_allclose(rig.read("value1", out), loops.forward(X), **tolerance)
    np.testing.assert_allclose(rig.read("gradient0", shape), loops.backward(dY)[0], **tolerance)


@pytest.mark.parametrize(("form", "case"), in_forms(CASES))
def test_upsampling(device: cl.Device, form: Form, case: Case) -> None:
    assert_upsamples(device, form, *case)


@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
@given(
    shape=st.tuples(st.integers(1, 3), st.integers(1, 7), st.integers(1, 7)),
    factor=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    batch=st.integers(1, 18),
    form=st.sampled_from(["vector 16", "work-items, vector 2"]),
)
@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])
def test_any_factor(
    device: cl.Device, mode: Mode, shape: Shape, factor: tuple[int, int], batch: int, form: str
) -> None:
    assert_upsamples(device, FORMS[form], shape, Upsampling(factor=factor, mode=mode), batch)


def test_an_edge_is_repeated_and_the_middle_blended(device: cl.Device) -> None:
    """By hand: factor 2 puts places at a quarter and three quarters."""
    rig = Rig(device, network((1, 1, 3), Upsampling(factor=(1, 2), mode="bilinear")), FORMS["vector 16"], 1)
    rig.write("value0", np.array([[0.0, 4.0, 8.0]]))
    rig.run_launches(rig.launches("op0_")[:1])
    assert rig.read("value1", (6,)).ravel().tolist() == [0, 1, 3, 5, 7, 8]
