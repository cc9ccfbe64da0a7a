"""What may be changed while training runs, and running to the end of an epoch."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import psutil
import pytest

from nnstudio.data.dataset import Dataset
from nnstudio.engine.augmentation import Augmentation
from nnstudio.engine.numpy.backend import NumpyBackend
from nnstudio.engine.optimizers import SGD, Adam, Momentum, OptimizerBase
from nnstudio.engine.schedules import Cosine
from nnstudio.network import NetworkSpec
from nnstudio.training.changes import changes_text
from nnstudio.training.control import Adjustable
from nnstudio.training.events import (
    EpochDone,
    Event,
    Finished,
    Measured,
    Paused,
    SettingsChanged,
    Snapshot,
    Started,
    Steps,
)
from nnstudio.training.settings import TrainingSettings
from nnstudio.training.trainer import Trainer, TrainingError

MakeTrainer = Callable[..., Trainer]
MOMENTUM = Momentum(learning_rate=0.05)


@pytest.fixture
def make_trainer(small_network: NetworkSpec, stripes: Dataset) -> MakeTrainer:
    def make(**more: object) -> Trainer:
        settings = TrainingSettings(**{"epochs": 3, "batch_size": 16, "optimizer": MOMENTUM, **more})
        return Trainer(small_network, stripes, settings, backend=NumpyBackend(), snapshots_per_second=1e9)

    return make


def run(trainer: Trainer, at: int, change: Callable[[Trainer], None]) -> list[Event]:
    """Train, and do something after step ``at``."""
    events = []
    for event in trainer.run():
        events.append(event)
        if isinstance(event, Steps) and event.step == at:
            change(trainer)
    return events


def of_type(events: list[Event], kind: type) -> list:
    return [event for event in events if isinstance(event, kind)]


def weights(events: list[Event]) -> dict[str, np.ndarray]:
    assert isinstance(events[-1], Finished), events[-1]
    return dict(events[-1].state.parameters)


def same(first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> bool:
    return all(np.array_equal(first[name], second[name]) for name in first)


def test_a_change_is_told_once_with_the_step_from_which_it_holds(make_trainer: MakeTrainer) -> None:
    def change(trainer: Trainer) -> None:
        trainer.set_learning_rate(0.01)
        trainer.set_optimizer(Momentum(learning_rate=0.01, momentum=0.5))
        trainer.set_augmentation(Augmentation(shift=2))

    events = run(make_trainer(), 10, change)
    (told,) = of_type(events, SettingsChanged)
    assert told == SettingsChanged(10, "learning rate 0.05 → 0.01, momentum 0.9 → 0.5, shift 0 → 2")
    assert [event.learning_rate for event in of_type(events, Steps)][9:11] == [0.05, 0.01]


def test_what_momentum_remembers_stays(make_trainer: MakeTrainer) -> None:
    """With the same numbers nothing changes; with another share of the old speed everything does."""
    untouched = weights(list(make_trainer().run()))
    again = run(make_trainer(), 10, lambda trainer: trainer.set_optimizer(MOMENTUM))
    assert same(weights(again), untouched) and not of_type(again, SettingsChanged)
    other = run(make_trainer(), 10, lambda trainer: trainer.set_optimizer(Momentum(learning_rate=0.05, momentum=0.1)))
    assert not same(weights(other), untouched)


@pytest.mark.parametrize("optimizer", [SGD(), Adam(), Momentum(average=0.9)])
def test_another_optimizer_is_refused(make_trainer: MakeTrainer, optimizer: OptimizerBase) -> None:
    with pytest.raises(TrainingError, match="while training runs"):
        make_trainer().set_optimizer(optimizer)


@pytest.mark.parametrize("at", [5, 16, 17])
def test_another_batch_size_leaves_no_picture_out(make_trainer: MakeTrainer, at: int) -> None:
    events = run(make_trainer(schedule=Cosine()), at, lambda trainer: trainer.set_batch_size(50))
    (told,) = of_type(events, SettingsChanged)
    assert told.text == "batch size 16 → 50" and told.step == at
    ends = [event.step for event in of_type(events, EpochDone)]
    expected = {5: [5 + 4, 14, 19], 16: [16, 21, 26], 17: [16, 17 + 5, 27]}
    assert ends == expected[at], "80 of 250 pictures, then 170; 5 batches of 50"
    progress = [event.progress for event in of_type(events, Steps)]
    assert progress == sorted(progress) and progress[-1] == 1.0
    rates = [event.learning_rate for event in of_type(events, Steps)]
    assert all(before >= after for before, after in pairwise(rates)), "the schedule goes on"


def test_the_epochs_loss_is_a_mean_over_all_its_pictures(make_trainer: MakeTrainer) -> None:
    events = run(make_trainer(epochs=1), 5, lambda trainer: trainer.set_batch_size(50))
    losses = np.concatenate([event.losses for event in of_type(events, Steps)])
    counts = np.array([16] * 5 + [50] * 3 + [20])
    assert of_type(events, EpochDone)[0].training_loss == pytest.approx((losses * counts).sum() / 250)


def test_a_batch_that_does_not_fit_changes_nothing(make_trainer: MakeTrainer, monkeypatch: pytest.MonkeyPatch) -> None:
    def change(trainer: Trainer) -> None:
        memory = psutil.virtual_memory()._replace(available=100_000)
        monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
        trainer.set_batch_size(128)

    untouched = weights(list(make_trainer().run()))
    events = run(make_trainer(), 10, change)
    (told,) = of_type(events, SettingsChanged)
    assert told.text.startswith("batch size 16 → 128: not possible. Batches of 128 images need ")
    assert same(weights(events), untouched)


@pytest.mark.parametrize("size", [0, -1, 65_537])
def test_impossible_batch_size_is_refused(make_trainer: MakeTrainer, size: int) -> None:
    with pytest.raises(TrainingError, match="batch size"):
        make_trainer().set_batch_size(size)


def test_one_epoch_at_a_time(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer()
    trainer.step_epoch()
    pauses = []
    for event in trainer.run():
        if isinstance(event, Paused):
            pauses.append(event.step)
            trainer.step_epoch()
    assert pauses == [16, 32], "the third epoch is the last"
    assert isinstance(event, Finished) and event.step == 48


def test_an_epoch_that_was_begun_is_ended(make_trainer: MakeTrainer) -> None:
    trainer, pauses = make_trainer(), []
    for event in trainer.run():
        if isinstance(event, Steps) and event.step == 5:
            trainer.pause()
        if isinstance(event, Paused):
            pauses.append(event.step)
            (trainer.step_epoch if event.step == 5 else trainer.resume)()
    assert pauses == [5, 16]


@pytest.mark.parametrize("kind", [Started, Steps, EpochDone, Measured])
def test_where_training_pauses_there_is_a_snapshot(
    small_network: NetworkSpec, stripes: Dataset, monkeypatch: pytest.MonkeyPatch, kind: type
) -> None:
    """Whatever was told last when somebody asked: after measurements no snapshot comes by itself."""
    monkeypatch.setattr("nnstudio.training.watch.INTERVAL", 0)
    settings = TrainingSettings(epochs=2, batch_size=16, optimizer=MOMENTUM)
    backend, rarely = NumpyBackend(), 1e-3
    trainer = Trainer(small_network, stripes, settings, backend=backend, snapshots_per_second=rarely, measures=True)
    newest, pauses = -1, 0
    for event in trainer.run():
        if isinstance(event, Snapshot):
            newest = event.step
        if isinstance(event, Paused):
            assert newest == event.step
            pauses += 1
            trainer.resume()
        elif isinstance(event, kind):
            trainer.pause()
    assert pauses


def test_pausing_ends_the_wish_for_an_epoch(make_trainer: MakeTrainer) -> None:
    trainer, pauses = make_trainer(), []
    trainer.step_epoch()
    for event in trainer.run():
        if isinstance(event, Steps) and event.step == 3:
            trainer.pause()
        if isinstance(event, Paused):
            pauses.append(event.step)
            trainer.resume()
    assert pauses == [3]


def test_switches_are_told_in_words() -> None:
    before = Adjustable(MOMENTUM, Augmentation(), 1000)
    after = Adjustable(MOMENTUM, Augmentation(flip_horizontal=True), 64)
    assert changes_text(before, after) == "flip sideways off → on, batch size 1,000 → 64"
