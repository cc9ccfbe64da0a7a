"""The timelines of all runs: one that grows, those of earlier runs on disk, and the thread that writes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event, RLock, Thread

from nnstudio.engine.backend import TrainingState
from nnstudio.files import WriteError, atomic_write
from nnstudio.network import NetworkSpec
from nnstudio.paths import user_data_dir
from nnstudio.training.timeline.folders import folder_bytes, make_room, new_folder, run_folders, set_aside
from nnstudio.training.timeline.index_file import INDEX, read_timeline, write_index
from nnstudio.training.timeline.state_file import TimelineError, pack, size_of
from nnstudio.training.timeline.timeline import Timeline
from nnstudio.units import bytes_text

_REST = 200
"""While training, the writer rests so many times as long as it worked, and so takes half a percent of the time."""
_LEAST_REST, _RETRY = 1.0, 60.0
"""Seconds between two looks, and after the disk did not take something."""
_AT_ONCE = 16
"""So many states are written for one index when nobody trains."""
_PARTING = 3
"""The first, the newest and the best are still written when the program ends."""

Tell = Callable[[str, str], None]
"""Takes what happened and what to do, in whichever thread it happens."""


@dataclass(frozen=True)
class Budget:
    """Bytes that timelines may take: in memory, and on disk all runs together, of which one run gets at most half."""

    memory: int = 256 * 2**20
    disk: int = 2**30


def _say_nothing(_what: str, _hint: str) -> None:
    """For whoever does not want to hear."""


class Timelines:
    """Begins timelines, opens the last one, writes them, and keeps all of them within the budget.

    States are written one at a time with long rests between, so the disk has fewer moments than memory while a run
    goes on; when it ends, the rest follows.
    """

    def __init__(self, folder: Path | None = None, budget: Budget | None = None, tell: Tell = _say_nothing) -> None:
        self.folder = folder or user_data_dir() / "timelines"
        self.budget = budget or Budget()
        self.current: Timeline | None = None
        self.tell = tell
        """Whom to tell what could not be read or written."""
        self._lock = RLock()
        self._unfinished: list[Timeline] = []
        """Earlier runs of which something is still to be written."""
        self._complained = False
        self._wake, self._leaving = Event(), Event()
        self._thread: Thread | None = None

    # ---- for those who train and look

    def begin(self, spec: NetworkSpec, start: object = None) -> Timeline:
        """The timeline for a run of the flat `spec` that begins at `start`. When `start` is a state that the current
        one holds, it goes on from there; a past moment begins a branch, and the old line stays as it is."""
        with self._lock:
            old, timeline = self.current, None
            if isinstance(start, TrainingState) and old and old.spec == spec and old.holds(start):
                newest = old.steps[-1] == start.step
                timeline = old if newest else old.branched(new_folder(self.folder), start.step)
            if timeline is None:
                timeline = Timeline(spec, new_folder(self.folder), self.budget.memory, self.budget.disk // 2)
            if old and old is not timeline:
                old.ended = True
                old.release()
                self._unfinished.append(old)
            if old is not timeline or self._thread is None:
                timeline.listen(lambda: self._wake.set() if timeline.ended else None)
            self.current, timeline.ended = timeline, False
        self._begin_writing()
        return timeline

    def open_newest(self) -> Timeline | None:
        """The timeline of the last run, if there is one and nothing has begun; damaged ones are told and passed over.

        Reads the disk: not for a thread that must not wait.
        """
        for folder in reversed(run_folders(self.folder)):
            if not (folder / INDEX).is_file():
                continue
            try:
                timeline, missing = read_timeline(folder, self.budget.memory, self.budget.disk // 2)
            except TimelineError as error:
                self.tell(f"The timeline of an earlier run is passed over: {error.message}", error.hint)
                set_aside(folder / INDEX)
                continue
            if missing:
                self.tell(f"{missing} moments of the last run's timeline are missing and passed over.", "")
            if not timeline.steps:
                continue
            with self._lock:
                self.current = self.current or timeline
                return self.current
        return None

    def set_budget(self, budget: Budget) -> None:
        """From now on; what is too much goes when next something is kept or written."""
        self.budget = budget
        with self._lock:
            for timeline in (self.current, *self._unfinished):
                if timeline:
                    timeline.memory_budget, timeline.disk_budget = budget.memory, budget.disk // 2
        self._wake.set()

    def disk_bytes(self) -> int:
        """What all runs take on disk."""
        return sum(folder_bytes(folder) for folder in run_folders(self.folder))

    def close(self, wait: float = 5.0) -> None:
        """Write what must not be missed and end the thread; what is not done in `wait` seconds stays undone."""
        self._leaving.set()
        self._wake.set()
        if self._thread:
            self._thread.join(wait)

    # ---- the thread that writes

    def _begin_writing(self) -> None:
        if self._thread is None:
            self._thread = Thread(target=self._work, name="timeline writer", daemon=True)
            self._thread.start()
        self._wake.set()

    def _work(self) -> None:
        while not self._leaving.is_set():
            self._wake.clear()
            began = time.perf_counter()
            wrote, resting = False, _RETRY
            try:
                wrote, resting = self._write_some(), _LEAST_REST
            except WriteError as error:
                self._complain(error)
            took = time.perf_counter() - began
            if self._training:
                self._leaving.wait(max(resting, _REST * took if wrote else 0.0))
            elif not wrote:
                self._wake.wait(_RETRY if resting == _RETRY else None)
        self._part()

    @property
    def _training(self) -> bool:
        with self._lock:
            return self.current is not None and not self.current.ended

    def _write_some(self) -> bool:
        """Write one state while somebody trains, else several; whether there was anything to do."""
        with self._lock:
            todo = [*self._unfinished, *([self.current] if self.current else [])]
        for timeline in todo:
            count = 1 if self._training else _AT_ONCE
            if self._write(timeline, count):
                return True
            with self._lock:
                if timeline in self._unfinished:
                    timeline.release()
                    self._unfinished.remove(timeline)
        return False

    def _write(self, timeline: Timeline, most: int) -> int:
        """How many states were written, at most so many; the index follows."""
        written = 0
        while written < most and (todo := timeline.next_to_write()):
            step, state = todo
            if size_of(state) > timeline.disk_budget:
                self._tell_too_large(size_of(state), timeline)
                break
            data = pack(state)
            name = timeline.new_name()
            atomic_write(timeline.folder / name, data)
            timeline.note_written(step, name, len(data))
            written += 1
        doomed = timeline.take_doomed()
        if written or doomed:
            write_index(timeline)
            self._remove_files(timeline, doomed)
            make_room(self.folder, self.budget.disk, timeline.folder, timeline.disk_bytes)
        return written

    def _part(self) -> None:
        with self._lock:
            todo = [*self._unfinished, *([self.current] if self.current else [])]
        for timeline in todo:
            try:
                self._write(timeline, _PARTING)
            except WriteError as error:
                self._complain(error)

    def _remove_files(self, timeline: Timeline, names: list[str]) -> None:
        for name in names:
            try:
                (timeline.folder / name).unlink(missing_ok=True)
            except OSError as error:
                self._complain(WriteError(f"“{timeline.folder / name}” could not be removed: {error.strerror}."))

    def _complain(self, error: WriteError) -> None:
        """Once: nobody wants to read every minute that the disk is full."""
        if not self._complained:
            self._complained = True
            self.tell(f"The timeline is only kept in memory: {error.message}", "Make room; training goes on meanwhile.")

    def _tell_too_large(self, size: int, timeline: Timeline) -> None:
        if not self._complained:
            self._complained = True
            one, budget = bytes_text(size), bytes_text(timeline.disk_budget)
            text = f"The timeline is only kept in memory: one state takes {one}, and a run may have {budget} on disk."
            self.tell(text, "Give the timeline more room in the preferences.")
