"""A race of forks in the window, with a race that says what a test tells it to, and with a real one."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from nnstudio.data.dataset import Dataset, Samples
from nnstudio.engine.backend import TrainingState
from nnstudio.engine.optimizers import SGD
from nnstudio.errors import NNStudioError
from nnstudio.gui.models.training_model import TrainingModel, TrainingPhase
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.gui.runs.race_model import Entry, RaceModel
from nnstudio.gui.runs.race_panel import RacePanel
from nnstudio.training.events import EpochDone, Finished, Paused, Snapshot, Steps
from nnstudio.training.race import LaneEvent
from nnstudio.training.settings_path import SettingError
from tests.gui.fake_trainer import FakeTrainer
from tests.gui.runs.test_sweep_model import a_run


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
def model(training: TrainingModel, race: FakeRace) -> Iterator[RaceModel]:  # type: ignore[override]
    model = RaceModel(training, make=race.make)
    yield model
    race.go.set()
    model.shut_down()


@pytest.fixture
def panel(model: RaceModel, qtbot: QtBot) -> RacePanel:
    panel = RacePanel(model)
    qtbot.addWidget(panel)
    panel.resize(1000, 480)
    panel.show()
    return panel


def press(panel: RacePanel, name: str) -> None:
    QTest.mouseClick(panel.findChild(QPushButton, name), Qt.MouseButton.LeftButton)


def test_a_race_from_start_to_the_winner(qtbot: QtBot, panel: RacePanel, model: RaceModel, race: FakeRace) -> None:
    press(panel, "race_start")
    qtbot.waitUntil(lambda: all(len(lane.losses) == 2 for lane in model.lanes))
    assert model.winner == 2, "before anything is judged, by the loss"
    assert panel.findChild(QLabel, "race_figures_1").text().startswith("Loss 0.5000")
    assert not panel.findChild(QPushButton, "race_keep_1").isEnabled()
    race.go.set()
    qtbot.waitUntil(lambda: not model.running)
    assert model.winner == 1 and panel.lanes[1].title.text() == "Lane 2 · winner"
    with qtbot.waitSignal(model.keepAsked) as kept:
        press(panel, "race_keep_2")
    settings, state, epoch = kept.args
    assert settings.optimizer.learning_rate == 0.01 and epoch == 1
    assert race.entry and state is race.entry.state


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
    model.start(["", "optimizer.kind=sgd"], 1)
    race.go.set()
    qtbot.waitUntil(lambda: not model.running)
    assert race.entry and race.entry.state.step == 100 and race.entry.variants[1].optimizer == SGD()
    model.set_past((training.settings, TrainingState(weights.parameters, (), 40)))
    assert model.origin == "from step 40 on the timeline"


def test_not_beside_training_and_what_is_wrong_is_told(
    qtbot: QtBot, panel: RacePanel, model: RaceModel, training: TrainingModel, trainer: FakeTrainer, race: FakeRace
) -> None:
    field, told = panel.findChild(QLineEdit, "race_changes_2"), panel.findChild(QLabel, "race_told")
    field.clear()
    QTest.keyClicks(field, "optimizer.speed=3")
    assert told.text().startswith("Lane 2: optimizer.speed: there is no setting “speed”")
    with pytest.raises(SettingError, match="no change of a setting"):
        model.variant("fast")
    field.clear()
    QTest.keyClicks(field, "seed=1")
    race.problem = NNStudioError("seed (=1) of lane 2 must be that of lane 1 (=0).")
    press(panel, "race_start")
    qtbot.waitUntil(lambda: not model.running)
    assert "must be that of lane 1" in told.text() and told.property("role") == "error"
    training.play()
    assert "pause or stop it first" in model.obstacle
    assert not panel.findChild(QPushButton, "race_start").isEnabled()
    trainer.play(None)
    qtbot.waitUntil(lambda: not training.active)


def test_a_lane_that_diverges_cannot_win(qtbot: QtBot, model: RaceModel, race: FakeRace) -> None:
    model.start(["", ""], 1)
    qtbot.waitUntil(lambda: model.lanes[1].state is not None)
    model._boxes[1].put(Paused(3, "Training diverged: NaN.", ""))
    race.go.set()
    qtbot.waitUntil(lambda: not model.running)
    assert model.winner == 0 and model.lanes[1].note == "Training diverged: NaN."


def test_training_goes_first(
    qtbot: QtBot, model: RaceModel, race: FakeRace, training: TrainingModel, trainer: FakeTrainer
) -> None:
    model.start(["", ""], 1)
    qtbot.waitUntil(lambda: model.lanes[1].state is not None)
    training.play()
    qtbot.waitUntil(lambda: not model.running)
    assert race.stopped
    trainer.play(None)
    qtbot.waitUntil(lambda: not training.active)


def test_a_real_race(qtbot: QtBot, training: TrainingModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """On NumPy, and then one that cannot be."""
    generator = np.random.default_rng(0)
    pictures = generator.integers(0, 256, (96, 1, 28, 28)).astype(np.uint8)
    samples = Samples(pictures, generator.integers(0, 10, 96).astype(np.int32))
    data = Dataset("noise", samples, samples, None, tuple("0123456789"))
    monkeypatch.setattr("nnstudio.data.catalog.load_dataset", lambda _name: data)
    training.choose(device="numpy")
    model = RaceModel(training)
    panel = RacePanel(model)
    qtbot.addWidget(panel)
    panel.show()
    model.start(["", "optimizer.kind=sgd, optimizer.learning_rate=0.1"], 2)
    qtbot.waitUntil(lambda: not model.running, timeout=20000)
    assert model.problem is None and [(len(lane.losses), lane.epoch) for lane in model.lanes] == [(4, 2)] * 2
    first, second = (lane.losses.y for lane in model.lanes)
    assert first[0] == second[0] and first[1] != second[1], "the same pictures before the first step"
    assert not panel.lanes[0]._filters.pixmap().isNull() and model.winner is not None
    model.start(["", "batch_size=9"], 1)
    qtbot.waitUntil(lambda: not model.running, timeout=20000)
    assert "batch_size (=9) of lane 2" in str(model.problem)
    model.shut_down()
