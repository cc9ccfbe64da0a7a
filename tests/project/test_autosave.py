"""What a running program saves, when, and what is left after it."""

from __future__ import annotations

import errno
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, thread_time

import psutil
import pytest

from nnstudio.errors import NNStudioError
from nnstudio.project.autosave import DESK_FILE, RUN_FILE, Haste, Session
from nnstudio.project.liveness import LOCK, FolderLock, is_alive, own_name

Make = Callable[..., Session]


@pytest.fixture
def failures() -> list[NNStudioError]:
    return []


@pytest.fixture
def make(tmp_path: Path, failures: list[NNStudioError]) -> Iterator[Make]:
    sessions: list[Session] = []

    def session(**options: float) -> Session:
        sessions.append(Session(failures.append, folder=tmp_path / "autosave", **options))
        return sessions[-1]

    yield session
    for made in sessions:
        made.close()


def test_nothing_is_made_before_there_is_something_to_save(make: Make, tmp_path: Path) -> None:
    make().wait()
    assert list(tmp_path.iterdir()) == []


def test_what_is_put_is_there_and_gone_after_a_clean_end(make: Make, tmp_path: Path) -> None:
    session = make()
    session.put(DESK_FILE, lambda: b"desk")
    session.put(RUN_FILE, lambda: b"run")
    session.wait()
    assert (session.folder / DESK_FILE).read_bytes() == b"desk"
    assert (session.folder / RUN_FILE).read_bytes() == b"run"
    assert is_alive(session.folder)
    session.close()
    assert list((tmp_path / "autosave").iterdir()) == []


def test_the_newest_wins_and_waits_for_its_period(make: Make) -> None:
    session = make(period=1000.0)
    session.put(RUN_FILE, lambda: b"first")
    session.wait()
    made: list[int] = []
    for number in range(100):
        session.put(RUN_FILE, lambda number=number: bytes([made.append(number) or number]))
    session.wait()
    assert (session.folder / RUN_FILE).read_bytes() == b"first"
    session.put(RUN_FILE, lambda: b"at a pause", Haste.NOW)
    session.wait()
    assert (session.folder / RUN_FILE).read_bytes() == b"at a pause"
    assert made == [], "what is overtaken is not even packed"


def test_a_desk_never_names_a_run_that_is_not_there(make: Make) -> None:
    """Each is put in a hurry, the run first, also while the session writes."""
    session, written = make(period=0.0, share=1e6), []

    def put(name: str, number: int, done: threading.Event) -> None:
        def pack() -> bytes:
            written.append((name, number))
            done.set()
            return b"x"

        session.put(name, pack, Haste.NOW)

    for number in range(200):
        done = threading.Event()
        put(RUN_FILE, number, done)
        put(DESK_FILE, number, done)
        done.wait()  # and the other of the two, or its file, is still under way
    session.wait()
    run = -1
    for name, number in written:
        run = number if name == RUN_FILE else run
        assert run >= number


