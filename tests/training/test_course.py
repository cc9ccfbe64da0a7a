"""The course of a training: schedules, averaged weights, early stopping, and networks that are judged in other ways."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from nnstudio.data.dataset import Dataset, Samples
from nnstudio.engine.backend import Backend, DeviceLostError, Evaluation, Executable
from nnstudio.engine.losses import BinaryCrossEntropy, CrossEntropy, MeanSquaredError
from nnstudio.engine.numpy.backend import NumpyBackend
from nnstudio.engine.optimizers import SGD, Adam
from nnstudio.engine.plan import compile_plan
from nnstudio.engine.schedules import Constant, Cosine, OneCycle, ReduceOnPlateau, Schedule
from nnstudio.network import NetworkSpec
from nnstudio.network.layers.activation import ReLU
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.linear_output import LinearOutput
from nnstudio.network.layers.sigmoid_output import SigmoidOutput
from nnstudio.network.presets import chain
from nnstudio.training.events import EpochDone, Event, Failed, Finished, Paused, Snapshot, Steps
from nnstudio.training.settings import TrainingSettings
from nnstudio.training.trainer import Trainer

PER_EPOCH = 16
"""250 pictures in batches of 16."""
MakeTrainer = Callable[..., Trainer]


@pytest.fixture
def make_trainer(small_network: NetworkSpec, stripes: Dataset) -> MakeTrainer:
    def make(dataset: Dataset = stripes, spec: NetworkSpec = small_network, **more: object) -> Trainer:
        steering = {name: more.pop(name) for name in ("state", "backend") if name in more}
        settings = TrainingSettings(**{"epochs": 3, "batch_size": 16, "optimizer": Adam(learning_rate=0.01), **more})
        options = {"backend": NumpyBackend(), "snapshots_per_second": 1e9, **steering}
        return Trainer(spec, dataset, settings, **options)

    return make


@pytest.fixture
def misleading(stripes: Dataset) -> Dataset:
    """What is learned from these pictures is wrong for those of validation: their labels are changed round."""
    validation = stripes.validation
    return replace(stripes, validation=Samples(validation.images, 1 - validation.labels))


def of_type(events: list[Event], kind: type) -> list:
    return [event for event in events if isinstance(event, kind)]


def last(events: list[Event]) -> Finished:
    assert isinstance(events[-1], Finished), events[-1]
    return events[-1]


def all_rates(events: list[Event]) -> np.ndarray:
    return np.concatenate([event.learning_rates for event in of_type(events, Steps)])


def assert_same_weights(found: dict, expected: dict) -> None:
    assert found.keys() == expected.keys()
    for name, value in found.items():
        np.testing.assert_array_equal(value, expected[name], err_msg=name)


def stop_at(trainer: Trainer, step: int) -> list[Event]:
    events = []
    for event in trainer.run():
        events.append(event)
        if isinstance(event, Steps) and event.step == step:
            trainer.stop()
    return events


# ---- schedules


@pytest.mark.parametrize("schedule", [Cosine(warmup=0.5), OneCycle()])
def test_the_learning_rate_follows_the_schedule(make_trainer: MakeTrainer, schedule: Schedule) -> None:
    events = list(make_trainer(schedule=schedule).run())
    expected = 0.01 * schedule.factors(range(48), PER_EPOCH, 48)
    np.testing.assert_array_equal(all_rates(events), expected)
    assert [event.learning_rate for event in of_type(events, Steps)] == [
        expected[event.step - 1] for event in of_type(events, Steps)
    ]


def test_a_rate_of_0_moves_nothing_and_the_first_of_a_warm_up_is_0(make_trainer: MakeTrainer) -> None:
    before, after, later = of_type(list(make_trainer(schedule=Constant(warmup=1), epochs=1).run()), Snapshot)[:3]
    assert (before.step, after.step, later.step) == (0, 1, 2)
    assert_same_weights(before.parameters, after.parameters)
    assert not np.array_equal(later.parameters["conv1.weight"], after.parameters["conv1.weight"])


def test_a_change_by_hand_changes_what_the_schedule_multiplies(make_trainer: MakeTrainer) -> None:
    trainer, schedule, rates = make_trainer(schedule=Cosine()), Cosine(), {}
    for event in trainer.run():
        if isinstance(event, Steps):
            rates[event.step] = event.learning_rate
            if event.step == 10:
                trainer.set_learning_rate(0.5)
    factors = schedule.factors(range(48), PER_EPOCH, 48)
    assert rates[10] == 0.01 * factors[9]
    assert rates[11] == 0.5 * factors[10]
    assert rates[48] == 0.5 * factors[47]


PLATEAU = ReduceOnPlateau(patience=0, factor=0.5)
COURSES = {
    "cosine": {"schedule": Cosine(warmup=0.3)},
    "averaged": {"optimizer": Adam(learning_rate=0.01, average=0.9, clip_norm=1.0)},
    "plateau": {"schedule": PLATEAU},
}


@pytest.mark.parametrize("settings", COURSES.values(), ids=COURSES.keys())
@pytest.mark.parametrize("step", [21, 32])
def test_a_course_goes_on_as_if_it_had_never_stopped(
    make_trainer: MakeTrainer, misleading: Dataset, settings: dict, step: int
) -> None:
    whole = list(make_trainer(misleading, **settings).run())
    partial = last(stop_at(make_trainer(misleading, **settings), step))
    assert partial.state.step == step
    resumed = list(make_trainer(misleading, state=partial.state, **settings).run())
    np.testing.assert_array_equal(all_rates(resumed), all_rates(whole)[step:])
    assert_same_weights(last(resumed).state.parameters, last(whole).state.parameters)
    assert_same_weights(last(resumed).state.result, last(whole).state.result)
    assert last(resumed).state.validation_losses == last(whole).state.validation_losses


def test_the_rate_is_reduced_when_validation_gets_worse(make_trainer: MakeTrainer, misleading: Dataset) -> None:
    events = list(make_trainer(misleading, schedule=PLATEAU, epochs=4).run())
    losses = [event.validation_loss for event in of_type(events, EpochDone)]
    assert losses == sorted(losses), "it only gets worse"
    np.testing.assert_array_equal(all_rates(events)[::PER_EPOCH], [0.01, 0.01, 0.005, 0.0025])
    assert last(events).state.validation_losses == tuple(losses)


class Dying(NumpyBackend):
    """NumPy that loses its device in the given evaluation or training step."""

    name, key = "Dying device", "dying"

    def __init__(self, *, evaluation: int = -1, step: int = -1) -> None:
        super().__init__()
        self.evaluations_left, self.steps_left = evaluation, step

    def prepare(self, *args: object, **options: object) -> Executable:
        executable = super().prepare(*args, **options)  # type: ignore[arg-type]
        train, evaluate = executable.train, executable.evaluate

        def dying_train(first: int, count: int, rates: list[float]) -> None:
            self.steps_left -= 1
            if self.steps_left == 0:
                raise DeviceLostError("The device was unplugged.")
            train(first, count, rates)

        def dying_evaluate(*samples: object, averaged: bool) -> Evaluation:
            self.evaluations_left -= 1
            if self.evaluations_left == 0:
                raise DeviceLostError("The device was unplugged.")
            return evaluate(*samples, averaged=averaged)  # type: ignore[arg-type]

        executable.train, executable.evaluate = dying_train, dying_evaluate  # type: ignore[method-assign]
        return executable


@pytest.mark.parametrize("settings", COURSES.values(), ids=COURSES.keys())
@pytest.mark.parametrize("backend", [lambda: Dying(step=20), lambda: Dying(evaluation=2)], ids=["step", "evaluation"])
def test_a_lost_device_changes_nothing_about_the_course(
    make_trainer: MakeTrainer, misleading: Dataset, settings: dict, backend: Callable[[], Backend]
) -> None:
    healthy = list(make_trainer(misleading, **settings).run())
    events = list(make_trainer(misleading, backend=backend(), **settings).run())
    assert last(events).device == NumpyBackend().name
    assert [event.epoch for event in of_type(events, EpochDone)] == [1, 2, 3]
    assert [event.validation_loss for event in of_type(events, EpochDone)] == [
        event.validation_loss for event in of_type(healthy, EpochDone)
    ]
    assert_same_weights(last(events).state.result, last(healthy).state.result)
    assert last(events).state.validation_losses == last(healthy).state.validation_losses


@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")
@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
def test_after_divergence_the_schedule_goes_on_from_the_good_weights(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer(optimizer=SGD(learning_rate=0.01, weight_decay=10), schedule=Cosine())
    rates, paused = {}, 0
    for event in trainer.run():
        if isinstance(event, Steps):
            rates[event.step] = event.learning_rate
            if event.step == 20 and not paused:
                trainer.set_learning_rate(100.0)
        if isinstance(event, Paused):
            paused = event.step
            trainer.set_learning_rate(0.01)
            trainer.resume()
    assert 20 <= paused <= 22
    factors = Cosine().factors(range(48), PER_EPOCH, 48)
    assert [rates[step] for step in range(paused + 1, 49)] == (0.01 * factors[paused:]).tolist()
    assert isinstance(event, Finished) and len(event.state.validation_losses) == 3


# ---- averaged weights


def test_the_average_is_shown_judged_and_kept(make_trainer: MakeTrainer, stripes: Dataset) -> None:
    trainer = make_trainer(optimizer=SGD(learning_rate=0.05, average=0.95))
    events = list(trainer.run())
    state = last(events).state
    assert state.averaged
    assert not np.array_equal(state.result["conv1.weight"], state.parameters["conv1.weight"])
    assert_same_weights(of_type(events, Snapshot)[-1].parameters, state.result)
    executable = NumpyBackend().prepare(compile_plan(trainer.spec), batch_size=16)
    executable.write_parameters(state.result)
    found = executable.evaluate(stripes.validation.images, stripes.validation.labels)
    assert of_type(events, EpochDone)[-1].validation_loss == found.loss
    test = stripes.test
    assert test is not None
    assert last(events).test_loss == executable.evaluate(test.images, test.labels).loss
    executable.close()


def test_what_is_shown_first_are_the_weights_it_begins_with(make_trainer: MakeTrainer) -> None:
    averaged, plain = (
        of_type(list(make_trainer(optimizer=SGD(average=average), epochs=1).run()), Snapshot) for average in (0.9, 0.0)
    )
    for number in (0, 1):  # and after the first step, which the average copies
        assert_same_weights(averaged[number].parameters, plain[number].parameters)


# ---- early stopping


def test_stops_early_and_the_best_weights_come_back(make_trainer: MakeTrainer, misleading: Dataset) -> None:
    events = list(make_trainer(misleading, epochs=20, early_stopping=2).run())
    done = last(events)
    losses = [event.validation_loss for event in of_type(events, EpochDone)]
    best = int(np.argmin(losses)) + 1
    assert (done.stopped_early, done.stopped, done.best_epoch) == (True, False, best)
    assert (done.epoch, done.step, len(losses)) == (best + 2, PER_EPOCH * (best + 2), best + 2)
    assert (done.state.step, done.state.validation_losses) == (PER_EPOCH * best, tuple(losses[:best]))
    (kept,) = (event for event in of_type(events, Snapshot) if event.step == PER_EPOCH * best)
    assert_same_weights(done.state.result, kept.parameters)


def test_the_best_weights_are_tested(make_trainer: MakeTrainer, misleading: Dataset) -> None:
    test = Samples(misleading.validation.images, misleading.validation.labels)
    events = list(make_trainer(replace(misleading, test=test), epochs=20, early_stopping=2).run())
    assert last(events).test_loss == min(event.validation_loss for event in of_type(events, EpochDone))


def test_the_best_weights_come_back_after_all_epochs_too(make_trainer: MakeTrainer, misleading: Dataset) -> None:
    events = list(make_trainer(misleading, epochs=2, early_stopping=10).run())
    assert (last(events).stopped_early, last(events).best_epoch, last(events).state.step) == (False, 1, PER_EPOCH)
    assert last(events).step == 2 * PER_EPOCH


def test_what_gets_better_is_not_stopped(make_trainer: MakeTrainer) -> None:
    events = list(make_trainer(early_stopping=1).run())
    assert (last(events).stopped_early, last(events).best_epoch, last(events).step) == (False, 3, 48)


def test_without_early_stopping_the_last_weights_stay(make_trainer: MakeTrainer, misleading: Dataset) -> None:
    events = list(make_trainer(misleading).run())
    assert (last(events).stopped_early, last(events).best_epoch, last(events).state.step) == (False, None, 48)


def test_whoever_stops_it_can_go_on(make_trainer: MakeTrainer, misleading: Dataset) -> None:
    """Stopped by hand in the epoch after the best, and resumed, it still stops when it would have."""
    settings = {"epochs": 20, "early_stopping": 3}
    whole = last(list(make_trainer(misleading, **settings).run()))
    partial = last(stop_at(make_trainer(misleading, **settings), whole.state.step + 5))
    assert (partial.best_epoch, partial.state.step) == (None, whole.state.step + 5)
    resumed = last(list(make_trainer(misleading, state=partial.state, **settings).run()))
    assert (resumed.stopped_early, resumed.step) == (True, whole.step)


@pytest.mark.parametrize("evaluation", [2, 3, 4])
def test_the_best_weights_outlive_the_device(make_trainer: MakeTrainer, misleading: Dataset, evaluation: int) -> None:
    """Lost in the second epoch's validation, in the third's, and in the test."""
    settings = {"epochs": 20, "early_stopping": 2}
    healthy = last(list(make_trainer(misleading, **settings).run()))
    assert healthy.best_epoch == 1
    events = list(make_trainer(misleading, backend=Dying(evaluation=evaluation), **settings).run())
    assert (last(events).best_epoch, last(events).step) == (healthy.best_epoch, healthy.step)
    assert_same_weights(last(events).state.result, healthy.state.result)
    assert last(events).test_loss == healthy.test_loss


def test_the_memory_for_the_best_weights_is_counted(make_trainer: MakeTrainer) -> None:
    plain, stopping = (next(iter(make_trainer(early_stopping=patience).run())) for patience in (0, 5))
    flat = 4 * compile_plan(make_trainer().spec).flat_size
    assert stopping.memory - plain.memory == 3 * flat, "weights and Adam's two values"


# ---- other ways to answer


def autoencoder(channels: int = 1) -> NetworkSpec:
    same = {"kernel": (3, 3), "padding": (1, 1)}
    layers = [Input(channels=1, height=8, width=8), Convolution(filters=4, **same), ReLU()]
    return chain("autoencoder", [*layers, Convolution(filters=channels, **same), SigmoidOutput()])


@pytest.mark.parametrize("loss", [BinaryCrossEntropy(), MeanSquaredError(class_weights=(1.0, 2.0))])
def test_a_network_that_answers_with_pictures_learns_to_give_them(
    make_trainer: MakeTrainer, loss: BinaryCrossEntropy | MeanSquaredError
) -> None:
    events = list(make_trainer(spec=autoencoder(), loss=loss, epochs=5).run())
    done = last(events)
    assert done.test_loss is not None and done.test_accuracy is not None
    assert np.isnan(done.test_accuracy) and np.isfinite(done.test_loss)
    epochs = of_type(events, EpochDone)
    assert all(np.isnan([epoch.training_accuracy, epoch.validation_accuracy]).all() for epoch in epochs)
    assert epochs[-1].validation_loss < 0.8 * epochs[0].validation_loss
    assert all(np.isnan(event.accuracies).all() and len(event.accuracies) for event in of_type(events, Steps))


def one_unit(output: SigmoidOutput | LinearOutput) -> NetworkSpec:
    return chain("one", [Input(channels=1, height=8, width=8), Flatten(), Dense(units=1), output])


@pytest.mark.parametrize(
    ("output", "loss"), [(SigmoidOutput(), BinaryCrossEntropy()), (LinearOutput(), MeanSquaredError())]
)
def test_a_single_yes_or_no_tells_two_classes_apart(
    make_trainer: MakeTrainer, output: SigmoidOutput | LinearOutput, loss: BinaryCrossEntropy | MeanSquaredError
) -> None:
    events = list(make_trainer(spec=one_unit(output), loss=loss, epochs=8).run())
    assert last(events).test_accuracy == 1.0


def test_what_does_not_fit_is_a_clear_failure(make_trainer: MakeTrainer, stripes: Dataset) -> None:
    three = replace(stripes, class_names=("rows", "columns", "dots"))
    for trainer, words in (
        (make_trainer(three, spec=one_unit(SigmoidOutput()), loss=BinaryCrossEntropy()), "answers with 2"),
        (make_trainer(loss=CrossEntropy(class_weights=(1, 2, 3))), "3 class weights, but “stripes” has 2 classes"),
        (make_trainer(spec=autoencoder(channels=2), loss=BinaryCrossEntropy()), "picture of 2×8×8 and is given one of"),
        (make_trainer(spec=autoencoder()), "Cross-entropy cannot judge a Sigmoid output"),
    ):
        (event,) = trainer.run()
        assert isinstance(event, Failed) and words in event.message, event


def test_class_weights_of_the_right_number_are_taken(make_trainer: MakeTrainer) -> None:
    events = list(make_trainer(loss=CrossEntropy(class_weights=(1, 3), label_smoothing=0.1), epochs=1).run())
    assert last(events).test_accuracy == 1.0


def test_settings_take_a_loss_that_fits_only_where_theirs_does_not(small_network: NetworkSpec) -> None:
    settings = TrainingSettings(loss=CrossEntropy(label_smoothing=0.1))
    assert settings.fitting(small_network) is settings
    assert settings.fitting(NetworkSpec()) is settings
    assert settings.fitting(autoencoder()).loss == BinaryCrossEntropy()
    squared = TrainingSettings(loss=MeanSquaredError())
    assert squared.fitting(autoencoder()) is squared
