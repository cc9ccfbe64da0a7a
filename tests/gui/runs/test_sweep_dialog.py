"""The dialog of a sweep, with the hand and the keys."""

from __future__ import annotations

from typing import TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QComboBox,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QTableWidget,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from nnstudio.gui.models.training_model import TrainingModel
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.gui.runs.parallel_plot import ParallelPlot
from nnstudio.gui.runs.sweep_dialog import SweepDialog, about
from nnstudio.gui.runs.sweep_model import SweepModel
from tests.gui.fake_trainer import FakeTrainer
from tests.gui.runs.test_sweep_model import a_run

W = TypeVar("W", bound=QWidget)


@pytest.fixture
def dialog(sweep: SweepModel, training: TrainingModel, qtbot: QtBot) -> SweepDialog:
    dialog = SweepDialog(sweep, training)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def part(dialog: SweepDialog, kind: type[W], name: str) -> W:
    found = dialog.findChild(kind, name)
    assert found is not None
    return found


def press(dialog: SweepDialog, name: str) -> None:
    QTest.mouseClick(part(dialog, QPushButton, name), Qt.MouseButton.LeftButton)


def type_values(dialog: SweepDialog, number: int, text: str) -> None:
    field = part(dialog, QLineEdit, f"sweep_values_{number}")
    field.selectAll()
    QTest.keyClick(field, Qt.Key.Key_Backspace)
    QTest.keyClicks(field, text)


def choose(dialog: SweepDialog, number: int, path: str) -> None:
    box = part(dialog, QComboBox, f"sweep_setting_{number}")
    box.setCurrentIndex(box.findData(path))


def told(dialog: SweepDialog) -> QLabel:
    return part(dialog, QLabel, "sweep_told")


def test_the_number_of_runs_is_told_while_typing(dialog: SweepDialog, training: TrainingModel) -> None:
    assert part(dialog, QLineEdit, "sweep_values_1").text() == "log 0.0001..0.01"
    assert told(dialog).text() == "3 runs"
    press(dialog, "sweep_add")
    choose(dialog, 2, "batch_size")
    type_values(dialog, 2, "16, 32, 64, 128")
    training._progress.set(images_per_second=1000.0, steps_per_epoch=20, batch_size=50)
    type_values(dialog, 1, "0.1, 0.2, 0.3")
    assert told(dialog).text() == "12 runs, about 4 min"
    QTest.mouseClick(part(dialog, QToolButton, "sweep_remove_1"), Qt.MouseButton.LeftButton)
    assert told(dialog).text() == "4 runs, about 80 s"
    assert not part(dialog, QToolButton, "sweep_remove_1").isEnabled(), "one is left"


def test_what_is_wrong_is_told_and_cannot_be_started(dialog: SweepDialog) -> None:
    type_values(dialog, 1, "-1, 0.1")
    assert told(dialog).property("role") == "error"
    assert told(dialog).text().startswith("optimizer.learning_rate (=-1): input should be greater than or equal")
    assert not part(dialog, QPushButton, "sweep_start").isEnabled()


def test_choices_propose_all_there_are(dialog: SweepDialog) -> None:
    choose(dialog, 1, "optimizer.kind")
    assert "momentum" in part(dialog, QLineEdit, "sweep_values_1").text()
    choose(dialog, 1, "optimizer.momentum")
    type_values(dialog, 1, "0.9")
    assert "the optimizer adam has no momentum" in told(dialog).text()


def test_a_random_search_has_a_number_of_runs(dialog: SweepDialog) -> None:
    box = part(dialog, QComboBox, "sweep_search")
    assert not part(dialog, QWidget, "sweep_count").isVisible()
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Down)
    assert part(dialog, QWidget, "sweep_count").isVisible()
    assert told(dialog).text() == "12 runs"


def test_a_sweep_from_start_to_end(
    qtbot: QtBot, dialog: SweepDialog, sweep: SweepModel, trainer: FakeTrainer, weights: WeightsModel
) -> None:
    type_values(dialog, 1, "0.1, 0.01")
    press(dialog, "sweep_start")
    assert not part(dialog, QLineEdit, "sweep_values_1").isEnabled()
    assert told(dialog).text().startswith("Run 1 of 2 · learning_rate=0.1")
    trainer.play(*a_run(weights, 0.7))
    qtbot.waitUntil(lambda: sweep.done == 1)
    assert part(dialog, QProgressBar, "sweep_progress").value() == 500
    trainer.play(*a_run(weights, 0.9, 0.2))
    qtbot.waitUntil(lambda: not sweep.running)
    table, plot = part(dialog, QTableWidget, "sweep_runs"), part(dialog, ParallelPlot, "parallel_plot")
    assert [[table.item(row, column).text() for column in range(4)] for row in range(2)] == [
        ["learning_rate=0.1", "done", "0.5000", "70.00%"], ["learning_rate=0.01", "done", "0.2000", "90.00%"]
    ]  # fmt: skip
    assert [line.best for line in plot.lines] == [False, True]
    assert [axis.title for axis in plot.axes] == ["Learning rate", "Val. loss", "Val. accuracy"]
    place = table.visualItemRect(table.item(1, 0)).center()
    with qtbot.waitSignal(dialog.runSelected) as selected:
        QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert selected.args == [sweep.runs[1].uuid] and plot.key == "1"
    plot.setFocus()
    for _ in range(2):
        plot.focused = 2
        QTest.keyClick(plot, Qt.Key.Key_Up)
    assert table.isRowHidden(0) and table.isRowHidden(1), "neither is in the middle"


def test_skip_and_cancel(
    qtbot: QtBot, dialog: SweepDialog, sweep: SweepModel, trainer: FakeTrainer, weights: WeightsModel
) -> None:
    press(dialog, "sweep_start")
    qtbot.waitUntil(lambda: len(trainer.requests) == 1)
    press(dialog, "sweep_skip")
    qtbot.waitUntil(lambda: len(trainer.requests) == 2)
    press(dialog, "sweep_cancel")
    qtbot.waitUntil(lambda: not sweep.running)
    assert [run.state for run in sweep.runs] == ["skipped", "stopped", "waiting"]
    assert part(dialog, QPushButton, "sweep_start").isVisible()


def test_not_beside_training(qtbot: QtBot, dialog: SweepDialog, training: TrainingModel, trainer: FakeTrainer) -> None:
    training.play()
    assert "stop it first" in told(dialog).text()
    assert not part(dialog, QPushButton, "sweep_start").isEnabled()
    trainer.play(None)
    qtbot.waitUntil(lambda: part(dialog, QPushButton, "sweep_start").isEnabled())


def test_every_control_has_a_name(dialog: SweepDialog) -> None:
    press(dialog, "sweep_add")
    controls = [*dialog.findChildren(QPushButton), *dialog.findChildren(QComboBox), *dialog.findChildren(QToolButton)]
    assert all(control.objectName() and control.accessibleName() for control in controls if control.isVisible())


def test_times_are_told_as_what_they_are() -> None:
    assert [about(seconds) for seconds in (0.2, 40, 240, 9000)] == [
        "about 1 s", "about 40 s", "about 4 min", "about 2.5 h"
    ]  # fmt: skip
