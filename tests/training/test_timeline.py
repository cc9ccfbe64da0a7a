"""The past that is kept: bounded, dense where it is recent, whole after closing, passed over where it is damaged."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from math import isnan, log
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnstudio.data.dataset import Dataset
from nnstudio.engine.backend import TrainingState
from nnstudio.engine.numpy import NumpyBackend
from nnstudio.files import WriteError
from nnstudio.network import NetworkSpec, expand
from nnstudio.network.presets import softmax_regression
from nnstudio.training.events import EpochDone, Event, Finished, Paused, Snapshot, Started, Steps
from nnstudio.training.settings import TrainingSettings
from nnstudio.training.timeline import Budget, Timeline, TimelineError, TimelineRecorder, Timelines, timelines
from nnstudio.training.timeline.index_file import INDEX, read_timeline
from nnstudio.training.timeline.state_file import pack, same, size_of, unpack
from nnstudio.training.timeline.thinning import least_missed
from nnstudio.training.trainer import Trainer
from tests.conftest import ROOT
from tests.training import timeline_writer

SPEC = expand(softmax_regression()).spec
SIZE = 4 * 2 * 64
"""Bytes of a test's state."""


def state(step: int, numbers: int = 64) -> TrainingState:
    values = np.random.default_rng(step).standard_normal(numbers).astype(np.float32)
    return TrainingState({"w": values}, ({"w": -values},), step)


def epoch_done(step: int, validation_loss: float) -> EpochDone:
    return EpochDone(1, step, 1.0, 0.5, validation_loss, 0.5, 1.0)


@pytest.fixture
def timeline(tmp_path: Path) -> Timeline:
    return Timeline(SPEC, tmp_path, 10 * SIZE, 10 * SIZE)


@pytest.fixture(autouse=True)
def short_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timelines, "_LEAST_REST", 0.001)
    monkeypatch.setattr(timelines, "_REST", 0)


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def open_timelines(tmp_path: Path, told: list[str]) -> Iterator[Callable[..., Timelines]]:
    """Makes timelines in the same folder, as the program does each time that it starts."""
    made: list[Timelines] = []

    def make(budget: Budget | None = None) -> Timelines:
        made.append(Timelines(tmp_path / "timelines", budget, lambda what, _hint: told.append(what)))
        return made[-1]

    yield make
    for one in made:
        one.close()


def kept(store: Timelines, count: int, spec: NetworkSpec = SPEC) -> Timeline:
    """A run of so many snapshots that has ended and is written."""
    timeline = store.begin(spec)
    for number in range(count):
        timeline.put(state(10 * number), loss=1 / (number + 1))
    finish(timeline)
    return timeline


def finish(timeline: Timeline) -> None:
    """End the run and wait until everything is on disk."""
    written = threading.Event()
    timeline.listen(lambda: None if timeline.next_to_write() else written.set())
    TimelineRecorder(timeline).close()
    assert written.wait(10)


# ---- what is kept


@given(
    gaps=st.lists(st.integers(1, 1000), min_size=1, max_size=200),
    room=st.integers(3, 20),
    best=st.integers(0, 199),
)
def test_thinned_moments_are_bounded_and_keep_what_must_not_be_missed(gaps: list[int], room: int, best: int) -> None:
    timeline = Timeline(SPEC, Path("nowhere"), room * SIZE, 0)
    steps = np.cumsum(gaps).tolist()
    for number, step in enumerate(steps):
        timeline.put(state(step))
        if number == best:
            timeline.end_epoch(1, step, 0.5)
        assert timeline.memory_bytes <= room * SIZE
        assert timeline.steps[-1] == step
    assert timeline.steps[0] == steps[0]
    assert best >= len(steps) or steps[best] in timeline.steps
    assert set(timeline.steps) <= set(steps)
    assert len(timeline.steps) == min(room, len(steps))


