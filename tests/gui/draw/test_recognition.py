"""The network that comes with the program recognises what a mouse draws."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nnstudio.gui.draw import DrawPanel
from nnstudio.gui.draw.canvas import Canvas
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.paths import resources_dir
from nnstudio.project import Project, load_project
from tests.gui.draw.hand import DIGITS, draw


@pytest.fixture(scope="module")
def trained() -> Project:
    return load_project(resources_dir() / "models" / "lenet5.nnstudio")


@pytest.fixture
def network(trained: Project) -> NetworkModel:
    return NetworkModel(trained.spec)


@pytest.fixture
def weights(trained: Project, network: NetworkModel) -> WeightsModel:
    model = WeightsModel(network)
    assert trained.parameters is not None
    model.replace(trained.spec, trained.parameters, trained.metadata.steps)
    return model


@pytest.mark.parametrize("digit", range(10))
def test_a_digit_drawn_with_the_mouse_is_recognised(
    panel: DrawPanel, canvas: Canvas, answered: Callable[[], None], digit: int
) -> None:
    for stroke in DIGITS[digit]:
        draw(canvas, stroke)
    answered()
    prediction = panel.predictions.prediction
    assert not prediction.untrained
    assert prediction.ranking[0] == digit
    assert prediction.probabilities is not None
    assert prediction.probabilities[digit] > 0.9
