"""Convolutions of all kinds on a device against loops, with whole numbers, so that results must be exact."""

from __future__ import annotations

import numpy as np
import pyopencl as cl
from numpy.typing import NDArray

from nnstudio.engine.opencl.choices import Choices
from nnstudio.engine.opencl.forms import Form
from nnstudio.network.layers.convolution import SlidingFilters
from nnstudio.network.layers.transposed_convolution import TransposedConvolution
from tests.engine.opencl import reference
from tests.engine.opencl.rig import Rig, integers, network

Array = NDArray[np.float64]
Sliding = SlidingFilters | TransposedConvolution

PRODUCTS = ("op0_forward", "op0_weight_gradient", "op0_input_gradient")


def computed(rig: Rig, parameters: dict[str, Array], X: Array, dY: Array) -> dict[str, Array]:
    """What the device makes of a convolution that is op 0: ``Y``, ``dX``, and gradients by the parameters' roles."""
    node = rig.plan.ops[0].layer_node
    rig.write_parameters({f"{node}.{role}": values for role, values in parameters.items()})
    rig.write("value0", X)
    rig.write("gradient1", dY)
    rig.run(*PRODUCTS, *(["op0_sum_parts"] if rig.launches("op0_sum_parts") else []))
    gradients = rig.read_gradients()
    Y, dX = rig.read("value1", dY.shape[1:]), rig.read("gradient0", X.shape[1:])
    return {"Y": Y, "dX": dX} | {role: gradients[f"{node}.{role}"] for role in parameters}


def expected(layer: Sliding, parameters: dict[str, Array], X: Array, dY: Array) -> dict[str, Array]:
    """The same by loops. A transposed convolution is the gradient of one from its outputs to its inputs."""
    W, stride, padding = parameters["weight"], layer.stride, layer.padding
    if isinstance(layer, TransposedConvolution):
        Y, _ = reference.convolution_gradients(np.zeros_like(dY), W, X, stride, padding)
        _, dW = reference.convolution_gradients(dY, W, X, stride, padding)
        dX = reference.convolution(dY, W, stride, padding)
    else:
        groups = layer.groups_for(X.shape[1])
        Y = reference.convolution(X, W, stride, padding, layer.dilation, groups)
        dX, dW = reference.convolution_gradients(X, W, dY, stride, padding, layer.dilation, groups)
    if "bias" not in parameters:
        return {"Y": Y, "dX": dX, "weight": dW}
    return {"Y": Y + parameters["bias"][:, None, None], "dX": dX, "weight": dW, "bias": dY.sum(axis=(0, 2, 3))}


def assert_convolves(
    device: cl.Device,
    form: Form,
    shape: tuple[int, int, int],
    layer: Sliding,
    batch: int,
    choices: Choices | None = None,
) -> None:
    """Forward and backward, in ``form`` and with tiles of ``choices``."""
    generator = np.random.default_rng(sum(shape) + batch)
    plan = network(shape, layer)
    parameters = {slot.parameter.role: integers(generator, *slot.shape) for slot in plan.ops[0].parameters}
    X, dY = integers(generator, batch, *shape), integers(generator, batch, *plan.tensors[1].shape)
    found = computed(Rig(device, plan, form, batch, choices=choices), parameters, X, dY)
    wanted = expected(layer, parameters, X, dY)
    assert found.keys() == wanted.keys()
    for name, values in wanted.items():
        np.testing.assert_array_equal(found[name], values, err_msg=name)
