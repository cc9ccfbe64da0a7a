"""A race of forks in the window, with a race that says what a test tells it to, and with a real one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from nnstudio.data.dataset import Dataset, Samples
from nnstudio.engine.backend import TrainingState
from nnstudio.engine.losses import MeanSquaredError
from nnstudio.engine.optimizers import SGD, Adam, Momentum
from nnstudio.errors import NNStudioError
from nnstudio.gui.models.training_model import TrainingModel, TrainingPhase
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.gui.runs.race_model import Entry, Lane, RaceModel
from nnstudio.gui.runs.race_panel import RacePanel
from nnstudio.gui.runs.runs_model import RunsModel
from nnstudio.gui.widgets.number_box import NumberBox
from nnstudio.training.events import EpochDone, Finished, Paused, Snapshot, Started, Steps
from nnstudio.training.race import LaneEvent
from tests.gui.fake_trainer import FakeTrainer
from tests.gui.runs.test_sweep_model import a_run

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support grabbing the keyboard", extend=True)


class FakeRace:
    """Two steps in each lane; then it waits until it may end, or is stopped."""

    def __init__(self) -> None:
        self.entry: Entry | None = None
        self.go, self.stopped = threading.Event(), False
        self.problem: NNStudioError | None = None

    def make(self, entry: Entry) -> FakeRace:
        self.entry = entry
        if self.problem:
            raise self.problem
        return self

    def stop(self) -> None:
        self.stopped = True
        self.go.set()

    def run(self) -> Iterator[LaneEvent]:
        assert self.entry is not None
        state = self.entry.state
        lanes = range(len(self.entry.variants))
        for lane in lanes:
            yield LaneEvent(lane, Started("Test", 64, 7, 20, 0.1))
            yield LaneEvent(lane, Steps(2, 1, np.array([1.0, 0.5 / (lane + 1)]), np.array([0.5, 0.6]), 0.1, 1000.0))
            yield LaneEvent(lane, Snapshot(2, state.parameters, state))
        self.go.wait(10)
        for lane in lanes:
            yield LaneEvent(lane, EpochDone(1, 2, 0.5, 0.6, 0.4, 0.9 if lane == 1 else 0.8, 1000.0))
            yield LaneEvent(lane, Finished(2, 1, state, True, "Test", 1000.0, None, None))


@pytest.fixture
def race() -> FakeRace:
    return FakeRace()


@pytest.fixture
def history(tmp_path: Path, qtbot: QtBot) -> Iterator[RunsModel]:
    history = RunsModel(tmp_path / "races.sqlite")
    yield history
    history.shut_down()


@pytest.fixture
def model(training: TrainingModel, history: RunsModel, race: FakeRace) -> Iterator[RaceModel]:  # type: ignore[override]
    model = RaceModel(training, history, make=race.make)
    yield model
    race.go.set()
    model.shut_down()


@pytest.fixture
def panel(model: RaceModel, qtbot: QtBot) -> RacePanel:
    panel = RacePanel(model)
    qtbot.addWidget(panel)
    panel.resize(1000, 640)
    panel.show()
    return panel


def press(panel: RacePanel, name: str) -> None:
    button = panel.findChild(QWidget, name)
    assert isinstance(button, QPushButton | QToolButton) and button.isEnabled()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def add(panel: RacePanel, lane: int, words: str) -> None:
    """Look for a setting in the menu of a lane, and take the first, all by keyboard."""
    QTest.keyClick(panel.lanes[lane - 1].add_button, Qt.Key.Key_Space)
    menu = panel.lanes[lane - 1].menu
    QTest.keyClicks(menu.search, words)
    QTest.keyClick(menu.search, Qt.Key.Key_Return)
    assert not menu.isVisible()


def field(panel: RacePanel, lane: int, path: str) -> QWidget:
    """The control of a change."""
    control = panel.findChild(QWidget, f"field_race_{lane}_{path}_input")
    assert control is not None
    return control


def type_number(box: QWidget, text: str) -> None:
    assert isinstance(box, NumberBox)
    QTest.keyClick(box, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(box, text)
    QTest.keyClick(box, Qt.Key.Key_Return)


def told(panel: RacePanel) -> str:
    return panel.findChild(QLabel, "race_told").text()


def test_a_race_from_start_to_the_winner(qtbot: QtBot, panel: RacePanel, model: RaceModel, race: FakeRace) -> None:
    press(panel, "race_start")
    qtbot.waitUntil(lambda: all(len(lane.losses) == 2 for lane in model.lanes))
    assert model.winner == 2, "before anything is judged, by the loss"
    assert [panel.table.item(0, column).text() for column in range(3)] == ["Lane 1\nNo change", "0.7500", "–"]
    assert panel.lanes[2].badge.text() == "leads" and not panel.findChild(QPushButton, "race_keep_1").isEnabled()
    assert not field(panel, 2, "optimizer_learning_rate").isEnabled(), "what races does not change"
    race.go.set()
    qtbot.waitUntil(lambda: not model.running)
    assert model.winner == 1 and [lane.badge.text() for lane in panel.lanes] == ["", "won", "", ""]
    row = [panel.table.item(1, column) for column in range(4)]
    assert [item.text() for item in row] == ["Lane 2\nLearning rate 0.01", "0.6250", "0.4000", "90.00%"]
    assert row[0].font().bold() and not panel.table.item(0, 0).font().bold()
    assert [len(curve.getData()[0]) for curve in panel.chart.raw[:3]] == [2, 2, 2]
    with qtbot.waitSignal(model.keepAsked) as kept:
        press(panel, "race_keep_2")
    (lane,) = kept.args
    assert lane.settings.optimizer.learning_rate == 0.01 and (lane.epoch, lane.steps_per_epoch) == (1, 7)
    assert race.entry and lane.state is race.entry.state and lane.run == race.entry.lanes[1].run
    assert told(panel).startswith("Lane 2 is on the desk now")


def test_it_can_be_stopped(qtbot: QtBot, panel: RacePanel, model: RaceModel, race: FakeRace) -> None:
    press(panel, "race_start")
    qtbot.waitUntil(lambda: len(model.lanes) == 3 and model.lanes[2].state is not None)
    press(panel, "race_start")
    qtbot.waitUntil(lambda: not model.running)
    assert race.stopped


def test_it_begins_with_the_newest_state(
    qtbot: QtBot, model: RaceModel, training: TrainingModel, trainer: FakeTrainer, weights: WeightsModel, race: FakeRace
) -> None:
    assert model.origin == "from the weights on the desk, with a fresh optimizer"
    trainer.play(*a_run(weights, 0.9))
    training.play()
    qtbot.waitUntil(lambda: training.state is TrainingPhase.IDLE and training.from_current)
    assert model.origin == "from step 100"
    model.start([{}, {"optimizer.kind": "sgd"}], 1)
    race.go.set()
    qtbot.waitUntil(lambda: not model.running)
    assert race.entry and race.entry.state.step == 100 and race.entry.variants[1].optimizer == SGD()
    assert [lane.parent for lane in race.entry.lanes] == [training.run] * 2 and training.run
    assert race.entry.lanes[1].state.step == 0, "another optimizer counts its steps anew"
    model.set_past((training.settings, TrainingState(weights.parameters, (), 40)))
    assert model.origin == "from step 40 on the timeline"


def test_changes_are_a_form(panel: RacePanel, race: FakeRace, qtbot: QtBot, model: RaceModel) -> None:
    """By mouse and keyboard: add, set, remove; each kind of value has its editor."""
    add(panel, 1, "rotate")
    type_number(field(panel, 1, "augmentation_rotate"), "15")
    add(panel, 1, "flip sideways")
    flip = field(panel, 1, "augmentation_flip_horizontal")
    assert isinstance(flip, QCheckBox) and flip.isChecked(), "a yes or no turns round"
    QTest.keyClick(flip, Qt.Key.Key_Space)
    press(panel, "race_remove_2_optimizer_learning_rate")
    add(panel, 2, "pulled towards 0")  # what weight decay does, not what it is called
    type_number(field(panel, 2, "optimizer_weight_decay"), "0.5")
    kinds = field(panel, 3, "optimizer_kind")
    assert isinstance(kinds, QComboBox) and kinds.currentText() == Momentum.title
    QTest.keyClick(kinds, Qt.Key.Key_Home)
    assert kinds.currentText() == SGD.title
    assert panel.changes == [
        {"augmentation.rotate": 15.0, "augmentation.flip_horizontal": False},
        {"optimizer.weight_decay": 0.5},
        {"optimizer.kind": "sgd"},
    ]
    assert panel.findChild(QLabel, "race_variant_3").text() == "SGD, rate 0.01"
    press(panel, "race_start")
    race.go.set()
    qtbot.waitUntil(lambda: not model.running)
    assert race.entry and race.entry.variants[1].optimizer == Adam(weight_decay=0.5)
    assert race.entry.variants[2].optimizer == SGD()


def test_the_menu_offers_what_the_lane_has(panel: RacePanel) -> None:
    offered = [{place.path for place in lane.offered()} for lane in panel.lanes]
    assert "optimizer.learning_rate" in offered[0] and "optimizer.learning_rate" not in offered[1], "changed already"
    assert "optimizer.momentum" in offered[2] and "optimizer.momentum" not in offered[0]
    assert not offered[0] & {"batch_size", "seed", "epochs"}, "those are the same in all lanes"
    press(panel, "race_add_1")
    menu = panel.lanes[0].menu
    QTest.keyClicks(menu.search, "nothing such")
    QTest.keyClick(menu.search, Qt.Key.Key_Return)
    assert menu.isVisible() and menu.list.count() == 0
    QTest.keyClick(menu.search, Qt.Key.Key_Escape)
    assert not menu.isVisible()


def test_what_does_not_go_together_is_said_at_once(panel: RacePanel) -> None:
    refusal, start = panel.findChild(QLabel, "race_refusal_1"), panel.findChild(QPushButton, "race_start")
    add(panel, 1, "optimizer")
    add(panel, 1, "beta2")
    assert refusal.isHidden() and start.isEnabled()
    QTest.keyClick(field(panel, 1, "optimizer_kind"), Qt.Key.Key_Home)
    assert refusal.text() == "SGD has no setting “β₂”. Remove that change, or choose Adam or AdamW."
    assert told(panel) == f"Lane 1 cannot race: {refusal.text()}" and not start.isEnabled()
    press(panel, "race_remove_1_optimizer_beta2")
    assert refusal.isHidden() and start.isEnabled()
    add(panel, 2, "class weights")
    numbers = field(panel, 2, "loss_class_weights")
    QTest.keyClicks(numbers, "1, two")
    QTest.keyClick(numbers, Qt.Key.Key_Return)
    assert "“two” is not a number" in panel.findChild(QLabel, "race_refusal_2").text()


def test_a_loss_that_cannot_judge_is_refused(panel: RacePanel) -> None:
    """Binary cross-entropy asks for other answers than a softmax over ten classes."""
    add(panel, 1, "loss")
    QTest.keyClick(field(panel, 1, "loss_kind"), Qt.Key.Key_Down)
    assert told(panel) == (
        "Lane 1 cannot race: Binary cross-entropy cannot judge what this network answers. "
        "Choose another loss, such as Cross-entropy."
    )


def test_not_beside_training_and_what_is_wrong_is_told(
    qtbot: QtBot, panel: RacePanel, model: RaceModel, training: TrainingModel, trainer: FakeTrainer, race: FakeRace
) -> None:
    race.problem = NNStudioError("The device is gone.")
    press(panel, "race_start")
    qtbot.waitUntil(lambda: not model.running)
    assert told(panel) == "The device is gone."
    assert panel.findChild(QLabel, "race_told").property("role") == "error"
    training.play()
    assert "pause or stop it first" in model.obstacle
    assert not panel.findChild(QPushButton, "race_start").isEnabled()
    trainer.play(None)
    qtbot.waitUntil(lambda: not training.active)


def test_lanes_follow_what_is_set_now(panel: RacePanel, training: TrainingModel) -> None:
    training.set_settings(training.settings.model_copy(update={"optimizer": SGD(learning_rate=0.5)}))
    shown = [panel.findChild(QLabel, f"race_variant_{number}").text() for number in (1, 2)]
    assert shown == ["As set now: SGD, rate 0.5", "SGD, rate 0.01"]
    assert "Now: 0.5." in panel.lanes[1].rows[0].editor.toolTip()


def test_different_losses_are_not_compared(qtbot: QtBot, model: RaceModel, race: FakeRace) -> None:
    model.start([{}, {"loss.kind": MeanSquaredError().kind}], 1)
    qtbot.waitUntil(lambda: all(len(lane.losses) for lane in model.lanes))
    assert model.winner is None
    race.go.set()
    qtbot.waitUntil(lambda: not model.running)
    assert model.winner == 1, "accuracies can be"


def test_a_lane_that_diverges_cannot_win(qtbot: QtBot, model: RaceModel, race: FakeRace) -> None:
    model.start([{}, {}], 1)
    qtbot.waitUntil(lambda: model.lanes[1].state is not None)
    model._boxes[1].put(Paused(3, "Training diverged: NaN.", ""))
    race.go.set()
    qtbot.waitUntil(lambda: not model.running)
    assert model.winner == 0 and model.lanes[1].note == "Training diverged: NaN."


def test_losses_that_are_no_numbers_do_not_spoil_the_picture(panel: RacePanel, model: RaceModel) -> None:
    settings = model.base[1]
    for losses in ([np.nan, np.inf], [1.0, np.nan, 3.0]):
        lane = Lane({}, settings)
        lane.losses.extend(range(1, len(losses) + 1), losses)
        panel.chart.show_lanes([lane])
    assert panel.chart.raw[0].getData()[1].tolist() == [1.0, 3.0]


def test_training_goes_first(
    qtbot: QtBot, model: RaceModel, race: FakeRace, training: TrainingModel, trainer: FakeTrainer
) -> None:
    model.start([{}, {}], 1)
    qtbot.waitUntil(lambda: model.lanes[1].state is not None)
    training.play()
    qtbot.waitUntil(lambda: not model.running)
    assert race.stopped
    trainer.play(None)
    qtbot.waitUntil(lambda: not training.active)


def test_a_real_race(
    qtbot: QtBot, training: TrainingModel, history: RunsModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On NumPy; its lanes are kept as runs."""
    generator = np.random.default_rng(0)
    pictures = generator.integers(0, 256, (96, 1, 28, 28)).astype(np.uint8)
    samples = Samples(pictures, generator.integers(0, 10, 96).astype(np.int32))
    data = Dataset("noise", samples, samples, None, tuple("0123456789"))
    monkeypatch.setattr("nnstudio.data.catalog.load_dataset", lambda _name: data)
    training.choose(device="numpy")
    model = RaceModel(training, history)
    model.recorders.append(history.make_recorder)
    panel = RacePanel(model)
    qtbot.addWidget(panel)
    panel.show()
    model.start([{}, {"optimizer.kind": "sgd", "optimizer.learning_rate": 0.1}], 2)
    qtbot.waitUntil(lambda: not model.running, timeout=20000)
    assert model.problem is None and [(len(lane.losses), lane.epoch) for lane in model.lanes] == [(4, 2)] * 2
    first, second = (lane.losses.y for lane in model.lanes)
    assert first[0] == second[0] and first[1] != second[1], "the same pictures before the first step"
    assert not panel.findChild(QLabel, "race_filters_1").pixmap().isNull() and model.winner is not None
    assert [lane.steps_per_epoch for lane in model.lanes] == [2, 2]
    qtbot.waitUntil(lambda: len(history.runs) == 2 and all(run.ended for run in history.runs))
    known = {run.uuid: run for run in history.runs}
    kept = [known[lane.run] for lane in model.lanes]
    assert [run.name for run in kept] == ["Lane 1 of race 1", "Lane 2 of race 1"]
    assert [(run.tags, run.step) for run in kept] == [(("race 1",), 4)] * 2
    with qtbot.waitSignal(history.openAsked) as opened:
        history.ask_open(model.lanes[1].run)
    assert opened.args[0].settings.optimizer == SGD(learning_rate=0.1)
    np.testing.assert_allclose(opened.args[2].training_loss.y, second, rtol=1e-6)
    model.shut_down()
