"""What an executable does around an optimizer's rule, on each backend: clipping, averaging, a rate for each step."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from nnstudio.engine.backend import Backend, Executable, Phase, TrainingState
from nnstudio.engine.optimizers import OPTIMIZERS, SGD, Adam, Momentum, OptimizerBase
from nnstudio.network.layers.activation import Tanh
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.dropout import Dropout
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.normalization import BatchNormalization
from nnstudio.network.layers.sigmoid_output import SigmoidOutput
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.presets import chain
from tests.engine.networks import problem
from tests.engine.references import run

BATCH, SAMPLES = 8, 30
PLAIN = problem(chain("plain", [
    Input(channels=2, height=5, width=4), Convolution(filters=5, kernel=(3, 3)), Tanh(), Flatten(), Dense(units=3),
    SoftmaxOutput(),
]), SAMPLES, keep=False)  # fmt: skip
NORMED = problem(chain("normed", [
    Input(channels=2, height=5, width=4), Convolution(filters=5, kernel=(3, 3)), BatchNormalization(), Tanh(),
    Flatten(), Dropout(rate=0.3), Dense(units=3), SoftmaxOutput(),
]), SAMPLES, keep=False)  # fmt: skip
"""With running statistics, which are no parameters but have an average."""
Prepare = Callable[..., Executable]


@pytest.fixture
def prepare(backend: Backend) -> Iterator[Prepare]:
    """Makes executables that are ready to train, with garbage wherever nothing must be read, and closes them."""
    made: list[Executable] = []

    def make(optimizer: OptimizerBase, given=PLAIN) -> Executable:
        executable = backend.prepare(given.plan, batch_size=BATCH, optimizer=optimizer, seed=4)
        made.append(executable)
        executable.write_parameters(given.parameters)
        executable.load_samples(given.images.astype(np.float32), given.labels)
        executable.begin_epoch(np.arange(SAMPLES))
        executable.poison()
        return executable

    yield make
    for executable in made:
        executable.close()


def assert_same(found: TrainingState, expected: TrainingState) -> None:
    assert (found.step, found.averaged, len(found.slots)) == (expected.step, expected.averaged, len(expected.slots))
    for values, others in zip((found.parameters, *found.slots), (expected.parameters, *expected.slots), strict=True):
        for name, value in values.items():
            assert_array_equal(value, others[name], err_msg=name)


def gradient(batch: int, parameters: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    rows = slice(batch * BATCH, (batch + 1) * BATCH)
    return run(PLAIN.plan.spec, parameters, PLAIN.images[rows], PLAIN.labels[rows], "cross_entropy").gradients


# ---- clipping


def length(gradients: dict[str, np.ndarray]) -> float:
    return float(np.sqrt(sum((gradients[name] ** 2).sum() for name in PLAIN.parameters)))


@pytest.mark.parametrize("share", [0.3, 0.999, 1.001])
def test_all_parameters_together_are_clipped_and_only_then_decay(prepare: Prepare, share: float) -> None:
    """Three steps against the same in float64, with gradients at most as long as ``share`` times the first."""
    expected = dict(PLAIN.parameters)
    longest = share * length(gradient(0, expected))
    executable = prepare(SGD(learning_rate=0.2, weight_decay=0.5, clip_norm=longest))
    clipped = []
    for batch in range(3):
        g = gradient(batch, expected)
        scale = min(1.0, longest / length(g))
        clipped.append(scale < 1)
        expected = {name: w - 0.2 * (scale * g[name] + 0.5 * w) for name, w in expected.items()}
    assert clipped[0] == (share < 1)
    executable.train(0, 3)
    for name, value in executable.read_parameters().items():
        assert_allclose(value, expected[name], rtol=2e-4, atol=2e-5, err_msg=name)


def test_a_gradient_that_is_no_number_is_not_hidden(prepare: Prepare) -> None:
    executable = prepare(SGD(learning_rate=0.1, clip_norm=1.0))
    weight = PLAIN.parameters["conv1.weight"].copy()
    weight[0, 0, 0, 0] = np.nan
    executable.write_parameters({"conv1.weight": weight})
    executable.train(0, 1)
    assert np.isnan(executable.read_parameters()["dense1.weight"]).any()


def test_clipping_can_begin_and_end_on_the_way(prepare: Prepare) -> None:
    changing, never = (prepare(Momentum(learning_rate=0.1)) for _ in range(2))
    for executable, clip_norm in ((changing, 1e-6), (never, 0.0)):
        executable.train(0, 1)
        executable.set_optimizer(Momentum(learning_rate=0.1, momentum=0.0, clip_norm=clip_norm))
    before = changing.read_parameters()
    changing.train(1, 1)
    moved = np.sqrt(sum(((value - before[name]) ** 2).sum() for name, value in changing.read_parameters().items()))
    assert moved < 1e-6
    changing.write_state(never.read_state())
    changing.set_optimizer(Momentum(learning_rate=0.1))
    never.set_optimizer(Momentum(learning_rate=0.1))
    for executable in (changing, never):
        executable.train(1, 2)
    assert_same(changing.read_state(), never.read_state())


def test_clipping_costs_launches_only_when_it_is_on(prepare: Prepare) -> None:
    launches = []
    for optimizer in (SGD(), SGD(clip_norm=1.0)):
        executable = prepare(optimizer)
        executable.train(0, 1)
        launches.append(next(each.launches for each in executable.profile(1, 1) if each.phase is Phase.UPDATE))
    assert launches[0] == 1 <= launches[1]


# ---- averaging


def test_the_average_is_that_of_all_values_after_each_step(prepare: Prepare) -> None:
    """The first step copies; the share that is kept rises to 0.15, which the fourth step would exceed."""
    executable = prepare(Adam(learning_rate=0.05, average=0.15), NORMED)
    average = dict.fromkeys(NORMED.parameters, 0.0)
    for batch in range(4):
        executable.train(batch, 1)
        keep = min(0.15, batch / (batch + 10))
        for name, value in executable.read_parameters().items():
            average[name] = keep * average[name] + (1 - keep) * value.astype(np.float64)
    state = executable.read_state()
    assert state.averaged and len(state.slots) == 3 and state.result is state.slots[-1]
    assert state.result.keys() == NORMED.parameters.keys()
    for name, value in state.result.items():
        assert_allclose(value, average[name], rtol=1e-5, atol=1e-6, err_msg=name)
    assert not np.allclose(state.result["dense1.weight"], state.parameters["dense1.weight"], rtol=1e-3)


def test_before_the_first_step_what_was_learned_are_the_parameters(prepare: Prepare) -> None:
    executable = prepare(SGD(average=0.9))
    state = executable.read_state()
    assert state.result is state.parameters
    plainly, averaged = (executable.evaluate(PLAIN.images, PLAIN.labels, averaged=each) for each in (False, True))
    assert plainly == averaged


def test_averaging_does_not_change_what_is_learned(prepare: Prepare) -> None:
    averaging, plain = prepare(Adam(average=0.9), NORMED), prepare(Adam(), NORMED)
    for executable in (averaging, plain):
        executable.train(0, 4)
    state = averaging.read_state()
    assert_same(TrainingState(state.parameters, state.slots[:2], 4), plain.read_state())


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_a_resumed_run_has_the_same_average(prepare: Prepare, kind: str) -> None:
    optimizer = OPTIMIZERS[kind](learning_rate=0.05, average=0.9, clip_norm=0.5)
    straight, resumed = prepare(optimizer, NORMED), prepare(optimizer, NORMED)
    straight.train(0, 2)
    resumed.write_state(straight.read_state())
    for executable in (straight, resumed):
        executable.train(2, 2)
    assert_same(resumed.read_state(), straight.read_state())


def test_the_average_is_judged_and_training_does_not_notice(prepare: Prepare) -> None:
    optimizer = Momentum(learning_rate=0.3, average=0.9)
    judged, quiet, holder = prepare(optimizer, NORMED), prepare(optimizer, NORMED), prepare(SGD(), NORMED)
    images, labels = NORMED.images.astype(np.float32), NORMED.labels
    for executable in (judged, quiet):
        executable.train(0, 3)
    found = judged.evaluate(images, labels, averaged=True)
    assert found.loss != judged.evaluate(images, labels).loss
    assert_same(judged.read_state(), quiet.read_state())
    holder.write_parameters(quiet.read_state().result)
    assert found == holder.evaluate(images, labels)
    np.testing.assert_array_equal(judged.predict(images, averaged=True), holder.predict(images))
    for executable in (judged, quiet):
        executable.train(3, 1)
    assert_same(judged.read_state(), quiet.read_state())


def test_an_average_that_begins_late_begins_at_the_weights(prepare: Prepare) -> None:
    executable = prepare(SGD(learning_rate=0.1))
    executable.train(0, 2)
    executable.set_optimizer(SGD(learning_rate=0.1, average=0.5))
    state = executable.read_state()
    assert state.averaged
    for name, value in state.result.items():
        assert_array_equal(value, state.parameters[name], err_msg=name)


# ---- a learning rate for each step


def test_each_step_can_have_a_rate_of_its_own(prepare: Prepare) -> None:
    rates = [0.3, 0.0, 0.05]
    together, apart = (prepare(Adam(learning_rate=1.0, weight_decay=0.1), NORMED) for _ in range(2))
    together.train(0, 3, rates)
    for batch, rate in enumerate(rates):
        apart.set_optimizer(Adam(learning_rate=rate, weight_decay=0.1))
        apart.train(batch, 1)
    assert_same(together.read_state(), apart.read_state())
    apart.set_optimizer(Adam(learning_rate=1.0, weight_decay=0.1))
    for executable in (together, apart):
        executable.train(3, 1)
    assert_same(together.read_state(), apart.read_state())


@pytest.mark.parametrize(
    ("rates", "words"), [([0.1], "length 1"), ([0.1, -1.0], "-1"), ([0.1, np.nan], "nan"), ([np.inf, 0.1], "inf")]
)
def test_wrong_rates_are_explained(prepare: Prepare, rates: list[float], words: str) -> None:
    executable = prepare(SGD())
    with pytest.raises(ValueError, match=f"learning_rates.*{words}"):
        executable.train(0, 2, rates)
    assert executable.read_state().step == 0


# ---- pictures


def test_nothing_is_right_about_a_picture(backend: Backend) -> None:
    layers = [Input(channels=2, height=4, width=3), Convolution(filters=2, kernel=(3, 3), padding=(1, 1))]
    given = problem(chain("pictures", [*layers, SigmoidOutput()]), 9, keep=False, loss="binary_cross_entropy")
    executable = backend.prepare(given.plan, batch_size=4)
    executable.write_parameters(given.parameters)
    found = executable.evaluate(given.images.astype(np.float32), np.zeros(9, np.int32))
    assert np.isnan(found.accuracy) and found.count == 9 and 0 < found.loss < 10
    executable.close()
