"""The window looks back, and what is learned, saved and trained from does not notice."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from nnstudio.engine.backend import TrainingState
from nnstudio.gui.designer.blocks.thumbnails import Thumbnails
from nnstudio.gui.draw.inference import LiveInference
from nnstudio.gui.inspect.filters_panel import FiltersPanel
from nnstudio.gui.models.drawing_model import DrawingModel
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.prediction_model import PredictionModel
from nnstudio.gui.models.training_model import TrainingModel
from nnstudio.gui.models.weight_edit import WeightsError
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.gui.timeline.timeline_model import TimelineModel
from nnstudio.gui.widgets.color_bar import ColorBar
from nnstudio.network.layers.dense import Dense
from nnstudio.training.events import EpochDone, Finished, Snapshot, Started
from nnstudio.training.timeline import Timeline, TimelineError, Timelines
from tests.gui.fake_trainer import FakeTrainer

MakeState = Callable[[int], TrainingState]


def shown(weights: WeightsModel) -> float:
    return float(weights.shown.parameters["conv1.weight"].flat[0])


def test_views_are_shown_the_past_and_the_weights_stay(
    run: Timeline, model: TimelineModel, weights: WeightsModel
) -> None:
    own, learned = weights.parameters, weights.learned
    model.set_cursor(300)
    assert shown(weights) == np.float32(0.3)
    assert weights.shown.step == 300
    assert weights.shown.past
    assert weights.parameters is own
    assert weights.learned is learned
    model.set_cursor(None)
    assert weights.shown.parameters is own
    assert not weights.shown.past


def test_the_cursor_goes_to_the_nearest_moment(run: Timeline, model: TimelineModel) -> None:
    for wish, found in ((-5, 0), (149, 100), (151, 200), (5000, 1000)):
        model.set_cursor(wish)
        assert model.cursor == found


def test_moving_by_moments_ends_at_the_first_and_in_the_present(run: Timeline, model: TimelineModel) -> None:
    model.move(-1)
    assert model.cursor == 1000
    model.move(-3)
    assert model.cursor == 700
    model.move(-99)
    assert model.cursor == 0
    model.move(1)
    assert model.cursor == 100
    model.move(99)
    assert model.cursor is None


def test_weights_of_the_past_cannot_be_edited(run: Timeline, model: TimelineModel, weights: WeightsModel) -> None:
    model.set_cursor(300)
    with pytest.raises(WeightsError, match="weights of the past"):
        weights.set_value("conv1.weight", (0, 0, 0, 0), 1.0)
    model.set_cursor(None)
    weights.set_value("conv1.weight", (0, 0, 0, 0), 1.0)


def test_what_is_learned_meanwhile_is_kept_and_not_shown(
    qtbot: QtBot,
    run: Timeline,
    model: TimelineModel,
    network: NetworkModel,
    weights: WeightsModel,
    make_state: MakeState,
) -> None:
    model.set_cursor(300)
    with qtbot.waitSignal(model.changed):
        run.put(make_state(1100))
        weights.replace(network.flat, make_state(1100).parameters, 1100)
    assert model.steps[-1] == 1100
    assert model.cursor == 300
    assert shown(weights) == np.float32(0.3)
    model.set_cursor(None)
    assert shown(weights) == np.float32(1.1)


def test_another_network_ends_the_view_and_undo_brings_the_past_back(
    run: Timeline, model: TimelineModel, network: NetworkModel, weights: WeightsModel
) -> None:
    model.set_cursor(300)
    network.edit("Units", network.spec.replace("dense2", Dense(units=50)))
    assert model.cursor is None
    assert model.steps == ()
    assert not weights.shown.past
    network.undo_stack.undo()
    assert len(model.steps) == 11


def test_other_weights_on_the_desk_end_the_view(
    run: Timeline, model: TimelineModel, weights: WeightsModel, make_state: MakeState
) -> None:
    model.set_cursor(300)
    weights.load(make_state(42).parameters, 42)
    assert model.cursor is None
    assert shown(weights) == np.float32(0.042)


def test_filters_thumbnails_and_prediction_follow(
    qtbot: QtBot, run: Timeline, model: TimelineModel, network: NetworkModel, weights: WeightsModel
) -> None:
    panel = FiltersPanel(network, weights)
    qtbot.addWidget(panel)
    with qtbot.waitExposed(panel):
        panel.show()
    thumbnails, told = Thumbnails(weights), list[bool]()
    thumbnails.changed.connect(lambda: told.append(True))
    drawing, predictions = DrawingModel(), PredictionModel()
    inference = LiveInference(drawing, network, weights, predictions)
    model.set_cursor(500)
    assert panel.findChild(ColorBar).accessibleName() == "Colour scale from −0.5 to 0.5"
    assert told
    with qtbot.waitSignal(predictions.changed, check_params_cb=lambda prediction: not prediction.untrained):
        inference.watch(True)
    with qtbot.waitSignal(predictions.changed, check_params_cb=lambda prediction: prediction.untrained):
        model.set_cursor(0)
    inference.shut_down()


def test_only_the_newest_wish_is_read(
    qtbot: QtBot, run: Timeline, model: TimelineModel, monkeypatch: pytest.MonkeyPatch, weights: WeightsModel
) -> None:
    read, may = list[int](), threading.Event()
    original = Timeline.state

    def slow(self: Timeline, step: int) -> TrainingState:
        read.append(step)
        may.wait(10)
        return original(self, step)

    monkeypatch.setattr(Timeline, "at_hand", lambda _self, _step: None)
    monkeypatch.setattr(Timeline, "state", slow)
    for step in (100, 200, 300, 400, 500):
        model.set_cursor(step)
    with qtbot.waitSignal(model.shownChanged, check_params_cb=lambda step: step == 500):
        may.set()
    assert read == [100, 500]
    assert shown(weights) == np.float32(0.5)


def test_a_late_answer_does_not_bring_the_past_back(
    qtbot: QtBot, run: Timeline, model: TimelineModel, monkeypatch: pytest.MonkeyPatch, weights: WeightsModel
) -> None:
    monkeypatch.setattr(Timeline, "at_hand", lambda _self, _step: None)
    model.set_cursor(100)
    model.set_cursor(None)
    qtbot.waitUntil(lambda: not model._loading)
    assert not weights.shown.past


def test_a_moment_that_cannot_be_read_is_told_and_the_view_is_in_the_present(
    qtbot: QtBot, run: Timeline, model: TimelineModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(self: Timeline, step: int) -> TrainingState:
        raise TimelineError(f"Step {step} cannot be read any more.", "Choose another moment.")

    monkeypatch.setattr(Timeline, "at_hand", lambda _self, _step: None)
    monkeypatch.setattr(Timeline, "state", damaged)
    with qtbot.waitSignal(model.message) as told:
        model.set_cursor(200)
    assert told.args == ["warning", "Step 200 cannot be read any more.", "Choose another moment."]
    assert model.cursor is None


def test_the_last_run_is_there_after_a_new_start(
    qtbot: QtBot, run: Timeline, model: TimelineModel, network: NetworkModel, weights: WeightsModel
) -> None:
    model.shut_down()
    again = TimelineModel(network, weights, timelines=Timelines())
    with qtbot.waitSignal(again.changed):
        again.open_last()
    assert {0, 700, 1000} <= set(again.steps)
    with qtbot.waitSignal(again.shownChanged):
        again.set_cursor(700)
    assert shown(weights) == np.float32(0.7)
    again.shut_down()


def test_a_run_of_the_window_is_kept(
    qtbot: QtBot,
    model: TimelineModel,
    training: TrainingModel,
    trainer: FakeTrainer,
    make_state: MakeState,
) -> None:
    training.recorders.append(model.recorder)
    states = [make_state(step) for step in (0, 10, 20)]
    snapshots = [Snapshot(state.step, state.parameters, state) for state in states]
    finished = Finished(20, 1, states[-1], False, "cpu", 1.0, None, None)
    first_epoch = EpochDone(1, 10, 0.5, 0.5, 0.5, 0.5, 1.0)
    trainer.play(Started("Test", 64, 10, 2, 0.1), *snapshots[:2], first_epoch, snapshots[2], finished, None)
    training.play()
    qtbot.waitUntil(lambda: model.steps == (0, 10, 20))
    qtbot.waitUntil(lambda: not training.active)
    first = model.timeline
    assert first
    assert first.epochs == 2
    assert first.ended
    trainer.play(Started("Test", 64, 10, 4, 0.1), snapshots[-1], Snapshot(30, {}, make_state(30)), None)
    training.play()  # goes on
    qtbot.waitUntil(lambda: model.steps == (0, 10, 20, 30))
    assert model.timeline is first
    qtbot.waitUntil(lambda: not training.active)


def test_the_past_of_what_stands_aside_stays(
    qtbot: QtBot, model: TimelineModel, training: TrainingModel, trainer: FakeTrainer, make_state: MakeState
) -> None:
    training.recorders.append(model.recorder)
    trainer.play(Started("Test", 64, 10, 2, 0.1), Snapshot(0, {}, make_state(0)), None)
    training.play()
    qtbot.waitUntil(lambda: model.steps == (0,) and not training.active)
    training.put_aside()
    trainer.play(Started("Test", 64, 10, 2, 0.1), Snapshot(5, {}, make_state(5)), None)
    training.play()
    qtbot.waitUntil(lambda: not training.active)
    training.take_back()
    assert model.steps == (0,)
