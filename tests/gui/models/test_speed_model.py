"""When a training speed is asked for, when not, and what counts more than an estimate."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from nnstudio.engine.devices import DeviceInfo
from nnstudio.engine.speed import remembered_figures
from nnstudio.errors import CancelledError, NNStudioError
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.speed_model import Speed, SpeedModel, SpeedRequest, estimate
from nnstudio.gui.models.training_model import TrainingModel, TrainingPhase
from nnstudio.network.layers.convolution import Convolution
from nnstudio.training.events import Paused, Started, Steps
from nnstudio.training.settings import TrainingSettings
from tests.gui.fake_trainer import FakeTrainer


def device(key: str, name: str, speed: float, *, healthy: bool = True) -> DeviceInfo:
    return DeviceInfo(key, name, "cpu", "Test platform", "1", 2, 0, healthy, "", speed)


FAST, SLOW = device("opencl:0", "Test CPU", 70_000.0), device("numpy", "NumPy", 10_000.0)


class FakeEstimate:
    """Answers with what is put into `answers`, and gives up when it is cancelled, as the real one does."""

    def __init__(self) -> None:
        self.requests: list[SpeedRequest] = []
        self.answers: queue.Queue[float | NNStudioError] = queue.Queue()
        self.threads: list[threading.Thread] = []

    def __call__(self, request: SpeedRequest, cancelled: Callable[[], bool]) -> float:
        self.requests.append(request)
        self.threads.append(threading.current_thread())
        while not cancelled():
            try:
                answer = self.answers.get(timeout=0.02)
            except queue.Empty:
                continue
            if isinstance(answer, NNStudioError):
                raise answer
            return answer
        raise CancelledError("The examination was cancelled.")


@pytest.fixture
def ask() -> FakeEstimate:
    return FakeEstimate()


@pytest.fixture
def model(network: NetworkModel, training: TrainingModel, ask: FakeEstimate) -> Iterator[SpeedModel]:
    model = SpeedModel(network, training, ask=ask, wait_ms=0)
    model.set_devices([SLOW, FAST, device("x", "Broken", 1e9, healthy=False)])
    yield model
    model.shut_down()


def asked(qtbot: QtBot, ask: FakeEstimate, times: int) -> None:
    qtbot.waitUntil(lambda: len(ask.requests) == times)


def test_it_asks_elsewhere_for_the_run_that_would_begin(
    qtbot: QtBot, model: SpeedModel, network: NetworkModel, ask: FakeEstimate
) -> None:
    assert not ask.requests, "nobody looks"
    model.look(True)
    asked(qtbot, ask, 1)
    assert ask.requests == [SpeedRequest(network.flat, 64, FAST)]
    assert ask.threads[0] is not threading.current_thread()
    with qtbot.waitSignal(model.changed):
        ask.answers.put(1234.0)
    assert model.speed == Speed(1234.0, FAST.label)


def test_every_change_is_asked_for(
    qtbot: QtBot, model: SpeedModel, network: NetworkModel, training: TrainingModel, ask: FakeEstimate
) -> None:
    model.look(True)
    changes: list[Callable[[], object]] = [
        lambda: None,
        lambda: network.edit("Filters", network.spec.replace("conv1", Convolution(filters=7, padding=(2, 2)))),
        lambda: training.set_settings(TrainingSettings(batch_size=16)),
        lambda: training.choose(device="numpy"),
    ]
    for number, change in enumerate(changes, 1):
        change()
        assert model.speed is None, "an old figure would be a lie"
        asked(qtbot, ask, number)
        with qtbot.waitSignal(model.changed):
            ask.answers.put(float(number))
    last = ask.requests[-1]
    assert (last.spec, last.batch_size, last.device) == (network.flat, 16, SLOW)


def test_what_was_asked_before_an_edit_is_not_shown(
    qtbot: QtBot, model: SpeedModel, network: NetworkModel, ask: FakeEstimate
) -> None:
    model.look(True)
    asked(qtbot, ask, 1)
    network.edit("Remove", network.spec.remove("relu1"))
    ask.answers.put(1.0)
    asked(qtbot, ask, 2)
    assert model.speed is None
    with qtbot.waitSignal(model.changed):
        ask.answers.put(2.0)
    assert model.speed == Speed(2.0, FAST.label)


def test_a_network_with_errors_has_no_speed(
    qtbot: QtBot, model: SpeedModel, network: NetworkModel, ask: FakeEstimate
) -> None:
    model.look(True)
    asked(qtbot, ask, 1)
    with qtbot.waitSignal(model.changed):
        ask.answers.put(1.0)
    network.edit("Remove", network.spec.remove("flatten1"))
    assert model.speed is None
    assert len(ask.requests) == 1


def test_who_looks_away_ends_it(qtbot: QtBot, model: SpeedModel, ask: FakeEstimate) -> None:
    model.look(True)
    asked(qtbot, ask, 1)
    model.look(False)
    qtbot.waitUntil(lambda: not model.measuring)
    assert model.speed is None
    model.look(True)
    asked(qtbot, ask, 2)


def test_a_device_that_cannot_be_measured_is_not_asked_again(
    qtbot: QtBot, model: SpeedModel, training: TrainingModel, ask: FakeEstimate
) -> None:
    model.look(True)
    asked(qtbot, ask, 1)
    ask.answers.put(NNStudioError("It is gone.", "Choose another."))
    qtbot.waitUntil(lambda: not model.measuring)
    training.choose(device="numpy")
    asked(qtbot, ask, 2)
    training.choose(device="opencl:0")
    ask.answers.put(5.0)
    qtbot.waitUntil(lambda: not model.measuring)
    assert model.speed is None
    assert len(ask.requests) == 2


def test_it_waits_for_other_measurements(
    qtbot: QtBot, network: NetworkModel, training: TrainingModel, ask: FakeEstimate
) -> None:
    others = [True]
    looked: list[bool] = []

    def busy() -> bool:
        looked.append(others[0])
        return others[0]

    model = SpeedModel(network, training, ask=ask, busy=busy, wait_ms=0)
    model.set_devices([FAST])
    model.look(True)
    qtbot.waitUntil(lambda: len(looked) > 2)
    assert not ask.requests
    others[0] = False
    asked(qtbot, ask, 1)
    model.shut_down()


def test_the_end_of_the_program_ends_it(qtbot: QtBot, model: SpeedModel, ask: FakeEstimate) -> None:
    model.look(True)
    asked(qtbot, ask, 1)
    model.shut_down()
    assert not ask.threads[0].is_alive()


# ---- beside training


def run(qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer, name: str, speed: float) -> None:
    """A run that reaches such a speed."""
    training.play()
    trainer.play(Started(name, 64, 100, 3, 0.001), Steps(1, 1, np.array([0.5]), np.array([0.5]), 0.001, speed))
    qtbot.waitUntil(lambda: training.status.images_per_second == speed)


def test_training_ends_it_and_what_it_reaches_counts_more(
    qtbot: QtBot, model: SpeedModel, network: NetworkModel, training: TrainingModel, trainer: FakeTrainer,
    ask: FakeEstimate,
) -> None:  # fmt: skip
    model.look(True)
    asked(qtbot, ask, 1)
    run(qtbot, training, trainer, "Test CPU (OpenCL)", 4321.0)
    qtbot.waitUntil(lambda: not model.measuring)
    assert model.speed == Speed(4321.0, FAST.label, measured=True)
    trainer.play(Paused(10))
    qtbot.waitUntil(lambda: training.state is TrainingPhase.PAUSED)
    training.stop()
    qtbot.waitUntil(lambda: training.state is TrainingPhase.IDLE)
    network.edit("Remove", network.spec.remove("relu1"))
    assert model.speed is None
    asked(qtbot, ask, 2)
    ask.answers.put(1.0)
    qtbot.waitUntil(lambda: not model.measuring)
    network.undo_stack.undo()
    assert model.speed == Speed(4321.0, FAST.label, measured=True), "it was this very network"
    assert len(ask.requests) == 2


def test_a_run_on_another_device_says_nothing(
    qtbot: QtBot, model: SpeedModel, training: TrainingModel, trainer: FakeTrainer
) -> None:
    run(qtbot, training, trainer, "NumPy (CPU)", 4321.0)
    assert model.speed is None


# ---- for real


def test_a_real_estimate_measures_the_device_once(network: NetworkModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnstudio.engine.speed.SECONDS", 0.0)
    numpy = device("numpy", "A device of this test", 1.0)
    assert remembered_figures(numpy.label) is None
    first = estimate(SpeedRequest(network.flat, 64, numpy), lambda: False)
    figures = remembered_figures(numpy.label)
    assert figures is not None
    assert estimate(SpeedRequest(network.flat, 64, numpy), lambda: False) == first > 0
    assert remembered_figures(numpy.label) == figures