@settings(max_examples=20)
@given(total=st.integers(100, 3000), room=st.integers(12, 60))
def test_gaps_grow_with_age(total: int, room: int) -> None:
    """Every gap is a small share of its age: about ln(T)/n at best, and within three times that."""
    steps: list[int] = []
    for step in range(total):
        steps.append(step)
        if len(steps) > room:
            victim = least_missed(steps)
            assert victim is not None
            del steps[victim]
    ages = total - np.array(steps)
    assert ((ages[:-1] - ages[1:]) / ages[:-1] <= max(3 * log(total) / room, 0.5)).all()
    assert (np.diff(steps)[-2:] <= 2).all()  # what was just now is dense


def test_too_little_room_for_anything_keeps_the_newest(tmp_path: Path) -> None:
    timeline = Timeline(SPEC, tmp_path, 1, 1)
    for step in range(5):
        timeline.put(state(step))
        timeline.end_epoch(1, step, 1 / (1 + step))
    assert timeline.steps == (4,)


def test_what_all_must_stay_gives_no_victim() -> None:
    assert least_missed([1, 2]) is None
    assert least_missed([1, 2, 3], {2}) is None
    assert least_missed([0, 10, 11, 20]) in (1, 2)


def test_the_best_is_the_one_with_the_least_validation_loss(timeline: Timeline) -> None:
    recorder = TimelineRecorder(timeline)
    for step, loss in ((10, 0.5), (20, 0.2), (30, float("nan")), (40, 0.3)):
        recorder.record(Snapshot(step, {}, state(step)))
        recorder.record(epoch_done(step, loss))
    assert (timeline.best, timeline.best_loss) == (20, 0.2)


def test_what_comes_after_going_back_is_forgotten(timeline: Timeline) -> None:
    for step in (0, 10, 20, 30):
        timeline.put(state(step))
    timeline.end_epoch(1, 30, 0.1)
    timeline.put(state(10))
    assert timeline.steps == (0, 10)
    assert timeline.best is None
    timeline.put(state(15))
    assert timeline.steps == (0, 10, 15)


def test_arrays_cannot_be_changed(timeline: Timeline) -> None:
    timeline.put(state(1))
    with pytest.raises(ValueError, match="read-only"):
        timeline.state(1).parameters["w"][0] = 1
    with pytest.raises(ValueError, match="read-only"):
        unpack(pack(state(1))).slots[0]["w"][0] = 1


# ---- what a trainer says


def test_a_recorder_keeps_states_losses_and_the_plan(timeline: Timeline) -> None:
    events: list[Event] = [
        Started("cpu", 32, 50, 4, 0.1),
        Snapshot(0, {}, state(0)),
        Steps(1, 1, np.array([2.0, 4.0]), np.zeros(2), 0.1, 1.0),
        Steps(2, 1, np.array([6.0]), np.zeros(1), 0.1, 1.0),
        Snapshot(2, {}, state(2)),
        Snapshot(3, {}),
        Finished(4, 1, state(4), True, "cpu", 1.0, None, None),
    ]
    recorder = TimelineRecorder(timeline, period=0.0)
    for event in events:
        recorder.record(event)
    recorder.close()
    assert timeline.steps == (0, 2, 4)
    assert isnan(timeline.moments[0].loss)
    assert timeline.moments[1].loss == 4.5
    assert (timeline.epochs, timeline.ended) == (4, True)


def test_moments_are_a_while_apart_but_for_epochs_ends_and_pauses(timeline: Timeline) -> None:
    now = [0.0]
    recorder = TimelineRecorder(timeline, period=1.0, clock=lambda: now[0])

    def snapshot(step: int, moment: float, loss: float) -> None:
        now[0] = moment
        recorder.record(Steps(step, 1, np.array([loss]), np.zeros(1), 0.1, 1.0))
        recorder.record(Snapshot(step, {}, state(step)))

    snapshot(1, 0.0, 8.0)
    snapshot(2, 0.5, 4.0)
    snapshot(3, 1.1, 2.0)
    assert timeline.steps == (1, 3)
    assert timeline.moments[1].loss == 3.0, "of the steps of what was left out too"
    snapshot(4, 1.2, 2.0)
    recorder.record(epoch_done(4, 0.5))
    assert (timeline.steps, timeline.best) == ((1, 3, 4), 4)
    snapshot(5, 1.3, 2.0)
    recorder.record(Paused(5))
    assert timeline.steps == (1, 3, 4, 5)
    snapshot(6, 1.4, 2.0)
    assert timeline.steps == (1, 3, 4, 5)
    snapshot(7, 1.5, 2.0)
    recorder.close()
    assert timeline.steps == (1, 3, 4, 5, 7)


