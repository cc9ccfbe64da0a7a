"""Buttons and choices steer the training model."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QPushButton
from pytestqt.qtbot import QtBot

from nnstudio.engine.devices import DeviceInfo
from nnstudio.gui.models.memory_model import MemoryModel
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.training_model import TrainingModel, TrainingPhase
from nnstudio.gui.train.range_test_dialog import RangeTestDialog
from nnstudio.gui.train.training_panel import TrainingPanel
from nnstudio.gui.widgets.number_box import NumberBox
from nnstudio.training.events import Paused, Started
from tests.gui.fake_trainer import FakeTrainer


@pytest.fixture
def panel(qtbot: QtBot, network: NetworkModel, training: TrainingModel) -> TrainingPanel:
    panel = TrainingPanel(training, MemoryModel(network, training))
    panel.resize(340, 700)
    qtbot.addWidget(panel)
    panel.show()
    return panel


def button(panel: TrainingPanel, name: str) -> QPushButton:
    return panel.findChild(QPushButton, f"training_{name}")


def combo(panel: TrainingPanel, name: str) -> QComboBox:
    return panel.findChild(QComboBox, f"training_{name}")


def test_train_pause_step_stop(
    qtbot: QtBot, panel: TrainingPanel, training: TrainingModel, trainer: FakeTrainer
) -> None:
    play = button(panel, "play")
    assert play.text() == "Train"
    assert not button(panel, "stop").isEnabled()
    qtbot.mouseClick(play, Qt.MouseButton.LeftButton)
    assert play.text() == "Preparing…"
    trainer.play(Started("Test device", 64, 100, 3, 0.001))
    qtbot.waitUntil(lambda: play.text() == "Pause")
    qtbot.mouseClick(play, Qt.MouseButton.LeftButton)
    assert trainer.told.get(timeout=5) == "pause"
    trainer.play(Paused(1))
    qtbot.waitUntil(lambda: play.text() == "Continue")
    qtbot.mouseClick(button(panel, "step"), Qt.MouseButton.LeftButton)
    assert trainer.told.get(timeout=5) == "step"
    qtbot.mouseClick(button(panel, "stop"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: training.state is TrainingPhase.IDLE)


def test_only_the_learning_rate_may_change_meanwhile(
    qtbot: QtBot, panel: TrainingPanel, training: TrainingModel, trainer: FakeTrainer
) -> None:
    training.play()
    rate = panel.findChild(NumberBox, "field_learning_rate_input")
    assert not panel.findChild(NumberBox, "field_epochs_input").isEnabled()
    assert not combo(panel, "data").isEnabled()
    rate.setFocus()
    qtbot.keyClick(rate, Qt.Key.Key_Up)
    assert trainer.told.get(timeout=5) == 0.002
    assert training.settings.optimizer.learning_rate == 0.002


def test_one_epoch(qtbot: QtBot, panel: TrainingPanel, trainer: FakeTrainer) -> None:
    qtbot.mouseClick(button(panel, "epoch"), Qt.MouseButton.LeftButton)
    assert trainer.told.get(timeout=5) == "epoch"


@pytest.mark.parametrize("field", ["batch_size", "beta1", "weight_decay"])
def test_numbers_that_may_change_meanwhile(
    qtbot: QtBot, panel: TrainingPanel, training: TrainingModel, trainer: FakeTrainer, field: str
) -> None:
    training.play()
    box = panel.findChild(NumberBox, f"field_{field}_input")
    assert box.isEnabled()
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_Up if field != "beta1" else Qt.Key.Key_Down)
    assert trainer.told.get(timeout=5) in (training.settings.batch_size, training.settings.optimizer)


def test_the_range_test_is_opened_once(qtbot: QtBot, panel: TrainingPanel) -> None:
    for _ in range(2):
        qtbot.mouseClick(button(panel, "find_rate"), Qt.MouseButton.LeftButton)
    (dialog,) = panel.findChildren(RangeTestDialog)
    assert dialog.isVisible()
    dialog.close()


def test_choices_by_keyboard(qtbot: QtBot, panel: TrainingPanel, training: TrainingModel) -> None:
    qtbot.keyClick(combo(panel, "begin"), Qt.Key.Key_Down)
    qtbot.keyClick(combo(panel, "data"), Qt.Key.Key_Down)
    qtbot.keyClick(combo(panel, "device"), Qt.Key.Key_Down)
    assert (training.from_current, training.dataset, training.device) == (True, "mnist", "numpy")
    assert button(panel, "play").text() == "Continue"


def test_a_folder_is_offered_once_it_was_chosen(
    qtbot: QtBot, panel: TrainingPanel, training: TrainingModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = combo(panel, "data")
    monkeypatch.setattr(
        "nnstudio.gui.train.training_panel.QFileDialog.getExistingDirectory", lambda *_: "/pictures/of/cats"
    )
    qtbot.keyClick(data, Qt.Key.Key_End)
    assert training.dataset == "/pictures/of/cats"
    assert data.currentData() == "/pictures/of/cats"
    monkeypatch.setattr("nnstudio.gui.train.training_panel.QFileDialog.getExistingDirectory", lambda *_: "")
    qtbot.keyClick(data, Qt.Key.Key_End)
    assert data.currentData() == "/pictures/of/cats"  # nothing was chosen, so nothing changed


def test_a_device_that_is_not_healthy_says_why(panel: TrainingPanel, training: TrainingModel) -> None:
    training.choose(device="numpy")
    panel.show_devices([
        DeviceInfo("numpy", "NumPy (CPU)", "cpu", "NumPy", "", 2, 0, True, "", 12_345.0),
        DeviceInfo("opencl:0", "Old GPU", "gpu", "Maker", "1.0", 2, 0, False, "it computes nonsense", 0.0),
    ])  # fmt: skip
    device = combo(panel, "device")
    assert [device.itemText(row) for row in range(3)] == [
        "Automatic",
        "NumPy (CPU) (12,345 images/s)",
        "Old GPU, Maker",
    ]
    assert device.currentData() == "numpy"
    assert not device.model().flags(device.model().index(2, 0)) & Qt.ItemFlag.ItemIsEnabled
    assert device.itemData(2, Qt.ItemDataRole.ToolTipRole) == "it computes nonsense"


def test_every_control_has_a_name(panel: TrainingPanel) -> None:
    for control in (*panel.findChildren(QPushButton), *panel.findChildren(QComboBox), *panel.findChildren(NumberBox)):
        assert control.objectName()
        assert control.accessibleName()
