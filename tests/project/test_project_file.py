"""Saving a project and loading it again is the identity, and an older or bare file opens too."""

from __future__ import annotations

import json
import math
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from nnstudio.engine.initializers import Initializer
from nnstudio.engine.losses import BinaryCrossEntropy, CrossEntropy, Huber, MeanSquaredError
from nnstudio.engine.optimizers import Adam
from nnstudio.engine.schedules import SCHEDULES, Constant, ScheduleBase
from nnstudio.network import check
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.sigmoid_output import SigmoidOutput
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.presets import PRESETS, chain, lenet5
from nnstudio.network.spec import NetworkSpec
from nnstudio.project import Metadata, Project, ProjectError, load_project, save_project
from nnstudio.project.migrate import migrate
from nnstudio.project.weights import expected_shapes
from nnstudio.training.settings import TrainingSettings


def random_weights(spec: NetworkSpec, seed: int = 0, dtype: type = np.float32) -> dict[str, NDArray[Any]]:
    rng = np.random.default_rng(seed)
    return {name: rng.normal(size=shape).astype(dtype) for name, shape in expected_shapes(spec).items()}


def assert_same(loaded: Project, saved: Project) -> None:
    assert (loaded.spec, loaded.settings, loaded.metadata) == (saved.spec, saved.settings, saved.metadata)
    assert (loaded.parameters is None) == (saved.parameters is None)
    for name, array in (saved.parameters or {}).items():
        back = (loaded.parameters or {})[name]
        assert back.dtype == array.dtype
        assert back.shape == array.shape
        assert back.tobytes() == array.tobytes()


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("trained", [False, True])
def test_a_preset_comes_back_as_it_was(tmp_path: Path, name: str, trained: bool) -> None:
    spec = PRESETS[name]()
    if trained and check(spec).parameter_count > 2**22:
        pytest.skip("its weights are hundreds of megabytes")
    project = Project(
        spec,
        TrainingSettings(epochs=7, batch_size=12, seed=5),
        random_weights(spec) if trained else None,
        Metadata(
            dataset="digits", class_names=tuple("0123456789"), steps=12, test_accuracy=0.5, command="nnstudio train"
        ),
    )
    save_project(tmp_path / "a.nnstudio", project)
    assert_same(load_project(tmp_path / "a.nnstudio"), project)


@given(st.text(max_size=30), st.integers(1, 4), st.integers(1, 6), st.booleans(), st.integers(0, 2**32 - 1))
def test_any_small_network_comes_back_bit_for_bit(
    tmp_path_factory: pytest.TempPathFactory, name: str, filters: int, units: int, double: bool, seed: int
) -> None:
    layers = [Input(height=6, width=5), Convolution(filters=filters, kernel=(3, 2)), Flatten(), Dense(units=units)]
    spec = chain(name, [*layers, SoftmaxOutput()])
    weights = random_weights(spec, seed, np.float64 if double else np.float32)
    project = Project(spec, parameters=weights, metadata=Metadata(dataset=name, command=name))
    path = tmp_path_factory.mktemp("project") / "p.nnstudio"
    save_project(path, project)
    assert_same(load_project(path), project)


def test_saving_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        save_project(tmp_path / name, Project(lenet5(), parameters=random_weights(lenet5())))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_the_file_is_a_zip_of_readable_parts(tmp_path: Path) -> None:
    save_project(tmp_path / "a.nnstudio", Project(lenet5(), parameters=random_weights(lenet5())))
    with zipfile.ZipFile(tmp_path / "a.nnstudio") as archive:
        assert archive.namelist() == ["project.json", "network.json", "settings.json", "weights.safetensors"]
        about = json.loads(archive.read("project.json"))
        assert (about["format"], about["format_version"]) == ("nnstudio-project", 2)
        assert archive.read("network.json").decode() == lenet5().to_json()


def test_a_diverged_network_can_be_kept(tmp_path: Path) -> None:
    weights = random_weights(lenet5())
    weights["conv1.weight"][0, 0, 0, :2] = np.nan, np.inf
    save_project(tmp_path / "a", Project(lenet5(), parameters=weights))
    back = load_project(tmp_path / "a").parameters
    assert back is not None
    assert math.isnan(back["conv1.weight"][0, 0, 0, 0])


def test_weights_are_read_only(tmp_path: Path) -> None:
    save_project(tmp_path / "a", Project(lenet5(), parameters=random_weights(lenet5())))
    back = load_project(tmp_path / "a").parameters
    assert back is not None
    with pytest.raises(ValueError, match="read-only"):
        back["conv1.bias"][0] = 1


def test_a_bare_network_opens_untrained(tmp_path: Path) -> None:
    (tmp_path / "net.json").write_text("\n" + lenet5().to_json(), encoding="utf-8")
    project = load_project(tmp_path / "net.json")
    assert project.spec == lenet5()
    assert project.parameters is None


def test_an_unfinished_network_can_be_saved(tmp_path: Path) -> None:
    spec = NetworkSpec(name="nothing yet").add(Dense(units=3))
    save_project(tmp_path / "a", Project(spec))
    assert load_project(tmp_path / "a").spec == spec


