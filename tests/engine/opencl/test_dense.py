"""The three matrix products against NumPy in float64, exactly."""

from __future__ import annotations

import numpy as np
import pyopencl as cl
import pytest

from nnstudio.engine.opencl.forms import Form
from nnstudio.network.layers.dense import Dense
from tests.engine.opencl.rig import Rig, in_forms, integers, network

CASES = [(1, 1, 1), (5, 7, 16), (6, 24, 15), (25, 23, 17), (120, 25, 64), (9, 11, 65), (3, 49, 150), (515, 517, 17)]
"""Inputs, units, batch."""


@pytest.mark.parametrize(("form", "case"), in_forms(CASES))
def test_products(device: cl.Device, form: Form, case: tuple[int, int, int]) -> None:
    inputs, units, batch = case
    generator = np.random.default_rng(sum(case))
    rig = Rig(device, network((1, 1, inputs), Dense(units=units)), form, batch)
    X, b = integers(generator, batch, inputs), integers(generator, units)
    W, dY = integers(generator, units, inputs), integers(generator, batch, units)
    rig.write_parameters({"dense1.weight": W, "dense1.bias": b})
    rig.write("value0", X)
    rig.write("gradient2", dY)

    kernels = ("weights_turned", "forward", "turn", "weight_gradient", "input_gradient", "sum_parts")
    rig.run(*(f"op1_{kernel}" for kernel in kernels if rig.launches(f"op1_{kernel}")))

    gradients = rig.read_gradients()
    assert np.array_equal(rig.read("value2", (units,)), X @ W.T + b)
    assert np.array_equal(rig.read("gradient0", (inputs,)), dY @ W)
    assert np.array_equal(gradients["dense1.weight"], dY.T @ X)
    assert np.array_equal(gradients["dense1.bias"], dY.sum(axis=0))
