"""Runs are kept while they are trained, shown as they go on, and whatever is wrong is said."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from nnstudio.engine.backend import TrainingState
from nnstudio.engine.initializers import Initializer, initial_parameters
from nnstudio.engine.plan import compile_plan
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.training_model import TrainingModel, TrainingPhase
from nnstudio.gui.runs.panel import RunsPanel
from nnstudio.gui.runs.past_curves import PastCurves
from nnstudio.gui.runs.runs_model import RunsModel
from nnstudio.network.presets import lenet5
from nnstudio.training.events import EpochDone, Finished, Histogram, Judged, Started, Steps
from nnstudio.training.runs import Origin, RunStatus, RunStore, Spread
from nnstudio.training.settings import TrainingSettings
from tests.gui.fake_trainer import FakeTrainer

PARAMETERS = initial_parameters(compile_plan(lenet5()), Initializer.HE_NORMAL, 3)


def finished(step: int = 4, stopped: bool = False) -> Finished:
    return Finished(step, 1, TrainingState(PARAMETERS, (), step), stopped, "numpy", 500.0, 0.2, 0.95)


@pytest.fixture
def recorded(training: TrainingModel, model: RunsModel) -> TrainingModel:
    training.recorders.append(model.make_recorder)
    return training


def train(training: TrainingModel, trainer: FakeTrainer, qtbot: QtBot, last: Finished) -> None:
    steps = Steps(4, 1, np.ones(4), np.ones(4), 0.1, 100.0)
    trainer.play(Started("numpy", 64, 4, 1, 0.1), steps, EpochDone(1, 4, 1, 1, 0.5, 0.75, 100.0), last, None)
    training.play()
    qtbot.waitUntil(lambda: training.state is TrainingPhase.IDLE)


def test_a_run_appears_goes_on_and_can_be_opened(
    recorded: TrainingModel, network: NetworkModel, trainer: FakeTrainer, model: RunsModel, qtbot: QtBot
) -> None:
    network.edit("Mute", network.spec.mute("relu2"))
    with qtbot.waitSignal(model.loaded):
        model.load()
    panel = RunsPanel(model)
    qtbot.addWidget(panel)
    with qtbot.waitSignal(model.began) as began:
        trainer.play(Started("numpy", 64, 4, 1, 0.1))
        recorded.play()
    uuid = began.args[0].uuid
    assert model.runs[0].status is RunStatus.RUNNING
    assert model.delete([uuid]) == []
    model.rename(uuid, "mine")
    train(recorded, trainer, qtbot, finished())
    qtbot.waitUntil(lambda: model.runs[0].status is RunStatus.DONE)
    assert model.runs[0].name == "mine"
    assert model.runs[0].validation_accuracy == 0.75
    with qtbot.waitSignal(model.openAsked) as opened:
        model.ask_open(uuid)
    project, name, _ = opened.args
    assert name == "mine"
    assert project.spec == network.spec, "as it was designed, muted layers included"
    assert project.metadata.steps == 4
    assert project.metadata.test_accuracy == 0.95
    for key, values in PARAMETERS.items():
        np.testing.assert_array_equal(project.parameters[key], values)


def test_an_opened_run_shows_what_it_looked_like_inside_and_how_it_answered(
    model: RunsModel, path: Path, training: TrainingModel, qtbot: QtBot
) -> None:
    past = PastCurves(model, training)
    with RunStore.open(path) as store:
        run = store.begin(Origin(TrainingSettings(), lenet5(), "digits"))
        store.change(run.uuid, class_names=("zero", "one", "two", "three", "four"))
        store.append(run.uuid, ("training_loss",), (np.array([1, 2]), np.array([[3.0, 2.0]])))
        store.add_spread(run.uuid, Spread(2, {"conv1.weight": Histogram(0, 1, np.arange(8))}, {}))
        answers = np.array([3, 4])
        store.add_judgement(run.uuid, Judged(2, 1, "validation", answers, answers, answers, np.ones(2, np.float32)))
    with qtbot.waitSignal(model.openAsked) as opened:
        model.ask_open(run.uuid)
    past.show(opened.args[2])
    curves = training.curves
    assert curves.training_loss.y.tolist() == [3, 2]
    assert len(curves.weight_histograms["conv1.weight"]) == 1
    assert curves.judgements["validation"].judged.answers.tolist() == [3, 4]
    assert curves.judgements["validation"].class_names[3] == opened.args[0].metadata.class_names[3] == "three"
    assert training.status.step == 0, "nothing was trained here"


def test_what_goes_on_exactly_is_a_branch_of_the_run_before(
    recorded: TrainingModel, trainer: FakeTrainer, model: RunsModel, qtbot: QtBot
) -> None:
    train(recorded, trainer, qtbot, finished(stopped=True))
    train(recorded, trainer, qtbot, finished(8))
    recorded.choose(from_current=False)
    train(recorded, trainer, qtbot, finished())
    with qtbot.waitSignal(model.loaded):
        model.load()
    fresh, second, first = model.runs[:3]
    assert (second.parent, second.parent_step) == (first.uuid, 4)
    assert (first.parent, first.status) == (None, RunStatus.STOPPED)
    assert fresh.parent is None


def test_without_a_place_for_runs_training_goes_on(
    training: TrainingModel, trainer: FakeTrainer, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "file").touch()
    model = RunsModel(tmp_path / "file" / "runs.sqlite")
    training.recorders.append(model.make_recorder)
    with qtbot.waitSignal(model.message) as said:
        train(training, trainer, qtbot, finished())
    severity, what, hint = said.args
    assert severity == "warning"
    assert "cannot be kept" in what
    assert "Training goes on" in hint
    with qtbot.waitSignal(model.message):
        model.load()
    assert not model.ready
    model.shut_down()


def test_a_damaged_history_is_set_aside_and_told(tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "runs.sqlite"
    path.write_bytes(b"garbage" * 999)
    model = RunsModel(path)
    with qtbot.waitSignal(model.loaded), qtbot.waitSignal(model.message) as said:
        model.load()
    assert "set aside" in said.args[1]
    assert model.runs == []
    model.shut_down()


def test_what_could_not_be_kept_is_taken_back(model: RunsModel, path: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(model.loaded):
        model.load()
    other = sqlite3.connect(path)
    other.execute("CREATE TRIGGER stubborn BEFORE UPDATE ON run BEGIN SELECT RAISE(ABORT, 'no'); END")
    other.commit()
    other.close()
    with qtbot.waitSignals([model.message, model.loaded]):
        model.rename(model.runs[0].uuid, "other")
        assert model.runs[0].name == "other"
    assert model.runs[0].name == "four"


@pytest.mark.parametrize(
    ("column", "content", "said"),
    [
        ("network", "{}", "network"),
        ("network", "no json", "network"),
        ("settings", '{"epochs": 2, "from_the_future": 1}', "from_the_future"),
    ],
)
def test_what_cannot_be_opened_says_why(
    model: RunsModel, path: Path, qtbot: QtBot, column: str, content: str, said: str
) -> None:
    with qtbot.waitSignal(model.loaded):
        model.load()
    other = sqlite3.connect(path)
    other.execute(f"UPDATE document SET {column} = ?", (content,))
    other.commit()
    other.close()
    with qtbot.waitSignal(model.message) as message:
        model.ask_open(model.runs[0].uuid)
    assert message.args[0] == "error"
    assert said in message.args[1]


def test_weights_that_do_not_fit_are_refused(model: RunsModel, path: Path, qtbot: QtBot) -> None:
    with RunStore.open(path) as store:
        run = store.begin(Origin(TrainingSettings(), lenet5(), "digits"))
        store.weights.write(run.uuid, {"other.weight": np.ones(3, np.float32)})
    with qtbot.waitSignal(model.message) as message:
        model.ask_open(run.uuid)
    assert "weights" in message.args[1]
