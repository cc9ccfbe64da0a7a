"""A panel with a network simple enough to know its answer: it tells upright strokes (1) from round ones (0)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from nnstudio.gui.draw import DrawPanel
from nnstudio.gui.draw.canvas import Canvas
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.weights_base import Parameters
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.gui.theme import apply_theme
from nnstudio.network import NetworkSpec
from nnstudio.network.presets import softmax_regression


@pytest.fixture
def scheme(qapp: QApplication, request: pytest.FixtureRequest) -> Iterator[str]:
    """Gives the application the theme that the test is parametrized with, and takes it back."""
    apply_theme(qapp, request.param)
    yield request.param
    apply_theme(qapp, "light")


@pytest.fixture
def network() -> NetworkModel:
    return NetworkModel(softmax_regression())


@pytest.fixture
def weights(network: NetworkModel) -> WeightsModel:
    model = WeightsModel(network)
    model.replace(network.spec, upright_or_round(network.spec), 1)
    return model


@pytest.fixture
def panel(qtbot: QtBot, network: NetworkModel, weights: WeightsModel) -> Iterator[DrawPanel]:
    panel = DrawPanel(network, weights)
    panel.resize(900, 560)
    qtbot.addWidget(panel)
    panel.show()
    qtbot.waitExposed(panel)
    yield panel
    panel.shut_down()


@pytest.fixture
def canvas(panel: DrawPanel) -> Canvas:
    return panel.canvas


@pytest.fixture
def answered(qtbot: QtBot, panel: DrawPanel) -> Callable[[], None]:
    """Waits until the prediction is about the drawing as it is now."""

    def wait() -> None:
        qtbot.waitUntil(lambda: panel.predictions.prediction.revision == panel.drawing.revision)

    return wait


def upright_or_round(spec: NetworkSpec) -> Parameters:
    """Class 1 likes ink in the middle columns, class 0 elsewhere; the others like nothing."""
    picture = np.full((28, 28), -0.2, np.float32)
    picture[:, 11:17] = 0.2
    weight, bias = np.zeros((10, 784), np.float32), np.full(10, -5, np.float32)
    weight[1], weight[0], bias[:2] = picture.ravel(), -picture.ravel(), 0
    dense = next(node.id for node in spec.nodes if node.id.startswith("dense"))
    return {f"{dense}.weight": weight, f"{dense}.bias": bias}
