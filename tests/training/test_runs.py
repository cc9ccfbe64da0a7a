"""The history of runs: what goes in comes out, whatever happens to the file."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from nnstudio.network.presets import lenet5
from nnstudio.training.runs import Mark, Origin, Run, RunStatus, RunStore, RunStoreError, schema
from nnstudio.training.runs import chunks as coding
from nnstudio.training.runs.owner import is_alive, this_process
from nnstudio.training.settings import TrainingSettings
from tests.conftest import ROOT

ORIGIN = Origin(TrainingSettings(seed=7), lenet5(), "digits", "made:digits", "0.1.0")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs" / "runs.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[RunStore]:
    with RunStore.open(path) as opened:
        yield opened


def line(steps: object, *figures: object) -> coding.Block:
    return np.array(steps, np.int64), np.array(figures, np.float64)


# ---- what goes in comes out

COLUMN = st.lists(st.floats(width=32), min_size=1, max_size=30)


@given(
    st.lists(
        st.integers(1, 20).flatmap(
            lambda count: st.tuples(
                st.lists(st.integers(0, 2**40), min_size=count, max_size=count),
                st.lists(st.lists(st.floats(width=32), min_size=count, max_size=count), min_size=1, max_size=4),
            )
        ),
        min_size=1,
        max_size=1,
    )
)
def test_points_survive_packing(blocks: list[tuple[list[int], list[list[float]]]]) -> None:
    for given_steps, given_figures in blocks:
        steps, figures = line(given_steps, *given_figures)
        count, curves = len(steps), len(figures)
        np.testing.assert_array_equal(coding.unpacked_steps(coding.packed_steps(steps), count), steps)
        again = coding.unpacked_figures(coding.packed_figures(figures), curves, count)
        np.testing.assert_array_equal(again, figures)


def test_what_is_constant_takes_no_room() -> None:
    steps, rates = line(range(5, 1005), [0.5] * 1000)
    assert len(coding.packed_steps(steps)) == 8
    assert len(coding.packed_figures(rates)) == 5


@given(st.lists(st.integers(0, 30), min_size=1, max_size=40))
def test_training_that_goes_back_overrides_what_lies_behind(steps: list[int]) -> None:
    """Told step by step, as a list from which is cut what is reached again."""
    expected: list[tuple[int, int]] = []
    for number, step in enumerate(steps):
        expected = [point for point in expected if point[0] < step] + [(step, number)]
    points = coding.joined(["loss"], [line([step], [number]) for number, step in enumerate(steps)])["loss"]
    assert list(zip(points.x.tolist(), points.y.tolist(), strict=True)) == expected


@pytest.mark.parametrize("data", [b"", b"\0", b"\0" * 9, b"\1" * 40])
def test_bytes_that_are_no_points_are_refused(data: bytes) -> None:
    with pytest.raises(Exception, match="points"):
        coding.unpacked_figures(data, 2, 3)
    with pytest.raises(Exception, match="points"):
        coding.unpacked_steps(b"\0" * 16, 3)


@settings(max_examples=25)
@given(
    name=st.text(max_size=20),
    notes=st.text(max_size=50),
    tags=st.lists(st.text(min_size=1, max_size=8), max_size=4),
    starred=st.booleans(),
    loss=st.none() | st.floats(allow_nan=False, allow_infinity=False),
)
def test_a_line_of_the_table_comes_back(
    shared: RunStore, name: str, notes: str, tags: list[str], starred: bool, loss: float | None
) -> None:
    run = shared.begin(ORIGIN)
    assert run.name == f"Run {len(shared.runs())}"
    name, notes, tags = (_storable(name), _storable(notes), [_storable(tag) for tag in tags])
    shared.change(run.uuid, name=name, notes=notes, starred=starred, best_validation_loss=loss)
    shared.set_tags(run.uuid, ["gone soon"])
    shared.set_tags(run.uuid, tags)
    changed = replace(run, name=name, notes=notes, starred=starred, best_validation_loss=loss)
    expected = replace(changed, tags=tuple(sorted(set(tags))))
    assert shared.run(run.uuid) == expected
    assert shared.runs()[0] == expected


def _storable(text: str) -> str:
    return text.encode(errors="ignore").decode()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunStore]:
    with RunStore.open(tmp_path_factory.mktemp("shared") / "runs.sqlite") as opened:
        yield opened


def test_settings_network_curves_and_marks_come_back(store: RunStore) -> None:
    run = store.begin(ORIGIN)
    store.append(run.uuid, ("training_loss", "learning_rate"), line([1, 2, 3], [3, 2, 1], [0.5] * 3))
    store.append(run.uuid, ("training_loss", "learning_rate"), line([3, 4], [1.5, 1.25], [0.25] * 2))
    store.append(run.uuid, ("validation_loss",), line([4], [1.75]))
    store.add_mark(run.uuid, Mark(3, "learning rate 0.25"))
    documents, curves = store.documents(run.uuid), store.curves(run.uuid)
    assert TrainingSettings.model_validate_json(documents.settings) == ORIGIN.settings
    assert type(ORIGIN.network).from_json(documents.network) == ORIGIN.network
    assert curves["training_loss"].x.tolist() == [1, 2, 3, 4]
    assert curves["training_loss"].y.tolist() == [3, 2, 1.5, 1.25]
    assert curves["validation_loss"].y.tolist() == [1.75]
    assert len(curves["accuracy"]) == 0
    assert curves.marks == (Mark(3, "learning rate 0.25"),)


def test_a_branch_begins_with_the_curves_of_what_it_left(store: RunStore) -> None:
    trunk = store.begin(ORIGIN)
    store.append(trunk.uuid, ("loss",), line(range(1, 11), np.full(10, 1.0)))
    branch = store.begin(replace(ORIGIN, parent=trunk.uuid, parent_step=6))
    store.append(branch.uuid, ("loss",), line([7, 8, 9], [2.0] * 3))
    twig = store.begin(replace(ORIGIN, parent=branch.uuid, parent_step=8))
    store.append(twig.uuid, ("loss",), line([9], [3.0]))
    earlier = store.begin(replace(ORIGIN, parent=twig.uuid, parent_step=4))
    assert store.curves(twig.uuid)["loss"].y.tolist() == [1.0] * 6 + [2.0] * 2 + [3.0]
    assert store.curves(earlier.uuid)["loss"].x.tolist() == [1, 2, 3, 4]
    store.delete([trunk.uuid])
    store.change(trunk.uuid, status="done")
    store.delete([trunk.uuid])
    store.empty_trash()
    assert store.curves(twig.uuid)["loss"].x.tolist() == [7, 8, 9]


def test_deleted_runs_come_back_until_the_trash_is_emptied(store: RunStore) -> None:
    kept, thrown = (_done(store) for _ in range(2))
    store.weights.write(thrown.uuid, {"a.weight": np.ones(3, np.float32)})
    store.append(thrown.uuid, ("loss",), line([1], [1]))
    store.delete([kept.uuid, thrown.uuid])
    assert all(run.deleted for run in store.runs())
    store.restore([kept.uuid])
    assert store.empty_trash() == 1
    assert [run.uuid for run in store.runs()] == [kept.uuid]
    assert store.weights.read(thrown.uuid) is None
    with pytest.raises(RunStoreError, match="not kept any more"):
        store.curves(thrown.uuid)


def test_what_is_being_trained_cannot_be_deleted(store: RunStore) -> None:
    run = store.begin(ORIGIN)
    store.delete([run.uuid])
    assert store.run(run.uuid).deleted is None


def test_weights_are_bounded_and_the_oldest_go_first(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = [_done(store) for _ in range(4)]
    for run in runs:
        assert store.weights.write(run.uuid, {"a.weight": np.zeros(1000, np.float32)})
    size = len(store.weights.read(runs[0].uuid) or b"")
    store.weights.prune({runs[0].uuid}, 2 * size)
    assert [store.weights.read(run.uuid) is not None for run in runs] == [True, False, False, True]
    monkeypatch.setattr("nnstudio.training.runs.weights.MOST_OF_A_RUN", 100)
    assert not store.weights.write(runs[1].uuid, {"a.weight": np.zeros(1000, np.float32)})
    with pytest.raises(ValueError, match="no identifier"):
        store.weights.read("../escaped")


def _done(store: RunStore) -> Run:
    run = store.begin(ORIGIN)
    store.change(run.uuid, status="done")
    return store.run(run.uuid)


# ---- files that are not what they should be


def test_damage_anywhere_never_crashes(tmp_path: Path) -> None:
    """Garbage, holes and cuts at many places: the history opens, is read, or is set aside with a word on it."""
    sound = _some_history(tmp_path / "sound.sqlite")
    chance, aside = random.Random(1), 0
    for number in range(40):
        path = tmp_path / f"damaged{number}.sqlite"
        path.write_bytes(_damaged(sound, chance))
        try:
            with RunStore.open(path) as store:
                aside += bool(store.repaired)
                assert bool(store.repaired) == (path.with_name(f"{path.stem}.damaged-1.sqlite").exists())
                for run in store.runs():
                    store.curves(run.uuid)
                assert store.begin(ORIGIN).status is RunStatus.RUNNING
        except RunStoreError as error:
            assert "newer NN Studio" in error.message  # the damage hit the version
    assert aside > 20


def _some_history(path: Path) -> bytes:
    with RunStore.open(path) as store:
        for _ in range(5):
            run = store.begin(ORIGIN)
            store.append(run.uuid, ("loss",), line(range(2000), np.random.default_rng(0).random(2000)))
    return path.read_bytes()


def _damaged(sound: bytes, chance: random.Random) -> bytes:
    start = chance.choice([0, 0, chance.randrange(len(sound))])
    length = chance.choice([1, 16, 4096])
    match chance.randrange(3):
        case 0:
            return sound[: max(start, 1)]
        case 1:
            return sound[:start] + chance.randbytes(length) + sound[start + length :]
        case _:
            return sound[:start] + bytes(4096) + sound[start + 4096 :]


@pytest.mark.parametrize("content", [b"not a database at all", b"SQLite format 3\0" + bytes(200), b"\0" * 5000])
def test_what_is_no_database_is_set_aside(path: Path, content: bytes) -> None:
    for expected in ("damaged-1", "damaged-2"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        with RunStore.open(path) as store:
            assert expected in store.repaired
            assert store.runs() == []
        assert path.with_name(f"runs.{expected}.sqlite").read_bytes() == content


def test_a_large_history_is_not_looked_through_again_after_a_clean_end(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Damage among the curves is found when they are read, and told as what it is; a log that was left is a warning."""
    path.parent.mkdir()
    sound = _some_history(path)
    with sqlite3.connect(path) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'chunk'").fetchone()
    connection.close()
    path.write_bytes(sound[: 4096 * (root - 1)] + b"\xff" * 4096 + sound[4096 * root :])
    monkeypatch.setattr("nnstudio.training.runs.database.LOOKED_THROUGH", 0)
    with RunStore.open(path) as store:
        assert not store.repaired
        assert len(store.runs()) == 5
        with pytest.raises(RunStoreError, match="damaged"):
            store.curves(store.runs()[0].uuid)
    path.with_name(path.name + "-wal").write_bytes(b"left")
    with RunStore.open(path) as store:
        assert "set aside" in store.repaired


