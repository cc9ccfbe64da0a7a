"""A sweep: one ordinary run after another, and afterwards all is as it was."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from nnstudio.engine.backend import TrainingState
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.training_model import TrainingModel, TrainingPhase
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.gui.runs.runs_model import RunsModel
from nnstudio.gui.runs.sweep_model import SweepModel
from nnstudio.network.presets import two_layer_perceptron
from nnstudio.training.events import EpochDone, Event, Failed, Finished, Paused, Started
from nnstudio.training.settings_path import SettingError
from nnstudio.training.sweep import Sweep
from nnstudio.training.sweep_runs import RunState
from tests.gui.fake_trainer import FakeTrainer

RATES = Sweep((("optimizer.learning_rate", "0.1, 0.01, 0.001"),))


def a_run(weights: WeightsModel, accuracy: float, loss: float = 0.5, *, stopped: bool = False) -> list[Event | None]:
    """What a trainer says of a run of one epoch."""
    parameters = {name: np.full_like(values, accuracy) for name, values in weights.parameters.items()}
    state = TrainingState(parameters, (), 100)
    end = Finished(100, 1, state, stopped, "Test device", 1000.0, 0.1, None if stopped else accuracy)
    return [Started("Test device", 64, 100, 20, 0.1), EpochDone(1, 100, loss, 0.9, loss, accuracy, 1000.0), end, None]


def test_every_variant_is_an_ordinary_run_and_all_comes_back(
    qtbot: QtBot, sweep: SweepModel, training: TrainingModel, trainer: FakeTrainer, weights: WeightsModel,
    history: RunsModel,
) -> None:  # fmt: skip
    for event in a_run(weights, 0.9):
        trainer.play(event)
    training.play()
    qtbot.waitUntil(lambda: training.from_current and not training.active)
    before, learned, curves = training.settings, weights.parameters, training.curves
    sweep.start(RATES)
    for accuracy in (0.7, 0.95, 0.8):
        trainer.play(*a_run(weights, accuracy))
    with qtbot.waitSignal(sweep.message) as message:
        qtbot.waitUntil(lambda: not sweep.running)
    assert message.args[:2] == ["good", "Sweep 1 is done. Best: learning_rate=0.01."]
    assert [request.settings.optimizer.learning_rate for request in trainer.requests[1:]] == [0.1, 0.01, 0.001]
    assert [request.state for request in trainer.requests[1:]] == [None] * 3, "each from new weights"
    assert [(run.state, run.accuracy, run.loss) for run in sweep.runs] == [
        (RunState.DONE, 0.7, 0.5), (RunState.DONE, 0.95, 0.5), (RunState.DONE, 0.8, 0.5)
    ]  # fmt: skip
    assert sweep.best == 1 and sweep.done == 3 and sweep.progress == 1.0
    assert (training.settings, training.from_current, training.curves) == (before, True, curves)
    assert weights.parameters is learned and weights.step == 100
    kept = [history.run(run.uuid) for run in sweep.runs if run.uuid]
    assert [(run.name, run.tags, run.starred) for run in kept if run] == [
        ("learning_rate=0.1", ("sweep 1",), False),
        ("learning_rate=0.01", ("best", "sweep 1"), True),
        ("learning_rate=0.001", ("sweep 1",), False),
    ]
    training.play()
    trainer.play(None)
    qtbot.waitUntil(lambda: not training.active)
    assert isinstance(trainer.requests[-1].state, TrainingState), "the run of before goes on exactly"


def test_what_is_kept_is_in_the_database(
    qtbot: QtBot, sweep: SweepModel, trainer: FakeTrainer, weights: WeightsModel, history: RunsModel
) -> None:
    sweep.start(Sweep((("epochs", "1, 2"),)))
    trainer.play(*a_run(weights, 0.7), *a_run(weights, 0.8))
    qtbot.waitUntil(lambda: not sweep.running)
    with qtbot.waitSignal(history.loaded):
        history.load()
    kept = {run.name: (run.tags, run.status) for run in history.runs if run.tags}
    assert kept == {"epochs=1": (("sweep 1",), "done"), "epochs=2": (("best", "sweep 1"), "done")}
    sweep.start(Sweep((("epochs", "1"),)))
    assert sweep.group == "sweep 2"
    trainer.play(None)
    qtbot.waitUntil(lambda: not sweep.running)


def test_a_run_of_somebody_else_is_none_of_the_sweep(
    qtbot: QtBot, sweep: SweepModel, trainer: FakeTrainer, weights: WeightsModel, history: RunsModel
) -> None:
    """Such as a lane of a race that the history hears of a little late."""
    other = history.runs[0]
    sweep.start(Sweep((("epochs", "1"),)))
    history.began.emit(other)
    trainer.play(*a_run(weights, 0.7))
    qtbot.waitUntil(lambda: not sweep.running)
    assert sweep.runs[0].uuid not in (None, other.uuid)
    assert not other.tags and history.run(other.uuid) == other


def test_skip_goes_on_with_the_next(
    qtbot: QtBot, sweep: SweepModel, trainer: FakeTrainer, weights: WeightsModel
) -> None:
    sweep.start(RATES)
    qtbot.waitUntil(lambda: sweep.current is not None and sweep.current.uuid is not None)
    sweep.skip()
    sweep.skip()
    qtbot.waitUntil(lambda: len(trainer.requests) == 2)
    trainer.play(*a_run(weights, 0.7), *a_run(weights, 0.6))
    qtbot.waitUntil(lambda: not sweep.running)
    assert [run.state for run in sweep.runs] == [RunState.SKIPPED, RunState.DONE, RunState.DONE]
    assert sweep.best == 1


@pytest.mark.parametrize("how", ["cancel", "stop"])
def test_cancelled_or_stopped_elsewhere_it_ends(
    how: str, qtbot: QtBot, sweep: SweepModel, training: TrainingModel, trainer: FakeTrainer
) -> None:
    before = training.settings
    sweep.start(RATES)
    qtbot.waitUntil(lambda: len(trainer.requests) == 1)
    with qtbot.waitSignal(sweep.message) as message:
        sweep.cancel() if how == "cancel" else training.stop()
        qtbot.waitUntil(lambda: not sweep.running)
    assert message.args[0] == "warning" and ("cancelled" if how == "cancel" else "stopped") in message.args[1]
    assert training.settings == before
    assert [run.state for run in sweep.runs] == [RunState.STOPPED, RunState.WAITING, RunState.WAITING]
    assert len(trainer.requests) == 1 and sweep.best is None


def test_a_run_that_diverges_or_fails_does_not_hold_up_the_others(
    qtbot: QtBot, sweep: SweepModel, trainer: FakeTrainer, weights: WeightsModel
) -> None:
    sweep.start(RATES)
    trainer.play(Started("Test device", 64, 100, 20, 0.1), Paused(7, "Training diverged: NaN.", "Go slower."))
    qtbot.waitUntil(lambda: len(trainer.requests) == 2)
    assert trainer.told.get(timeout=5) == "stop"
    trainer.play(Failed("The device is gone.", ""), None, *a_run(weights, float("nan"), 0.3))
    qtbot.waitUntil(lambda: not sweep.running)
    assert [(run.state, run.note) for run in sweep.runs] == [
        (RunState.FAILED, "Training diverged: NaN."), (RunState.FAILED, "The device is gone."), (RunState.DONE, "")
    ]  # fmt: skip
    assert sweep.best == 2 and sweep.runs[2].accuracy is None, "judged by the loss where there are no accuracies"


def test_another_network_ends_it(
    qtbot: QtBot, sweep: SweepModel, training: TrainingModel, trainer: FakeTrainer, network: NetworkModel
) -> None:
    before = training.settings
    sweep.start(RATES)
    qtbot.waitUntil(lambda: len(trainer.requests) == 1)
    network.set_spec(two_layer_perceptron())
    qtbot.waitUntil(lambda: not sweep.running)
    assert training.settings == before and not training.active


def test_another_project_takes_the_desk(
    qtbot: QtBot, sweep: SweepModel, training: TrainingModel, trainer: FakeTrainer, weights: WeightsModel
) -> None:
    before = training.settings
    sweep.start(RATES)
    qtbot.waitUntil(lambda: len(trainer.requests) == 1)
    training.abandon()
    assert not sweep.running and training.settings == before
    qtbot.waitUntil(lambda: not training.active)
    assert len(trainer.requests) == 1


def test_not_beside_training_nor_without_a_sound_sweep(
    qtbot: QtBot, sweep: SweepModel, training: TrainingModel, trainer: FakeTrainer
) -> None:
    with pytest.raises(SettingError, match="at least one setting"):
        sweep.start(Sweep(()))
    assert not sweep.running
    training.play()
    assert "stop it first" in sweep.obstacle
    sweep.start(RATES)
    assert not sweep.running
    trainer.play(None)
    qtbot.waitUntil(lambda: training.state is TrainingPhase.IDLE)
    assert sweep.obstacle == ""


def test_how_long_it_takes_is_told_once_something_was_trained(
    qtbot: QtBot, sweep: SweepModel, training: TrainingModel, trainer: FakeTrainer, weights: WeightsModel
) -> None:
    variants = sweep.variants(RATES)
    assert sweep.estimate(variants) is None
    training._progress.set(images_per_second=1000.0, steps_per_epoch=10, batch_size=50)
    assert sweep.estimate(variants) == pytest.approx(3 * 20 * 0.5)
