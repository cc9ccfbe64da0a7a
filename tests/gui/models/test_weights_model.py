"""Weights that still fit are kept, others begin anew, and undo brings them back."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from nnstudio.engine.initializers import Initializer
from nnstudio.gui.models import weights_model
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.presets import softmax_regression, vgg16


@pytest.fixture
def trained(network: NetworkModel, weights: WeightsModel) -> WeightsModel:
    values = {name: np.full_like(array, 0.5) for name, array in weights.parameters.items()}
    weights.replace(network.spec, values, 100)
    return weights


def test_a_new_network_has_random_weights(weights: WeightsModel) -> None:
    assert weights.step == 0
    assert set(weights.fresh) == set(weights.parameters)
    assert weights.parameters["conv1.weight"].shape == (6, 1, 5, 5)
    assert weights.parameters["conv1.weight"].std() > 0


def test_the_same_seed_draws_the_same(network: NetworkModel) -> None:
    first, second = WeightsModel(network), WeightsModel(network)
    for name, values in first.parameters.items():
        np.testing.assert_array_equal(values, second.parameters[name])


def test_what_fits_is_kept(network: NetworkModel, trained: WeightsModel) -> None:
    network.edit("Units", network.spec.replace("dense2", Dense(units=50)))
    assert set(trained.fresh) == {"dense2.weight", "dense2.bias", "dense3.weight"}
    assert (trained.parameters["dense1.weight"] == 0.5).all()
    assert trained.parameters["dense3.weight"].shape == (10, 50)
    assert trained.spec is network.spec


def test_undo_brings_the_weights_back(network: NetworkModel, trained: WeightsModel) -> None:
    network.edit("Units", network.spec.replace("dense2", Dense(units=50)))
    network.undo_stack.undo()
    assert not trained.fresh
    assert all((values == 0.5).all() for values in trained.parameters.values())


def test_a_renamed_layer_keeps_its_weights(network: NetworkModel, trained: WeightsModel) -> None:
    network.edit("Rename", network.spec.rename("conv1", "edges"))
    assert not trained.fresh
    assert "edges.weight" in trained.parameters


def test_an_unsound_network_leaves_the_last_sound_one(network: NetworkModel, trained: WeightsModel) -> None:
    sound = network.spec
    network.edit("Too large", network.spec.replace("conv2", Convolution(filters=16, kernel=(60, 60))))
    assert not network.check.ok
    assert trained.spec is sound
    network.undo_stack.undo()
    assert not trained.fresh


def test_another_network(qtbot: QtBot, network: NetworkModel, trained: WeightsModel) -> None:
    with qtbot.waitSignal(trained.changed):
        network.set_spec(softmax_regression())
    assert set(trained.parameters) == {"dense1.weight", "dense1.bias"}
    assert trained.parameters["dense1.weight"].shape == (10, 784)


def test_a_very_large_network_is_drawn_in_the_background(
    qtbot: QtBot, network: NetworkModel, trained: WeightsModel
) -> None:
    small = network.spec
    with qtbot.waitSignal(trained.changed):
        network.edit("Units", network.spec.replace("dense1", Dense(units=4000)))
        assert trained.spec is small
    assert trained.spec is network.spec
    assert trained.parameters["dense1.weight"].shape == (4000, 400)


def test_a_large_network_that_was_undone_meanwhile_is_dropped(
    qtbot: QtBot, network: NetworkModel, trained: WeightsModel
) -> None:
    small = network.spec
    network.edit("Units", network.spec.replace("dense1", Dense(units=4000)))
    network.undo_stack.undo()
    trained._background.wait()
    qtbot.wait(0)
    assert trained.spec is small
    assert not trained.fresh


def test_reset_forgets(network: NetworkModel, trained: WeightsModel) -> None:
    trained.reset(Initializer.ZEROS, 0)
    assert trained.step == 0
    assert all((values == 0).all() for values in trained.parameters.values())
    assert set(trained.fresh) == set(trained.parameters)


def test_a_network_to_be_looked_at_has_no_weights(network: NetworkModel, trained: WeightsModel) -> None:
    """VGG-16's would take half a gigabyte, and as much again for a moment."""
    tracemalloc.start()
    try:
        network.set_spec(vgg16())
        trained.reset(Initializer.HE_NORMAL, 0)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 10 * 2**20
    assert (trained.spec, dict(trained.parameters)) == (vgg16(), {})
    assert trained.missing
    network.set_spec(softmax_regression())
    assert not trained.missing
    assert set(trained.parameters) == {"dense1.weight", "dense1.bias"}


def test_a_large_network_that_has_learned_keeps_its_weights(
    network: NetworkModel, weights: WeightsModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights_model, "_AT_MOST", 1000)
    values = {name: np.full_like(array, 0.5) for name, array in weights.parameters.items()}
    weights.replace(network.spec, values, 100)
    network.edit("Units", network.spec.replace("dense1", Dense(units=12)))
    assert weights.missing
    network.undo_stack.undo()
    assert not weights.missing
    assert dict(weights.parameters) == values
