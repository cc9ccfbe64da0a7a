"""What a run says is kept while it is trained, at intervals, whatever the disk does."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest
from safetensors.numpy import load

from nnstudio.data.catalog import load_dataset
from nnstudio.data.dataset import Dataset, Samples
from nnstudio.engine.backend import TrainingState
from nnstudio.engine.numpy.backend import NumpyBackend
from nnstudio.network.presets import lenet5
from nnstudio.network.presets.points import two_layer_network
from nnstudio.training.events import (
    ActivationStatistics,
    DeviceChanged,
    EpochDone,
    Event,
    Failed,
    Finished,
    Histogram,
    Judged,
    Measured,
    ParameterStatistics,
    Paused,
    Resumed,
    SettingsChanged,
    Snapshot,
    Started,
    Steps,
)
from nnstudio.training.runs import Documents, Mark, Origin, Run, RunRecorder, RunStatus, RunStore
from nnstudio.training.runs.differences import ABSENT, differences
from nnstudio.training.runs.fingerprint import data_fingerprint
from nnstudio.training.settings import TrainingSettings
from nnstudio.training.trainer import Trainer

ORIGIN = Origin(TrainingSettings(), lenet5(), "digits")
STATE = TrainingState({"a.weight": np.full(3, 2, np.float32)}, (), 8)


class Clock:
    """Stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Desk:
    """A recorder, and what it says."""

    def __init__(self, path: Path) -> None:
        self.path, self.clock = path, Clock()
        self.told: list[Run] = []
        self.complaints: list[tuple[str, str]] = []
        self.store = RunStore.open(path)
        self.recorder = RunRecorder(
            self.store, ORIGIN, told=self.told.append, failed=lambda *words: self.complaints.append(words),
            clock=self.clock,
        )  # fmt: skip
        self.uuid = self.recorder.run.uuid

    def say(self, *events: Event, seconds: float = 0.0) -> None:
        for event in events:
            self.clock.now += seconds
            self.recorder.record(event)

    def kept(self) -> Run:
        with RunStore(self.path) as store:
            return store.run(self.uuid)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "runs.sqlite")


def steps(last: int, count: int = 1, rate: float = 0.5) -> Steps:
    losses = 1 / np.arange(last - count + 1, last + 1)
    return Steps(last, 1, losses, 1 - losses, rate, 1000.0)


def done(epoch: int, loss: float, accuracy: float) -> EpochDone:
    return EpochDone(epoch, 4 * epoch, 0.0, 0.0, loss, accuracy, 0.0)


def finished(**changes: object) -> Finished:
    return replace(Finished(8, 2, STATE, False, "numpy", 900.0, 0.3, 0.9), **changes)  # type: ignore[arg-type]


def test_a_whole_run_is_kept(desk: Desk) -> None:
    started = Started("numpy", 64, 4, 2, 0.5, class_names=("cat", "dog"))
    desk.say(started, steps(4, 4), done(1, 0.5, 0.75), steps(8, 4, 0.25), done(2, 0.625, 0.875))
    desk.say(SettingsChanged(4, "learning rate 0.25"), finished(), seconds=1)
    desk.recorder.close()
    run = desk.kept()
    assert run.status is RunStatus.DONE
    assert (run.step, run.epoch, run.device, run.images_per_second, run.seconds) == (8, 2, "numpy", 900, 2)
    assert (run.validation_loss, run.best_validation_loss) == (0.625, 0.5)
    assert (run.validation_accuracy, run.best_validation_accuracy) == (0.875, 0.875)
    assert (run.test_loss, run.test_accuracy) == (0.3, 0.9)
    assert run.class_names == ("cat", "dog")
    assert run.ended
    assert run.ended >= run.created
    with RunStore(desk.path) as store:
        curves, weights = store.curves(desk.uuid), store.weights.read(desk.uuid)
    np.testing.assert_allclose(curves["training_loss"].y, 1 / np.arange(1, 9), rtol=1e-7)
    assert curves["learning_rate"].y.tolist() == [0.5] * 4 + [0.25] * 4
    assert curves["validation_accuracy"].y.tolist() == [0.75, 0.875]
    assert curves["validation_accuracy"].x.tolist() == [4, 8]
    assert curves["images_per_second"].x.tolist() == [4, 8]
    assert curves.marks == (Mark(4, "learning rate 0.25"),)
    assert weights
    assert load(weights)["a.weight"].tolist() == [2, 2, 2]
    assert desk.told[-1] == run
    assert not desk.complaints


def test_it_writes_at_most_once_a_second(desk: Desk) -> None:
    writes: list[str] = []
    desk.store._connection.set_trace_callback(lambda text: writes.append(text) if text.startswith("BEGIN") else None)
    for number in range(1, 301):
        desk.say(steps(number), seconds=1 / 30)
    assert 10 <= len(writes) <= 11
    assert len(desk.told) == len(writes) + 1


