"""A panel after a run of ten epochs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyqtgraph as pg
import pytest
from pytestqt.qtbot import QtBot

from nnstudio.data.dataset import Dataset, Samples
from nnstudio.gui.models.curve_keeper import CurveKeeper
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.pictures_model import PicturesModel
from nnstudio.gui.models.training_model import TrainingModel
from nnstudio.gui.train.plots_panel import PlotsPanel
from tests.gui.fake_trainer import FakeTrainer
from tests.gui.plots.course import run


@pytest.fixture
def dataset() -> Dataset:
    """Of 100 pictures of 4×4, of which each pixel is the picture's number."""
    numbers = np.arange(100, dtype=np.uint8)
    images = np.broadcast_to(numbers[:, None, None, None], (100, 1, 4, 4)).copy()
    samples = Samples(images, np.repeat(np.arange(10), 10).astype(np.int32))
    return Dataset("digits", samples, samples, None, tuple("0123456789"))


@pytest.fixture
def pictures(qtbot: QtBot, dataset: Dataset) -> Iterator[PicturesModel]:
    model = PicturesModel(load=lambda _name, _cancel: dataset)
    yield model
    model.shut_down()


@pytest.fixture
def keeper(training: TrainingModel) -> CurveKeeper:
    return CurveKeeper(training)


@pytest.fixture
def panel(
    qtbot: QtBot,
    training: TrainingModel,
    keeper: CurveKeeper,
    network: NetworkModel,
    pictures: PicturesModel,
    trainer: FakeTrainer,
    monkeypatch: pytest.MonkeyPatch,
) -> PlotsPanel:
    monkeypatch.setitem(pg.CONFIG_OPTIONS, "mouseRateLimit", 0)  # a test moves faster than a hand
    panel = PlotsPanel(training, network, pictures)
    panel.resize(640, 720)
    qtbot.addWidget(panel)
    with qtbot.waitExposed(panel):
        panel.show()
    training.class_names = tuple("0123456789")
    training.play()
    trainer.play(*run())
    qtbot.waitUntil(lambda: bool(training.curves.marks))
    qtbot.waitUntil(lambda: len(training.curves.training_loss) == 1000)
    panel._refresh()
    return panel