def test_the_best_state_of_early_stopping_does_not_cut_what_came_after(timeline: Timeline) -> None:
    recorder = TimelineRecorder(timeline, period=0.0)
    for step in (0, 10, 20):
        recorder.record(Snapshot(step, {}, state(step)))
    recorder.record(Finished(20, 2, state(10), False, "cpu", 1.0, None, None, stopped_early=True, best_epoch=1))
    assert timeline.steps == (0, 10, 20)


def test_training_from_a_kept_moment_is_the_same_as_never_having_stopped(
    tmp_path: Path, stripes: Dataset, small_network: NetworkSpec
) -> None:
    choices, spec = TrainingSettings(epochs=2, batch_size=16), small_network
    timeline = Timeline(spec, tmp_path, 2**20, 2**20)
    recorder = TimelineRecorder(timeline)
    trainer = Trainer(spec, stripes, choices, backend=NumpyBackend(), snapshots_per_second=1e6)
    *_, finished = [(recorder.record(event), event)[1] for event in trainer.run()]
    middle = timeline.steps[len(timeline.steps) // 2]
    again = Trainer(spec, stripes, choices, backend=NumpyBackend(), state=unpack(pack(timeline.state(middle))))
    *_, end = again.run()
    assert isinstance(finished, Finished)
    assert isinstance(end, Finished)
    assert same(finished.state, end.state)


# ---- files


@settings(max_examples=50)
@given(
    step=st.integers(0, 10**9),
    shapes=st.lists(st.lists(st.integers(0, 5), max_size=4), max_size=3),
    double=st.booleans(),
    slots=st.integers(0, 3),
    losses=st.lists(st.floats(allow_nan=False), max_size=3),
    seen=st.none() | st.integers(0, 10**9),
    early=st.booleans(),
    seed=st.integers(0, 2**20),
)
def test_a_file_has_every_bit(
    step: int,
    shapes: list[list[int]],
    double: bool,
    slots: int,
    losses: list[float],
    seen: int | None,
    early: bool,
    seed: int,
) -> None:
    generator, kind = np.random.default_rng(seed), np.float64 if double else np.float32

    def group() -> dict[str, np.ndarray]:
        return {f"l{n}.weight": generator.standard_normal(shape).astype(kind) for n, shape in enumerate(shapes)}

    best = TrainingState(group(), (), 1) if early else None
    slot_values = tuple(group() for _ in range(slots))
    before = TrainingState(group(), slot_values, step, slots > 1, tuple(losses), seen, best)
    after = unpack(pack(before))
    assert same(before, after)
    assert (after.averaged, after.validation_losses) == (before.averaged, before.validation_losses)
    assert all(after.parameters[name].dtype == kind for name in before.parameters)


def test_weights_shrink_though_they_are_noise() -> None:
    large = state(1, 50_000)
    assert len(pack(large)) < 0.9 * size_of(large)


@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), cut=st.booleans())
def test_any_damage_is_noticed(place: float, bit: int, cut: bool) -> None:
    data = bytearray(pack(state(7)))
    at = int(place * len(data))
    if cut:
        del data[at:]
    else:
        data[at] ^= 1 << bit
    try:
        unpack(bytes(data))
    except TimelineError as error:
        assert error.message.startswith("It is damaged")
    else:
        pytest.fail("damage was not noticed")


# ---- after closing


def test_it_is_there_after_closing(open_timelines: Callable[..., Timelines], told: list[str]) -> None:
    store = open_timelines()
    before = kept(store, 12)
    store.close()
    after = open_timelines().open_newest()
    assert after is not None
    assert after.steps == before.steps
    assert [moment.loss for moment in after.moments][1:] == [moment.loss for moment in before.moments][1:]
    assert all(same(after.state(step), state(step)) for step in after.steps)
    assert after.spec == SPEC
    assert not told