def test_pauses_do_not_count(desk: Desk) -> None:
    desk.say(Started("numpy", 64, 4, 2, 0.5), steps(1), Paused(1), seconds=1)
    desk.say(Resumed(1), seconds=1000)
    desk.say(steps(2), seconds=1)
    assert desk.recorder.run.seconds == 4


def test_a_diverged_run_keeps_why_and_goes_back(desk: Desk) -> None:
    desk.say(steps(6, 6), Paused(4, "Training diverged"), Resumed(4), DeviceChanged(4, "numpy", "The GPU failed."))
    desk.say(steps(5, rate=0.1))
    desk.recorder.close()
    with RunStore(desk.path) as store:
        curves = store.curves(desk.uuid)
    assert curves["learning_rate"].x.tolist() == [1, 2, 3, 4, 5]
    assert curves["learning_rate"].y[-1] == pytest.approx(0.1)
    assert [mark.text for mark in curves.marks] == ["Training diverged", "The GPU failed."]


def test_figures_that_are_none_are_not_known(desk: Desk) -> None:
    nan = float("nan")
    desk.say(Steps(1, 1, np.ones(1), np.array([nan]), 0.1, 0.0), done(1, 0.5, nan), finished(test_accuracy=nan))
    desk.recorder.close()
    run = desk.kept()
    assert (run.validation_accuracy, run.best_validation_accuracy, run.test_accuracy) == (None, None, None)
    with RunStore(desk.path) as store:
        assert len(store.curves(desk.uuid)["training_accuracy"]) == 0


def test_statistics_of_layers_become_curves(desk: Desk) -> None:
    histogram = Histogram(0, 1, np.ones(3, np.int64))
    parameters = {"conv1.weight": ParameterStatistics(4.0, 2.0, 0.5, histogram)}
    outputs = {"relu1": ActivationStatistics(0.5, 0.25, 0.75, 0.125, histogram)}
    desk.say(Measured(3, parameters, outputs, 4096), Measured(9, parameters, outputs))
    desk.recorder.close()
    with RunStore(desk.path) as store:
        curves = store.curves(desk.uuid)
    expected = {
        "weight_norm/conv1.weight": 4, "gradient_norm/conv1.weight": 2, "update_norm/conv1.weight": 0.5,
        "mean/relu1": 0.5, "deviation/relu1": 0.25, "zeros/relu1": 0.75, "dead/relu1": 0.125,
    }  # fmt: skip
    assert {name: points.y.tolist() for name, points in curves.curves.items() if "/" in name} == {
        name: [value, value] for name, value in expected.items()
    }
    assert curves["device_memory"].y.tolist() == [4096]


def test_histograms_and_answers_are_kept(desk: Desk) -> None:
    histogram = Histogram(-1, 2, np.arange(8))
    measured = Measured(
        3, {"a.weight": ParameterStatistics(4.0, 2.0, 0.5, histogram)},
        {"relu": ActivationStatistics(0.5, 0.25, 0.75, 0.125, histogram)},
    )  # fmt: skip
    answers = Judged(
        4, 1, "train", np.array([0, 3]), np.array([7, 1]), np.array([7, 2]), np.array([1, 0.5], np.float32)
    )
    desk.say(measured, answers, Paused(4))
    with RunStore(desk.path) as store:  # at once: nobody knows what comes after a pause
        kept = store.curves(desk.uuid, inside=True)
    desk.recorder.close()
    (spread,), (judged,) = kept.spreads, kept.judgements
    assert (spread.step, [*spread.parameters], [*spread.activations]) == (3, ["a.weight"], ["relu"])
    assert spread.activations["relu"].counts.tolist() == [*range(8)]
    assert (judged.part, judged.epoch, judged.answers.tolist()) == ("train", 1, [7, 2])


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ([finished(stopped=True)], RunStatus.STOPPED),
        ([Failed("No memory.", "")], RunStatus.FAILED),
        ([], RunStatus.FAILED),
    ],
)
def test_how_a_run_ended(desk: Desk, events: list[Event], status: RunStatus) -> None:
    desk.say(Snapshot(3, {"a.weight": np.ones(3, np.float32)}), *events)
    desk.recorder.close()
    assert desk.kept().status is status
    with RunStore(desk.path) as store:
        assert store.weights.read(desk.uuid)


def test_weights_are_kept_now_and_then(desk: Desk) -> None:
    desk.say(Snapshot(1, {"a.weight": np.ones(3, np.float32)}), seconds=29)
    assert desk.store.weights.read(desk.uuid) is None
    desk.say(Snapshot(2, {"a.weight": np.full(3, 5, np.float32)}), seconds=2)
    kept = desk.store.weights.read(desk.uuid)
    assert kept
    assert load(kept)["a.weight"][0] == 5


# ---- trouble


