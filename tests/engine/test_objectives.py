"""Any tensor as an objective, any gradient on request, on every backend: against the loops' own backward passes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.testing import assert_allclose

from nnstudio.engine.backend import Backend, Executable
from nnstudio.engine.objectives import GramDistance, MeanValue, Objective, Projection, SquaredDistance, gram
from nnstudio.engine.plan import compile_plan
from nnstudio.network import NetworkSpec
from nnstudio.network.layers.activation import ReLU, Tanh
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.merge import Add
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.presets import chain
from tests.engine.networks import Problem, problem
from tests.engine.references import run

IMAGES = 5


def forked() -> NetworkSpec:
    """A shortcut, a branch that an early objective does not reach, and a vector behind a view."""
    spec = chain("forked", [Input(channels=2, height=4, width=5), Convolution(filters=3, kernel=(1, 1)), Tanh()])
    spec = spec.append(Convolution(filters=3, kernel=(3, 3), padding=(1, 1)), "side").add(Add(), "sum")
    spec = spec.connect("side", "sum", 0).connect("tanh1", "sum", 1)
    spec = spec.append(ReLU(), "bent").append(Flatten(), "row").append(Dense(units=4), "scores")
    return spec.append(SoftmaxOutput(), "answer")


GIVEN: Problem = problem(forked(), IMAGES, seed=3)


@pytest.fixture(scope="module")
def prepared() -> Iterator[dict[str, Executable]]:
    """One for each backend, since compiling takes long and nothing here changes weights."""
    made: dict[str, Executable] = {}
    yield made
    for executable in made.values():
        executable.close()


@pytest.fixture
def executable(backend: Backend, prepared: dict[str, Executable]) -> Executable:
    name = f"{backend.key} {getattr(backend, 'form', '')} {getattr(backend, 'dtype', '')}"
    if name not in prepared:
        prepared[name] = backend.prepare(GIVEN.plan, batch_size=7)
        prepared[name].write_parameters(GIVEN.parameters)
    prepared[name].poison()
    return prepared[name]


def total(objectives: list[Objective], loss_weight: float, images: np.ndarray, parameters: dict) -> float:
    """What is differentiated, from the loops' values alone."""
    found = run(GIVEN.plan.spec, parameters, images, GIVEN.labels, "cross_entropy")
    values = sum(objective.weight * objective.measure(found.values[objective.node])[0] for objective in objectives)
    return values + loss_weight * found.loss


