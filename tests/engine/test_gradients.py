"""Gradients against finite differences in float64, for every layer there is."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from nnstudio.engine.backend import Executable
from nnstudio.engine.numpy import NumpyBackend
from nnstudio.network import LAYERS, Layer
from nnstudio.network.layers.activation import HardStep
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.pooling import CountPooling
from tests.engine.networks import Problem, losses_of, network, networks_of, problem

STEP = 1e-6
PROBES = 40
"""Values of each array that are moved; all of them where there are fewer."""
STAIRS = ("hard_step", "count_pooling")
"""The slope of a stair is 0 or infinite, so differences say nothing: what stands for it is tested as a rule below."""


def slope(executable: Executable, given: Problem, array: NDArray[np.float64], place: tuple[np.intp, ...]) -> float:
    """How the mean loss changes with one value of ``array``, a parameter or the pictures, by central differences."""
    losses = []
    value = array[place]
    for moved in (value + STEP, value - STEP):
        array[place] = moved
        executable.write_parameters(given.parameters)
        losses.append(executable.evaluate(given.images, given.labels).loss)
    array[place] = value
    executable.write_parameters(given.parameters)
    return (losses[0] - losses[1]) / (2 * STEP)


@pytest.mark.parametrize("kind", [kind for kind in LAYERS if kind not in STAIRS])
def test_gradients_are_the_slopes_of_the_loss(kind: str) -> None:
    assert networks_of(kind), f"add a case for {kind} to tests/engine/networks.py"
    generator = np.random.default_rng(1)
    judged = [(spec, loss) for spec in networks_of(kind) for loss in losses_of(kind)]
    for spec, loss in judged:
        if not loss.judges(spec.nodes[-1].layer):
            continue
        given = problem(spec, images=3, loss=loss, keep=False, seed=2)
        executable = NumpyBackend(np.float64).prepare(given.plan, batch_size=5)
        executable.write_parameters(given.parameters)
        for name, gradient in executable.gradients(given.images, given.labels).items():
            if name == "input" and not given.plan.classes:
                continue  # the pictures are targets too, which count as constant: test_numpy_ops has a reference
            array = given.images if name == "input" else given.parameters[name]
            chosen = generator.permutation(array.size)[:PROBES]
            for place in zip(*np.unravel_index(chosen, array.shape), strict=True):
                assert gradient[place] == pytest.approx(slope(executable, given, array, place), rel=1e-5, abs=1e-8), (
                    f"{name}{place} in {[node.layer.kind for node in spec.nodes]}"
                )
        executable.close()


def gradients_of(layers: list[Layer], images: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Of the mean loss of ``layers`` and a dense layer, whose weights are the same whatever the layers are."""
    given = problem(network(images.shape[1:], layers), images=len(images), keep=False, seed=2)
    executable = NumpyBackend(np.float64).prepare(given.plan, batch_size=len(images))
    executable.write_parameters(given.parameters)
    gradients = executable.gradients(images, given.labels)
    executable.close()
    return gradients


@pytest.mark.parametrize("gradient", ["perceptron", "straight_through"])
def test_a_hard_step_lets_the_gradient_through(gradient: str) -> None:
    """Everywhere, or near the threshold only."""
    images = np.random.default_rng(0).normal(0, 1.5, (5, 2, 3, 4))
    images.flat[:4] = -1, 1, 0, 1.001
    arriving = gradients_of([], np.where(images >= 0, 1.0, 0.0))["input"]
    through = np.abs(images) <= 1 if gradient == "straight_through" else np.ones_like(images)
    found = gradients_of([HardStep(gradient=gradient)], images)["input"]
    np.testing.assert_array_equal(found, arriving * through)
    assert np.count_nonzero(arriving) == arriving.size


def test_nothing_learns_before_a_count() -> None:
    found = gradients_of([Convolution(filters=2, kernel=(2, 2)), CountPooling()], np.ones((3, 1, 5, 5)))
    assert not any(found[name].any() for name in ("input", "conv1.weight", "conv1.bias"))
    assert found["dense1.bias"].any()
