"""Augmentation as a training setting: used, changed while training runs, resumed, kept when a device is lost, saved."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from nnstudio.data.dataset import Dataset, Samples
from nnstudio.engine.augmentation import Augmentation
from nnstudio.engine.backend import Backend, DeviceLostError, Executable
from nnstudio.engine.numpy.augment import preview
from nnstudio.engine.numpy.backend import NumpyBackend
from nnstudio.network import NetworkSpec
from nnstudio.project import Project, load_project, save_project
from nnstudio.training.events import DeviceChanged, Event, Finished, Snapshot, Steps
from nnstudio.training.loop import shuffled
from nnstudio.training.settings import TrainingSettings
from nnstudio.training.trainer import Trainer

AUGMENTATION = Augmentation(shift=1, rotate=10, flip_horizontal=True, noise=0.05)
SETTINGS = TrainingSettings(epochs=1, batch_size=16, seed=5, augmentation=AUGMENTATION)


def trainer(network: NetworkSpec, data: Dataset, settings: TrainingSettings, **more: object) -> Trainer:
    return Trainer(network, data, settings, **{"backend": NumpyBackend(), **more})  # type: ignore[arg-type]


def losses(events: list[Event]) -> np.ndarray:
    return np.concatenate([event.losses for event in events if isinstance(event, Steps)])


def last(events: list[Event]) -> Finished:
    assert isinstance(events[-1], Finished), events[-1]
    return events[-1]


def changed_before(data: Dataset, steps: range) -> Dataset:
    """The first epoch's pictures as they are in these steps, for a training without augmentation."""
    images, order = np.divide(data.train.images, np.float32(255)), shuffled(len(data.train), SETTINGS.seed, 0)
    for step in steps:
        rows = order[step * 16 : (step + 1) * 16]
        images[rows] = preview(data.train.images[rows], AUGMENTATION, SETTINGS.seed, step)
    return replace(data, train=Samples(images, data.train.labels))


def test_the_trainer_uses_it(stripes: Dataset, small_network: NetworkSpec) -> None:
    found = losses(list(trainer(small_network, stripes, SETTINGS).run()))
    plain = SETTINGS.model_copy(update={"augmentation": Augmentation()})
    expected = losses(list(trainer(small_network, changed_before(stripes, range(16)), plain).run()))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_it_may_change_while_training_runs(stripes: Dataset, small_network: NetworkSpec) -> None:
    """Off from the first step on whose events are seen: what was queued before is done."""
    running = trainer(small_network, stripes, SETTINGS, snapshots_per_second=1e9)
    events = []
    for event in running.run():
        events.append(event)
        if isinstance(event, Steps) and event.step == 6:
            running.set_augmentation(Augmentation())
    plain = SETTINGS.model_copy(update={"augmentation": Augmentation()})
    expected = losses(list(trainer(small_network, changed_before(stripes, range(6)), plain).run()))
    np.testing.assert_allclose(losses(events), expected, rtol=1e-5)


def test_a_resumed_training_is_the_same(stripes: Dataset, small_network: NetworkSpec) -> None:
    straight = list(trainer(small_network, stripes, SETTINGS).run())
    stopping = trainer(small_network, stripes, SETTINGS, snapshots_per_second=1e9)
    for event in stopping.run():
        if isinstance(event, Steps) and event.step == 7:
            stopping.stop()
    assert isinstance(event, Finished) and event.step == 7
    resumed = list(trainer(small_network, stripes, SETTINGS, state=event.state).run())
    for name, value in last(straight).state.parameters.items():
        np.testing.assert_array_equal(value, last(resumed).state.parameters[name], err_msg=name)


class _Dying(NumpyBackend):
    """NumPy that loses its device after some steps."""

    name, key = "Dying device", "dying"

    def prepare(self, *args: object, **options: object) -> Executable:
        executable = super().prepare(*args, **options)  # type: ignore[arg-type]
        train, left = executable.train, [9]

        def failing(first: int, count: int, learning_rates: list[float]) -> None:
            left[0] -= count
            if left[0] < 0:
                raise DeviceLostError("The device was unplugged.")
            train(first, count, learning_rates)

        executable.train = failing  # type: ignore[method-assign]
        return executable


def test_it_goes_on_after_a_device_was_lost(stripes: Dataset, small_network: NetworkSpec) -> None:
    def run(backend: Backend) -> list[Event]:
        return list(trainer(small_network, stripes, SETTINGS, backend=backend, snapshots_per_second=1e9).run())

    events, expected = run(_Dying()), run(NumpyBackend())
    assert any(isinstance(event, DeviceChanged) for event in events)
    assert any(isinstance(event, Snapshot) for event in events)
    for name, value in last(expected).state.parameters.items():
        np.testing.assert_array_equal(value, last(events).state.parameters[name], err_msg=name)


def test_a_project_keeps_it(small_network: NetworkSpec, tmp_path: Path) -> None:
    path = tmp_path / "augmented.nnstudio"
    save_project(path, Project(small_network, SETTINGS))
    assert load_project(path).settings.augmentation == AUGMENTATION