def test_an_empty_file_is_a_new_history(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    with RunStore.open(path) as store:
        assert not store.repaired


def test_a_database_of_another_program_is_set_aside(path: Path) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE somebody_elses (x)")
    other.close()
    with RunStore.open(path) as store:
        assert "another program" in store.repaired


def test_a_newer_history_is_left_alone(path: Path) -> None:
    RunStore.open(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(RunStoreError, match="newer NN Studio"):
        RunStore.open(path)
    assert path.read_bytes() == before


def test_an_older_history_becomes_a_newer_one(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with RunStore.open(path) as store:
        run = store.begin(ORIGIN)
    steps = (*schema.MIGRATIONS, "ALTER TABLE run ADD COLUMN colour TEXT NOT NULL DEFAULT 'blue';")
    for module in ("schema", "database"):
        monkeypatch.setattr(f"nnstudio.training.runs.{module}.MIGRATIONS", steps)
    for _ in range(2):
        with RunStore.open(path) as store:
            assert store.run(run.uuid) == run
            assert store._connection.execute("SELECT colour FROM run").fetchone() == ("blue",)


def test_where_nothing_can_be_written_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunStoreError, match="cannot be kept") as raised:
        RunStore.open(tmp_path / "file" / "runs.sqlite")
    assert raised.value.hint


def test_a_full_disk_is_explained_and_harms_nothing(store: RunStore) -> None:
    run = _full(store)
    with pytest.raises(RunStoreError, match="disk is full"), store.transaction():
        store.change(run.uuid, name="half")
        store.append(run.uuid, ("loss",), line(range(0, 20_000, 2), np.random.default_rng(0).random(10_000)))
    assert store.run(run.uuid) == run


def _full(store: RunStore) -> Run:
    """A run in a database that cannot grow any more, as SQLite sees a full disk."""
    run = store.begin(ORIGIN)
    (pages,) = store._connection.execute("PRAGMA page_count").fetchone()
    store._connection.execute(f"PRAGMA max_page_count = {pages}")
    return run


# ---- several at once, and the end at any moment


def test_processes_are_told_apart() -> None:
    assert is_alive(this_process())
    machine, number, _ = this_process().split("/")
    assert not is_alive(f"{machine}/{number}/1.00")
    assert not is_alive(f"{machine}/999999999/1.00")
    assert not is_alive("")
    assert is_alive("another machine/1/1.00")


def test_a_run_of_a_living_process_has_not_crashed(store: RunStore, path: Path) -> None:
    run = store.begin(ORIGIN)
    dead = store.begin(ORIGIN)
    store._connection.execute("UPDATE run SET owner = ? WHERE uuid = ?", (_dead_owner(), dead.uuid))
    with RunStore.open(path) as second:
        assert second.run(run.uuid).status is RunStatus.RUNNING
        assert second.run(dead.uuid).status is RunStatus.CRASHED


def _dead_owner() -> str:
    machine, number, _ = this_process().split("/")
    return f"{machine}/{number}/1.00"


def test_threads_and_connections_write_at_once(path: Path) -> None:
    RunStore.open(path).close()

    def work(number: int) -> str:
        with RunStore.open(path) as own:
            run = own.begin(replace(ORIGIN, name=str(number)))
            for step in range(20):
                with own.transaction():
                    own.append(run.uuid, ("loss",), line([step], [number]))
            return run.uuid

    with ThreadPoolExecutor(4) as pool:
        uuids = list(pool.map(work, range(8)))
    with RunStore.open(path) as store:
        for number, uuid in enumerate(uuids):
            assert store.curves(uuid)["loss"].y.tolist() == [number] * 20


def test_two_that_find_damage_set_it_aside_once(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"garbage" * 1000)
    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(lambda _: _repaired(path), range(4)))
    assert sum(map(bool, stores)) == 1
    assert len(list(path.parent.glob("*damaged*"))) == 1


def _repaired(path: Path) -> str:
    with RunStore.open(path) as store:
        return store.repaired


def test_what_was_written_survives_kill_9_at_any_moment(path: Path) -> None:
    """Several times in one file, while another process has it open; each run is there up to what was surely kept."""
    chance = random.Random(4)
    with RunStore.open(path) as watcher:
        said = [_killed(path, chance.randrange(1, 120)) for _ in range(3)]
        with RunStore.open(path) as store:
            assert not store.repaired
            runs = store.runs()[::-1]
            assert [run.status for run in runs] == [RunStatus.CRASHED] * 3
            for run, step in zip(runs, said, strict=True):
                assert run.step >= step
                losses: NDArray[np.float64] = store.curves(run.uuid)["training_loss"].y
                np.testing.assert_allclose(losses, 1 / np.arange(1, run.step + 1), rtol=1e-6)
                inside = store.curves(run.uuid, inside=True)
                for spread in inside.spreads:
                    assert spread.parameters["layer.weight"].counts.tolist() == [spread.step % 16] * 64
                for judged in inside.judgements:
                    assert judged.answers.tolist() == [judged.step % 10] * 100
                assert min(inside.spreads[-1].step, inside.judgements[-1].step) >= step - 1
        assert len(watcher.runs()) == 3


def _killed(path: Path, after: int) -> int:
    """The last step that a process said before it was killed."""
    command = [sys.executable, "-m", "tests.training.runs_writer", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True) as process:
        assert process.stdout
        for _ in range(after):
            step = int(process.stdout.readline())
        process.kill()
    return step
