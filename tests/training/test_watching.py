"""What a trainer tells about the inside of a network: right figures, often enough, and nothing changes by looking."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from nnstudio.data.dataset import Dataset
from nnstudio.engine.backend import TrainingState
from nnstudio.engine.numpy.backend import NumpyBackend
from nnstudio.engine.optimizers import SGD, Adam
from nnstudio.engine.plan import compile_plan
from nnstudio.network import NetworkSpec
from nnstudio.training import watch
from nnstudio.training.allowance import Allowance
from nnstudio.training.events import EpochDone, Event, Finished, Judged, Measured, Paused, Snapshot, Steps
from nnstudio.training.settings import TrainingSettings
from nnstudio.training.trainer import Trainer

MakeTrainer = Callable[..., Trainer]


@pytest.fixture
def make_trainer(small_network: NetworkSpec, stripes: Dataset) -> MakeTrainer:
    def make(measures: bool = True, spec: NetworkSpec = small_network, **more: object) -> Trainer:
        settings = TrainingSettings(**{"epochs": 3, "batch_size": 16, "optimizer": Adam(learning_rate=0.01), **more})
        return Trainer(
            spec, stripes, settings, backend=NumpyBackend(), measures=measures, snapshots_per_second=1e9
        )  # fmt: skip

    return make


@pytest.fixture
def without_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every step is measured and every epoch judged."""
    monkeypatch.setattr(watch, "MEASURING", 1e9)
    monkeypatch.setattr(watch, "JUDGING", 1e9)
    monkeypatch.setattr(watch, "INTERVAL", 0.0)


def of_type(events: list[Event], kind: type) -> list:
    return [event for event in events if isinstance(event, kind)]


@pytest.mark.usefixtures("without_limits")
def test_looking_on_changes_no_bit(make_trainer: MakeTrainer) -> None:
    watched, unwatched = (list(make_trainer(measures).run()) for measures in (True, False))
    assert len(of_type(watched, Measured)) == 48 and not of_type(unwatched, Measured | Judged)
    losses = [np.concatenate([event.losses for event in of_type(events, Steps)]) for events in (watched, unwatched)]
    np.testing.assert_array_equal(*losses)
    first, second = (events[-1].state for events in (watched, unwatched))
    for ours, theirs in zip((first.parameters, *first.slots), (second.parameters, *second.slots), strict=True):
        for name in ours:
            np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)


@pytest.mark.usefixtures("without_limits")
def test_norms_are_those_of_weights_updates_and_gradients(make_trainer: MakeTrainer, stripes: Dataset) -> None:
    """With plain gradient descent, no augmentation and no dropout a step is the learning rate times the gradient."""
    trainer = make_trainer(optimizer=SGD(learning_rate=0.05), epochs=1)
    events = list(trainer.run())
    states = {event.step: event.state for event in of_type(events, Snapshot)}
    plan = compile_plan(trainer.spec)
    executable = NumpyBackend().prepare(plan, batch_size=16)
    chosen = np.sort(np.random.default_rng(0).permutation(40)[:16])
    pictures, labels = stripes.validation.images[chosen], stripes.validation.labels[chosen]
    for event in of_type(events, Measured):
        state, before = states[event.step], states[event.step - 1]
        assert isinstance(state, TrainingState) and isinstance(before, TrainingState)
        executable.write_parameters(state.parameters)
        gradients = executable.gradients(pictures, labels)
        for name, told in event.parameters.items():
            now = state.parameters[name]
            assert told.norm == pytest.approx(np.linalg.norm(now), rel=1e-5)
            assert told.update_norm == pytest.approx(np.linalg.norm(now - before.parameters[name]), rel=1e-5)
            assert told.gradient_norm == pytest.approx(np.linalg.norm(gradients[name]), rel=1e-5)
            assert told.histogram.counts.sum() == now.size
            assert (told.histogram.low, told.histogram.high) == (now.min(), now.max()) or now.size == 1 or not now.any()
    executable.close()