def test_weights_of_another_network_are_not_saved(tmp_path: Path) -> None:
    weights = random_weights(lenet5())
    for wrong in (
        {name: weights[name] for name in list(weights)[1:]},
        {**weights, "conv9.weight": weights["conv1.weight"]},
        {**weights, "conv1.bias": np.zeros(7, np.float32)},
        {**weights, "conv1.bias": np.zeros(6, np.int32)},
    ):
        with pytest.raises(ProjectError, match=r"conv\d\."):
            save_project(tmp_path / "a", Project(lenet5(), parameters=wrong))
    assert not (tmp_path / "a").exists()


OLD_SETTINGS = {
    "epochs": 7, "batch_size": 32, "loss": "mean_squared_error", "initializer": "he_uniform", "seed": 3,
    "optimizer": {"kind": "adam", "learning_rate": 0.002, "weight_decay": 0.0, "beta1": 0.9, "beta2": 0.99,
                  "epsilon": 1e-08},
}  # fmt: skip
"""As they were written before losses had settings, and before there were schedules."""


def test_a_file_of_version_1_opens(tmp_path: Path) -> None:
    about = {"format": "nnstudio-project", "format_version": 1, "metadata": {"dataset": "digits", "steps": 5}}
    with zipfile.ZipFile(tmp_path / "old.nnstudio", "w") as archive:
        archive.writestr("project.json", json.dumps(about))
        archive.writestr("network.json", lenet5().to_json())
        archive.writestr("settings.json", json.dumps(OLD_SETTINGS))
    settings = load_project(tmp_path / "old.nnstudio").settings
    assert settings == TrainingSettings(
        epochs=7, batch_size=32, loss=MeanSquaredError(), initializer=Initializer.HE_UNIFORM, seed=3,
        optimizer=Adam(learning_rate=0.002, beta2=0.99),
    )  # fmt: skip
    assert (settings.schedule, settings.early_stopping) == (Constant(), 0)
    assert TrainingSettings.model_validate(OLD_SETTINGS) == settings


@pytest.mark.parametrize("schedule", SCHEDULES.values())
@pytest.mark.parametrize(
    "loss", [CrossEntropy(label_smoothing=0.1, class_weights=(1, 2.5)), Huber(delta=0.3), BinaryCrossEntropy()]
)
def test_all_training_settings_come_back(
    tmp_path: Path, schedule: type[ScheduleBase], loss: CrossEntropy | Huber | BinaryCrossEntropy
) -> None:
    optimizer = Adam(clip_norm=2.5, average=0.99)
    settings = TrainingSettings(schedule=schedule(), loss=loss, optimizer=optimizer, early_stopping=4)
    save_project(tmp_path / "a.nnstudio", Project(lenet5(), settings))
    assert load_project(tmp_path / "a.nnstudio").settings == settings


def test_a_bare_network_gets_a_loss_that_fits_and_a_project_keeps_its_own(tmp_path: Path) -> None:
    spec = chain("yes or no", [Input(height=2, width=2), Flatten(), Dense(units=1), SigmoidOutput()])
    (tmp_path / "net.json").write_text(spec.to_json(), encoding="utf-8")
    assert load_project(tmp_path / "net.json").settings.loss == BinaryCrossEntropy()
    save_project(tmp_path / "a.nnstudio", Project(spec, TrainingSettings(loss=CrossEntropy())))
    assert load_project(tmp_path / "a.nnstudio").settings.loss == CrossEntropy()


def test_an_older_file_is_brought_up_to_date_step_by_step() -> None:
    def first(documents: dict[str, Any]) -> dict[str, Any]:
        return {**documents, "settings": {"rate": documents["settings"]["speed"]}}

    def second(documents: dict[str, Any]) -> dict[str, Any]:
        return {**documents, "settings": {"rate": documents["settings"]["rate"] / 10}}

    old = {"project": {"format_version": 1}, "settings": {"speed": 5}}
    assert migrate(old, steps={1: first, 2: second}, newest=3)["settings"] == {"rate": 0.5}
    assert migrate({**old, "project": {"format_version": 3}}, steps={}, newest=3)["settings"] == {"speed": 5}


# ---- muted layers


def test_weights_of_muted_layers_come_back_bit_for_bit(tmp_path: Path) -> None:
    """In whatever shape they were left, also of the copies of a repeated one."""
    spec = lenet5().replace("dense2", Dense(units=120)).join(["dense2", "relu4"], "deep", 2).mute("dense2")
    muted = {"dense2.weight": np.ones((7, 3), np.float32), "dense2_2.bias": np.full(5, np.nan)}
    project = Project(spec, parameters=random_weights(spec), muted=muted)
    save_project(tmp_path / "a.nnstudio", project)
    loaded = load_project(tmp_path / "a.nnstudio")
    assert_same(loaded, project)
    assert {name: array.tobytes() for name, array in loaded.muted.items()} == {
        name: array.tobytes() for name, array in muted.items()
    }


@pytest.mark.parametrize("name", ["dense9.weight", "relu1.weight", "dense2", ".weight", "dense2_2.weight"])
def test_weights_that_belong_to_no_muted_layer_are_refused(tmp_path: Path, name: str) -> None:
    spec = lenet5().mute("dense2")
    spec = spec.replace("dense3", Dense(units=10))
    project = Project(spec, parameters=random_weights(spec), muted={name: np.ones(3, np.float32)})
    with pytest.raises(ProjectError, match="for which the network"):
        save_project(tmp_path / "a.nnstudio", project)
