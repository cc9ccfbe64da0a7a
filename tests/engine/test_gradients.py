"""Gradients against finite differences in float64, for every layer there is."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from nnstudio.engine.backend import Executable
from nnstudio.engine.numpy import NumpyBackend
from nnstudio.network import LAYERS
from tests.engine.networks import CASES, Problem, network, problem

STEP = 1e-6
PROBES = 40
"""Values of each array that are moved; all of them where there are fewer."""


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


@pytest.mark.parametrize("loss", ["cross_entropy", "mean_squared_error"])
@pytest.mark.parametrize("kind", LAYERS)
def test_gradients_are_the_slopes_of_the_loss(kind: str, loss: str) -> None:
    assert kind in CASES, f"add a case for {kind} to tests/engine/networks.py"
    generator = np.random.default_rng(1)
    for shape, layers in CASES[kind]:
        given = problem(network(shape, layers), images=3, loss=loss, keep=False, seed=2)
        executable = NumpyBackend(np.float64).prepare(given.plan, batch_size=5)
        executable.write_parameters(given.parameters)
        for name, gradient in executable.gradients(given.images, given.labels).items():
            array = given.images if name == "input" else given.parameters[name]
            chosen = generator.permutation(array.size)[:PROBES]
            for place in zip(*np.unravel_index(chosen, array.shape), strict=True):
                assert gradient[place] == pytest.approx(slope(executable, given, array, place), rel=1e-5, abs=1e-8), (
                    f"{name}{place} in {[layer.kind for layer in layers]}"
                )
        executable.close()
