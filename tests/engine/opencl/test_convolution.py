"""Convolution kernels against loops, exactly, in every form and around every edge."""

from __future__ import annotations

import numpy as np
import pyopencl as cl
import pytest

from nnstudio.engine.opencl.forms import Form
from nnstudio.network.layers.convolution import Convolution
from tests.engine.opencl import reference
from tests.engine.opencl.rig import Rig, in_forms, integers, network

Case = tuple[tuple[int, int, int], int, tuple[int, int], tuple[int, int], tuple[int, int], int]

CASES: list[Case] = [
    # input, filters, kernel, stride, padding, batch
    ((1, 1, 1), 1, (1, 1), (1, 1), (0, 0), 1),
    ((1, 28, 28), 6, (5, 5), (1, 1), (2, 2), 17),
    ((6, 14, 14), 16, (5, 5), (1, 1), (0, 0), 16),
    ((2, 5, 7), 3, (3, 2), (2, 3), (1, 0), 33),
    ((3, 8, 9), 7, (3, 3), (1, 1), (1, 1), 15),
    ((3, 6, 31), 5, (1, 5), (1, 1), (0, 2), 3),
    ((5, 4, 25), 23, (3, 3), (1, 1), (1, 1), 1),
    ((2, 4, 24), 24, (3, 3), (1, 1), (1, 1), 2),
    ((2, 4, 23), 25, (3, 3), (1, 1), (1, 1), 64),
    ((13, 3, 3), 1, (3, 3), (1, 1), (0, 0), 18),
    ((1, 9, 9), 2, (2, 2), (3, 3), (0, 0), 4),
    ((2, 9, 10), 2, (3, 3), (2, 2), (1, 1), 4),
    ((2, 11, 9), 3, (4, 5), (3, 2), (3, 4), 4),
    ((3, 7, 7), 2, (1, 1), (2, 2), (0, 0), 65),
    ((1, 3, 3), 2, (7, 7), (1, 1), (2, 2), 5),
    ((1, 2, 2), 2, (3, 3), (4, 4), (5, 5), 5),
    ((1, 4, 40), 2, (1, 33), (1, 1), (0, 0), 2),
]
"""Sizes around a tile, strides beyond the kernel, padding beyond the picture, batches around a vector and a block."""


@pytest.mark.parametrize(("form", "case"), in_forms(CASES))
def test_convolution(device: cl.Device, form: Form, case: Case) -> None:
    shape, filters, kernel, stride, padding, batch = case
    generator = np.random.default_rng(sum(shape) + filters + batch)
    plan = network(shape, Convolution(filters=filters, kernel=kernel, stride=stride, padding=padding))
    rig = Rig(device, plan, form, batch)
    X, b = integers(generator, batch, *shape), integers(generator, filters)
    W = integers(generator, filters, shape[0], *kernel)
    dY = integers(generator, batch, *plan.tensors[1].shape)
    rig.write_parameters({"conv1.weight": W, "conv1.bias": b})
    rig.write("value0", X)
    rig.write("gradient1", dY)

    rig.run("op0_forward", "op0_weight_gradient", "op0_input_gradient")
    if rig.launches("op0_sum_parts"):
        rig.run("op0_sum_parts")

    assert np.array_equal(rig.read("value1", plan.tensors[1].shape), reference.convolution(X, W, b, stride, padding))
    dX, dW, db = reference.convolution_gradients(X, W, dY, stride, padding)
    gradients = rig.read_gradients()
    assert np.array_equal(rig.read("gradient0", shape), dX)
    assert np.array_equal(gradients["conv1.weight"], dW)
    assert np.array_equal(gradients["conv1.bias"], db)
