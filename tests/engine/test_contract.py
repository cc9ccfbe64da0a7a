"""What every backend promises, tried on each through the contract alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from nnstudio.engine.backend import Backend, Executable, TrainingState
from nnstudio.engine.optimizers import OPTIMIZERS, SGD, Adam, Momentum, Nesterov
from nnstudio.engine.plan import Plan, compile_plan
from nnstudio.network import NetworkSpec
from nnstudio.network.layers.activation import ReLU
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.dropout import Dropout
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.pooling import MaxPooling
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.presets import chain
from tests.engine.networks import Problem, problem
from tests.engine.references import run

BATCH = 20
SAMPLES = 50
"""So an epoch has two whole batches and a half one."""


def network(dropout: float) -> NetworkSpec:
    return chain("test", [
        Input(channels=2, height=8, width=7),
        Convolution(filters=5, kernel=(3, 3), padding=(1, 1)), ReLU(), MaxPooling(),
        Dropout(rate=dropout), Flatten(), Dense(units=9), ReLU(), Dense(units=4), SoftmaxOutput(),
    ])  # fmt: skip


SURE, CHANCY = problem(network(0.0), SAMPLES, keep=False), problem(network(0.3), SAMPLES, keep=False)
ORDER = np.random.default_rng(5).permutation(SAMPLES)


@pytest.fixture
def prepare(backend: Backend) -> Iterator[Callable[..., Executable]]:
    """Makes executables that are ready to train, and closes them."""
    made: list[Executable] = []

    def make(given: Problem = SURE, **settings) -> Executable:
        executable = backend.prepare(
            given.plan, **{"batch_size": BATCH, "optimizer": SGD(learning_rate=0.1), **settings}
        )
        made.append(executable)
        executable.write_parameters(given.parameters)
        executable.load_samples(given.images.astype(np.float32), given.labels)
        executable.begin_epoch(ORDER)
        executable.poison()
        return executable

    yield make
    for executable in made:
        executable.close()


def assert_same(found: dict, expected: dict) -> None:
    """Bit by bit."""
    assert found.keys() == expected.keys()
    for name, value in found.items():
        assert_array_equal(value, expected[name], err_msg=name)


def assert_same_state(found: TrainingState, expected: TrainingState) -> None:
    assert found.step == expected.step
    assert_same(found.parameters, expected.parameters)
    assert len(found.slots) == len(expected.slots)
    for slot, other in zip(found.slots, expected.slots, strict=True):
        assert_same(slot, other)


# ---- parameters and state


def test_parameters_come_back(prepare) -> None:
    executable = prepare()
    for name, value in executable.read_parameters().items():
        assert_array_equal(value, SURE.parameters[name].astype(value.dtype), err_msg=name)


def test_writing_one_parameter_leaves_the_others(prepare) -> None:
    executable = prepare()
    before = executable.read_parameters()
    executable.write_parameters({"conv1.bias": np.arange(5)})
    assert_same(executable.read_parameters(), {**before, "conv1.bias": np.arange(5)})


def test_what_is_read_is_a_copy(prepare) -> None:
    executable = prepare()
    before = executable.read_parameters()
    kept = {name: value.copy() for name, value in before.items()}
    executable.train(0, 1)
    assert_same(before, kept)
    executable.read_parameters()["conv1.bias"][:] = 7
    assert not (executable.read_parameters()["conv1.bias"] == 7).any()


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_a_resumed_run_is_the_same_run(prepare, kind: str) -> None:
    optimizer = OPTIMIZERS[kind](learning_rate=0.05, weight_decay=0.01)
    straight = prepare(CHANCY, optimizer=optimizer, seed=3)
    straight.train(0, 1)
    saved = straight.read_state()
    straight.train(1, 2)
    resumed = prepare(CHANCY, optimizer=optimizer, seed=3)
    resumed.write_state(saved)
    assert_same_state(resumed.read_state(), saved)
    resumed.train(1, 2)
    assert_same_state(resumed.read_state(), straight.read_state())
    assert_array_equal(resumed.drain().losses, straight.drain().losses[1:])


def test_a_seed_repeats_a_run_and_another_does_not(prepare) -> None:
    states = []
    for seed in (1, 1, 2):
        executable = prepare(CHANCY, optimizer=Adam(), seed=seed)
        executable.train(0, 3)
        states.append(executable.read_state())
    assert_same_state(states[0], states[1])
    assert not np.array_equal(states[0].parameters["dense1.weight"], states[2].parameters["dense1.weight"])


def test_steps_queued_together_or_one_by_one_are_the_same(prepare) -> None:
    together, apart = prepare(CHANCY), prepare(CHANCY)
    together.train(0, 3)
    for batch in range(3):
        apart.train(batch, 1)
    assert_same_state(together.read_state(), apart.read_state())
    assert_array_equal(together.drain().losses, apart.drain().losses)


def test_using_the_network_does_not_touch_training(prepare) -> None:
    disturbed, quiet = prepare(CHANCY, optimizer=Momentum()), prepare(CHANCY, optimizer=Momentum())
    for batch in range(3):
        disturbed.train(batch, 1)
        quiet.train(batch, 1)
        before = disturbed.read_state()
        disturbed.evaluate(CHANCY.images, CHANCY.labels)
        disturbed.predict(CHANCY.images[:3])
        disturbed.gradients(CHANCY.images[:7], CHANCY.labels[:7])
        disturbed.inspect(CHANCY.images[:7], CHANCY.labels[:7], ["pool1"])
        disturbed.activations(CHANCY.images[:2], ["pool1"])
        assert_same_state(disturbed.read_state(), before)
    assert_same_state(disturbed.read_state(), quiet.read_state())
    assert_array_equal(disturbed.drain().losses, quiet.drain().losses)


def test_optimizer_state_stays_with_its_kind(prepare) -> None:
    executable = prepare(optimizer=Momentum(learning_rate=0.1))
    executable.train(0, 2)
    speed = executable.read_state().slots
    executable.set_optimizer(Momentum(learning_rate=0.01))
    assert_same(executable.read_state().slots[0], speed[0])
    executable.set_optimizer(Nesterov(learning_rate=0.01))
    assert not any(value.any() for value in executable.read_state().slots[0].values())
    assert executable.read_state().step == 2


# ---- training


@pytest.mark.parametrize("batch", [0, 2], ids=["whole", "short"])
def test_a_step_follows_the_gradient_of_its_batch(prepare, batch: int) -> None:
    executable = prepare(optimizer=SGD(learning_rate=0.5))
    rows = ORDER[batch * BATCH : (batch + 1) * BATCH]
    parameters = {name: value.astype(np.float32) for name, value in SURE.parameters.items()}
    images = SURE.images.astype(np.float32)
    expected = run(SURE.plan.spec, parameters, images[rows], SURE.labels[rows], "cross_entropy")
    executable.train(batch, 1)
    for name, value in executable.read_parameters().items():
        wanted = parameters[name] - 0.5 * expected.gradients[name]
        assert_allclose(value, wanted, rtol=1e-4, atol=1e-5, err_msg=name)
    metrics = executable.drain()
    right = int((expected.values["output1"].argmax(axis=1) == SURE.labels[rows]).sum())
    assert_allclose(metrics.losses, [expected.loss], rtol=1e-5)
    assert (metrics.correct.tolist(), metrics.counts.tolist()) == ([right], [len(rows)])


def test_each_step_is_reported_once(prepare) -> None:
    executable = prepare()
    assert len(executable.drain().losses) == 0
    executable.train(0, 2)
    executable.train(2, 1)
    metrics = executable.drain()
    assert metrics.counts.tolist() == [20, 20, 10]
    assert (metrics.losses > 0).all()
    assert (metrics.correct <= metrics.counts).all()
    assert len(executable.drain().losses) == 0


def test_a_batch_larger_than_the_data(prepare) -> None:
    executable = prepare(batch_size=SAMPLES + 14)
    expected = run(SURE.plan.spec, SURE.parameters, SURE.images[ORDER], SURE.labels[ORDER], "cross_entropy")
    executable.train(0, 1)
    assert_allclose(executable.drain().losses, [expected.loss], rtol=1e-5)


def hashed(value: int) -> int:
    """``lowbias32`` in Python's own integers."""
    value = (value ^ value >> 16) * 0x7FEB352D & 0xFFFFFFFF
    value = (value ^ value >> 15) * 0x846CA68B & 0xFFFFFFFF
    return value ^ value >> 16


