"""Opening and saving, and what counts as unsaved."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from nnstudio.engine.surgery import Fate
from nnstudio.gui.models.document import Document, trained_model
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.training_model import TrainingModel
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.network.layers.dense import Dense
from nnstudio.network.presets import softmax_regression, vgg16
from nnstudio.project import Project, load_project
from nnstudio.training.settings import TrainingSettings


@pytest.fixture
def document(network: NetworkModel, weights: WeightsModel, training: TrainingModel) -> Document:
    return Document(network, weights, training)


def test_save_and_open(
    qtbot: QtBot,
    document: Document,
    network: NetworkModel,
    weights: WeightsModel,
    training: TrainingModel,
    tmp_path: Path,
) -> None:
    path = tmp_path / "mine.nnstudio"
    spec, values = network.spec, {name: array + 1 for name, array in weights.parameters.items()}
    training.set_settings(TrainingSettings(epochs=7))
    weights.replace(spec, values, 12)
    assert document.modified
    with qtbot.waitSignal(document.saved):
        document.save(path)
    assert not document.modified
    assert (document.path, document.name) == (path, "mine")
    document.new(softmax_regression())
    assert document.path is None
    training.set_settings(TrainingSettings(epochs=1))
    with qtbot.waitSignal(document.opened):
        document.open(path)
    assert network.spec == spec
    assert training.settings.epochs == 7
    for name, array in values.items():
        np.testing.assert_array_equal(weights.parameters[name], array)
    assert not document.modified


def test_edits_are_unsaved_until_undone(document: Document, network: NetworkModel) -> None:
    assert not document.modified
    network.edit("Units", network.spec.replace("dense1", Dense(units=12)))
    assert document.modified
    network.undo_stack.undo()
    assert not document.modified


def test_an_edit_while_saving_stays_unsaved(
    qtbot: QtBot, document: Document, network: NetworkModel, tmp_path: Path
) -> None:
    with qtbot.waitSignal(document.saved):
        document.save(tmp_path / "mine.nnstudio")
        network.edit("Units", network.spec.replace("dense1", Dense(units=12)))
    assert document.modified


def test_what_is_read_too_late_does_not_replace_what_stands_there(
    qtbot: QtBot, document: Document, network: NetworkModel
) -> None:
    opened: list[object] = []
    document.opened.connect(opened.append)
    document.open_trained()
    assert document.busy
    document.new(softmax_regression())
    assert not document.busy
    document.wait()
    with qtbot.waitSignal(document.opened):
        document.open(trained_model())  # what comes after it has come
    assert opened == [trained_model()]


def test_what_is_saved_too_late_gives_its_place_to_nobody(qtbot: QtBot, document: Document, tmp_path: Path) -> None:
    with qtbot.waitSignal(document.saved):
        document.save(tmp_path / "mine.nnstudio")
        document.new(softmax_regression())
    assert document.path is None
    assert load_project(tmp_path / "mine.nnstudio").spec != softmax_regression()


def test_a_restored_project_is_unsaved_until_saved(
    qtbot: QtBot, document: Document, network: NetworkModel, tmp_path: Path
) -> None:
    document.restore(Project(softmax_regression()), tmp_path / "mine.nnstudio")
    assert (document.modified, document.name, network.spec) == (True, "mine", softmax_regression())
    with qtbot.waitSignal(document.saved):
        document.save(tmp_path / "mine.nnstudio")
    assert not document.modified
    document.restore(Project(softmax_regression()), None)
    document.new(softmax_regression())
    assert not document.modified


def test_a_broken_file_changes_nothing(qtbot: QtBot, document: Document, network: NetworkModel, tmp_path: Path) -> None:
    path, spec = tmp_path / "broken.nnstudio", network.spec
    path.write_bytes(b"PK nonsense")
    with qtbot.waitSignal(document.failed) as failed:
        document.open(path)
    assert "broken.nnstudio" in failed.args[0]
    assert network.spec is spec
    assert not document.busy


def test_a_place_that_cannot_be_written(qtbot: QtBot, document: Document, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with qtbot.waitSignal(document.failed):
        document.save(tmp_path / "file" / "mine.nnstudio")
    assert document.path is None


def test_settings_of_a_file_are_unsaved_when_changed(
    qtbot: QtBot, document: Document, training: TrainingModel, tmp_path: Path
) -> None:
    training.set_settings(TrainingSettings(epochs=5))
    assert not document.modified, "without a file, settings are nothing that would be missed"
    with qtbot.waitSignal(document.saved):
        document.save(tmp_path / "mine.nnstudio")
    assert not document.modified
    with qtbot.waitSignal(document.changed):
        training.set_settings(TrainingSettings(epochs=6))
    assert document.modified
    training.set_settings(TrainingSettings(epochs=5))
    assert not document.modified


def test_a_network_too_large_to_have_weights_is_saved_without(
    qtbot: QtBot, document: Document, network: NetworkModel, tmp_path: Path
) -> None:
    document.new(vgg16())
    with qtbot.waitSignal(document.saved):
        document.save(tmp_path / "large.nnstudio")
    assert load_project(tmp_path / "large.nnstudio").parameters is None
    with qtbot.waitSignal(document.opened):
        document.open(tmp_path / "large.nnstudio")
    assert network.spec == vgg16()


def test_muted_layers_keep_their_weights_in_the_file(
    qtbot: QtBot, document: Document, network: NetworkModel, weights: WeightsModel, tmp_path: Path
) -> None:
    """Also when training went on without them."""
    path = tmp_path / "muted.nnstudio"
    weights.replace(network.flat, {name: np.full_like(old, 0.5) for name, old in weights.parameters.items()}, 12)
    for trained_further in (False, True):
        network.edit("Mute", network.spec.mute("dense2"))
        if trained_further:
            weights.replace(network.flat, {name: old + 1 for name, old in weights.parameters.items()}, 24)
        with qtbot.waitSignal(document.saved):
            document.save(path)
        document.new(softmax_regression())
        with qtbot.waitSignal(document.opened):
            document.open(path)
        assert "dense2.weight" not in weights.parameters
        network.edit("Unmute", network.spec.mute("dense2", False))
        assert (weights.parameters["dense2.weight"] == 0.5).all()
        assert weights.fates["dense2"] is Fate.KEPT


def test_the_accuracy_of_an_edited_network_is_not_known(
    qtbot: QtBot, document: Document, network: NetworkModel, weights: WeightsModel, tmp_path: Path
) -> None:
    with qtbot.waitSignal(document.opened):
        document.open(trained_model())
    assert document.project().metadata.test_accuracy
    network.edit("Pooling", network.spec.remove("relu3"))
    assert set(weights.fates.values()) == {Fate.KEPT}
    assert document.project().metadata.test_accuracy is None
