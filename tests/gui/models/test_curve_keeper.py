"""What a run measures beside loss and accuracy is kept, and forgotten when training goes back."""

from __future__ import annotations

import numpy as np
from pytestqt.qtbot import QtBot

from nnstudio.gui.models.curve_keeper import CurveKeeper
from nnstudio.gui.models.curves import Curves, Judgement
from nnstudio.gui.models.training_model import TrainingModel
from nnstudio.training.events import DeviceChanged, Event, Judged, Measured
from tests.gui.fake_trainer import FakeTrainer
from tests.gui.plots.course import measured, run, steps


def play(qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer, *events: Event) -> CurveKeeper:
    keeper = CurveKeeper(training)
    training.play()
    seen: list[object] = []
    training.eventArrived.connect(seen.append)
    trainer.play(*events)
    qtbot.waitUntil(lambda: len(seen) > 0 and seen[-1] is events[-1])
    return keeper


def test_everything_is_kept(qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer) -> None:
    keeper = play(qtbot, training, trainer, *run(4))
    curves = training.curves
    assert keeper is not None
    np.testing.assert_allclose(curves.learning_rate.y, 0.01 / np.arange(1, 401))
    np.testing.assert_allclose(curves.seconds.y, [1, 2, 3, 4])  # 100 steps of 64 images at 6,400 a second
    assert curves.speed.y.tolist() == [6400] * 4
    assert curves.steps_per_epoch == 100
    assert curves.memory.y[-1] == 2**20
    assert curves.update_ratios["conv1.weight"].y[-1] == 0.001
    assert curves.dead["conv2"].y[-1] == 0.125
    assert [mark.text for mark in curves.marks] == ["Learning rate 0.005"]
    assert curves.judgements["train"].judged.epoch == 4
    assert curves.judgements["train"].dataset == "digits"


def test_going_back_forgets_all_of_it(qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer) -> None:
    keeper = play(qtbot, training, trainer, *run(1), *run(4)[-7:])
    assert keeper is not None
    curves, seen = training.curves, []
    training.eventArrived.connect(seen.append)
    trainer.play(DeviceChanged(150, "NumPy", "The device failed."), steps(151, [0.5]), measured(151))
    qtbot.waitUntil(lambda: any(isinstance(event, Measured) for event in seen))
    assert curves.learning_rate.x[-1] == 151
    assert curves.speed.x[-1] == 151
    assert curves.gradient_norms["conv1.weight"].x.tolist()[-1] == 151
    assert all(value <= 151 for value in curves.gradient_norms["conv1.weight"].x)
    assert curves.weight_histograms["conv1.weight"].columns[-1].first == 151
    assert [mark.text for mark in curves.marks] == ["NumPy"]


def test_what_is_measured_twice_counts_once(qtbot: QtBot, training: TrainingModel, trainer: FakeTrainer) -> None:
    keeper = play(qtbot, training, trainer, *run(1), measured(100, norm=3.0))
    assert keeper is not None
    assert training.curves.weight_norms["conv1.weight"].y.tolist() == [3.0]


def test_answers_of_the_past_are_remembered() -> None:
    curves = Curves()
    judged = [event for event in run(4) if isinstance(event, Judged) and event.part == "validation"]
    for event in judged:
        curves.judge(Judgement(event, "digits", ()))
    assert curves.judgements_at(None)["validation"].judged.epoch == 4
    assert curves.judgements_at(250)["validation"].judged.epoch == 2
    assert curves.judgements_at(50) == {}
    for _ in range(500):
        curves.judge(curves.judgements["validation"])
    assert len(curves._past["validation"]) <= 64
    assert curves.judgements_at(250)["validation"].judged.epoch == 1, "the first is never forgotten"
    curves.cut(250)
    assert curves.judgements_at(400)["validation"].judged.epoch == 1
