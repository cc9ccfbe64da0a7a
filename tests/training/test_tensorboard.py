"""What is written for TensorBoard is read by a reader of its own, damaged files and full disks included."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.training import tfevents
from nnstudio.training.events import (
    ActivationStatistics,
    EpochDone,
    Histogram,
    Measured,
    ParameterStatistics,
    SettingsChanged,
    Started,
    Steps,
)
from nnstudio.training.tensorboard import TensorBoardRecorder
from tests.training.tfevents_reader import ReadEvent, crc32c, masked, read_events, read_records


@pytest.fixture
def problems() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def recorder(tmp_path: Path, problems: list[tuple[str, str]]) -> Iterator[TensorBoardRecorder]:
    moments = iter(range(1_700_000_000, 1_800_000_000))
    told = problems.append
    recorder = TensorBoardRecorder(tmp_path, "LeNet-5", lambda *words: told(words), clock=lambda: next(moments))
    yield recorder
    recorder.close()


def steps(last: int, losses: list[float], epoch: int = 1) -> Steps:
    values = np.array(losses)
    return Steps(last, epoch, values, 1 - values, 0.01, 5000.0, values / 10)


def written(recorder: TensorBoardRecorder) -> list[ReadEvent]:
    recorder.flush()
    return read_events(recorder.path.read_bytes())


def course(events: list[ReadEvent], tag: str) -> list[tuple[int, float]]:
    return [(event.step, event.scalars[tag]) for event in events if tag in event.scalars]


def test_the_checksum_is_that_of_the_standard() -> None:
    assert crc32c(b"123456789") == 0xE3069283  # the check value of CRC-32C
    assert crc32c(bytes(32)) == 0x8A9136AA  # RFC 3720, B.4


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_records_are_framed_as_the_reader_expects(messages: list[bytes]) -> None:
    assert read_records(tfevents.framed(messages)) == messages


@given(st.binary(min_size=1, max_size=64))
def test_checksums_at_once_are_those_bit_by_bit(data: bytes) -> None:
    rows = np.frombuffer(data * 3, np.uint8).reshape(3, len(data))
    assert tfevents.masked_crcs(rows).tolist() == [masked(data)] * 3


def test_every_step_is_written(recorder: TensorBoardRecorder) -> None:
    recorder.record(Started("CPU", 64, 10, 1, 0.01))
    recorder.record(steps(3, [0.5, 0.25, 0.125]))
    recorder.record(steps(200, [0.0625]))
    recorder.record(EpochDone(1, 200, 0.2, 0.8, 0.75, float("nan"), 5000.0))
    events = written(recorder)
    assert events[0].version == "brain.Event:2"
    assert course(events, "loss/training") == [(1, 0.5), (2, 0.25), (3, 0.125), (200, 0.0625)]
    assert course(events, "accuracy/training") == [(1, 0.5), (2, 0.75), (3, 0.875), (200, 0.9375)]
    assert course(events, "learning_rate")[0] == (1, pytest.approx(0.05))
    assert course(events, "loss/validation") == [(200, 0.75)]
    assert course(events, "accuracy/validation") == []
    assert [event.texts for event in events if event.texts] == [{"device": "CPU"}]
    times = [event.wall_time for event in events if "loss/training" in event.scalars]
    assert times == sorted(times)


def test_histograms_and_norms(recorder: TensorBoardRecorder) -> None:
    spread = Histogram(-1.0, 1.0, np.array([1, 2, 3, 4]))
    parameter = ParameterStatistics(2.0, 0.5, 0.25, spread)
    layer = ActivationStatistics(0.5, 0.25, 0.125, 0.0, spread)
    recorder.record(Measured(70_000, {"conv1.weight": parameter}, {"conv1": layer}, memory=4096))
    (event,) = [event for event in written(recorder) if event.histograms]
    assert event.step == 70_000
    assert event.scalars["gradient_norm/conv1.weight"] == 0.5
    assert event.scalars["update_ratio/conv1.weight"] == 0.125
    assert event.scalars["memory_bytes"] == 4096
    assert event.scalars["zeros/conv1"] == 0.125
    assert set(event.histograms) == {"weights/conv1.weight", "activations/conv1"}
    found = event.histograms["weights/conv1.weight"]
    assert (found[1], found[2], found[3]) == (-1.0, 1.0, 10.0)
    assert found[6] == [-0.5, 0.0, 0.5, 1.0]
    assert found[7] == [1.0, 2.0, 3.0, 4.0]
    assert found[4] == pytest.approx(-0.75 - 0.5 + 0.75 + 3)


def test_going_back_is_told(recorder: TensorBoardRecorder) -> None:
    recorder.record(steps(4, [4.0, 3.0, 2.0, 1.0]))
    recorder.record(steps(3, [0.5]))
    restart = [event.step for event in written(recorder) if event.restarts]
    assert restart == [3]


def test_changed_settings_are_remarks(recorder: TensorBoardRecorder) -> None:
    recorder.record(SettingsChanged(5, "Learning rate 0.005"))
    assert written(recorder)[-1].texts == {"settings": "Learning rate 0.005"}


@pytest.mark.parametrize("lost", [1, 7, 15, 40])
def test_a_file_that_was_cut_off_is_read_up_to_there(recorder: TensorBoardRecorder, lost: int) -> None:
    recorder.record(steps(5, [5.0, 4.0, 3.0, 2.0, 1.0]))
    recorder.flush()
    whole = recorder.path.read_bytes()
    events = read_events(whole[:-lost])
    assert 0 < len(events) < len(read_events(whole))


def test_a_full_disk_is_told_once_and_nothing_half_stays(
    recorder: TensorBoardRecorder, problems: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder.record(steps(1, [1.0]))
    recorder.flush()

    class Full:
        """A file on a disk that has room for ten bytes."""

        def __init__(self, handle: int) -> None:
            self.file = real(handle, "r+b", buffering=0)

        def __enter__(self) -> Full:
            return self

        def __exit__(self, *_error: object) -> None:
            self.file.close()

        def __getattr__(self, name: str) -> object:
            return getattr(self.file, name)

        def write(self, data: memoryview) -> int:
            self.file.write(data[:10])
            raise OSError(28, "No space left on device")

    real = os.fdopen
    with monkeypatch.context() as patch:
        patch.setattr("nnstudio.training.tensorboard.os.fdopen", lambda handle, *_, **__: Full(handle))
        for step in (2, 3):
            recorder.record(steps(step, [0.5]))
            recorder.flush()
    recorder.record(steps(4, [0.25]))
    assert course(written(recorder), "loss/training") == [(1, 1.0), (4, 0.25)]
    ((what, hint),) = problems
    assert "No space left on device" in what
    assert "Training goes on" in hint


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, problems: list[tuple[str, str]]) -> None:
    (tmp_path / "file").write_text("no folder")
    recorder = TensorBoardRecorder(tmp_path / "file", "a/b: c", lambda *told: problems.append(told))
    recorder.record(steps(1, [1.0]))
    recorder.close()
    assert len(problems) == 1
    assert "/" not in recorder.folder.name
