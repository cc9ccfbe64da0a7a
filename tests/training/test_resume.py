"""A run that is stopped anywhere and goes on is the run that was never stopped, to the bit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from nnstudio.data.dataset import Dataset
from nnstudio.engine.augmentation import Augmentation
from nnstudio.engine.backend import Backend, DeviceError, TrainingState
from nnstudio.engine.devices import open_backend
from nnstudio.engine.optimizers import Adam, Momentum, Optimizer
from nnstudio.engine.schedules import Cosine, ReduceOnPlateau
from nnstudio.network import NetworkSpec
from nnstudio.network.layers.activation import ReLU
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.dropout import Dropout
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.noise import GaussianNoise
from nnstudio.network.layers.normalization import BatchNormalization
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.presets import chain
from nnstudio.training.events import EpochDone, Event, Finished, Paused, SettingsChanged, Snapshot, Steps
from nnstudio.training.settings import TrainingSettings
from nnstudio.training.trainer import Trainer

ROUGH = Augmentation(shift=1, rotate=10, flip_horizontal=True, noise=0.1)
MOMENTUM = Momentum(learning_rate=0.05, average=0.9)
ADAM = Adam(learning_rate=0.01, average=0.9, clip_norm=1.0)


@pytest.fixture(scope="module", params=["numpy", "opencl"])
def device(request: pytest.FixtureRequest) -> Backend:
    try:
        return open_backend(request.param)
    except DeviceError as error:
        pytest.skip(f"no such device: {error}")


@pytest.fixture
def chancy() -> NetworkSpec:
    """Everything that draws numbers or keeps running statistics."""
    layers = [
        Input(channels=1, height=8, width=8), GaussianNoise(deviation=0.1), Convolution(filters=3, kernel=(3, 3)),
        BatchNormalization(), ReLU(), Flatten(), Dropout(rate=0.3), Dense(units=2), SoftmaxOutput(),
    ]  # fmt: skip
    return chain("chancy", layers)


def settings_with(optimizer: Optimizer, **more: object) -> TrainingSettings:
    return TrainingSettings(
        **{"epochs": 4, "batch_size": 32, "optimizer": optimizer, "augmentation": ROUGH, "seed": 3, **more}
    )  # fmt: skip


def states_of(events: list[Event]) -> Iterator[TrainingState]:
    return (event.state for event in events if isinstance(event, Snapshot) and event.state)


def assert_same_run(resumed: list[Event], whole: list[Event], start: TrainingState) -> None:
    """From where it began, every loss, every epoch that it did as a whole, and the end."""
    losses = [np.concatenate([event.losses for event in events if isinstance(event, Steps)])
              for events in (resumed, whole)]  # fmt: skip
    np.testing.assert_array_equal(losses[0], losses[1][start.step :])
    epochs = [[event for event in events if isinstance(event, EpochDone)] for events in (resumed, whole)]
    for ours, theirs in zip(epochs[0], epochs[1][len(epochs[1]) - len(epochs[0]) :], strict=True):
        assert (ours.epoch, ours.step, ours.validation_loss) == (theirs.epoch, theirs.step, theirs.validation_loss)
    for ours, theirs in zip(epochs[0][1:], epochs[1][len(epochs[1]) - len(epochs[0]) + 1 :], strict=True):
        assert (ours.training_loss, ours.training_accuracy) == (theirs.training_loss, theirs.training_accuracy)
    first, second = resumed[-1], whole[-1]
    assert isinstance(first, Finished) and isinstance(second, Finished)
    assert (first.step, first.epoch, first.best_epoch, first.stopped_early, first.test_loss) == (
        second.step, second.epoch, second.best_epoch, second.stopped_early, second.test_loss
    )  # fmt: skip
    assert_same_state(first.state, second.state)


def assert_same_state(first: TrainingState, second: TrainingState) -> None:
    assert (first.step, first.seen, first.validation_losses) == (second.step, second.seen, second.validation_losses)
    for ours, theirs in zip((first.parameters, *first.slots), (second.parameters, *second.slots), strict=True):
        for name in ours:
            np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)


@pytest.mark.parametrize(
    "settings",
    [
        settings_with(MOMENTUM, schedule=Cosine()),
        settings_with(ADAM, schedule=ReduceOnPlateau(patience=1, factor=0.3), early_stopping=2, epochs=6),
    ],
    ids=["momentum", "adam"],
)
def test_resumed_anywhere(settings: TrainingSettings, device: Backend, chancy: NetworkSpec, stripes: Dataset) -> None:
    def train(state: TrainingState | None = None) -> list[Event]:
        return list(Trainer(chancy, stripes, settings, backend=device, state=state, snapshots_per_second=1e9).run())

    whole = train()
    states = list(states_of(whole))
    # Making an OpenCL executable takes long beside this training.
    places = (1, 5, 8, 11, -4) if device.key == "numpy" else (5, 11)
    for start in (states[place] for place in places):
        assert_same_run(train(start), whole, start)


def test_a_state_that_does_not_say_what_was_seen(device: Backend, chancy: NetworkSpec, stripes: Dataset) -> None:
    """As older files have it: the number of the step says where training stands."""
    trainer = Trainer(chancy, stripes, settings_with(ADAM), backend=device, snapshots_per_second=1e9)
    whole = list(trainer.run())
    start = list(states_of(whole))[13]
    old = replace(start, seen=None)
    resumed = Trainer(chancy, stripes, settings_with(ADAM), backend=device, state=old, snapshots_per_second=1e9)
    assert_same_run(list(resumed.run()), whole, start)


def test_a_pause_changes_nothing(device: Backend, chancy: NetworkSpec, stripes: Dataset) -> None:
    settings = settings_with(ADAM)
    whole = list(Trainer(chancy, stripes, settings, backend=device).run())
    trainer, paused = Trainer(chancy, stripes, settings, backend=device), []
    for event in trainer.run():
        if isinstance(event, Steps) and event.step in (1, 2):
            trainer.pause()
        if isinstance(event, Paused):
            trainer.resume()
            paused.append(event)
    assert paused and isinstance(event, Finished) and isinstance(whole[-1], Finished)
    assert_same_state(event.state, whole[-1].state)


def test_the_best_state_survives_being_stopped(chancy: NetworkSpec, stripes: Dataset) -> None:
    """Early stopping goes back to an epoch that a run before has done."""
    settings = settings_with(Momentum(learning_rate=3.0), early_stopping=3, epochs=12)
    whole = list(Trainer(chancy, stripes, settings, backend=open_backend("numpy"), snapshots_per_second=1e9).run())
    end = whole[-1]
    assert isinstance(end, Finished) and end.best_epoch is not None and end.best_epoch < end.epoch
    start = next(state for state in states_of(whole) if state.step == end.best_epoch * 8 + 3)
    assert start.best is not None and start.best.best is None
    resumed = Trainer(chancy, stripes, settings, backend=open_backend("numpy"), state=start, snapshots_per_second=1e9)
    assert_same_run(list(resumed.run()), whole, start)


def test_resumed_after_the_batch_size_changed(device: Backend, chancy: NetworkSpec, stripes: Dataset) -> None:
    """Changed in the midst of an epoch, and stopped in the midst of the next."""
    trainer = Trainer(chancy, stripes, settings_with(ADAM), backend=device, snapshots_per_second=1e9)
    whole = []
    for event in trainer.run():
        whole.append(event)
        if isinstance(event, Steps) and event.step == 3:
            trainer.set_batch_size(20)
    assert any(isinstance(event, SettingsChanged) for event in whole)
    start = next(state for state in states_of(whole) if state.step == 3 + 8 + 4)  # 96 + 8 · 20 ≥ 250 pictures
    assert start.seen == 250 + 4 * 20
    settings = settings_with(ADAM, batch_size=20)
    resumed = Trainer(chancy, stripes, settings, backend=device, state=start, snapshots_per_second=1e9)
    assert_same_run(list(resumed.run()), whole, start)
