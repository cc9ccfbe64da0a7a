"""Models as the window makes them, with a trainer that obeys the test."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.training_model import TrainingModel
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.network.presets import lenet5
from tests.gui.fake_trainer import FakeTrainer


@pytest.fixture(autouse=True)
def collect_garbage_here() -> Iterator[None]:
    """As in the program, only this thread collects garbage: see `nnstudio.gui.garbage`."""
    gc.disable()
    yield
    gc.collect(1)
    gc.enable()


@pytest.fixture
def trainer() -> FakeTrainer:
    return FakeTrainer()


@pytest.fixture
def network(qtbot: QtBot) -> NetworkModel:
    return NetworkModel(lenet5())


@pytest.fixture
def weights(network: NetworkModel) -> WeightsModel:
    return WeightsModel(network)


@pytest.fixture
def training(network: NetworkModel, weights: WeightsModel, trainer: FakeTrainer) -> Iterator[TrainingModel]:
    model = TrainingModel(network, weights, prepare=trainer.prepare)
    yield model
    trainer.ready.set()
    model.shut_down()
