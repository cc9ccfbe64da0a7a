"""When is tuned, when not, when by itself, and when it ends."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from nnstudio.engine.backend import DeviceError, DeviceLostError
from nnstudio.engine.tuner import TuningReport
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.training_model import TrainingModel, TrainingPhase
from nnstudio.gui.models.tuning_model import TuningModel, TuningRequest, TuningState, tune_in_child
from nnstudio.gui.models.xray_model import XRayModel, XRayState
from nnstudio.gui.xray.table import Findings
from nnstudio.network.presets import two_layer_perceptron
from nnstudio.training.events import Event, Paused, Started
from nnstudio.training.settings import TrainingSettings
from tests.gui.fake_trainer import FakeTrainer
from tests.gui.xray.conftest import FAST, SLOW, FakeMeasuring, FakeTuning, a_report, an_xray, device

ON_OPENCL = Started("Test CPU (OpenCL, Test platform)", 64, 100, 3, 0.001)
ON_NUMPY = Started("NumPy (CPU)", 64, 100, 3, 0.001)


def until(qtbot: QtBot, tuning: TuningModel, state: TuningState) -> None:
    qtbot.waitUntil(lambda: tuning.state is state)


def begin(qtbot: QtBot, tuning: TuningModel, tunes: FakeTuning) -> None:
    tuning.tune()
    qtbot.waitUntil(lambda: len(tunes.requests) == 1)


def run(qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer, *events: Event | None) -> None:
    """A run with these events, up to its end if they have one."""
    training.play()
    trainer.play(*events)
    phase = TrainingPhase.IDLE if events[-1] is None else TrainingPhase.RUNNING
    qtbot.waitUntil(lambda: training.state is phase)


def quiet(tuning: TuningModel) -> QTimer:
    """The timer that runs while it waits for nobody to be at work."""
    return tuning.findChild(QTimer)


# ---- asked for


def test_it_tunes_elsewhere_for_what_is_to_be_measured(
    qtbot: QtBot, tuning: TuningModel, model: XRayModel, network: NetworkModel, tunes: FakeTuning
) -> None:
    model.choose(batch_size=32)
    begin(qtbot, tuning, tunes)
    request = tunes.requests[0]
    assert (request.spec, request.device.key, request.batch_size) == (network.spec, FAST, 32)
    assert not request.aside
    assert tunes.threads[0] is not threading.current_thread()
    tunes.answers.put(a_report(3))
    qtbot.waitUntil(lambda: tuning.report == a_report(3))
    with qtbot.waitSignal(tuning.ended):
        tunes.answers.put(a_report(11))
    assert tuning.state is TuningState.IDLE
    assert tuning.outcome == "11 choices tried; together 1.25 times as fast as before."


def test_a_cancelled_tuning_keeps_what_it_found(qtbot: QtBot, tuning: TuningModel, tunes: FakeTuning) -> None:
    begin(qtbot, tuning, tunes)
    tunes.answers.put(a_report(3))
    qtbot.waitUntil(lambda: tuning.report is not None)
    with qtbot.assertNotEmitted(tuning.ended):
        tuning.toggle()
        assert tuning.state is TuningState.STOPPING
        until(qtbot, tuning, TuningState.IDLE)
    assert tuning.outcome.startswith("3 choices tried")
    assert "8 more" in tuning.outcome


def test_nothing_is_said_of_what_was_cancelled_before_it_began(
    qtbot: QtBot, tuning: TuningModel, tunes: FakeTuning
) -> None:
    begin(qtbot, tuning, tunes)
    tuning.cancel()
    until(qtbot, tuning, TuningState.IDLE)
    assert tuning.outcome == ""


def test_an_error_is_noted_and_gone_with_the_next_tuning(qtbot: QtBot, tuning: TuningModel, tunes: FakeTuning) -> None:
    tunes.answers.put(DeviceLostError("The device is gone.", "Choose another."))
    tuning.tune()
    until(qtbot, tuning, TuningState.IDLE)
    assert tuning.note
    assert (tuning.note.text, tuning.note.hint) == ("The device is gone.", "Choose another.")
    tuning.tune()
    assert tuning.note is None


def test_what_was_measured_is_outdated_once_a_device_is_faster(
    qtbot: QtBot, tuning: TuningModel, model: XRayModel, measuring: FakeMeasuring, tunes: FakeTuning
) -> None:
    measuring.answers.put(Findings((an_xray(),)))
    model.measure()
    qtbot.waitUntil(lambda: model.findings is not None)
    tunes.answers.put(a_report(2, 2))
    tuning.tune()
    until(qtbot, tuning, TuningState.IDLE)
    assert "tuned since" in model.outdated
    measuring.answers.put(Findings((an_xray(),)))
    model.measure()
    qtbot.waitUntil(lambda: model.state is XRayState.IDLE)
    assert not model.outdated
    assert not tuning.outcome


def test_numpy_cannot_be_tuned(tuning: TuningModel, model: XRayModel, tunes: FakeTuning) -> None:
    model.choose(first=SLOW)
    assert "Only OpenCL" in tuning.obstacle
    tuning.tune()
    assert tuning.state is TuningState.IDLE
    assert not tunes.requests


def test_it_is_not_tuned_beside_training_and_measuring(
    qtbot: QtBot, tuning: TuningModel, model: XRayModel, training: TrainingModel, trainer: FakeTrainer
) -> None:
    model.measure()
    assert "measured" in tuning.obstacle
    model.cancel()
    qtbot.waitUntil(lambda: model.state is XRayState.IDLE)
    run(qtbot, training, trainer, ON_OPENCL)
    assert "Training is running" in tuning.obstacle
    trainer.play(Paused(1))
    qtbot.waitUntil(lambda: training.state is TrainingPhase.PAUSED)
    assert tuning.ready


def test_training_measuring_and_editing_end_it(
    qtbot: QtBot,
    tuning: TuningModel,
    model: XRayModel,
    training: TrainingModel,
    network: NetworkModel,
    tunes: FakeTuning,
) -> None:
    for begin_other, why in (
        (lambda: network.set_spec(two_layer_perceptron()), "network was changed"),
        (model.measure, "measuring began"),
        (training.play, "training began"),
    ):
        if model.state is not XRayState.IDLE:
            model.cancel()
            qtbot.waitUntil(lambda: model.state is XRayState.IDLE)
        tuning.tune()
        assert tuning.state is TuningState.TUNING
        begin_other()
        until(qtbot, tuning, TuningState.IDLE)
        assert tuning.note
        assert why in tuning.note.text


def test_the_end_of_the_program_ends_it(qtbot: QtBot, tuning: TuningModel, tunes: FakeTuning) -> None:
    begin(qtbot, tuning, tunes)
    tuning.shut_down()
    assert not tunes.threads[0].is_alive()


# ---- by itself


def test_a_network_is_tuned_by_itself_once_its_run_has_ended(
    qtbot: QtBot, tuning: TuningModel, training: TrainingModel, trainer: FakeTrainer, tunes: FakeTuning
) -> None:
    run(qtbot, training, trainer, ON_OPENCL, None)
    qtbot.waitUntil(lambda: len(tunes.requests) == 1)
    assert tunes.requests[0].aside
    assert (tunes.requests[0].device.key, tunes.requests[0].batch_size) == (FAST, 64)
    with qtbot.waitSignal(tuning.ended):
        tunes.answers.put(a_report(1, 1))
    with qtbot.waitSignal(quiet(tuning).timeout):
        run(qtbot, training, trainer, ON_OPENCL, None)
    assert tuning.state is TuningState.IDLE  # once is enough


def test_a_run_that_begins_ends_it_and_then_it_begins_again(
    qtbot: QtBot, tuning: TuningModel, training: TrainingModel, trainer: FakeTrainer, tunes: FakeTuning
) -> None:
    run(qtbot, training, trainer, ON_OPENCL, None)
    until(qtbot, tuning, TuningState.TUNING)
    run(qtbot, training, trainer, ON_OPENCL)
    until(qtbot, tuning, TuningState.IDLE)
    assert tuning.note is None
    trainer.play(None)
    until(qtbot, tuning, TuningState.TUNING)


def test_what_a_person_has_cancelled_does_not_begin_by_itself_again(
    qtbot: QtBot, tuning: TuningModel, training: TrainingModel, trainer: FakeTrainer
) -> None:
    run(qtbot, training, trainer, ON_OPENCL, None)
    until(qtbot, tuning, TuningState.TUNING)
    tuning.cancel()
    until(qtbot, tuning, TuningState.IDLE)
    with qtbot.waitSignal(quiet(tuning).timeout):
        run(qtbot, training, trainer, ON_OPENCL, None)
    assert tuning.state is TuningState.IDLE


def test_it_waits_until_nobody_is_at_work(
    qtbot: QtBot, tuning: TuningModel, training: TrainingModel, trainer: FakeTrainer, network: NetworkModel
) -> None:
    timer = quiet(tuning)
    timer.setInterval(1_000_000)
    tuning.wait_for_quiet()
    assert not timer.isActive()
    run(qtbot, training, trainer, ON_OPENCL)
    trainer.play(Paused(1))
    qtbot.waitUntil(lambda: training.state is TrainingPhase.PAUSED)
    assert not timer.isActive()
    trainer.play(None)
    qtbot.waitUntil(timer.isActive)
    training.set_settings(TrainingSettings(epochs=9))
    assert timer.isActive()
    network.set_spec(two_layer_perceptron())
    assert not timer.isActive()


@pytest.mark.parametrize(("started", "chosen"), [(ON_NUMPY, "auto"), (ON_OPENCL, "opencl:7")])
def test_only_the_opencl_device_that_a_run_ended_on_is_tuned_for(
    qtbot: QtBot, tuning: TuningModel, training: TrainingModel, trainer: FakeTrainer, started: Started, chosen: str
) -> None:
    training.choose(device=chosen)
    with qtbot.waitSignal(quiet(tuning).timeout):
        run(qtbot, training, trainer, started, None)
    assert tuning.state is TuningState.IDLE


def test_nothing_begins_by_itself_that_is_not_wanted(
    qtbot: QtBot, tuning: TuningModel, training: TrainingModel, trainer: FakeTrainer
) -> None:
    tuning.set_by_itself(False)
    run(qtbot, training, trainer, ON_OPENCL, None)
    assert not quiet(tuning).isActive()


def test_who_does_not_want_it_any_more_ends_it(
    qtbot: QtBot, tuning: TuningModel, training: TrainingModel, trainer: FakeTrainer
) -> None:
    run(qtbot, training, trainer, ON_OPENCL, None)
    until(qtbot, tuning, TuningState.TUNING)
    tuning.set_by_itself(False)
    until(qtbot, tuning, TuningState.IDLE)


# ---- for real


def test_the_real_one_ends_at_once() -> None:
    request = TuningRequest(two_layer_perceptron(), 8, device("opencl:0", "Test CPU", 1.0))
    assert tune_in_child(request, lambda _: None, lambda: True) == TuningReport(0, ())


def test_the_real_one_says_what_cannot_be_tuned() -> None:
    request = TuningRequest(two_layer_perceptron(), 8, device("numpy", "NumPy", 1.0))
    with pytest.raises(DeviceError, match="cannot be tuned"):
        tune_in_child(request, lambda _: None, lambda: False)