def test_best_and_plan_are_kept(open_timelines: Callable[..., Timelines]) -> None:
    store = open_timelines()
    timeline = store.begin(SPEC)
    timeline.epochs = 3
    for step in range(4):
        timeline.put(state(step))
    timeline.end_epoch(5, 2, 0.125)
    finish(timeline)
    store.close()
    after = open_timelines().open_newest()
    assert after is not None
    assert (after.best, after.best_loss, after.epochs) == (2, 0.125, 3)
    assert [after.epoch(step) for step in (1, 2, 3)] == [5, 5, 6]


def test_closing_early_still_writes_what_must_not_be_missed(
    open_timelines: Callable[..., Timelines], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timelines, "_LEAST_REST", 60.0)
    store = open_timelines()
    timeline = store.begin(SPEC)
    for step in range(20):
        timeline.put(state(step))
    timeline.end_epoch(1, 7, 0.1)
    store.close()
    after = open_timelines().open_newest()
    assert after is not None
    assert {0, 7, 19} <= set(after.steps)


def test_damaged_and_missing_files_are_passed_over(open_timelines: Callable[..., Timelines], told: list[str]) -> None:
    store = open_timelines()
    before = kept(store, 6)
    store.close()
    files = {moment.step: before.folder / name for moment, name, _ in before.files()}
    files[0].unlink()
    files[10].write_bytes(b"short")
    data = bytearray(files[20].read_bytes())
    data[-5] ^= 1
    files[20].write_bytes(data)
    after = open_timelines().open_newest()
    assert after is not None
    assert after.steps == (20, 30, 40, 50)
    assert told == ["2 moments of the last run's timeline are missing and passed over."]
    with pytest.raises(TimelineError, match=r"Step 20 cannot be read any more\. It is damaged: its checksum is wrong"):
        after.state(20)
    assert after.steps == (30, 40, 50)
    assert same(after.state(30), state(30))


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"\xff\x00", b'{"format": "nnstudio-timeline", "format_version": 99}', b'{"format": "x"}'],
)
def test_a_damaged_index_is_told_and_the_run_before_is_opened(
    open_timelines: Callable[..., Timelines], told: list[str], content: bytes
) -> None:
    store = open_timelines()
    kept(store, 3)
    newest = kept(store, 5)
    store.close()
    (newest.folder / INDEX).write_bytes(content)
    after = open_timelines().open_newest()
    assert after is not None
    assert len(after.steps) == 3
    assert len(told) == 1
    assert "damaged index" in told[0]
    open_timelines().open_newest()
    assert len(told) == 1  # once


def test_a_name_in_an_index_cannot_point_anywhere_else(open_timelines: Callable[..., Timelines]) -> None:
    store = open_timelines()
    timeline = kept(store, 3)
    store.close()
    index = timeline.folder / INDEX
    index.write_text(index.read_text().replace("000001.state", "../secret.state"))
    with pytest.raises(TimelineError, match="damaged index"):
        read_timeline(timeline.folder, 1, 1)


def test_the_first_start_has_no_timeline(open_timelines: Callable[..., Timelines], told: list[str]) -> None:
    assert open_timelines().open_newest() is None
    assert not told


def test_all_runs_share_the_disk_budget_and_the_oldest_goes(open_timelines: Callable[..., Timelines]) -> None:
    one = len(pack(state(0)))
    store = open_timelines(Budget(2**20, 22 * one))
    first, second, third = (kept(store, 9) for _ in range(3))
    store.close()
    assert not first.folder.exists()
    assert second.folder.exists()
    assert third.folder.exists()
    assert store.disk_bytes() <= 23 * one + 4000  # an index is not counted before the next look


def test_a_run_that_is_too_long_for_the_disk_is_thinned_there(open_timelines: Callable[..., Timelines]) -> None:
    one = len(pack(state(0)))
    store = open_timelines(Budget(2**20, 20 * one + 20))
    timeline = kept(store, 40)
    store.close()
    assert timeline.disk_bytes <= 10 * one + 10
    assert timeline.steps == tuple(range(0, 400, 10))  # memory has them all
    assert len(list(timeline.folder.glob("*.state"))) == len(timeline.files())
    after = open_timelines().open_newest()
    assert after is not None
    assert {after.steps[0], after.steps[-1]} == {0, 390}


