"""The learning-rate range test as a person sees it, with points that a test makes."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from nnstudio.errors import NNStudioError
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.range_test_model import RangeTestModel
from nnstudio.gui.models.training_model import TrainingModel
from nnstudio.gui.train.range_test_dialog import RangeTestDialog
from nnstudio.gui.worker import Request
from nnstudio.network.presets import lenet5
from nnstudio.training.events import Started
from nnstudio.training.range_test import RangePoint
from tests.gui.fake_trainer import FakeTrainer

RATES = np.geomspace(1e-7, 10, 100)
FALLING = [RangePoint(rate, 2 - place / 100, 2 - place / 100) for place, rate in enumerate(RATES[:90])]


class Script:
    """What the test's thread yields, one by one."""

    def __init__(self) -> None:
        self.points: queue.Queue[RangePoint | NNStudioError | None] = queue.Queue()
        self.requests: list[Request] = []

    def __call__(self, request: Request, cancel: threading.Event) -> Iterator[RangePoint]:
        self.requests.append(request)
        while (point := self.points.get(timeout=10)) is not None:
            if isinstance(point, NNStudioError):
                raise point
            yield point

    def play(self, *points: RangePoint | NNStudioError | None) -> None:
        for point in points:
            self.points.put(point)


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def model(training: TrainingModel, script: Script) -> Iterator[RangeTestModel]:
    model = RangeTestModel(training, points=script)
    yield model
    script.play(None)
    model.shut_down()


@pytest.fixture
def dialog(qtbot: QtBot, model: RangeTestModel) -> RangeTestDialog:
    dialog = RangeTestDialog(model)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def button(dialog: RangeTestDialog, name: str) -> QPushButton:
    return dialog.findChild(QPushButton, f"range_test_{name}")


def words(dialog: RangeTestDialog) -> str:
    return dialog.findChild(QLabel, "range_test_words").text()


def click(qtbot: QtBot, dialog: RangeTestDialog, name: str) -> None:
    qtbot.mouseClick(button(dialog, name), Qt.MouseButton.LeftButton)


def test_what_is_suggested_becomes_the_learning_rate(
    qtbot: QtBot, dialog: RangeTestDialog, model: RangeTestModel, script: Script, training: TrainingModel
) -> None:
    assert not button(dialog, "use").isEnabled()
    click(qtbot, dialog, "start")
    script.play(*FALLING, None)
    qtbot.waitUntil(lambda: not model.running)
    assert model.suggestion is not None
    assert button(dialog, "use").text() == f"Use {model.suggestion:.2g}"
    click(qtbot, dialog, "use")
    assert training.settings.optimizer.learning_rate == float(f"{model.suggestion:.2g}")
    assert not dialog.isVisible()


def test_cancelling_keeps_what_was_measured(
    qtbot: QtBot, dialog: RangeTestDialog, model: RangeTestModel, script: Script
) -> None:
    click(qtbot, dialog, "start")
    script.play(*FALLING[:5])
    qtbot.waitUntil(lambda: len(model.points) == 5)
    assert words(dialog) == "Step 5" and button(dialog, "start").text() == "Cancel"
    click(qtbot, dialog, "start")
    script.play(FALLING[5])
    qtbot.waitUntil(lambda: not model.running)
    assert button(dialog, "start").text() == "Start again"
    assert "did not fall" in words(dialog)


def test_a_problem_is_told(qtbot: QtBot, dialog: RangeTestDialog, model: RangeTestModel, script: Script) -> None:
    click(qtbot, dialog, "start")
    script.play(NNStudioError("There is no data.", "Choose some."))
    qtbot.waitUntil(lambda: not model.running)
    assert "There is no data." in words(dialog)


def test_never_beside_training(
    qtbot: QtBot, dialog: RangeTestDialog, model: RangeTestModel, training: TrainingModel, trainer: FakeTrainer
) -> None:
    training.play()
    trainer.play(Started("Test device", 64, 100, 3, 0.001))
    qtbot.waitUntil(lambda: not button(dialog, "start").isEnabled())
    assert "Training is running" in words(dialog)
    model.start()
    assert not model.running


def test_closing_the_window_cancels(
    qtbot: QtBot, dialog: RangeTestDialog, model: RangeTestModel, script: Script
) -> None:
    click(qtbot, dialog, "start")
    script.play(FALLING[0])
    qtbot.waitUntil(lambda: len(model.points) == 1)
    click(qtbot, dialog, "close")
    script.play(*FALLING[1:])
    qtbot.waitUntil(lambda: not model.running)
    assert len(model.points) < 90


def test_it_begins_with_what_the_next_run_would(
    dialog: RangeTestDialog, model: RangeTestModel, script: Script, training: TrainingModel
) -> None:
    training.choose(from_current=True)
    assert training.next_request().state is not None
    training.choose(from_current=False)
    assert training.next_request().state is None


def test_a_broken_network_is_not_tested(
    qtbot: QtBot, dialog: RangeTestDialog, model: RangeTestModel, network: NetworkModel
) -> None:
    network.set_spec(lenet5().disconnect("dense1"))
    qtbot.waitUntil(lambda: not button(dialog, "start").isEnabled())
    assert model.obstacle.startswith("The network cannot be trained yet.")
