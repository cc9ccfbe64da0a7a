"""Work that only the window's own thread may do, done in pieces between which the window answers."""

from __future__ import annotations

from collections.abc import Callable, Generator
from time import perf_counter
from typing import Any, TypeVar

from PySide6.QtCore import QObject, QTimer

from nnstudio.errors import NNStudioError

Result = TypeVar("Result")
Steps = Generator[None, None, Result]
"""Yields after every few milliseconds of work, and returns the result."""
_SLICE_SECONDS = 0.008


def at_once(steps: Steps[Result]) -> Result:
    """All steps without a pause."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


class Slices(QObject):
    """Goes through the steps of one piece of work at a time, a slice of a few milliseconds whenever nothing else is
    to be done."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._go_on)
        self._steps: Steps[Any] | None = None

    def run(
        self,
        steps: Steps[Result],
        done: Callable[[Result], object],
        failed: Callable[[NNStudioError], object],
    ) -> None:
        """Begin ``steps``, in place of what was not yet finished, then call one of the others."""
        self.stop()
        self._steps, self._done, self._failed = steps, done, failed
        self._timer.start()

    def stop(self) -> None:
        """Leave what was begun unfinished."""
        self._timer.stop()
        if self._steps is not None:
            self._steps.close()
        self._steps = None

    def _go_on(self) -> None:
        steps, end = self._steps, perf_counter() + _SLICE_SECONDS
        assert steps is not None
        try:
            while perf_counter() < end:
                next(steps)
        except StopIteration as finished:
            self.stop()
            self._done(finished.value)
        except NNStudioError as error:
            self.stop()
            self._failed(error)
