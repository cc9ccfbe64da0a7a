"""The plots show what was measured."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QLabel, QPushButton, QSlider, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from nnstudio.gui.models.training_model import TrainingModel, TrainingPhase
from nnstudio.gui.train.plots_panel import PlotsPanel


@pytest.fixture
def panel(qtbot: QtBot, training: TrainingModel) -> PlotsPanel:
    panel = PlotsPanel(training)
    panel.resize(600, 600)
    qtbot.addWidget(panel)
    with qtbot.waitExposed(panel):
        panel.show()
    return panel


@pytest.fixture
def drawn(qtbot: QtBot, panel: PlotsPanel, training: TrainingModel) -> PlotsPanel:
    """After 1,000 steps; the loss falls as 1/step, the accuracy rises."""
    steps = np.arange(1, 1001)
    training.curves.training_loss.extend(steps, 1 / steps)
    training.curves.training_accuracy.extend(steps, 1 - 1 / steps)
    training.curves.validation_loss.extend([500, 1000], [0.25, 0.125])
    training.curves.validation_accuracy.extend([500, 1000], [0.9, 0.95])
    training.curvesChanged.emit()
    qtbot.waitUntil(lambda: "0.1250" in told(panel, "loss_validation"))
    return panel


def told(panel: PlotsPanel, name: str) -> str:
    return panel.findChild(QLabel, f"plot_{name}").text()


def range_of(panel: PlotsPanel, name: str) -> tuple[list[float], list[float]]:
    canvas = panel.findChild(QWidget, f"plot_{name}_canvas")
    return canvas.viewRange()


def test_before_a_run_it_offers_to_train(qtbot: QtBot, panel: PlotsPanel, training: TrainingModel) -> None:
    button = panel.findChild(QPushButton, "plots_train")
    assert button.isVisible()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert training.state is TrainingPhase.PREPARING


def test_the_newest_values_are_told(drawn: PlotsPanel) -> None:
    drawn.findChild(QSlider, "plots_smoothing").setValue(0)
    assert "0.0010" in told(drawn, "loss_training")
    assert "99.90%" in told(drawn, "accuracy_training")
    assert "95.00%" in told(drawn, "accuracy_validation")


def test_everything_is_seen(drawn: PlotsPanel) -> None:
    (left, right), (bottom, top) = range_of(drawn, "loss")
    assert left <= 0
    assert right >= 1000
    assert bottom <= 0.125 <= top


def test_smoothing_by_keyboard(qtbot: QtBot, drawn: PlotsPanel) -> None:
    slider, memory = drawn.findChild(QSlider, "plots_smoothing"), drawn.findChild(QLabel, "plots_memory")
    assert memory.text() == "0.9"
    before = told(drawn, "loss_training")
    qtbot.keyClick(slider, Qt.Key.Key_End)
    assert memory.text() == "0.999"
    assert told(drawn, "loss_training") != before
    qtbot.keyClick(slider, Qt.Key.Key_Home)
    assert memory.text() == "off"


def test_a_logarithmic_axis(qtbot: QtBot, drawn: PlotsPanel) -> None:
    qtbot.mouseClick(drawn.findChild(QCheckBox, "plots_log"), Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
    _, (bottom, top) = range_of(drawn, "loss")
    assert bottom < -1  # powers of ten
    assert top < 1


def test_pointing_tells_the_values_there(qtbot: QtBot, drawn: PlotsPanel) -> None:
    drawn.findChild(QSlider, "plots_smoothing").setValue(0)
    canvas = drawn.findChild(QWidget, "plot_loss_canvas")
    box = canvas.getViewBox()
    place = canvas.mapFromScene(box.mapViewToScene(box.mapToView(box.rect().center())))
    QTest.mouseMove(canvas.viewport(), place)
    qtbot.waitUntil(lambda: "0.0010" not in told(drawn, "loss_training"))
    assert "99.90%" not in told(drawn, "accuracy_training")  # both plots tell the same step


def test_zooming_stays_until_everything_is_wanted_again(
    qtbot: QtBot, drawn: PlotsPanel, training: TrainingModel
) -> None:
    canvas = drawn.findChild(QWidget, "plot_loss_canvas")
    fit = drawn.findChild(QToolButton, "plots_fit")
    assert not fit.isEnabled()
    canvas.getViewBox().scaleBy((0.5, 0.5))
    canvas.getViewBox().sigRangeChangedManually.emit([True, True])
    zoomed = range_of(drawn, "loss")
    training.curves.training_loss.extend([1001], [0.001])
    training.curves.training_accuracy.extend([1001], [0.999])
    training.curvesChanged.emit()
    qtbot.wait(0)
    assert range_of(drawn, "loss") == zoomed
    qtbot.mouseClick(fit, Qt.MouseButton.LeftButton)
    assert range_of(drawn, "loss") != zoomed


def test_without_classes_there_is_no_accuracy(qtbot: QtBot, panel: PlotsPanel, training: TrainingModel) -> None:
    note = panel.findChild(QLabel, "plots_no_classes")
    training.curves.training_loss.extend([1, 2, 3], [0.7, 0.6, 0.5])
    training.curvesChanged.emit()
    qtbot.waitUntil(note.isVisible)
    assert "accuracy has no meaning" in note.text()
    assert not panel.findChild(QWidget, "plot_accuracy").isVisible()
    assert panel.findChild(QWidget, "plot_loss").isVisible()
    training.curves.training_accuracy.extend([1, 2, 3], [0.1, 0.2, 0.3])
    training.curvesChanged.emit()
    qtbot.waitUntil(lambda: not note.isVisible())
    assert panel.findChild(QWidget, "plot_accuracy").isVisible()
