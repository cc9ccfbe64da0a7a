"""Work that would keep the window waiting, done elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal

from nnstudio.errors import NNStudioError

Result = TypeVar("Result")


class Background(QObject):
    """Calls functions in threads of their own and hands the results back in its own."""

    _done = Signal(object, object)
    """What to call, and with what."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._threads: list[Thread] = []
        self._done.connect(self._deliver)

    def run(
        self,
        work: Callable[[], Result],
        done: Callable[[Result], object],
        failed: Callable[[NNStudioError], object],
    ) -> None:
        """Call `work` in another thread, then `done` with its result or `failed` with its error in this one.

        What is no user's error is not caught: it reaches the exception hook, and neither is called.
        """

        def task() -> None:
            try:
                result = work()
            except NNStudioError as error:
                self._done.emit(failed, error)
            else:
                self._done.emit(done, result)

        # A plain thread: PySide takes a QRunnable that its pool has deleted for the next object at that address.
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        self._threads.append(Thread(target=task, name="background"))
        self._threads[-1].start()

    def wait(self) -> None:
        """Let what has begun come to its end, as at the end of the program: half a file helps nobody."""
        for thread in self._threads:
            thread.join()

    def _deliver(self, receive: Callable[[Any], object], result: Any) -> None:
        receive(result)
