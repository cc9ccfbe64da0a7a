"""A history with some runs in it, its model and its panel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from nnstudio.gui.models.training_model import TrainingModel
from nnstudio.gui.runs.panel import RunsPanel
from nnstudio.gui.runs.run_columns import COLUMNS
from nnstudio.gui.runs.runs_model import RunsModel
from nnstudio.gui.runs.sweep_model import SweepModel
from nnstudio.network.presets import lenet5
from nnstudio.training.runs import Origin, RunStore
from nnstudio.training.settings import TrainingSettings

KEYS = [column.key for column in COLUMNS]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Four runs, of which "three" has no test accuracy."""
    path = tmp_path / "runs.sqlite"
    with RunStore.open(path) as store:
        for number, name in enumerate(("one", "two", "three", "four"), start=1):
            settings = TrainingSettings(epochs=number)
            run = store.begin(Origin(settings, lenet5(), "mnist" if number == 2 else "digits", name=name))
            accuracy = None if name == "three" else 1 - number / 10
            store.change(run.uuid, status="done", ended=run.created, created=float(number), test_accuracy=accuracy)
            steps = np.arange(1, 4)
            store.append(run.uuid, ("training_loss",), (steps, np.full((1, 3), float(number))))
    return path


@pytest.fixture
def model(path: Path, qtbot: QtBot) -> Iterator[RunsModel]:
    model = RunsModel(path)
    yield model
    model.shut_down()


class Desk:
    """The panel, and the hand on it."""

    def __init__(self, qtbot: QtBot, model: RunsModel) -> None:
        self._qtbot, self.model = qtbot, model
        self.panel = RunsPanel(model)
        qtbot.addWidget(self.panel)
        self.panel.resize(1900, 600)
        with qtbot.waitSignal(model.loaded):
            self.panel.show()
        self.settle()

    def column(self, key: str) -> list[str]:
        rows = self.panel.view.model()
        return [rows.index(row, KEYS.index(key)).data() for row in range(rows.rowCount())]

    def place(self, name: str, key: str = "name") -> QPoint:
        view = self.panel.view
        return view.visualRect(view.model().index(self.column("name").index(name), KEYS.index(key))).center()

    def click(
        self, name: str, key: str = "when", modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
    ) -> None:
        place = self.place(name, "created" if key == "when" else key)
        QTest.mouseClick(self.panel.view.viewport(), Qt.MouseButton.LeftButton, modifiers, place)
        self.settle()

    def settle(self) -> None:
        """Until the panel has followed what is selected."""
        self._qtbot.waitUntil(lambda: not self.panel._soon.isActive())

    def press(self, name: str) -> None:
        """A button of the panel."""
        QTest.mouseClick(self.panel.findChild(QWidget, name), Qt.MouseButton.LeftButton)
        self.settle()

    def type_over(self, text: str) -> None:
        """Into the cell that is being edited, and Enter."""
        field = self.panel.view.findChild(QLineEdit)
        assert field is not None
        field.selectAll()
        QTest.keyClicks(field, text) if text else QTest.keyClick(field, Qt.Key.Key_Delete)
        QTest.keyClick(field, Qt.Key.Key_Return)
        self._qtbot.waitUntil(lambda: self.panel.view.findChild(QLineEdit) is None)

    def kept(self) -> dict[str, object]:
        """By name, what stands in the database when all that was asked for is written."""
        with self._qtbot.waitSignal(self.model.loaded):
            self.model.load()
        self.settle()
        return {run.name: run for run in self.model.runs}


@pytest.fixture
def desk(qtbot: QtBot, model: RunsModel) -> Desk:
    return Desk(qtbot, model)


@pytest.fixture
def history(path: Path, qtbot: QtBot) -> Iterator[RunsModel]:
    """The runs of `path`, read."""
    history = RunsModel(path)
    with qtbot.waitSignal(history.loaded):
        history.load()
    yield history
    history.shut_down()


@pytest.fixture
def sweep(history: RunsModel, training: TrainingModel, path: Path) -> Iterator[SweepModel]:
    """Training, which is shut down first, writes into the history."""
    training.recorders.append(history.make_recorder)
    sweep = SweepModel(training, history, path=path.with_name("sweep.json"))
    yield sweep
    sweep.shut_down()
