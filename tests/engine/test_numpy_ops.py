"""Every operation of the NumPy backend against the plain loops, forward and backward."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from nnstudio.engine.losses import LossBase
from nnstudio.engine.numpy import NumpyBackend
from nnstudio.network import LAYERS, NetworkSpec
from tests.engine.networks import exact_cases, integer_problem, judged_cases, networks_of, problem
from tests.engine.references import run

TOLERANCE = {np.float64: 1e-12, np.float32: 2e-5}


def test_every_layer_has_a_case() -> None:
    missing = {kind for kind in LAYERS if not networks_of(kind)}
    assert not missing, f"add a case to tests/engine/networks.py for {', '.join(sorted(missing))}"


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("keep", [True, False], ids=["kept", "fused"])
@pytest.mark.parametrize(("spec", "loss"), [pytest.param(*case, id=name) for name, *case in judged_cases()])
def test_values_loss_and_gradients(spec: NetworkSpec, keep: bool, dtype: type, loss: LossBase) -> None:
    given = problem(spec, images=5, loss=loss, keep=keep)
    expected = run(spec, given.parameters, given.images, given.labels, loss)
    executable = NumpyBackend(dtype).prepare(given.plan, batch_size=7)
    executable.write_parameters(given.parameters)
    executable.poison()
    same = {"rtol": TOLERANCE[dtype], "atol": TOLERANCE[dtype]}
    nodes = list(given.plan.tensor_of)
    for node, value in executable.activations(given.images, nodes).items():
        assert_allclose(value, expected.values[node], err_msg=node, **same)
    evaluation = executable.evaluate(given.images, given.labels)
    assert_allclose(evaluation.loss, expected.loss, **same)
    found = executable.gradients(given.images, given.labels)
    assert found.keys() == expected.gradients.keys()
    for name, gradient in found.items():
        assert_allclose(gradient, expected.gradients[name], err_msg=name, **same)
    executable.close()


@pytest.mark.parametrize("spec", [pytest.param(spec, id=name) for name, spec in exact_cases()])
def test_whole_numbers_are_exact_in_float32(spec: NetworkSpec) -> None:
    given = integer_problem(spec, images=4)
    expected = run(spec, given.parameters, given.images, given.labels, "mean_squared_error")
    executable = NumpyBackend().prepare(given.plan, batch_size=4)
    executable.write_parameters(given.parameters)
    before_softmax = [node.id for node in spec.ordered()][:-1]
    for node, value in executable.activations(given.images, before_softmax).items():
        assert_array_equal(value, expected.values[node], err_msg=node)
    executable.close()