def kept(seed: int, step: int, op: int, number: int, rate: float) -> bool:
    key = hashed(seed & 0xFFFFFFFF)
    for part in (step, op):
        key = hashed(key + part + 0x9E3779B9 & 0xFFFFFFFF)
    return hashed(hashed(number) ^ key) >= round(rate * 2**32)


def test_dropout_drops_what_the_hash_says(prepare) -> None:
    """The gradient of a dense layer's weights is its input, so a step shows what dropout let through."""
    rate, count, seed = 0.4, 33, 2**32 + 17
    spec = chain("test", [
        Input(channels=3, height=2, width=4), Dropout(rate=rate), Flatten(), Dense(units=2), SoftmaxOutput()
    ])  # fmt: skip
    plan = compile_plan(spec)
    images = np.random.default_rng(0).uniform(1, 2, (count, 3, 2, 4)).astype(np.float32)
    labels = (np.arange(count) % 2).astype(np.int32)
    weights = {"dense1.weight": np.zeros((2, 24)), "dense1.bias": np.zeros(2)}
    executable = prepare(Problem(plan, weights, np.repeat(images, 2, 0)[:SAMPLES], np.repeat(labels, 2)[:SAMPLES]),
                         batch_size=count, optimizer=SGD(learning_rate=1), seed=seed)  # fmt: skip
    executable.load_samples(images, labels)
    executable.begin_epoch(np.arange(count))
    for step in range(2):
        executable.write_parameters(weights)
        executable.train(0, 1)
        mask = np.array([[kept(seed, step, 0, i * 24 + f, rate) for f in range(24)] for i in range(count)])
        error = 0.5 - np.eye(2)[labels]
        expected = -error.T @ (images.reshape(count, 24) * mask / (1 - rate)) / count
        assert_allclose(executable.read_parameters()["dense1.weight"], expected, rtol=1e-4, atol=1e-5)