def test_a_full_disk_is_told_once_and_training_goes_on(
    open_timelines: Callable[..., Timelines], told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = threading.Event()

    def full(path: Path, data: bytes) -> None:
        asked.set()
        raise WriteError(f"“{path}” could not be written: No space left on device.", "Make room.")

    monkeypatch.setattr(timelines, "atomic_write", full)
    monkeypatch.setattr(timelines, "_RETRY", 0.001)
    store = open_timelines()
    timeline = store.begin(SPEC)
    for step in range(5):
        timeline.put(state(step))
        assert asked.wait(10)
    store.close()
    assert len(told) == 1
    assert "No space left on device" in told[0]
    assert timeline.steps == tuple(range(5))


def test_a_network_too_large_for_the_disk_is_told(open_timelines: Callable[..., Timelines], told: list[str]) -> None:
    store = open_timelines(Budget(2**20, SIZE))
    timeline = store.begin(SPEC)
    timeline.put(state(1))
    store.close()
    assert len(told) == 1
    assert "one state takes" in told[0]
    assert timeline.steps == (1,)


def test_a_killed_program_leaves_a_sound_timeline(tmp_path: Path, told: list[str]) -> None:
    for moment in np.random.default_rng().uniform(0.01, 0.3, 2):
        command = [sys.executable, "-m", "tests.training.timeline_writer", str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
            assert process.stdout
            assert process.stdout.readline() == b"ready\n"
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(moment)
            process.kill()
    timeline = Timelines(tmp_path, tell=lambda what, _hint: told.append(what)).open_newest()
    assert timeline is not None
    assert not told
    assert all(same(timeline.state(step), timeline_writer.state(step)) for step in timeline.steps)


# ---- going on


def test_going_on_at_the_end_goes_on_in_the_same_timeline(open_timelines: Callable[..., Timelines]) -> None:
    store = open_timelines()
    timeline = kept(store, 3)
    assert store.begin(SPEC, state(20)) is timeline
    assert not timeline.ended


def test_going_on_in_the_past_is_a_branch_and_the_old_line_stays(open_timelines: Callable[..., Timelines]) -> None:
    store = open_timelines()
    old = kept(store, 6)
    branch = store.begin(SPEC, state(20))
    assert branch is not old
    assert branch.steps == (0, 10, 20)
    branch.put(state(25))
    finish(branch)
    store.close()
    assert read_timeline(old.folder, 1, 1)[0].steps == (0, 10, 20, 30, 40, 50)
    after = open_timelines().open_newest()
    assert after is not None
    assert after.steps == (0, 10, 20, 25)
    assert all(same(after.state(step), state(step)) for step in after.steps)


@pytest.mark.parametrize("start", [None, {"w": np.zeros(64, np.float32)}, state(21), state(20, 65)])
def test_other_weights_begin_a_timeline_of_their_own(
    open_timelines: Callable[..., Timelines], start: TrainingState | None
) -> None:
    store = open_timelines()
    kept(store, 3)
    assert store.begin(SPEC, start).steps == ()


def test_another_network_begins_a_timeline_of_its_own(
    open_timelines: Callable[..., Timelines], small_network: NetworkSpec
) -> None:
    store = open_timelines()
    old = kept(store, 3)
    other = store.begin(small_network, state(20))
    assert other is not old
    assert other.steps == ()


def test_others_read_while_it_grows(open_timelines: Callable[..., Timelines]) -> None:
    """What a reader gets is always right, or is told to be gone."""
    store = open_timelines(Budget(30 * SIZE, 100 * SIZE))
    timeline = store.begin(SPEC)
    timeline.put(state(0))
    done, wrong, right = threading.Event(), list[int](), list[int]()

    def read() -> None:
        generator = np.random.default_rng(1)
        while not done.is_set():
            step = int(generator.choice(timeline.steps))
            try:
                (right if same(timeline.state(step), state(step)) else wrong).append(step)
            except TimelineError:
                continue  # it was thinned meanwhile

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for step in range(1, 400):
        timeline.put(state(step))
    finish(timeline)
    done.set()
    for reader in readers:
        reader.join()
    assert right
    assert not wrong