def test_a_full_disk_is_told_once_and_made_up_for_later(desk: Desk) -> None:
    database = desk.store._connection
    (pages,) = database.execute("PRAGMA page_count").fetchone()
    database.execute(f"PRAGMA max_page_count = {pages}")
    for number in range(1, 101):
        desk.say(steps(100 * number, 100), seconds=2)
    assert len(desk.complaints) == 1
    assert "disk is full" in desk.complaints[0][0]
    assert "Training goes on" in desk.complaints[0][1]
    database.execute("PRAGMA max_page_count = 1000000")
    desk.say(steps(10_100, 100), seconds=11)
    with RunStore(desk.path) as store:
        assert len(store.curves(desk.uuid)["training_loss"]) == 10_100
    desk.recorder.close()


def test_what_waits_for_room_is_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnstudio.training.runs.pending.MOST_FIGURES", 1000)
    desk.store._connection.execute("PRAGMA query_only = ON")
    for number in range(1, 101):
        desk.say(steps(100 * number, 100), seconds=11)
        waiting = desk.recorder._pending._blocks.values()
        assert sum(figures.size for blocks in waiting for _, figures in blocks) <= 1000 + 301
        desk.say(Measured(number, {}, {}), Judged(number, 1, "train", *4 * [np.empty(0, np.int64)]))
        assert max(len(desk.recorder._pending.spreads), len(desk.recorder._pending.judgements)) <= 17
    desk.recorder.close()
    assert len(desk.complaints) == 1


def test_a_busy_database_makes_nobody_wait(desk: Desk) -> None:
    other = sqlite3.connect(desk.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    began = perf_counter()
    desk.say(steps(1), seconds=2)
    assert perf_counter() - began < 1
    other.execute("ROLLBACK")
    other.close()
    desk.say(steps(2), seconds=2)
    assert desk.kept().step == 2
    assert not desk.complaints
    desk.recorder.close()


def test_a_folder_for_weights_that_cannot_be_made_does_not_stop_it(desk: Desk) -> None:
    (desk.path.parent / "weights").touch()
    desk.say(steps(1), finished())
    desk.recorder.close()
    assert desk.kept().status is RunStatus.DONE
    assert "could not be written" in desk.complaints[0][0]


# ---- with a real trainer


def small_data() -> Dataset:
    spirals = load_dataset("spirals")
    part = Samples(spirals.train.images[:256], spirals.train.labels[:256])
    return Dataset("spirals", part, part, part, spirals.class_names)


def test_a_real_run_is_kept_as_it_was_told(desk: Desk) -> None:
    told: list[float] = []
    trainer = Trainer(two_layer_network(), small_data(), TrainingSettings(epochs=2), backend=NumpyBackend())
    for event in trainer.run():
        desk.say(event, seconds=0.5)
        if isinstance(event, Steps):
            told += event.losses.tolist()
    desk.recorder.close()
    with RunStore(desk.path) as store:
        curves = store.curves(desk.uuid)
    np.testing.assert_array_equal(curves["training_loss"].y, np.float32(told))
    assert len(curves["validation_loss"]) == 2
    assert desk.kept().status is RunStatus.DONE


# ---- what tells runs and data apart


def test_only_what_differs_is_told(tmp_path: Path) -> None:
    narrow = ORIGIN.network
    fewer = narrow.remove(narrow.nodes[-2].id)
    changed = TrainingSettings.model_validate({"epochs": 9, "optimizer": {"kind": "momentum"}, "seed": 0})
    with RunStore.open(tmp_path / "runs.sqlite") as store:
        runs = [
            store.begin(origin)
            for origin in (ORIGIN, ORIGIN, Origin(changed, fewer, "mnist", parent="x", parent_step=1200))
        ]
        documents: list[Documents] = [store.documents(run.uuid) for run in runs]
    assert differences(documents[:2]) == []
    found = {(each.part, each.path): each.values for each in differences(documents)}
    usual = str(ORIGIN.settings.epochs)
    assert found["Settings", "epochs"] == (usual, usual, "9")
    assert found["Settings", "optimizer"] == ("adam", "adam", "momentum")
    assert found["Settings", "optimizer.momentum"][0] == ABSENT
    assert found["Network", narrow.nodes[-2].id] == ("dense", "dense", ABSENT)
    assert found["Run", "data"] == ("digits", "digits", "mnist")
    assert found["Run", "began after step"] == ("0", "0", "1,200")
    assert ("Settings", "seed") not in found


def test_the_same_pictures_have_the_same_fingerprint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert data_fingerprint("digits") == "made:digits"
    assert data_fingerprint(str(tmp_path / "nowhere")) == ""
    for name in ("a", "b"):
        (tmp_path / name / "class").mkdir(parents=True)
        (tmp_path / name / "class" / "1.png").write_bytes(b"one")
    first, second = (data_fingerprint(str(tmp_path / name)) for name in ("a", "b"))
    assert first == second
    assert first.startswith("content:")
    (tmp_path / "b" / "class" / "1.png").write_bytes(b"two")
    assert data_fingerprint(str(tmp_path / "b")) != first
    monkeypatch.setattr("nnstudio.training.runs.fingerprint.MOST_READ", 1)
    assert data_fingerprint(str(tmp_path / "a")).startswith("listing:")
