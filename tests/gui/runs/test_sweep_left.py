"""A sweep that ends before its time: nothing of what was there before is lost, and the rest can be done later."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from nnstudio.gui.models.autosave_model import AutosaveModel
from nnstudio.gui.models.document import Document
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.training_model import TrainingModel
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.gui.runs.runs_model import RunsModel
from nnstudio.gui.runs.sweep_dialog import SweepDialog
from nnstudio.gui.runs.sweep_model import SweepModel
from nnstudio.network.presets import two_layer_perceptron
from nnstudio.project import load_project
from nnstudio.project.autosave import Session
from nnstudio.project.recovery import Recovery, load_recovery
from nnstudio.training.sweep_runs import RunState
from tests.gui.fake_trainer import FakeTrainer
from tests.gui.runs.test_sweep_model import RATES, a_run

Begin = Callable[[], None]


@pytest.fixture
def begin(
    qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer, weights: WeightsModel, sweep: SweepModel
) -> Begin:
    """A person has trained; then the first run of a sweep is done and the second has begun to learn."""

    def begin() -> None:
        training.play()
        trainer.play(*a_run(weights, 0.25))
        qtbot.waitUntil(lambda: training.from_current and not training.active)
        sweep.start(RATES)
        trainer.play(*a_run(weights, 0.75), *a_run(weights, 0.5)[:2])
        qtbot.waitUntil(lambda: [run.state for run in sweep.runs][:2] == [RunState.DONE, RunState.RUNNING])
        qtbot.waitUntil(lambda: len(sweep.runs[1].losses) == 1)

    return begin


def learned(parameters: object) -> float:
    """The value that all weights of a made-up run have."""
    return float(next(iter(dict(parameters).values())).flat[0])  # type: ignore[call-overload]


def test_closing_brings_back_settings_and_weights(
    qtbot: QtBot, begin: Begin, sweep: SweepModel, training: TrainingModel, weights: WeightsModel
) -> None:
    before = training.settings
    begin()
    assert learned(weights.parameters) == 0.75 and training.settings != before
    sweep.shut_down()
    assert learned(weights.parameters) == 0.25 and weights.step == 100
    assert training.settings == before and not sweep.running and training.aside is None
    qtbot.waitUntil(lambda: not training.active)
    assert learned(weights.parameters) == 0.25, "the run that was cut off has left no trace"
    assert training.newest_state and training.newest_state[1].step == 100, "and it can go on exactly"


def test_what_is_saved_meanwhile_is_what_was_there_before(
    qtbot: QtBot, begin: Begin, network: NetworkModel, sweep: SweepModel, training: TrainingModel,
    weights: WeightsModel, tmp_path: Path,
) -> None:  # fmt: skip
    document = Document(network, weights, training)
    before = training.settings
    begin()
    with qtbot.waitSignal(document.saved):
        document.save(tmp_path / "my.nnstudio")
    saved = load_project(tmp_path / "my.nnstudio")
    assert saved.settings == before and saved.metadata.steps == 100 and saved.metadata.test_accuracy == 0.25
    assert saved.parameters and learned(saved.parameters) == 0.25
    assert not document.modified, "what the sweep learns is no work that would be lost"
    sweep.shut_down()
    assert not document.modified


def test_a_crash_meanwhile_loses_nothing(
    qtbot: QtBot, begin: Begin, network: NetworkModel, sweep: SweepModel, training: TrainingModel,
    weights: WeightsModel, tmp_path: Path,
) -> None:  # fmt: skip
    """What the session has on disk is the desk of before, and the checkpoint of the run that it stood at."""
    document = Document(network, weights, training)
    session = Session(print, folder=tmp_path, period=0.01)
    autosave = AutosaveModel(network, weights, training, document, session=session, period=0.01)
    begin()
    autosave.save()
    session.wait()
    left = load_recovery(Recovery(session.folder, 0.0))
    assert learned(left.desk.project.parameters) == 0.25 and left.desk.facts.from_current
    assert left.checkpoint and learned(left.checkpoint.state.parameters) == 0.25
    assert left.checkpoint.facts.run == left.desk.facts.run != ""
    sweep.shut_down()
    autosave.shut_down()


def test_an_edited_network_ends_it_and_keeps_what_fits(
    qtbot: QtBot, begin: Begin, network: NetworkModel, sweep: SweepModel, training: TrainingModel
) -> None:
    begin()
    with qtbot.waitSignal(sweep.message) as message:
        network.set_spec(two_layer_perceptron())
    assert message.args[1] == "The network or the data were changed: the sweep has ended."
    assert training.aside is None
    assert sweep.resume_obstacle == "Sweep 1 is of another network (LeNet-5): open that one to go on."
    sweep.resume()
    assert not sweep.running


def test_the_rest_is_done_after_a_cancel(
    qtbot: QtBot, begin: Begin, sweep: SweepModel, trainer: FakeTrainer, weights: WeightsModel
) -> None:
    begin()
    sweep.cancel()
    qtbot.waitUntil(lambda: not sweep.running)
    assert [run.state for run in sweep.runs] == [RunState.DONE, RunState.STOPPED, RunState.WAITING]
    assert sweep.left == 2
    sweep.resume()
    trainer.play(*a_run(weights, 0.9), *a_run(weights, 0.8))
    qtbot.waitUntil(lambda: not sweep.running)
    assert [run.accuracy for run in sweep.runs] == [0.75, 0.9, 0.8] and sweep.left == 0
    assert learned(weights.parameters) == 0.25


@pytest.fixture
def next_session(
    begin: Begin, sweep: SweepModel, training: TrainingModel, history: RunsModel, path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> SweepModel:  # fmt: skip
    """What another process finds after the first was killed."""
    monkeypatch.setattr("nnstudio.training.sweep_runs.is_alive", lambda _owner: False)
    begin()
    sweep._keeper.wait()
    killed = path.with_name("sweep.json").read_bytes()
    sweep.shut_down()
    path.with_name("sweep.json").write_bytes(killed)
    return SweepModel(training, history, path=path.with_name("sweep.json"))


def test_the_rest_is_done_by_the_next_session(
    qtbot: QtBot, next_session: SweepModel, sweep: SweepModel, training: TrainingModel, trainer: FakeTrainer,
    weights: WeightsModel, history: RunsModel, path: Path,
) -> None:  # fmt: skip
    qtbot.waitUntil(lambda: not training.active)
    dialog = SweepDialog(next_session, training)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(lambda: next_session.left == 2)
    assert [run.state for run in next_session.runs] == [RunState.DONE, RunState.STOPPED, RunState.WAITING]
    assert next_session.runs[0].variant == sweep.runs[0].variant and next_session.runs[0].accuracy == 0.75
    told, resume = dialog.findChild(QLabel, "sweep_told"), dialog.findChild(QPushButton, "sweep_resume")
    assert told and told.text() == "A new one: 3 runs. Sweep 1: 2 of 3 runs left."
    assert resume and resume.isVisible() and resume.isEnabled()
    QTest.mouseClick(resume, Qt.MouseButton.LeftButton)
    trainer.play(*a_run(weights, 0.9), *a_run(weights, 0.8))
    qtbot.waitUntil(lambda: not next_session.running)
    assert [run.accuracy for run in next_session.runs] == [0.75, 0.9, 0.8] and not resume.isVisible()
    tagged = {run.name for run in history.runs if "sweep 1" in run.tags}
    assert tagged == {"learning_rate=0.1", "learning_rate=0.01", "learning_rate=0.001"}
    next_session.shut_down()
    assert not path.with_name("sweep.json").exists(), "nothing is left to be done"


def test_another_program_that_is_still_at_it_is_left_alone(
    qtbot: QtBot, begin: Begin, sweep: SweepModel, training: TrainingModel, history: RunsModel, path: Path
) -> None:
    begin()
    sweep._keeper.wait()
    other = SweepModel(training, history, path=path.with_name("sweep.json"))
    other.prepare()
    other.shut_down()
    assert other.runs == ()


def test_a_damaged_file_is_told(qtbot: QtBot, training: TrainingModel, history: RunsModel, path: Path) -> None:
    path.with_name("sweep.json").write_text('{"group": 3')
    model = SweepModel(training, history, path=path.with_name("sweep.json"))
    with qtbot.waitSignal(model.message) as message:
        model.prepare()
    assert message.args[0] == "warning" and "cannot be read" in message.args[1]
    assert not model.runs and not model.obstacle
