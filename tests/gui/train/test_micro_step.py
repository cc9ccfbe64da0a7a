"""A training step stage by stage, as a person plays it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton, QSlider, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from nnstudio.engine.backend import TrainingState
from nnstudio.errors import NNStudioError
from nnstudio.gui.models.micro_step_model import MicroStepModel
from nnstudio.gui.models.training_model import TrainingModel, TrainingPhase
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.gui.train import micro_step_panel
from nnstudio.gui.train.grey_bar import GreyBar
from nnstudio.gui.train.micro_step_panel import MicroStepPanel
from nnstudio.gui.train.tensor_view import TensorView, cropped, folded, tiles_of
from nnstudio.gui.widgets.color_bar import ColorBar
from nnstudio.gui.worker import Request
from nnstudio.training.events import Paused, Snapshot, Started
from nnstudio.training.micro_step import Look, MicroStep, NamedTensor, Stage, StageKind
from tests.gui.fake_trainer import FakeTrainer


def made(request: Request) -> MicroStep:
    """Three stages, quickly."""
    pictures = np.linspace(0, 1, 4 * 28 * 28, dtype=np.float32).reshape(4, 1, 28, 28)
    taken = NamedTensor("pictures", pictures, look=Look.PICTURES)
    weight = NamedTensor("gradient of conv1.weight", np.ones((6, 1, 5, 5), np.float32), True)
    stages = (
        Stage(StageKind.GATHER, "input1", "Gather the batch", "4 pictures", (taken,)),
        Stage(StageKind.BACKWARD, "conv1", "Backward: conv1", "words", (weight, NamedTensor("passed on", pictures))),
        Stage(StageKind.UPDATE, "conv1", "Update: conv1.weight", "words", (weight,), "y_{i} = x_{i}"),
    )
    return MicroStep(8, np.arange(4, dtype=np.int32), 0.1, 2.3, stages)


@pytest.fixture
def requests() -> list[Request]:
    return []


@pytest.fixture
def model(qtbot: QtBot, training: TrainingModel, requests: list[Request]) -> Iterator[MicroStepModel]:
    model = MicroStepModel(training, compute=lambda request: (requests.append(request), made(request))[1])
    yield model
    model.shut_down()


@pytest.fixture
def panel(qtbot: QtBot, model: MicroStepModel) -> MicroStepPanel:
    panel = MicroStepPanel(model)
    panel.resize(520, 520)
    qtbot.addWidget(panel)
    panel.show()
    return panel


def tool(panel: MicroStepPanel, name: str) -> QToolButton:
    return panel.findChild(QToolButton, f"micro_step_{name}")


def text(panel: MicroStepPanel, name: str) -> str:
    return panel.findChild(QLabel, f"micro_step_{name}").text()


def compute(qtbot: QtBot, panel: MicroStepPanel, model: MicroStepModel) -> None:
    qtbot.mouseClick(panel.findChild(QPushButton, "micro_step_compute"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: model.step is not None)


def test_forward_and_back(qtbot: QtBot, panel: MicroStepPanel, model: MicroStepModel) -> None:
    assert not tool(panel, "next").isEnabled()
    compute(qtbot, panel, model)
    assert text(panel, "title") == "Gather the batch" and not tool(panel, "back").isEnabled()
    assert text(panel, "figures").startswith("Step 8, stage 1 of 3 · pictures: 4 × 1 × 28 × 28, from 0 to 1, mean 0.5")
    qtbot.mouseClick(tool(panel, "next"), Qt.MouseButton.LeftButton)
    slider = panel.findChild(QSlider, "micro_step_slider")
    assert slider.value() == 1
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_Right)
    assert text(panel, "title") == "Update: conv1.weight" and not tool(panel, "next").isEnabled()
    assert "<sub>" in text(panel, "formula")
    qtbot.mouseClick(tool(panel, "back"), Qt.MouseButton.LeftButton)
    assert model.place == 1


def test_a_stage_with_several_tensors(qtbot: QtBot, panel: MicroStepPanel, model: MicroStepModel) -> None:
    compute(qtbot, panel, model)
    tensors = panel.findChild(QComboBox, "micro_step_tensors")
    assert not tensors.isVisible()
    model.go_to(1)
    assert tensors.isVisible()
    qtbot.keyClick(tensors, Qt.Key.Key_Down)
    assert "passed on: 4 × 1 × 28 × 28" in text(panel, "figures")


def test_it_plays_to_the_end(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, panel: MicroStepPanel, model: MicroStepModel
) -> None:
    compute(qtbot, panel, model)
    panel._timer.setInterval(1)
    qtbot.mouseClick(tool(panel, "play"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: model.place == 2 and not panel._timer.isActive())
    qtbot.mouseClick(tool(panel, "play"), Qt.MouseButton.LeftButton)
    assert model.place == 0, "from the end it begins anew"
    qtbot.waitUntil(lambda: model.place == 2)
    assert micro_step_panel._PERIOD >= 1000, "there is time to look"


def test_while_paused_it_is_exactly_the_next_step(
    qtbot: QtBot, panel: MicroStepPanel, model: MicroStepModel, training: TrainingModel, trainer: FakeTrainer,
    weights: WeightsModel, requests: list[Request],
) -> None:  # fmt: skip
    state = TrainingState(weights.parameters, (), 7)
    training.play()
    trainer.play(Started("Test device", 64, 100, 3, 0.001), Snapshot(7, state.parameters, state))
    qtbot.waitUntil(lambda: training.state is TrainingPhase.RUNNING)
    assert "Training is running" in text(panel, "words")
    trainer.play(Paused(7))
    qtbot.waitUntil(lambda: training.state is TrainingPhase.PAUSED)
    compute(qtbot, panel, model)
    assert requests[-1].state is state


def test_a_problem_is_told(qtbot: QtBot, training: TrainingModel) -> None:
    def fail(_: Request) -> MicroStep:
        raise NNStudioError("There is no data.", "Choose some.")

    model = MicroStepModel(training, compute=fail)
    panel = MicroStepPanel(model)
    qtbot.addWidget(panel)
    model.compute()
    qtbot.waitUntil(lambda: model.problem is not None)
    assert "There is no data." in text(panel, "words")
    model.shut_down()


def test_every_control_has_a_name(panel: MicroStepPanel) -> None:
    for control in panel.findChildren(QWidget):
        if isinstance(control, QPushButton | QToolButton | QSlider | QComboBox):
            assert control.objectName() and control.accessibleName()


@pytest.mark.parametrize(
    ("shape", "rows", "tiles", "note"),
    [
        ((4, 3, 5, 5), 3, 4, ""),
        ((4, 9, 5, 5), 4, 9, ""),
        ((32, 6, 5, 5), 6, 16, "; shown are the first 16 × 6"),
        ((64, 32, 5, 5), 8, 16, "; shown are the first 8 × 16"),
        ((64, 10), 1, 1, ""),
        ((10,), 1, 1, ""),
        ((64, 400), 1, 1, "; shown are the first 64 × 64"),
        ((100, 1, 5, 5), 64, 1, "; shown are the first 64 × 1"),
    ],
)
def test_tiles(qtbot: QtBot, shape: tuple[int, ...], rows: int, tiles: int, note: str) -> None:
    values = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    found = tiles_of(values)
    assert (len(found), len(found[0])) == (rows, tiles)
    assert cropped(values) == note
    view = TensorView()
    qtbot.addWidget(view)
    view.show_tensor(NamedTensor("values", values))
    assert not view.grab().toImage().isNull()


@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_are_shown_as_they_are(qtbot: QtBot, channels: int) -> None:
    """Grey or in colour, 0 black and 1 white, whatever is beyond."""
    colour = np.array([1.0, 0.2, -0.1], np.float32)[:channels]
    values = np.tile(colour[:, None, None], (2, 1, 4, 4))
    view = TensorView()
    qtbot.addWidget(view)
    view.resize(80, 40)
    view.show_tensor(NamedTensor("pictures", values, look=Look.PICTURES))
    seen = view.grab().toImage().pixelColor(10, 20).getRgb()[:3]
    assert seen == ((255, 255, 255) if channels == 1 else (255, 51, 0))


def test_activations_are_grey_from_0(qtbot: QtBot) -> None:
    view = TensorView()
    qtbot.addWidget(view)
    view.resize(80, 40)
    view.show_tensor(NamedTensor("output", np.array([[0.0, 4.0]], np.float32), look=Look.ACTIVATIONS))
    assert view.greys == (0, 4)
    image = view.grab().toImage()
    assert [image.pixelColor(x, 2).getRgb()[:3] for x in (10, 70)] == [(0, 0, 0), (255, 255, 255)]


def test_each_look_has_its_legend(qtbot: QtBot, panel: MicroStepPanel, model: MicroStepModel) -> None:
    compute(qtbot, panel, model)
    greys, colours = panel.findChild(GreyBar), panel.findChild(ColorBar)
    assert greys.isVisible() and not colours.isVisible()
    assert greys.accessibleName() == "Grey scale from 0, black, to 1, white"
    assert not greys.grab().isNull()
    model.go_to(1)
    assert colours.isVisible() and not greys.isVisible()
    assert "each tile is a filter" in text(panel, "figures")


def test_single_tiles_fill_the_room() -> None:
    rows = folded([[np.zeros((5, 5))]] * 8, 2.0)
    assert [len(row) for row in rows] == [4, 4]
    assert len(folded([[np.zeros((5, 5))] * 2] * 8, 2.0)) == 8, "rows of channels stay rows"
