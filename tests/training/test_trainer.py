"""The training loop on a small problem: what it says, how it is steered, and what it does when things go wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import numpy as np
import psutil
import pytest

from nnstudio.data.dataset import Dataset
from nnstudio.engine.backend import Backend, DeviceLostError, Executable, TrainingState
from nnstudio.engine.numpy.backend import NumpyBackend
from nnstudio.engine.optimizers import SGD, Adam, Optimizer
from nnstudio.engine.plan import compile_plan
from nnstudio.network import NetworkSpec
from nnstudio.training.events import (
    DeviceChanged,
    EpochDone,
    Event,
    Failed,
    Finished,
    Paused,
    Resumed,
    Snapshot,
    Started,
    Steps,
)
from nnstudio.training.settings import TrainingSettings
from nnstudio.training.trainer import Trainer, TrainingError

MakeTrainer = Callable[..., Trainer]
ADAM = Adam(learning_rate=0.01)


@pytest.fixture
def make_trainer(small_network: NetworkSpec, stripes: Dataset) -> MakeTrainer:
    def make(optimizer: Optimizer = ADAM, epochs: int = 3, backend: Backend | None = None, **more: object) -> Trainer:
        settings = TrainingSettings(epochs=epochs, batch_size=16, optimizer=optimizer, seed=5)
        return Trainer(small_network, stripes, settings, backend=backend or NumpyBackend(), **more)

    return make


def last(events: list[Event]) -> Finished:
    assert isinstance(events[-1], Finished), events[-1]
    return events[-1]


def of_type(events: list[Event], kind: type) -> list:
    return [event for event in events if isinstance(event, kind)]


def all_losses(events: list[Event]) -> np.ndarray:
    return np.concatenate([event.losses for event in of_type(events, Steps)])


def assert_same_state(first: TrainingState, second: TrainingState) -> None:
    assert first.step == second.step
    for ours, theirs in zip((first.parameters, *first.slots), (second.parameters, *second.slots), strict=True):
        for name in ours:
            np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)


def test_learns_and_tells_a_complete_story(make_trainer: MakeTrainer) -> None:
    events = list(make_trainer().run())
    started, *_ = events
    assert isinstance(started, Started)
    assert (started.steps_per_epoch, started.batch_size, started.epochs) == (16, 16, 3)
    assert len(all_losses(events)) == 48  # 250 pictures: the last batch of each epoch has 10
    assert [event.epoch for event in of_type(events, EpochDone)] == [1, 2, 3]
    assert [event.step for event in of_type(events, EpochDone)] == [16, 32, 48]
    done = last(events)
    assert (done.step, done.epoch, done.stopped) == (48, 3, False)
    assert done.test_accuracy == 1.0
    assert done.images_per_second > 0
    assert of_type(events, EpochDone)[-1].training_loss < of_type(events, EpochDone)[0].training_loss


def test_epoch_figures_are_means_over_pictures(make_trainer: MakeTrainer) -> None:
    """The last batch has 10 pictures, so it counts less than the others."""
    events = list(make_trainer(epochs=1).run())
    losses, counts = all_losses(events), np.array([16] * 15 + [10])
    epoch = of_type(events, EpochDone)[0]
    assert epoch.training_loss == pytest.approx((losses * counts).sum() / 250)


def test_same_seed_gives_the_same_bits_however_often_snapshots_are_taken(make_trainer: MakeTrainer) -> None:
    rare, often = (list(make_trainer(snapshots_per_second=rate).run()) for rate in (1.0, 1e9))
    np.testing.assert_array_equal(all_losses(rare), all_losses(often))
    assert_same_state(last(rare).state, last(often).state)
    assert len(of_type(often, Snapshot)) > len(of_type(rare, Snapshot))


def test_goes_on_from_a_state_as_if_it_had_never_stopped(make_trainer: MakeTrainer) -> None:
    whole = last(list(make_trainer().run()))
    trainer = make_trainer(snapshots_per_second=1e9)
    partial = None
    for event in trainer.run():
        if isinstance(event, Steps) and event.step == 21:
            trainer.stop()
        if isinstance(event, Finished):
            partial = event
    assert partial is not None and partial.stopped and partial.state.step == 21 and partial.test_accuracy is None
    resumed = last(list(make_trainer(state=partial.state).run()))
    assert_same_state(resumed.state, whole.state)


def test_starts_from_given_weights(make_trainer: MakeTrainer) -> None:
    trained = last(list(make_trainer().run())).state.parameters
    first = next(event for event in make_trainer(state=trained).run() if isinstance(event, Snapshot))
    for name, values in trained.items():
        np.testing.assert_array_equal(first.parameters[name], values)


def test_pause_step_resume(make_trainer: MakeTrainer) -> None:
    """Steered from inside the loop, as far as one thread can: every pause has its request waiting already."""
    trainer = make_trainer(snapshots_per_second=1e9)
    asked: Iterator[Callable[[], None]] = iter([trainer.step_once, trainer.step_once, trainer.resume])
    steps_at_pause = []
    events = []
    for event in trainer.run():
        events.append(event)
        if isinstance(event, Steps) and event.step == 5 and not steps_at_pause:
            trainer.pause()
        if isinstance(event, Paused):
            assert event.reason == ""
            steps_at_pause.append(event.step)
            next(asked)()
    assert steps_at_pause == [5, 6, 7]
    assert [event.step for event in of_type(events, Resumed)] == [5, 6, 7]
    assert last(events).step == 48


def test_stop_while_paused(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer()
    trainer.pause()
    events = []
    for event in trainer.run():
        events.append(event)
        if isinstance(event, Paused):
            trainer.stop()
    assert last(events).stopped and last(events).step == 0


def test_learning_rate_changes_while_running(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer(snapshots_per_second=1e9)
    rates = {}
    for event in trainer.run():
        if isinstance(event, Steps):
            rates[event.step] = event.learning_rate
            if event.step == 10:
                trainer.set_learning_rate(0.0)
                frozen = None
        if isinstance(event, Snapshot) and event.step > 10:
            frozen = frozen or event.parameters
            np.testing.assert_array_equal(event.parameters["conv1.weight"], frozen["conv1.weight"])
    assert rates[10] == 0.01
    assert rates[11] == 0.0


@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf"), 1e9])
def test_impossible_learning_rate_is_refused(make_trainer: MakeTrainer, value: float) -> None:
    with pytest.raises(TrainingError, match="learning rate"):
        make_trainer().set_learning_rate(value)


@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")
@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
def test_divergence_pauses_at_the_last_good_weights(make_trainer: MakeTrainer) -> None:
    """A rate at which the weight decay alone multiplies every weight by −999 in each step."""
    trainer = make_trainer(SGD(learning_rate=0.01, weight_decay=10), snapshots_per_second=1e9)
    pauses: list[Paused] = []
    shown: dict[str, np.ndarray] = {}
    for event in trainer.run():
        if isinstance(event, Steps) and event.step == 8 and not pauses:
            trainer.set_learning_rate(100.0)
        if isinstance(event, Snapshot):
            shown = dict(event.parameters)
        if isinstance(event, Paused):
            pauses.append(event)
            assert max(abs(values).max() for values in shown.values()) < 10
            trainer.set_learning_rate(0.01)
            trainer.resume()
    (pause,) = pauses
    assert 8 <= pause.step <= 10
    assert "the loss became NaN or infinite in step" in pause.reason
    assert "the weights conv1.weight are no longer finite" in pause.reason
    assert "learning rate (now 100)" in pause.hint
    assert isinstance(event, Finished) and event.step == 48
    assert all(np.isfinite(values).all() for values in event.state.parameters.values())


class _Dying(NumpyBackend):
    """NumPy that loses its device after some steps."""

    name, key = "Dying device", "dying"

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.steps = steps

    def prepare(self, *args: object, **options: object) -> Executable:
        executable = super().prepare(*args, **options)  # type: ignore[arg-type]
        train = executable.train

        def failing(first: int, count: int, learning_rates: list[float]) -> None:
            self.steps -= count
            if self.steps < 0:
                raise DeviceLostError("The device was unplugged.")
            train(first, count, learning_rates)

        executable.train = failing  # type: ignore[method-assign]
        return executable


def test_lost_device_goes_on_from_the_last_snapshot(make_trainer: MakeTrainer) -> None:
    healthy = last(list(make_trainer(snapshots_per_second=1e9).run()))
    events = list(make_trainer(backend=_Dying(20), snapshots_per_second=1e9).run())
    changed = of_type(events, DeviceChanged)
    assert len(changed) == 1 and changed[0].step == 20
    assert "Dying device failed: The device was unplugged." in changed[0].message
    assert last(events).device == NumpyBackend().name
    assert_same_state(last(events).state, healthy.state)
    assert [event.epoch for event in of_type(events, EpochDone)] == [1, 2, 3]


def test_lost_device_keeps_the_learning_rate_of_the_moment(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer(backend=_Dying(20), snapshots_per_second=1e9)
    moved = {}
    frozen = None
    for event in trainer.run():
        if isinstance(event, Steps) and event.step == 10:
            trainer.set_learning_rate(0.0)
        if isinstance(event, Snapshot) and event.step > 10:
            frozen = frozen or event.parameters
            moved[event.step] = not np.array_equal(event.parameters["conv1.weight"], frozen["conv1.weight"])
    assert max(moved) == 48 and not any(moved.values())


class _DyingAtTheEnd(NumpyBackend):
    """NumPy that loses its device when the test set is evaluated."""

    name, key = "Dying device", "dying"

    def __init__(self, evaluations: int) -> None:
        super().__init__()
        self.evaluations = evaluations

    def prepare(self, *args: object, **options: object) -> Executable:
        executable = super().prepare(*args, **options)  # type: ignore[arg-type]
        evaluate = executable.evaluate

        def failing(*samples: object, averaged: bool) -> object:
            self.evaluations -= 1
            if self.evaluations < 0:
                raise DeviceLostError("The device was unplugged.")
            return evaluate(*samples, averaged=averaged)  # type: ignore[arg-type]

        executable.evaluate = failing  # type: ignore[method-assign, assignment]
        return executable


def test_device_lost_while_judging_loses_nothing(make_trainer: MakeTrainer) -> None:
    healthy = last(list(make_trainer().run()))
    events = list(make_trainer(backend=_DyingAtTheEnd(3)).run())
    assert len(of_type(events, DeviceChanged)) == 1
    assert_same_state(last(events).state, healthy.state)
    assert last(events).test_accuracy == healthy.test_accuracy


def test_data_that_does_not_fit_is_a_clear_failure(stripes: Dataset, small_network: NetworkSpec) -> None:
    wider = small_network.replace("dense1", small_network.node("dense1").layer.model_copy(update={"units": 7}))
    (event,) = Trainer(wider, stripes, TrainingSettings(), backend=NumpyBackend()).run()
    assert event == Failed(
        "“stripes” has 2 classes, but the network answers with 7.", "Give the last Dense layer 2 units."
    )


def test_broken_network_is_a_clear_failure(stripes: Dataset, small_network: NetworkSpec) -> None:
    (event,) = Trainer(small_network.disconnect("dense1"), stripes, TrainingSettings(), backend=NumpyBackend()).run()
    assert isinstance(event, Failed) and "dense1" in event.message


# ---- memory


def test_training_tells_what_it_will_take(make_trainer: MakeTrainer, stripes: Dataset) -> None:
    started = of_type(list(make_trainer(epochs=1).run()), Started)[0]
    plan = compile_plan(make_trainer().spec)
    need = NumpyBackend().memory_need(plan, batch_size=16, optimizer=ADAM, sample_bytes=stripes.train.nbytes)
    assert started.memory == need.total > 0


def test_what_does_not_fit_fails_with_advice(make_trainer: MakeTrainer, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = psutil.virtual_memory()._replace(available=100_000)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    (failed,) = make_trainer().run()
    assert isinstance(failed, Failed)
    assert failed.message.startswith("Batches of 16 images need ")
    assert re.fullmatch(r"Choose a smaller batch, such as \d+\.", failed.hint)
