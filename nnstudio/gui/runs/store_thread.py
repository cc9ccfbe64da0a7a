"""The thread in which the window reads and writes the history of runs, so that it never waits for a disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal

from nnstudio.errors import NNStudioError
from nnstudio.training.runs import RunStore

Result = TypeVar("Result")
Task = Callable[[], None]


class StoreThread(QObject):
    """Does what it is asked one after another, with a store of its own, and hands results back in the asker's thread.

    The store is opened by the first task; where that fails, it is tried again by the next.
    """

    repaired = Signal(str)
    """What had to be done to a damaged history."""
    _done = Signal(object, object)
    """What to call, and with what."""

    def __init__(self, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = path
        self._tasks: SimpleQueue[Task | None] = SimpleQueue()
        self._store: RunStore | None = None
        self._thread: Thread | None = None
        self._done.connect(self._deliver)

    def run(
        self,
        work: Callable[[RunStore], Result],
        done: Callable[[Result], object],
        failed: Callable[[NNStudioError], object],
    ) -> None:
        """Call `work` with the store, then `done` with its result or `failed` with its error in this thread.

        What is no user's error is not caught: it reaches the exception hook, neither is called, and the next task has
        a new thread.
        """

        def task() -> None:
            try:
                result = work(self._opened())
            except NNStudioError as error:
                self._done.emit(failed, error)
            else:
                self._done.emit(done, result)

        self._tasks.put(task)
        if self._thread is None or not self._thread.is_alive():
            self._thread = Thread(target=self._work, name="runs")
            self._thread.start()

    def shut_down(self) -> None:
        """Do what was asked for, then end."""
        self._tasks.put(None)
        if self._thread:
            self._thread.join()

    def _work(self) -> None:
        try:
            while task := self._tasks.get():
                task()
        finally:
            if self._store:
                self._store.close()
                self._store = None

    def _opened(self) -> RunStore:
        if self._store is None:
            self._store = RunStore.open(self._path)
            if self._store.repaired:
                self.repaired.emit(self._store.repaired)
        return self._store

    def _deliver(self, receive: Callable[[Any], object], result: Any) -> None:
        receive(result)