# ---- using the network


@pytest.mark.parametrize("count", [1, BATCH - 1, BATCH, BATCH + 1, SAMPLES])
def test_any_number_of_images(prepare, count: int) -> None:
    executable = prepare(CHANCY)
    images, labels = CHANCY.images[:count], CHANCY.labels[:count]
    expected = run(CHANCY.plan.spec, CHANCY.parameters, images, labels, "cross_entropy")
    prediction = executable.predict(images.astype(np.float32))
    assert prediction.shape == (count, 4)
    assert_allclose(prediction, expected.values["output1"], rtol=1e-4, atol=1e-6)
    found = executable.evaluate(images.astype(np.float32), labels)
    right = int((expected.values["output1"].argmax(axis=1) == labels).sum())
    assert (found.count, found.accuracy) == (count, right / count)
    assert found.loss == pytest.approx(expected.loss, rel=1e-4)
    pooled = executable.activations(images.astype(np.float32), ["pool1", "input1"])
    assert_allclose(pooled["pool1"], expected.values["pool1"], rtol=1e-4, atol=1e-5)
    assert_allclose(pooled["input1"], images, rtol=1e-6)


def test_gradients_of_a_part_of_a_batch_are_those_of_its_images(prepare) -> None:
    executable = prepare(CHANCY)
    images, labels = CHANCY.images[:7], CHANCY.labels[:7]
    expected = run(CHANCY.plan.spec, CHANCY.parameters, images, labels, "cross_entropy").gradients
    found = executable.gradients(images.astype(np.float32), labels)
    assert found["input"].shape == (7, 2, 8, 7)
    for name, gradient in found.items():
        assert_allclose(gradient, expected[name], rtol=1e-3, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("count", [1, 7, 20])
def test_an_inspection_sees_what_activations_and_gradients_see(prepare, count: int) -> None:
    executable = prepare(CHANCY)
    images, labels = CHANCY.images[:count], CHANCY.labels[:count]
    nodes = list(CHANCY.plan.tensor_of)
    found = executable.inspect(images, labels, nodes)
    assert_same(found.values, executable.activations(images, nodes))
    gradients = executable.gradients(images, labels)
    del gradients["input"]
    assert_same(found.gradients, gradients)


def test_bytes_are_shares_of_255(prepare) -> None:
    executable = prepare()
    pictures = np.random.default_rng(1).integers(0, 256, (5, 2, 8, 7), np.uint8)
    values = executable.activations(pictures, ["input1"])["input1"]
    assert_allclose(values, pictures / 255, rtol=1e-6)
    as_floats = executable.predict((pictures / 255).astype(np.float32))
    assert_allclose(executable.predict(pictures), as_floats, rtol=1e-4, atol=1e-6)
    executable.load_samples(pictures, SURE.labels[:5])
    executable.begin_epoch(np.arange(5))
    executable.train(0, 1)
    expected = run(SURE.plan.spec, SURE.parameters, pictures / 255, SURE.labels[:5], "cross_entropy")
    assert_allclose(executable.drain().losses, [expected.loss], rtol=1e-4)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_number_that_is_none_shows_in_the_loss(prepare, bad: float) -> None:
    executable = prepare()
    weight = SURE.parameters["conv1.weight"].copy()
    weight[2, 1, 1, 1] = bad
    executable.write_parameters({"conv1.weight": weight})
    assert not np.isfinite(executable.evaluate(SURE.images, SURE.labels).loss)
    executable.train(0, 1)
    assert not np.isfinite(executable.drain().losses).any()


# ---- what callers get wrong


IMAGES, LABELS = SURE.images[:3].astype(np.float32), SURE.labels[:3]

WRONG_CALLS: dict[str, tuple[Callable[[Executable], object], str]] = {
    "unknown parameter": (lambda e: e.write_parameters({"conv9.bias": np.zeros(5)}), "conv9.bias"),
    "parameter shape": (lambda e: e.write_parameters({"conv1.bias": np.zeros(6)}), r"\(6,\).*\(5,\)"),
    "parameter type": (lambda e: e.write_parameters({"conv1.bias": np.array(list("abcde"))}), "conv1.bias"),
    "state of another optimizer": (lambda e: e.write_state(replace(e.read_state(), slots=({},))), "slots"),
    "slot shape": (
        lambda e: (e.set_optimizer(Momentum()), e.write_state(TrainingState({}, ({"conv1.bias": np.zeros(9)},), 0))),
        "conv1.bias",
    ),
    "images of another size": (lambda e: e.predict(np.zeros((3, 2, 9, 7), np.float32)), r"\(3, 2, 9, 7\)"),
    "one image without its axis": (lambda e: e.predict(IMAGES[0]), "images"),
    "no image": (lambda e: e.predict(IMAGES[:0]), "at least one"),
    "integer images": (lambda e: e.predict(IMAGES.astype(np.int32)), "int32"),
    "label too large": (lambda e: e.evaluate(IMAGES, np.array([0, 4, 1])), "4"),
    "label below 0": (lambda e: e.evaluate(IMAGES, np.array([0, -1, 1])), "-1"),
    "too few labels": (lambda e: e.evaluate(IMAGES, LABELS[:2]), r"\(2,\)"),
    "labels that are no integers": (lambda e: e.evaluate(IMAGES, LABELS.astype(np.float32)), "float32"),
    "samples' labels": (lambda e: e.load_samples(IMAGES, np.array([0, 7, 1])), "7"),
    "samples' shape": (lambda e: e.load_samples(IMAGES[:, :1], LABELS), "images"),
    "order beyond the samples": (lambda e: e.begin_epoch(np.array([0, SAMPLES])), str(SAMPLES)),
    "order below 0": (lambda e: e.begin_epoch(np.array([-1])), "-1"),
    "empty order": (lambda e: e.begin_epoch(np.array([], int)), "order"),
    "order of fractions": (lambda e: e.begin_epoch(np.array([0.5])), "order"),
    "batch beyond the epoch": (lambda e: e.train(2, 2), "first"),
    "batch below 0": (lambda e: e.train(-1, 1), "first"),
    "gradients of too many images": (lambda e: e.gradients(SURE.images, SURE.labels), "batch of 20"),
    "inspection of too many images": (lambda e: e.inspect(SURE.images, SURE.labels, []), "batch of 20"),
    "inspection of an unknown node": (lambda e: e.inspect(IMAGES, LABELS, ["pool7"]), "pool7"),
    "unknown node": (lambda e: e.activations(IMAGES, ["pool7"]), "pool7"),
    "node that was fused away": (lambda e: e.activations(IMAGES, ["conv1"]), "conv1"),
}


def test_wrong_calls_are_explained_and_change_nothing(prepare) -> None:
    for name, (call, words) in WRONG_CALLS.items():
        executable = prepare()
        before = executable.read_state().parameters
        with pytest.raises(ValueError, match=words):
            call(executable)
            pytest.fail(name)
        assert_same(executable.read_state().parameters, before)


def test_training_needs_an_optimizer_samples_and_an_order(backend: Backend) -> None:
    plan: Plan = SURE.plan
    executable = backend.prepare(plan, batch_size=BATCH)
    with pytest.raises(ValueError, match="first"):
        executable.train(0, 1)
    with pytest.raises(ValueError, match="order"):
        executable.begin_epoch(np.arange(3))
    executable.load_samples(IMAGES, LABELS)
    executable.begin_epoch(np.arange(3))
    with pytest.raises(ValueError, match="optimizer"):
        executable.train(0, 1)
    executable.close()


def test_a_batch_holds_at_least_one_image(backend: Backend) -> None:
    with pytest.raises(ValueError, match="batch_size"):
        backend.prepare(SURE.plan, batch_size=0)
