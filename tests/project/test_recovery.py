"""What is found after programs that ended suddenly."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from nnstudio.engine.backend import TrainingState
from nnstudio.network.presets.points import two_layer_network
from nnstudio.project import Project, ProjectError
from nnstudio.project.archive import Archive
from nnstudio.project.autosave import DESK_FILE, RUN_FILE, Session
from nnstudio.project.checkpoint import Checkpoint, RunFacts, pack_checkpoint, read_checkpoint
from nnstudio.project.desk import Desk, DeskFacts, Learned, pack_desk
from nnstudio.project.liveness import LOCK
from nnstudio.project.recorder import CheckpointRecorder
from nnstudio.project.recovery import discard, load_recovery, recoverable
from nnstudio.project.weights import expected_shapes
from nnstudio.training.events import EpochDone, Finished, Paused, Snapshot, Started, Steps
from nnstudio.training.settings import TrainingSettings

SPEC = two_layer_network()


def state(step: int) -> TrainingState:
    weights = {name: np.full(shape, step, np.float32) for name, shape in expected_shapes(SPEC).items()}
    return TrainingState(weights, (weights,), step)


def desk(run: str = "", name: str = "Mine") -> bytes:
    return pack_desk(Desk(DeskFacts(name=name, run=run, step=5), Project(SPEC, parameters=state(5).parameters)))


def checkpoint(run: str, step: int = 21) -> bytes:
    facts = RunFacts(run=run, epoch=3, steps_per_epoch=10, dataset="xor", device="numpy")
    return pack_checkpoint(Checkpoint(facts, SPEC, TrainingSettings(epochs=9), state(step)))


def left(folder: Path, number: int, **files: bytes) -> Path:
    """The folder of a program that is no more."""
    place = folder / f"{4_194_305 + number}-1-abc"
    place.mkdir(parents=True)
    for name, data in {LOCK: b"", **files}.items():
        (place / name).write_bytes(data)
    return place


def files(desk: bytes | None = None, run: bytes | None = None) -> dict[str, bytes]:
    return {name: data for name, data in {DESK_FILE: desk, RUN_FILE: run}.items() if data is not None}


def test_nothing_was_left(tmp_path: Path) -> None:
    assert recoverable(tmp_path / "missing") == []
    assert recoverable(tmp_path) == []


def test_a_run_and_its_desk(tmp_path: Path) -> None:
    place = left(tmp_path, 0, **files(desk("a"), checkpoint("a")))
    [found] = recoverable(tmp_path)
    assert (found.name, found.epoch, found.step, found.problems) == ("Mine", 3, 21, ())
    assert found.run
    os.utime(place / LOCK, (0, found.run.saved + 20))
    [found] = recoverable(tmp_path)
    assert found.lost_seconds == pytest.approx(20, abs=0.01)
    loaded = load_recovery(found)
    assert loaded.checkpoint
    assert loaded.checkpoint.state.step == 21
    assert (loaded.desk.facts.name, loaded.desk.project.spec) == ("Mine", SPEC)
    discard(found)
    assert list(tmp_path.iterdir()) == []


def test_the_newest_first_and_none_of_the_living(tmp_path: Path) -> None:
    left(tmp_path, 0, **files(desk(name="older")))
    left(tmp_path, 1, **files(desk(name="newer")))
    session = Session(lambda _: None, folder=tmp_path)
    session.put(DESK_FILE, desk)
    session.wait()
    assert [found.name for found in recoverable(tmp_path)] == ["newer", "older"]
    session.close()


def test_rests_are_swept(tmp_path: Path) -> None:
    """A program that had nothing to save, and one that was killed while it tidied up."""
    left(tmp_path, 0)
    left(tmp_path, 1, **files(desk())).rename(tmp_path / ".4194306-1-abc")
    assert recoverable(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_weights_changed_after_the_run_are_not_overwritten_by_it(tmp_path: Path) -> None:
    run = checkpoint("a")
    left(tmp_path, 0, **files(desk(run=""), run))  # the desk was saved later, and says that its weights are others
    [found] = recoverable(tmp_path)
    assert (found.run, found.step) == (None, 5)
    assert load_recovery(found).checkpoint is None


def test_a_run_newer_than_the_desk_counts(tmp_path: Path) -> None:
    before = desk(run="an older one")
    left(tmp_path, 0, **files(before, checkpoint("a")))
    assert load_recovery(recoverable(tmp_path)[0]).checkpoint


def test_a_run_without_a_desk(tmp_path: Path) -> None:
    left(tmp_path, 0, **files(run=checkpoint("a")))
    [found] = recoverable(tmp_path)
    loaded = load_recovery(found)
    assert found.name == loaded.desk.facts.name == SPEC.name
    assert (loaded.desk.facts.dataset, loaded.desk.project.settings.epochs) == ("xor", 9)
    assert loaded.desk.project.parameters is not None
    assert loaded.checkpoint


@pytest.mark.parametrize(("name", "other"), [(RUN_FILE, DESK_FILE), (DESK_FILE, RUN_FILE)])
@pytest.mark.parametrize("damage", [b"", b"PK nonsense", checkpoint("a")[:500]])
def test_a_damaged_part_is_told_and_the_other_is_there(tmp_path: Path, name: str, other: str, damage: bytes) -> None:
    place = left(tmp_path, 0, **files(desk("a"), checkpoint("a")))
    (place / name).write_bytes(damage)
    [found] = recoverable(tmp_path)
    assert found.readable
    assert name in found.problems[0]
    assert name in load_recovery(found).problems[0]
    (place / other).write_bytes(damage)
    [found] = recoverable(tmp_path)
    assert not found.readable
    assert len(found.problems) == 2
    with pytest.raises(ProjectError):
        load_recovery(found)


def test_what_an_unsound_network_knew(tmp_path: Path) -> None:
    broken = SPEC.remove("flatten1")
    about = Desk(DeskFacts(name="Mine"), Project(broken), Learned(SPEC, state(7).parameters))
    left(tmp_path, 0, **files(pack_desk(about)))
    learned = load_recovery(recoverable(tmp_path)[0]).desk.learned
    assert learned
    assert learned.spec == SPEC
    assert (learned.parameters["dense1.bias"] == 7).all()


def test_the_recorder_keeps_the_newest_of_a_run(tmp_path: Path) -> None:
    session = Session(lambda _: None, folder=tmp_path, period=1000.0)
    rate = [0.1]

    def now() -> TrainingSettings:
        settings = TrainingSettings(epochs=9)
        return settings.model_copy(update={"optimizer": settings.optimizer.at_rate(rate[0])})

    recorder = CheckpointRecorder(session, "a run", SPEC, now, "xor", "numpy")

    def kept() -> tuple[int, int, float, bool]:
        session.wait()
        with (session.folder / RUN_FILE).open("rb") as file:
            read = read_checkpoint(Archive(file))
        return read.facts.step, read.facts.epoch, read.settings.optimizer.learning_rate, read.facts.finished

    def learned(step: int) -> Snapshot:
        return Snapshot(step, state(step).parameters, state(step))

    recorder.record(Started("Test device", 10, 10, 9, 0.1))
    recorder.record(learned(0))
    assert kept() == (0, 0, 0.1, False)
    recorder.record(Steps(4, 1, np.zeros(4), np.zeros(4), 0.1, 1.0))
    recorder.record(learned(4))
    rate[0] = 0.05
    recorder.record(Paused(4))
    assert kept() == (4, 1, 0.05, False)
    recorder.record(learned(10))
    assert kept() == (4, 1, 0.05, False), "usually it waits"
    recorder.record(EpochDone(1, 10, 0.5, 0.9, 0.4, 0.95, 1000.0))
    recorder.record(learned(15))
    recorder.record(Finished(16, 2, state(16), True, "Test device", 1.0, None, None))
    recorder.close()
    assert kept() == (16, 1, 0.05, True)
    recorder.forget()
    recorder.record(Paused(16))
    session.wait()
    assert not (session.folder / RUN_FILE).exists()
    session.close()
