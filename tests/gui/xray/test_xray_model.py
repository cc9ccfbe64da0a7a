"""When is measured, when not, and when it ends."""

from __future__ import annotations

import threading

import pytest
from pytestqt.qtbot import QtBot

from nnstudio.engine.backend import DeviceLostError
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.training_model import TrainingModel, TrainingPhase
from nnstudio.gui.models.xray_model import XRayModel, XRayState
from nnstudio.gui.xray.measuring import Request, measure
from nnstudio.gui.xray.table import Findings
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.presets import two_layer_perceptron
from nnstudio.training.events import Paused, Started
from nnstudio.training.settings import TrainingSettings
from tests.gui.fake_trainer import FakeTrainer
from tests.gui.xray.conftest import FAST, SLOW, FakeMeasuring, an_xray, device, two_xrays


def until(qtbot: QtBot, model: XRayModel, state: XRayState) -> None:
    qtbot.waitUntil(lambda: model.state is state)


def begin(qtbot: QtBot, model: XRayModel, measuring: FakeMeasuring) -> None:
    model.measure()
    qtbot.waitUntil(lambda: len(measuring.requests) == 1)


def test_the_fastest_healthy_device_is_chosen_first(model: XRayModel) -> None:
    assert [device.key for device in model.devices] == [SLOW, FAST]
    assert (model.first, model.second) == (FAST, "")


def test_a_device_is_not_compared_with_itself(model: XRayModel) -> None:
    model.choose(first=SLOW, second=FAST)
    model.choose(first=FAST)
    assert (model.first, model.second) == (FAST, "")


def test_a_device_that_is_gone_is_not_chosen(model: XRayModel) -> None:
    model.choose(second=SLOW)
    model.set_devices([device("opencl:1", "Another", 5.0)])
    assert (model.first, model.second) == ("opencl:1", "")


def test_the_batch_is_that_of_training(model: XRayModel, training: TrainingModel) -> None:
    assert model.batch_size == 64
    training.set_settings(TrainingSettings(batch_size=16))
    assert model.batch_size == 16
    model.choose(batch_size=8)
    training.set_settings(TrainingSettings(batch_size=16, epochs=9))
    assert model.batch_size == 8


def test_it_measures_elsewhere(qtbot: QtBot, model: XRayModel, network: NetworkModel, measuring: FakeMeasuring) -> None:
    model.choose(second=SLOW, batch_size=32)
    begin(qtbot, model, measuring)
    assert model.state is XRayState.MEASURING
    request = measuring.requests[0]
    assert (request.spec, request.batch_size) == (network.spec, 32)
    assert [device.key for device in request.devices] == [FAST, SLOW]
    assert measuring.threads[0] is not threading.current_thread()
    with qtbot.waitSignal(model.progressed, check_params_cb=lambda share: share == 0.5):
        measuring.answers.put(0.5)
    found = two_xrays()
    measuring.answers.put(found)
    until(qtbot, model, XRayState.IDLE)
    assert model.findings is found


def test_cancelling_keeps_what_was_found(qtbot: QtBot, model: XRayModel, measuring: FakeMeasuring) -> None:
    found = Findings((an_xray(),))
    measuring.answers.put(found)
    model.measure()
    until(qtbot, model, XRayState.IDLE)
    model.measure()
    model.toggle()
    assert model.state is XRayState.STOPPING
    until(qtbot, model, XRayState.IDLE)
    assert model.findings is found
    assert model.note is None


def test_an_error_is_noted_and_gone_with_the_next_measuring(
    qtbot: QtBot, model: XRayModel, measuring: FakeMeasuring
) -> None:
    measuring.answers.put(DeviceLostError("The device is gone.", "Choose another."))
    model.measure()
    until(qtbot, model, XRayState.IDLE)
    assert model.note
    assert (model.note.text, model.note.hint) == ("The device is gone.", "Choose another.")
    begin_again = len(measuring.requests) + 1
    model.measure()
    qtbot.waitUntil(lambda: len(measuring.requests) == begin_again)
    assert model.note is None


def test_another_network_ends_it(
    qtbot: QtBot, model: XRayModel, network: NetworkModel, measuring: FakeMeasuring
) -> None:
    begin(qtbot, model, measuring)
    network.set_spec(two_layer_perceptron())
    until(qtbot, model, XRayState.IDLE)
    assert model.note
    assert "network was changed" in model.note.text


def test_what_was_found_grows_old_with_an_edit(
    qtbot: QtBot, model: XRayModel, network: NetworkModel, measuring: FakeMeasuring
) -> None:
    measuring.answers.put(Findings((an_xray(),)))
    model.measure()
    until(qtbot, model, XRayState.IDLE)
    assert not model.outdated
    network.edit("Filters", network.spec.replace("conv1", Convolution(filters=7, padding=(2, 2))))
    assert model.outdated
    network.undo_stack.undo()
    assert not model.outdated


def test_a_network_with_errors_is_not_measured(
    model: XRayModel, network: NetworkModel, measuring: FakeMeasuring
) -> None:
    network.edit("Remove", network.spec.remove("flatten1"))
    assert "errors" in model.obstacle
    model.measure()
    assert model.state is XRayState.IDLE
    assert not measuring.requests


def test_without_devices_nothing_is_measured(model: XRayModel) -> None:
    model.set_devices([])
    assert model.obstacle
    assert not model.ready


# ---- beside training


@pytest.fixture
def running(qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer, model: XRayModel) -> TrainingModel:
    training.play()
    assert "prepared" in model.obstacle
    trainer.play(Started("Test device", 64, 100, 3, 0.001))
    qtbot.waitUntil(lambda: training.state is TrainingPhase.RUNNING)
    return training


def test_training_pauses_first(
    qtbot: QtBot, model: XRayModel, running: TrainingModel, trainer: FakeTrainer, measuring: FakeMeasuring
) -> None:
    assert model.must_pause
    model.measure()
    assert model.state is XRayState.WAITING
    assert trainer.told.get(timeout=5) == "pause"
    assert not measuring.requests
    trainer.play(Paused(1))
    qtbot.waitUntil(lambda: len(measuring.requests) == 1)
    assert model.state is XRayState.MEASURING


def test_waiting_can_be_cancelled(
    qtbot: QtBot, model: XRayModel, running: TrainingModel, trainer: FakeTrainer, measuring: FakeMeasuring
) -> None:
    model.measure()
    model.cancel()
    trainer.play(Paused(1))
    qtbot.waitUntil(lambda: running.state is TrainingPhase.PAUSED)
    assert model.state is XRayState.IDLE
    assert not measuring.requests


def test_training_that_begins_ends_it(
    qtbot: QtBot, model: XRayModel, training: TrainingModel, measuring: FakeMeasuring
) -> None:
    begin(qtbot, model, measuring)
    training.play()
    until(qtbot, model, XRayState.IDLE)
    assert model.note
    assert "training began" in model.note.text


def test_the_end_of_the_program_ends_it(qtbot: QtBot, model: XRayModel, measuring: FakeMeasuring) -> None:
    begin(qtbot, model, measuring)
    model.shut_down()
    assert not measuring.threads[0].is_alive()


# ---- for real


def test_a_real_measurement() -> None:
    shares: list[float] = []
    numpy = device("numpy", "NumPy", 1.0)
    found = measure(Request(two_layer_perceptron(), 8, (numpy,)), shares.append, threading.Event())
    xray = found.xrays[0]
    assert (xray.key, xray.batch_size) == ("numpy", 8)
    assert sum(row.share for row in xray.rows) == pytest.approx(1)
    assert found.comparison is None
    assert shares[-1] == 1
    assert shares == sorted(shares)
