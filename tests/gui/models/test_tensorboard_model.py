"""Runs written for TensorBoard, when somebody wants that."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.tensorboard_model import TensorBoardModel
from nnstudio.gui.models.training_model import TrainingModel
from nnstudio.gui.worker import Request


def test_runs_are_written_while_it_is_wanted(qtbot: QtBot, training: TrainingModel, network: NetworkModel) -> None:
    model, others = TensorBoardModel(training), list(training.recorders)
    with qtbot.waitSignal(model.message) as said:
        model.toggle()
    assert said.args is not None
    assert str(model.folder) in said.args[2]
    (make,) = [make for make in training.recorders if make not in others]
    recorder = make(Request(network.flat, training.settings, "digits", "numpy"))
    recorder.close()
    assert list(model.folder.glob("LeNet-5*/events.out.tfevents.*"))
    model.toggle()
    assert training.recorders == others
    assert not model.wanted
