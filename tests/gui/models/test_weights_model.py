"""Weights that still fit are kept, others begin anew, and undo brings them back."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from nnstudio.engine.initializers import Initializer
from nnstudio.engine.plan import compile_plan
from nnstudio.engine.surgery import Fate
from nnstudio.gui.models import shelf, weights_model
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.weight_edit import WeightsError
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.network import SpecError, check
from nnstudio.network.layers.activation import ReLU, Tanh
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.presets import chain, softmax_regression, vgg16
from tests.network.strategies import edits


@pytest.fixture
def trained(network: NetworkModel, weights: WeightsModel) -> WeightsModel:
    values = {name: np.full_like(array, 0.5) for name, array in weights.parameters.items()}
    weights.replace(network.spec, values, 100)
    return weights


def test_a_new_network_has_random_weights(weights: WeightsModel) -> None:
    assert weights.step == 0
    assert weights.tensors == dict.fromkeys(weights.parameters, Fate.NEW)
    assert weights.parameters["conv1.weight"].shape == (6, 1, 5, 5)
    assert weights.parameters["conv1.weight"].std() > 0


def test_the_same_seed_draws_the_same(network: NetworkModel) -> None:
    first, second = WeightsModel(network), WeightsModel(network)
    for name, values in first.parameters.items():
        np.testing.assert_array_equal(values, second.parameters[name])


def test_what_fits_is_kept(network: NetworkModel, trained: WeightsModel) -> None:
    network.edit("Units", network.spec.replace("dense2", Dense(units=50)))
    fresh = {name for name, fate in trained.tensors.items() if fate is Fate.NEW}
    assert fresh == {"dense2.weight", "dense2.bias", "dense3.weight"}
    assert (trained.parameters["dense1.weight"] == 0.5).all()
    assert trained.parameters["dense3.weight"].shape == (10, 50)
    assert trained.spec is network.flat


def test_undo_brings_the_weights_back(network: NetworkModel, trained: WeightsModel) -> None:
    network.edit("Units", network.spec.replace("dense2", Dense(units=50)))
    network.undo_stack.undo()
    assert Fate.NEW not in trained.fates.values()
    assert all((values == 0.5).all() for values in trained.parameters.values())


def test_a_renamed_layer_keeps_its_weights(network: NetworkModel, trained: WeightsModel) -> None:
    network.edit("Rename", network.spec.rename("conv1", "edges"))
    assert Fate.NEW not in trained.fates.values()
    assert "edges.weight" in trained.parameters


def test_an_unsound_network_leaves_the_last_sound_one(network: NetworkModel, trained: WeightsModel) -> None:
    sound = network.spec
    network.edit("Too large", network.spec.replace("conv2", Convolution(filters=16, kernel=(60, 60))))
    assert not network.check.ok
    assert trained.spec == sound
    network.undo_stack.undo()
    assert Fate.NEW not in trained.fates.values()


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
        assert trained.spec == small
    assert trained.spec is network.flat
    assert trained.parameters["dense1.weight"].shape == (4000, 400)


def test_a_large_network_that_was_undone_meanwhile_is_dropped(
    qtbot: QtBot, network: NetworkModel, trained: WeightsModel
) -> None:
    small = network.spec
    network.edit("Units", network.spec.replace("dense1", Dense(units=4000)))
    network.undo_stack.undo()
    trained._background.wait()
    qtbot.wait(0)
    assert trained.spec == small
    assert Fate.NEW not in trained.fates.values()


def test_reset_forgets(network: NetworkModel, trained: WeightsModel) -> None:
    trained.reset(Initializer.ZEROS, 0)
    assert trained.step == 0
    assert all((values == 0).all() for values in trained.parameters.values())
    assert trained.tensors == dict.fromkeys(trained.parameters, Fate.NEW)


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


# ---- what became of them


def test_a_widened_layer_and_its_readers_say_so(network: NetworkModel, trained: WeightsModel) -> None:
    network.edit("Units", network.spec.replace("dense2", Dense(units=100)))
    assert Fate.NEW not in trained.fates.values()
    assert trained.fates == {
        "conv1": Fate.KEPT, "conv2": Fate.KEPT, "dense1": Fate.KEPT, "dense2": Fate.WIDENED, "dense3": Fate.WIDENED,
    }  # fmt: skip
    network.undo_stack.undo()
    assert set(trained.fates.values()) == {Fate.KEPT}
    assert trained.parameters is trained.learned


def test_badges_are_those_of_the_layers_as_designed(network: NetworkModel, trained: WeightsModel) -> None:
    assert not trained.badges
    network.edit("Units", network.spec.replace("dense2", Dense(units=120)))
    assert trained.badges["dense2"] == "widened"
    network.edit("Repeat", network.spec.join(["dense2", "relu4"], "deep", repeat=2))
    assert trained.badges == {
        "conv1": "kept", "conv2": "kept", "dense1": "kept", "dense2": "new", "dense3": "new",
    }  # fmt: skip
    network.edit("Remove", network.spec.remove("output1"))
    assert not trained.badges


def test_without_anything_learned_there_is_nothing_to_tell_apart(network: NetworkModel, weights: WeightsModel) -> None:
    network.edit("Units", network.spec.replace("dense2", Dense(units=100)))
    assert set(weights.fates.values()) == {Fate.NEW}
    assert not weights.badges


def test_weights_learned_before_an_edit_are_carried_over_when_they_arrive(
    network: NetworkModel, weights: WeightsModel
) -> None:
    before, values = network.flat, {name: np.full_like(array, 0.5) for name, array in weights.parameters.items()}
    network.edit("Units", network.spec.replace("dense2", Dense(units=100)))
    weights.replace(before, values, 12)
    assert weights.spec is network.flat
    assert weights.parameters["conv1.weight"] is values["conv1.weight"]
    assert weights.fates["dense2"] is Fate.WIDENED
    network.undo_stack.undo()
    assert weights.parameters is values


def learn(network: NetworkModel, weights: WeightsModel, value: float) -> None:
    """A while of training."""
    weights.replace(network.flat, {name: np.full_like(old, value) for name, old in weights.parameters.items()}, 200)


@pytest.mark.parametrize("how", ["mute", "remove"])
def test_a_layer_that_was_away_while_training_comes_back_with_its_weights(
    network: NetworkModel, trained: WeightsModel, how: str
) -> None:
    network.edit("Without", getattr(network.spec, how)("dense2"))
    learn(network, trained, 0.75)
    assert "dense2.weight" not in trained.parameters
    network.undo_stack.undo()
    assert (trained.parameters["dense2.weight"] == 0.5).all()
    assert (trained.parameters["dense1.weight"] == 0.75).all()
    assert trained.fates["dense2"] is Fate.KEPT


def test_a_layer_narrowed_again_after_training_has_its_old_weights(
    network: NetworkModel, trained: WeightsModel
) -> None:
    network.edit("Units", network.spec.replace("dense2", Dense(units=100)))
    learn(network, trained, 0.75)
    network.undo_stack.undo()
    assert Fate.NEW not in trained.fates.values()
    assert (trained.parameters["dense2.weight"] == 0.5).all()


def test_reset_and_another_file_forget_what_was_on_the_shelf(network: NetworkModel, trained: WeightsModel) -> None:
    for again in (False, True):
        network.edit("Without", network.spec.mute("dense2"))
        learn(network, trained, 0.75)
        if again:
            trained.load(trained.parameters, 5)
        else:
            trained.reset(Initializer.HE_NORMAL, 0)
        network.undo_stack.undo()
        assert not (trained.parameters["dense2.weight"] == 0.5).all()
        learn(network, trained, 0.5)


def test_the_shelf_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "MOST_BYTES", 100)
    kept = shelf.Shelf()
    for name in "abc":
        kept.put({name: np.zeros(10, np.float32)}, {})
    assert [name for name, _ in kept.items()] == ["b", "c"]


# ---- one weight


def test_a_weight_is_changed_undone_and_redone(qtbot: QtBot, network: NetworkModel, trained: WeightsModel) -> None:
    before = trained.parameters
    with qtbot.waitSignals([trained.changed, trained.edited]):
        trained.set_value("conv2.weight", (2, 0, 1, 1), 0.25)
    assert network.undo_stack.undoText() == "Change conv2.weight[2, 0, 1, 1] to 0.25"
    assert trained.parameters["conv2.weight"][2, 0, 1, 1] == 0.25
    assert before["conv2.weight"][2, 0, 1, 1] == 0.5, "arrays that others read stay as they are"
    assert trained.parameters["dense1.weight"] is before["dense1.weight"]
    network.undo_stack.undo()
    assert trained.parameters is before
    network.undo_stack.redo()
    assert trained.parameters["conv2.weight"][2, 0, 1, 1] == 0.25


def test_edits_of_structure_and_of_values_are_undone_in_turn(network: NetworkModel, trained: WeightsModel) -> None:
    network.edit("Units", network.spec.replace("dense2", Dense(units=50)))
    assert trained.fates["dense2"] is Fate.NEW
    trained.set_value("dense2.weight", (0, 0), 3.0)
    assert trained.fates["dense2"] is Fate.NEW, "one value does not make it learned"
    network.edit("Without", network.spec.remove("relu4"))
    assert trained.parameters["dense2.weight"][0, 0] == 3.0
    assert trained.fates["dense2"] is Fate.NEW
    for _ in range(3):
        network.undo_stack.undo()
    assert trained.parameters is trained.learned
    for _ in range(3):
        network.undo_stack.redo()
    assert trained.parameters["dense2.weight"][0, 0] == 3.0


def test_what_was_learned_since_is_not_undone(network: NetworkModel, trained: WeightsModel) -> None:
    trained.set_value("dense3.bias", (1,), 3.0)
    learn(network, trained, 0.75)
    network.undo_stack.undo()
    assert (trained.parameters["dense3.bias"] == 0.75).all()
    network.undo_stack.redo()
    assert trained.parameters["dense3.bias"].tolist() == [0.75, 3.0, *[0.75] * 8]


@pytest.mark.parametrize(
    ("name", "index", "value", "why"),
    [
        ("conv9.weight", (0,), 1.0, "no weights"),
        ("dense3.bias", (10,), 1.0, "no value at"),
        ("dense3.bias", (-1,), 1.0, "no value at"),
        ("dense3.bias", (0, 0), 1.0, "no value at"),
        ("dense3.bias", (0,), float("nan"), "cannot be a weight"),
        ("dense3.bias", (0,), float("inf"), "cannot be a weight"),
        ("dense3.bias", (0,), 1e39, "cannot be a weight"),
    ],
)
def test_a_value_that_cannot_be(
    network: NetworkModel, trained: WeightsModel, name: str, index: tuple[int, ...], value: float, why: str
) -> None:
    with pytest.raises(WeightsError, match=why):
        trained.set_value(name, index, value)
    assert not network.undo_stack.canUndo()


def test_the_value_that_is_there_is_no_change(network: NetworkModel, trained: WeightsModel) -> None:
    trained.set_value("dense3.bias", (0,), 0.5)
    assert not network.undo_stack.canUndo()


def test_a_network_with_errors_has_no_weights_to_change(network: NetworkModel, trained: WeightsModel) -> None:
    network.edit("Remove", network.spec.remove("output1"))
    with pytest.raises(WeightsError, match="no weights of its own"):
        trained.set_value("dense3.bias", (0,), 1.0)


_SMALL = chain(
    "small", [Input(height=4, width=4), Convolution(filters=2, kernel=3), ReLU(), Flatten(), Dense(units=5), Tanh(),
              Dense(units=2), SoftmaxOutput()],
)  # fmt: skip


@settings(max_examples=30)
@given(st.data())
def test_undoing_everything_brings_exactly_the_learned_weights_back(data: st.DataObject) -> None:
    """Edits of structure and of values in any order, some of them undone and redone on the way."""
    network = NetworkModel(_SMALL)
    weights = WeightsModel(network)
    weights.replace(network.flat, {name: values + 1 for name, values in weights.parameters.items()}, 9)
    learned = weights.parameters
    for what in data.draw(st.lists(st.sampled_from(["structure", "value", "undo", "redo"]), max_size=12)):
        if what == "structure":
            try:
                spec = data.draw(edits())(network.spec)
            except SpecError:
                continue
            if check(spec).parameter_count < 100_000:
                network.edit("Edit", spec)
        elif what == "value" and not weights.obstacle[0]:
            name = data.draw(st.sampled_from(sorted(weights.parameters)))
            weights.set_value(name, (0,) * weights.parameters[name].ndim, data.draw(st.floats(-9, 9, width=32)))
        elif what in ("undo", "redo"):
            getattr(network.undo_stack, what)()
        if network.check.ok:
            shapes = {slot.name: slot.shape for slot in compile_plan(network.spec).slots}
            assert {name: values.shape for name, values in weights.parameters.items()} == shapes
    network.undo_stack.setIndex(0)
    assert weights.parameters is learned
