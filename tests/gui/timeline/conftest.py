"""A run with a past: eleven moments in each of which all weights are the step divided by 1,000."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from nnstudio.engine.backend import TrainingState
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.gui.timeline.timeline_model import TimelineModel
from nnstudio.training.timeline import Timeline

STEPS = tuple(range(0, 1001, 100))
MakeState = Callable[[int], TrainingState]


@pytest.fixture
def make_state(weights: WeightsModel) -> MakeState:
    shapes = {name: values.shape for name, values in weights.parameters.items()}

    def make(step: int) -> TrainingState:
        values = {name: np.full(shape, step / 1000, np.float32) for name, shape in shapes.items()}
        return TrainingState(values, (), step)

    return make


@pytest.fixture
def model(qtbot: QtBot, network: NetworkModel, weights: WeightsModel) -> Iterator[TimelineModel]:
    model = TimelineModel(network, weights)
    yield model
    model.shut_down()


@pytest.fixture
def run(network: NetworkModel, model: TimelineModel, make_state: MakeState) -> Timeline:
    """A run of ten epochs of 100 steps, the seventh the best, that is shown and still goes on."""
    timeline = model.timelines.begin(network.flat)
    timeline.epochs = 10
    for step in STEPS:
        timeline.put(make_state(step), loss=2 - step / 1000)
        if step:
            timeline.end_epoch(step // 100, step, abs(step - 700) + 1.0)
    model.show_timeline(timeline)
    return timeline