def test_saving_takes_its_share_of_time_and_no_more(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often something is put in a hurry: here a tenth of the time, and packing alone takes 10 ms."""
    monkeypatch.setattr(os, "fsync", lambda _: None)  # a slow disk costs no computing time, but would make this slow
    session, made, rest = make(period=0.0, share=0.1), [], threading.Event()

    def pack() -> bytes:
        made.append(monotonic())
        end = thread_time() + 0.01
        while thread_time() < end:
            pass
        return b"run"

    end = monotonic() + 0.6
    while monotonic() < end:
        session.put(RUN_FILE, pack, Haste.SOON)
        rest.wait(0.005)
    assert 2 <= len(made) <= 0.6 / 0.1 + 1


def test_what_is_dropped_is_gone(make: Make) -> None:
    session = make()
    session.put(RUN_FILE, lambda: b"run")
    session.wait()
    session.put(RUN_FILE, lambda: b"newer")
    session.drop(RUN_FILE)
    session.wait()
    assert not (session.folder / RUN_FILE).exists()


def full(*_: object) -> int:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def read_only(*_: object, **__: object) -> tuple[int, str]:
    raise OSError(errno.EROFS, os.strerror(errno.EROFS))


@pytest.mark.parametrize(
    ("module", "function", "failing", "said"),
    [(os, "fsync", full, "No space left"), (tempfile, "mkstemp", read_only, "Read-only file system")],
)
def test_a_failing_disk_is_told_once_and_the_old_file_stays(
    make: Make,
    failures: list[NNStudioError],
    monkeypatch: pytest.MonkeyPatch,
    module: object,
    function: str,
    failing: Callable[..., object],
    said: str,
) -> None:
    session = make()
    session.put(RUN_FILE, lambda: b"old")
    session.wait()
    with monkeypatch.context() as patch:
        patch.setattr(module, function, failing)
        for _ in range(3):
            session.put(RUN_FILE, lambda: b"new", Haste.NOW)
            session.wait()
    assert len(failures) == 1
    assert said in failures[0].message
    assert (session.folder / RUN_FILE).read_bytes() == b"old"
    session.put(RUN_FILE, lambda: b"new", Haste.NOW)
    session.wait()
    assert (session.folder / RUN_FILE).read_bytes() == b"new"
    assert sorted(path.name for path in session.folder.iterdir()) == sorted([LOCK, RUN_FILE])
    with monkeypatch.context() as patch:
        patch.setattr(module, function, failing)
        session.put(RUN_FILE, lambda: b"newer", Haste.NOW)
        session.wait()
    assert len(failures) == 2, "it had worked in between"


def test_what_could_not_be_saved_is_tried_again(
    make: Make, failures: list[NNStudioError], monkeypatch: pytest.MonkeyPatch
) -> None:
    session, failed = make(period=0.05), threading.Event()
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: failed.set() or full())
        session.put(DESK_FILE, lambda: b"desk")
        assert failed.wait(5)
        session.wait()
    end = monotonic() + 5
    while not (session.folder / DESK_FILE).exists() and monotonic() < end:
        session.wait()
    assert (session.folder / DESK_FILE).read_bytes() == b"desk"


def test_a_file_where_the_folder_should_be(make: Make, failures: list[NNStudioError], tmp_path: Path) -> None:
    (tmp_path / "autosave").write_text("")
    session = make()
    session.put(RUN_FILE, lambda: b"run")
    session.wait()
    assert len(failures) == 1
    assert "could not be made" in failures[0].message


def test_a_folder_that_somebody_removed_is_made_again(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    session = make()
    session.put(RUN_FILE, lambda: b"run")
    session.wait()
    for path in session.folder.iterdir():
        path.unlink()
    session.folder.rmdir()
    session.put(RUN_FILE, lambda: b"again", Haste.NOW)
    session.wait()
    assert (session.folder / RUN_FILE).read_bytes() == b"again"


def test_who_lives(tmp_path: Path) -> None:
    process = psutil.Process()
    began = round(process.create_time() * 1000)
    names = {
        own_name(): True,
        f"{process.pid}-{began - 60_000}-abc": False,  # the number was somebody else's before
        f"{2**22 + 1}-{began}-abc": False,
        f"{2**80}-{began}-abc": False,
        "no program": False,
    }
    for name, lives in names.items():
        assert is_alive(tmp_path / name) is lives
    other = tmp_path / f"{2**22 + 1}-{began}-abc"
    other.mkdir()
    lock = FolderLock(other)
    assert is_alive(other), "its lock is held"
    lock.release()
    assert not is_alive(other)


def test_only_one_adopts(make: Make, tmp_path: Path) -> None:
    left = tmp_path / "autosave" / "4194305-1-abc"
    left.mkdir(parents=True)
    (left / RUN_FILE).write_bytes(b"left")
    (left / ".run.checkpoint.x.tmp").write_bytes(b"half")
    first, second = make(), make()
    first.put(RUN_FILE, lambda: b"own")
    first.wait()
    before = first.folder
    first.adopt(left)
    with pytest.raises(OSError):
        second.adopt(left)
    assert not before.exists()
    assert sorted(path.name for path in first.folder.iterdir()) == sorted([LOCK, RUN_FILE])
    first.put(RUN_FILE, lambda: b"of the old desk", Haste.NOW)
    first.drop(RUN_FILE)
    first.wait()
    assert (first.folder / RUN_FILE).read_bytes() == b"left"
    first.listen()
    first.put(RUN_FILE, lambda: b"new", Haste.NOW)
    first.wait()
    assert (first.folder / RUN_FILE).read_bytes() == b"new"