@pytest.mark.usefixtures("without_limits")
def test_activations_are_those_of_the_probe_pictures(make_trainer: MakeTrainer, stripes: Dataset) -> None:
    trainer = make_trainer(epochs=1)
    event = of_type(list(trainer.run()), Measured)[-1]
    assert list(event.activations) == ["relu1", "dropout1", "dense1", "output"] or set(event.activations) >= {"relu1"}
    assert event.memory > 0
    for told in event.activations.values():
        assert 0 <= told.dead <= told.zeros <= 1 and told.deviation >= 0
        assert told.histogram.counts.sum() > 0


def test_a_dead_channel_is_told(make_trainer: MakeTrainer, small_network: NetworkSpec, stripes: Dataset) -> None:
    parameters = {"conv1.bias": np.array([-1e6, 1.0, 1.0], np.float32)}
    settings = TrainingSettings(epochs=1, batch_size=16, optimizer=SGD(learning_rate=0))
    trainer = Trainer(small_network, stripes, settings, backend=NumpyBackend(), state=parameters, measures=True)
    event = of_type(list(trainer.run()), Measured)[0]
    assert event.activations["relu1"].dead == pytest.approx(1 / 3)
    assert event.activations["relu1"].zeros >= 1 / 3


@pytest.mark.usefixtures("without_limits")
def test_answers_agree_with_the_accuracy_told(make_trainer: MakeTrainer, stripes: Dataset) -> None:
    """Also with averaged weights, which are those that are judged."""
    events = list(make_trainer(optimizer=Adam(learning_rate=0.01, average=0.9)).run())
    judged = of_type(events, Judged)
    assert [(event.epoch, event.part) for event in judged] == [
        (epoch, part) for epoch in (1, 2, 3) for part in ("validation", "train")
    ]
    done = {event.epoch: event for event in of_type(events, EpochDone)}
    for event in judged:
        samples = stripes.validation if event.part == "validation" else stripes.train
        np.testing.assert_array_equal(event.labels, samples.labels[event.pictures])
        assert event.step == done[event.epoch].step
        assert ((event.confidences >= 0.5) & (event.confidences <= 1)).all()
        if event.part == "validation":
            right = (event.answers == event.labels).mean()
            assert right == pytest.approx(done[event.epoch].validation_accuracy)


def test_a_single_step_is_always_measured(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer()
    trainer.pause()
    measured = []
    for event in trainer.run():
        if isinstance(event, Paused):
            (trainer.step_once if event.step < 5 else trainer.stop)()
        if isinstance(event, Measured):
            measured.append(event.step)
    assert measured == [1, 2, 3, 4, 5]


@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")
@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
def test_divergence_is_measured_before_training_goes_back(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer(optimizer=SGD(learning_rate=100, weight_decay=10))
    broken = None
    for event in trainer.run():
        if isinstance(event, Measured):
            broken = event
        if isinstance(event, Paused):
            trainer.stop()
    assert broken is not None
    assert not np.isfinite([told.norm for told in broken.parameters.values()]).all()


def test_a_short_run_is_judged_at_its_first_and_last_epoch(make_trainer: MakeTrainer) -> None:
    events = list(make_trainer(epochs=8).run())
    epochs = [event.epoch for event in of_type(events, Judged) if event.part == "validation"]
    assert epochs[0] == 1 and epochs[-1] == 8
    assert isinstance(events[-1], Finished)


def test_the_allowance_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("nnstudio.training.allowance.perf_counter", lambda: now[0])
    allowance, trained, done = Allowance(0.02), 0.0, []
    for _ in range(10_000):
        trained += 0.01
        if allowance.affords(trained):
            done.append(trained)
            with allowance.spending():
                now[0] += 0.03
    assert len(done) * 0.03 <= 0.02 * trained + 0.06, "the first is free, and so is the knowledge that it gives"
    assert len(done) > 60
