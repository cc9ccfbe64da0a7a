"""Activations, dropout, softmax with its losses, gather and optimizers against what they are defined as."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyopencl as cl
import pytest

from nnstudio.engine.opencl import optimizers as opencl_optimizers
from nnstudio.engine.opencl.forms import Form
from nnstudio.engine.opencl.frame import Frame
from nnstudio.engine.opencl.samples import TRAINING, SampleStore, gather, gather_sections
from nnstudio.engine.opencl.schedule import GRADIENTS, HITS, LABELS, LOSSES, PARAMETERS
from nnstudio.engine.optimizers import OPTIMIZERS, OptimizerBase
from nnstudio.engine.plan import compile_plan
from nnstudio.engine.random import random_bits, stream, threshold
from nnstudio.network.layers.activation import (
    ELU,
    GELU,
    Activation,
    HardStep,
    LeakyReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.dropout import Dropout
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.presets import chain
from tests.engine.opencl import reference
from tests.engine.opencl.rig import FORMS, Rig, in_forms, network
from tests.engine.references import REFERENCES

Function = Callable[[np.ndarray], np.ndarray]

forms = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)


def gate(x: np.ndarray) -> np.ndarray:
    """What GELU takes the hyperbolic tangent of."""
    return np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)


def gate_slope(x: np.ndarray) -> np.ndarray:
    return np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * x**2)


ACTIVATIONS: dict[Activation, tuple[Function, Function]] = {
    ReLU(): (lambda x: np.maximum(x, 0), lambda x: x > 0),
    LeakyReLU(slope=0.1): (lambda x: np.where(x > 0, x, 0.1 * x), lambda x: np.where(x > 0, 1, 0.1)),
    Sigmoid(): (lambda x: 1 / (1 + np.exp(-x)), lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2),
    Tanh(): (np.tanh, lambda x: 1 / np.cosh(x) ** 2),
    ELU(): (lambda x: np.where(x > 0, x, np.expm1(x)), lambda x: np.where(x > 0, 1, np.exp(x))),
    ELU(alpha=3): (lambda x: np.where(x > 0, x, 3 * np.expm1(x)), lambda x: np.where(x > 0, 1, 3 * np.exp(x))),
    Softplus(): (lambda x: np.log1p(np.exp(x)), lambda x: 1 / (1 + np.exp(-x))),
    GELU(): (lambda x: x / 2 * (1 + np.tanh(gate(x))),
             lambda x: (1 + np.tanh(gate(x))) / 2 + x / 2 * gate_slope(x) * (1 - np.tanh(gate(x)) ** 2)),
    SiLU(): (lambda x: x / (1 + np.exp(-x)),
             lambda x: 1 / (1 + np.exp(-x)) + x * np.exp(-x) / (1 + np.exp(-x)) ** 2),
    HardStep(): (lambda x: x >= 0, lambda x: np.ones_like(x)),
    HardStep(gradient="straight_through"): (lambda x: x >= 0, lambda x: np.abs(x) <= 1),
}  # fmt: skip
"""Each with its function and derivative."""


@pytest.mark.parametrize(("form", "layer"), in_forms(list(ACTIVATIONS)))
def test_activation(device: cl.Device, form: Form, layer: Activation) -> None:
    function, derivative = ACTIVATIONS[layer]
    shape, batch = (3, 5, 7), 17
    generator = np.random.default_rng(0)
    X, dY = generator.normal(0, 2, (batch, *shape)), generator.normal(0, 1, (batch, *shape))
    X.flat[:3] = 0, 30, -30
    rig = Rig(device, network(shape, layer), form, batch)
    rig.write("value0", X)
    rig.write("gradient1", dY)
    rig.run("op0_forward", "op0_input_gradient")
    np.testing.assert_allclose(rig.read("value1", shape), function(X), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(rig.read("gradient0", shape), dY * derivative(X), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("layer", ACTIVATIONS, ids=lambda layer: f"{layer.title} {layer.settings_text()}".strip())
def test_activation_keeps_nan_and_bears_large_values(device: cl.Device, layer: Activation) -> None:
    rig = Rig(device, network((1, 1, 3), layer), FORMS["vector 16"], 1)
    rig.write("value0", np.array([[np.nan, 1e30, -1e30]]))
    rig.write("gradient1", np.ones((1, 3)))
    rig.run("op0_forward", "op0_input_gradient")
    assert np.isnan(rig.read("value1", (3,))).tolist() == [[True, False, False]]
    assert not np.isnan(rig.read("gradient0", (3,)))[0, 1:].any()


@pytest.mark.parametrize("layer", [Tanh(), ELU(), Softplus(), GELU(), SiLU()], ids=lambda layer: layer.title)
def test_small_values_keep_their_digits(device: cl.Device, layer: Activation) -> None:
    """Where a function is written with exponentials, and would be a difference of large numbers, and around the places
    where it is then written in another way."""
    X = np.concatenate([np.geomspace(1e-20, 2, 150), -np.geomspace(1e-20, 2, 150), np.linspace(-5, -2, 100)])
    rig = Rig(device, network((1, 20, 20), layer), FORMS["vector 16"], 1)
    rig.write("value0", X[np.newaxis])
    rig.run("op0_forward")
    X = X.astype(np.float32).astype(np.float64)
    np.testing.assert_allclose(rig.read("value1", (400,))[0], ACTIVATIONS[layer][0](X), rtol=5e-6)


@pytest.mark.parametrize("shape", [(7, 1, 1), (1, 2, 3), (5, 3, 7), (18, 4, 5)])
@forms
def test_softmax_at_each_place(device: cl.Device, form: Form, shape: tuple[int, int, int]) -> None:
    batch, generator = 17, np.random.default_rng(0)
    X, dY = generator.normal(0, 3, (batch, *shape)), generator.normal(0, 1, (batch, *shape))
    X[0, 0], X[1, 0] = 200, -200
    rig = Rig(device, network(shape, Softmax()), form, batch)
    rig.write("value0", X)
    rig.write("gradient1", dY)
    rig.run("op0_forward", "op0_input_gradient")
    loops = REFERENCES[Softmax](Softmax(), {})
    np.testing.assert_allclose(rig.read("value1", shape), loops.forward(X), rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(rig.read("gradient0", shape), loops.backward(dY)[0], rtol=1e-4, atol=1e-6)


@forms
def test_dropout_drops_what_the_hash_says(device: cl.Device, form: Form) -> None:
    shape, batch, rate, seed, step = (2, 3, 5), 19, 0.3, 77, 5
    generator = np.random.default_rng(0)
    X, dY = generator.normal(0, 2, (batch, *shape)), generator.normal(0, 1, (batch, *shape))
    keep = random_bits(stream(seed, step, 0), X.size) >= threshold(rate)
    scale = keep.reshape(X.shape) / (1 - rate)
    rig = Rig(device, network(shape, Dropout(rate=rate)), form, batch)
    rig.write("value0", X)
    rig.write("gradient1", dY)

    rig.run("op0_forward", "op0_input_gradient", step=(0, batch, step, 0, 1), seed=seed)
    np.testing.assert_allclose(rig.read("value1", shape), X * scale, rtol=1e-6)
    np.testing.assert_allclose(rig.read("gradient0", shape), dY * scale, rtol=1e-6)

    rig.run("op0_forward", "op0_input_gradient", step=(0, batch, step, 0, 0), seed=seed)
    np.testing.assert_allclose(rig.read("value1", shape), X, rtol=1e-6)
    np.testing.assert_allclose(rig.read("gradient0", shape), dY, rtol=1e-6)


@pytest.mark.parametrize("loss", ["cross_entropy", "mean_squared_error"])
@forms
def test_softmax(device: cl.Device, form: Form, loss: str) -> None:
    units, batch, row = 7, 18, 3
    generator = np.random.default_rng(0)
    z, labels = generator.normal(0, 3, (batch, units)), generator.integers(0, units, batch)
    labels[:2] = 0, units - 1
    layers = [Input(channels=units, height=1, width=1), Flatten(), SoftmaxOutput()]
    rig = Rig(device, compile_plan(chain("scores", layers), loss=loss), form, batch)
    rig.write("value0", z)
    rig.write_labels(labels)
    rig.run("op1_forward", step=(0, batch, 0, row, 1))

    P, losses, dz = reference.softmax_loss(z, labels, loss)
    np.testing.assert_allclose(rig.read("value2", (units,)), P, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(rig.read("gradient0", (units,)), dz, rtol=1e-4, atol=1e-7)
    read = np.empty((row + 1, rig.frame.vectors), np.float32)
    rig.stream.read(read, rig.memory[LOSSES])
    np.testing.assert_allclose(read[row].sum(), losses.sum(), rtol=1e-5)
    hits = np.empty((row + 1, rig.frame.vectors), np.int32)
    rig.stream.read(hits, rig.memory[HITS])
    assert hits[row].sum() == np.count_nonzero(P.argmax(axis=1) == labels)
    whole = np.empty((rig.frame.blocks, units, form.block), np.float32)
    rig.stream.read(whole, rig.memory["gradient0"])
    assert not whole.swapaxes(1, 2).reshape(-1, units)[batch:].any(), "what is no image has no gradient"


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@forms
def test_gather(device: cl.Device, form: Form, dtype: type[np.generic]) -> None:
    shape, batch, count = (2, 5, 9), 20, 13
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (50, *shape)).astype(dtype)
    labels, order = generator.integers(0, 2, 50).astype(np.int32), generator.permutation(50)
    plan = network(shape, ReLU())
    rig = Rig(device, plan, form, batch, gather_sections(Frame(plan, form, batch)))
    store = SampleStore(TRAINING, rig.memory, rig.stream)
    store.load(images, labels)
    store.set_order(order)
    rig.run_launches([gather(rig.frame, TRAINING, store.dtype)], step=(30, count, 0, 0, 1))

    expected = np.zeros((batch, *shape), np.float32)
    expected[:count] = images[order[30 : 30 + count]].astype(np.float32) / np.float32(255 if dtype is np.uint8 else 1)
    assert np.array_equal(rig.read("value0", shape), expected)
    read = np.empty(rig.frame.blocks * form.block, np.int32)
    rig.stream.read(read, rig.memory[LABELS])
    assert read[:count].tolist() == labels[order[30 : 30 + count]].tolist()
    assert (read[count:] == -1).all()


def updated(optimizer: OptimizerBase, w: np.ndarray, g: np.ndarray, slots: list[np.ndarray], t: int) -> np.ndarray:
    """One step as the docstrings of ``nnstudio/engine/optimizers.py`` define it; ``slots`` are changed in place."""
    s: dict[str, float] = optimizer.model_dump(exclude={"kind"})
    rate, decay = s["learning_rate"], s["weight_decay"]
    if optimizer.title == "AdamW":
        w = w - rate * decay * w
    else:
        g = g + decay * w
    match optimizer.title:
        case "SGD":
            return w - rate * g
        case "SGD with momentum" | "Nesterov momentum":
            slots[0][:] = s["momentum"] * slots[0] + g
            return w - rate * (slots[0] if optimizer.title != "Nesterov momentum" else g + s["momentum"] * slots[0])
        case "RMSProp":
            slots[0][:] = s["decay"] * slots[0] + (1 - s["decay"]) * g**2
            return w - rate * g / (np.sqrt(slots[0]) + s["epsilon"])
    slots[0][:] = s["beta1"] * slots[0] + (1 - s["beta1"]) * g
    slots[1][:] = s["beta2"] * slots[1] + (1 - s["beta2"]) * g**2
    mean, square = slots[0] / (1 - s["beta1"] ** t), slots[1] / (1 - s["beta2"] ** t)
    return w - rate * mean / (np.sqrt(square) + s["epsilon"])


@pytest.mark.parametrize("kind", OPTIMIZERS)
@pytest.mark.parametrize("form", [FORMS["vector 16"], FORMS["work-items, vector 1"]], ids=["cpu", "gpu"])
def test_optimizer(device: cl.Device, form: Form, kind: str) -> None:
    optimizer = OPTIMIZERS[kind](learning_rate=0.1, weight_decay=0.03)
    plan = network((1, 1, 17), Dense(units=99))
    rig = Rig(device, plan, form, 1, [opencl_optimizers.section(Frame(plan, form, 1))])
    generator, size = np.random.default_rng(0), plan.flat_size
    w, slots = generator.normal(0, 1, size), [np.zeros(size) for _ in range(optimizer.slots)]
    rig.memory.make(dict.fromkeys(opencl_optimizers.slot_names(optimizer), 4 * size))
    rig.stream.write(rig.memory[PARAMETERS], w.astype(np.float32))
    launch = opencl_optimizers.launch(rig.frame, optimizer)
    for t in range(1, 5):
        g = generator.normal(0, 1, size)
        rig.stream.write(rig.memory[GRADIENTS], g.astype(np.float32))
        rig.run_launches([launch], settings=opencl_optimizers.settings(optimizer, t))
        w = updated(optimizer, w, g, slots, t)
    read = np.empty(size, np.float32)
    rig.stream.read(read, rig.memory[PARAMETERS])
    np.testing.assert_allclose(read, w, rtol=1e-4, atol=1e-5)
