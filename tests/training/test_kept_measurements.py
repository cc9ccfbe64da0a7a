"""What a network looked like inside, and how it answered, is kept with its run: packed, thinned, and read again."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnstudio.network.presets import lenet5
from nnstudio.training.events import Event, Histogram, Judged, Snapshot, Steps
from nnstudio.training.runs import Origin, RunStore, Spread, Writer
from nnstudio.training.runs.measurements import BUDGETS, SPREAD, Budget
from nnstudio.training.runs.packing import (
    LEVELS,
    PacketError,
    packed_answers,
    packed_spread,
    unpacked_answers,
    unpacked_spread,
)
from nnstudio.training.settings import TrainingSettings

ORIGIN = Origin(TrainingSettings(), lenet5(), "digits")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[RunStore]:
    with RunStore.open(path) as opened:
        yield opened


# ---- packing

HISTOGRAM = st.builds(
    Histogram,
    st.floats(allow_nan=False),
    st.floats(allow_nan=False),
    arrays(np.int64, st.integers(0, 20), elements=st.integers(0, 2**33)),
)
HISTOGRAMS = st.dictionaries(st.text(), HISTOGRAM, max_size=4)


@given(HISTOGRAMS, HISTOGRAMS)
def test_histograms_come_back_with_counts_to_a_seventeenth(
    parameters: dict[str, Histogram], activations: dict[str, Histogram]
) -> None:
    again = unpacked_spread(packed_spread(Spread(7, parameters, activations)), 7)
    assert again.step == 7
    for given_ones, found in ((parameters, again.parameters), (activations, again.activations)):
        assert [*found] == [*given_ones]
        for name, one in given_ones.items():
            assert (found[name].low, found[name].high) == (one.low, one.high)
            _assert_honest(found[name].counts, one.counts)


def _assert_honest(found: np.ndarray, counts: np.ndarray) -> None:
    np.testing.assert_array_equal(found[counts <= 16], counts[counts <= 16])
    assert (np.abs(found - counts) <= counts / 17).all()
    assert ((found == 0) == (counts == 0)).all()


def test_levels_are_the_numbers_that_eight_bits_of_a_float_without_sign_can_stand_for() -> None:
    assert LEVELS[:20].tolist() == [*range(16), 16, 18, 20, 22]
    assert (np.diff(LEVELS) > 0).all()
    assert LEVELS[-1] > 2**33


@given(st.data())
def test_answers_come_back(data: st.DataObject) -> None:
    count = data.draw(st.integers(0, 40))
    numbers = arrays(np.int64, count, elements=st.integers(0, data.draw(st.sampled_from([1, 255, 256, 70_000]))))
    pictures = data.draw(arrays(np.int64, count, elements=st.integers(0, 2**40)))
    labels, answers = data.draw(numbers), data.draw(numbers)
    sure = data.draw(arrays(np.float32, count, elements=st.floats(0, 1, width=32)))
    judged = Judged(9, 3, "train", pictures, labels, answers, sure)
    again = unpacked_answers(packed_answers(judged), 9, "train")
    assert (again.step, again.epoch, again.part) == (9, 3, "train")
    for name in ("pictures", "labels", "answers"):
        np.testing.assert_array_equal(getattr(again, name), getattr(judged, name))
        assert getattr(again, name).dtype == np.int64
    np.testing.assert_allclose(again.confidences, sure, atol=2**-16)


def test_what_is_regular_takes_little_room() -> None:
    """5,000 pictures of validation, of which 2 % are mistaken: less than half of what the labels and figures take."""
    chance = np.random.default_rng(0)
    labels = chance.integers(0, 10, 5000)
    answers = np.where(chance.random(5000) < 0.02, 0, labels)
    sure = (1 - chance.exponential(0.01, 5000)).clip(0, 1).astype(np.float32)
    assert len(packed_answers(judgement(4, labels, answers, sure))) < 5000 * 3 / 1.2


@given(st.binary(max_size=60))
def test_what_is_no_packet_is_refused(data: bytes) -> None:
    for unpack in (lambda: unpacked_spread(data, 1), lambda: unpacked_answers(data, 1, "train")):
        with pytest.raises(PacketError):
            unpack()


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_packet_that_is_cut_short_is_refused(share: float) -> None:
    data = packed_spread(spread(1))
    with pytest.raises(PacketError, match="damaged"):
        unpacked_spread(data[: int(share * len(data))], 1)


# ---- in the database


def spread(step: int, bins: int = 8) -> Spread:
    counts = np.random.default_rng(step).integers(0, 1000, bins)
    return Spread(step, {"a.weight": Histogram(-1, step, counts)}, {"relu": Histogram(0, 2, counts)})


def judgement(
    step: int, labels: np.ndarray | None = None, answers: np.ndarray | None = None, sure: np.ndarray | None = None
) -> Judged:
    labels = np.arange(5) % 2 if labels is None else labels
    answers = np.zeros(len(labels), np.int64) if answers is None else answers
    sure = np.full(len(labels), 0.5, np.float32) if sure is None else sure
    return Judged(step, step // 10, "validation", np.arange(len(labels)), labels, answers, sure)


def steps_of(store: RunStore, uuid: str, last: int | None = None) -> tuple[list[int], list[int]]:
    curves = store.curves(uuid, last=last, inside=True)
    return [one.step for one in curves.spreads], [one.step for one in curves.judgements]


def test_what_lies_behind_a_step_that_is_reached_again_goes(store: RunStore) -> None:
    run = store.begin(ORIGIN).uuid
    for step in (10, 20, 30, 20, 25):
        store.add_spread(run, spread(step))
        store.add_judgement(run, judgement(step))
    store.add_judgement(run, replace(judgement(5), part="train"))
    assert steps_of(store, run) == ([10, 20, 25], [10, 20, 25, 5])
    assert steps_of(store, run, 20) == ([10, 20], [10, 20, 5])
    assert store.curves(run).spreads == ()


def test_a_continuation_has_what_came_before(store: RunStore) -> None:
    first = store.begin(ORIGIN).uuid
    for step in (10, 20, 30):
        store.add_spread(first, spread(step))
    store.append(first, ("seconds",), (np.array([10, 20, 30]), np.array([[1.0, 2.0, 3.0]])))
    second = store.begin(replace(ORIGIN, parent=first, parent_step=20, uuid="b" * 32))
    assert (second.uuid, second.parent_name) == ("b" * 32, "Run 1")
    store.append(second.uuid, ("seconds",), (np.array([30, 40]), np.array([[1.0, 2.0]])))
    store.add_spread(second.uuid, spread(40))
    assert steps_of(store, second.uuid)[0] == [10, 20, 40]
    assert store.curves(second.uuid)["seconds"].y.tolist() == [1, 2, 3, 4], "time goes on where it was"


@settings(max_examples=20, deadline=None)
@given(st.integers(3, 12), st.integers(600, 4000), st.lists(st.integers(1, 50), min_size=1, max_size=40))
def test_a_run_never_has_more_than_its_budget(shared: RunStore, most: int, size: int, gaps: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(BUDGETS, SPREAD, Budget(most, size))
        run = shared.begin(ORIGIN).uuid
        taken = np.cumsum(gaps).tolist()
        with shared.transaction():
            for step in taken:
                shared.add_spread(run, spread(step))
        rows = shared._connection.execute(
            "SELECT measurement.step, length(data) FROM measurement JOIN run ON run.id = run WHERE uuid = ? ORDER BY 1",
            (run,),
        ).fetchall()
    assert len(rows) <= most
    assert sum(length for _, length in rows) <= size
    assert rows[-1][0] == taken[-1], "the newest stays"
    if len(rows) > 2:
        assert rows[0][0] == taken[0], "and the first"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunStore]:
    with RunStore.open(tmp_path_factory.mktemp("shared") / "runs.sqlite") as opened:
        yield opened


def test_what_alone_is_too_large_is_left_out(store: RunStore) -> None:
    run = store.begin(ORIGIN).uuid
    many = 200_000
    chance = np.random.default_rng(0)
    huge = judgement(9, chance.integers(0, 9, many), chance.integers(0, 9, many), chance.random(many, np.float32))
    store.add_judgement(run, judgement(5))
    store.add_judgement(run, huge)
    assert steps_of(store, run)[1] == [5]


def test_deleting_restoring_and_emptying_the_trash_concern_measurements_too(store: RunStore) -> None:
    kept, thrown = store.begin(ORIGIN).uuid, store.begin(ORIGIN).uuid
    for run in (kept, thrown):
        store.add_spread(run, spread(1))
        store.change(run, status="done")
    store.delete([kept, thrown])
    store.restore([kept])
    store.empty_trash()
    assert steps_of(store, kept)[0] == [1]
    assert store._connection.execute("SELECT count(*) FROM measurement").fetchone() == (1,)


# ---- databases of before

VERSION_1 = """
CREATE TABLE run (
    id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('running', 'done', 'stopped', 'failed', 'crashed')),
    owner TEXT NOT NULL, created REAL NOT NULL, ended REAL, network TEXT NOT NULL, dataset TEXT NOT NULL,
    fingerprint TEXT NOT NULL, seed INTEGER NOT NULL, device TEXT NOT NULL, program TEXT NOT NULL,
    parent TEXT, parent_step INTEGER NOT NULL DEFAULT 0, step INTEGER NOT NULL DEFAULT 0,
    epoch INTEGER NOT NULL DEFAULT 0, validation_loss REAL, validation_accuracy REAL, best_validation_loss REAL,
    best_validation_accuracy REAL, test_loss REAL, test_accuracy REAL, images_per_second REAL NOT NULL DEFAULT 0,
    seconds REAL NOT NULL DEFAULT 0, starred INTEGER NOT NULL DEFAULT 0, notes TEXT NOT NULL DEFAULT '', deleted REAL
);
CREATE TABLE document (
    run INTEGER PRIMARY KEY REFERENCES run ON DELETE CASCADE, settings TEXT NOT NULL, network TEXT NOT NULL
);
CREATE TABLE tag (
    run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE, text TEXT NOT NULL, PRIMARY KEY (run, text)
) WITHOUT ROWID;
CREATE TABLE series (
    id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE, names TEXT NOT NULL,
    UNIQUE (run, names)
);
CREATE TABLE chunk (
    id INTEGER PRIMARY KEY, series INTEGER NOT NULL REFERENCES series ON DELETE CASCADE, points INTEGER NOT NULL,
    steps BLOB NOT NULL, figures BLOB NOT NULL
);
CREATE INDEX chunk_series ON chunk (series);
CREATE TABLE mark (
    id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE, step INTEGER NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX mark_run ON mark (run);
INSERT INTO run (id, uuid, name, status, owner, created, network, dataset, fingerprint, seed, device, program)
    VALUES (1, 'aaaa', 'old', 'running', '', 1.0, 'LeNet-5', 'digits', '', 0, 'numpy', '0.1.0');
INSERT INTO series VALUES (1, 1, '["training_loss"]');
INSERT INTO chunk VALUES (1, 1, 2, x'0100000000000000', x'000000803F00000040');
PRAGMA user_version = 1;
"""


@pytest.mark.parametrize("looked_through", [2**25, 0])
def test_a_history_of_before_opens_and_goes_on(
    path: Path, looked_through: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnstudio.training.runs.database.LOOKED_THROUGH", looked_through)
    old = sqlite3.connect(path)
    old.executescript(VERSION_1)
    old.close()
    for _ in range(2):
        with RunStore.open(path) as store:
            assert not store.repaired
            (run,) = store.runs()
            assert (run.name, run.status.text) == ("old", "interrupted")
            assert store.curves("aaaa", inside=True)["training_loss"].y.tolist() == [1, 2]
            store.add_spread("aaaa", spread(3))
            assert steps_of(store, "aaaa")[0] == [3]


def test_a_history_without_the_new_table_is_damaged(path: Path) -> None:
    RunStore.open(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE measurement")
    connection.close()
    with RunStore.open(path) as store:
        assert "“measurement” is missing" in store.repaired


# ---- the thread that writes


class Slow:
    """A recorder that takes an event only when it may."""

    def __init__(self) -> None:
        self.heard: list[Event] = []
        self.turn = threading.Semaphore(0)
        self.thread = threading.current_thread()

    def record(self, event: Event) -> None:
        self.turn.acquire()
        self.heard.append(event)

    def close(self) -> None:
        self.heard.append(None)  # type: ignore[arg-type]


def test_training_waits_for_nothing_but_the_end() -> None:
    made: list[Slow] = []

    def make() -> Slow:
        made.append(Slow())
        return made[0]

    writer = Writer(make)
    losses = np.ones(1)
    events = [
        Steps(1, 1, losses, losses, 0.1, 1.0),
        Snapshot(1, {}),
        Steps(2, 1, losses, losses, 0.1, 1.0),
        Snapshot(2, {}),
    ]
    for event in events:
        writer.record(event)
    made[0].turn.release(4)
    writer.close()
    assert made[0].thread is not threading.current_thread()
    heard = [event for event in made[0].heard if event is not None]
    assert heard[-1] is events[-1], "the newest snapshot is heard"
    assert [event for event in heard if isinstance(event, Steps)] == [events[0], events[2]]
    assert made[0].heard[-1] is None, "it was closed"


def test_a_recorder_that_breaks_keeps_nothing_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    raised: list[object] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: raised.append(args.exc_value))

    def make() -> Slow:
        raise RuntimeError("a mistake")

    writer = Writer(make)
    writer.close()
    writer.record(Snapshot(1, {}))
    assert [str(error) for error in raised] == ["a mistake"]
    assert not writer._events