OBJECTIVES: dict[str, tuple[list[Objective], float]] = {
    "a channel in the middle": ([MeanValue(node="side", channel=1)], 0.0),
    "everything of a tensor with two users": ([MeanValue(node="tanh1", weight=-2.0)], 0.0),
    "the input itself": ([SquaredDistance(node="input1", target=np.ones((2, 4, 5)))], 0.0),
    "a unit behind a view": ([MeanValue(node="row", channel=7)], 0.0),
    "scores": ([Projection(node="scores", direction=np.array([1.0, -1.0, 0.0, 0.5]))], 0.0),
    "style and content": (
        [GramDistance(node="bent", target=np.full((3, 3), 0.2), weight=3.0),
         SquaredDistance(node="tanh1", target=np.full((3, 4, 5), 0.1), weight=0.5)],
        0.0,
    ),
    "the loss alone": ([], 1.0),
    "the loss and two at one node": (
        [MeanValue(node="sum", channel=0), MeanValue(node="sum", channel=2, weight=-1.0)], -0.7,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", OBJECTIVES)
def test_gradients_are_slopes(executable: Executable, name: str) -> None:
    objectives, loss_weight = OBJECTIVES[name]
    wanted = ["input1", "conv1.weight", "side.bias", "scores.weight"]
    images = GIVEN.images.astype(np.float32)
    found = executable.differentiate(images, objectives, wanted, labels=GIVEN.labels, loss_weight=loss_weight)
    exact, parameters = images.astype(np.float64), {key: value.copy() for key, value in GIVEN.parameters.items()}
    assert found.total == pytest.approx(total(objectives, loss_weight, exact, parameters), rel=1e-4, abs=1e-6)
    assert len(found.values) == len(objectives)
    generator = np.random.default_rng(0)
    for key in wanted:
        array, step = exact if key == "input1" else parameters[key], 1e-5
        for place in generator.permutation(array.size)[:6]:
            sides = []
            for moved in (step, -step):
                array.flat[place] += moved
                sides.append(total(objectives, loss_weight, exact, parameters))
                array.flat[place] -= moved
            slope = (sides[0] - sides[1]) / (2 * step)
            assert found.gradients[key].flat[place] == pytest.approx(slope, rel=1e-3, abs=1e-5), key


def test_a_gradient_in_the_middle_is_that_of_everything_behind(executable: Executable) -> None:
    """At a tensor with two users, at one only, and 0 where an objective does not reach."""
    images = GIVEN.images.astype(np.float32)
    direction = np.random.default_rng(1).normal(size=(3, 4, 5))
    found = executable.differentiate(images, [Projection(node="sum", direction=direction)], ["side", "tanh1", "bent"])
    assert_allclose(found.gradients["side"], np.broadcast_to(direction, (IMAGES, 3, 4, 5)), rtol=1e-5)
    assert not found.gradients["bent"].any()
    weight = GIVEN.parameters["side.weight"]
    expected = np.broadcast_to(direction, (IMAGES, 3, 4, 5)).copy()
    padded = np.pad(direction, ((0, 0), (1, 1), (1, 1)))
    for channel in range(3):
        for y in range(4):
            for x in range(5):
                expected[:, channel, y, x] += (padded[:, y : y + 3, x : x + 3] * weight[:, channel, ::-1, ::-1]).sum()
    assert_allclose(found.gradients["tanh1"], expected, rtol=1e-4, atol=1e-5)


def test_the_loss_as_objective_is_what_gradients_gives(executable: Executable) -> None:
    images = GIVEN.images.astype(np.float32)
    expected = executable.gradients(images, GIVEN.labels)
    wanted = ["input1", *(slot.name for slot in GIVEN.plan.learned_slots)]
    found = executable.differentiate(images, [], wanted, labels=GIVEN.labels, loss_weight=1.0).gradients
    for name in wanted:
        assert_allclose(found[name], expected["input" if name == "input1" else name], rtol=1e-4, atol=1e-7)


def test_ascent_makes_an_objective_larger(executable: Executable) -> None:
    """What dreaming does."""
    images = GIVEN.images.astype(np.float32)
    objective = [MeanValue(node="side", channel=2)]
    before = executable.differentiate(images, objective, ["input1"])
    after = executable.differentiate(images + 0.1 * before.gradients["input1"], objective, ["input1"])
    assert after.total > before.total


def test_what_has_no_gradient_of_its_own_is_refused(backend: Backend) -> None:
    executable = backend.prepare(compile_plan(forked()), batch_size=7)
    images = GIVEN.images.astype(np.float32)
    for node, words in (("tanh1", "keep"), ("answer", "answer"), ("nobody", "nobody"), ("conv1", "keeps")):
        with pytest.raises(ValueError, match=words):
            executable.differentiate(images, [MeanValue(node=node)], [])
        with pytest.raises(ValueError, match=words):
            executable.differentiate(images, [], [node])
    with pytest.raises(ValueError, match="labels"):
        executable.differentiate(images, [], [], loss_weight=1.0)
    with pytest.raises(ValueError, match="batch of 7"):
        executable.differentiate(np.repeat(images, 2, axis=0), [], [])
    executable.close()


def test_gram_matrices_count_what_is_active_together() -> None:
    values = np.zeros((1, 2, 1, 2))
    values[0, 0] = [[1, 2]]
    values[0, 1] = [[3, 0]]
    assert_allclose(gram(values)[0], np.array([[5, 3], [3, 9]]) / 4)
