"""Looks once at the data that training learns from, in the background, within limits of time and memory."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from nnstudio.gui.background import Background
from nnstudio.training.doctor import DataFacts

MOST_BYTES = 512 * 2**20
"""Of files: a data set on the disk that has more is left alone, since it would be in memory twice."""
_TIME_LIMIT_MS = 60_000


def facts_of(name: str, cancel: threading.Event) -> DataFacts | None:
    """What is to know about a data set; ``None`` where it is too large. Imports late, and reads files: not for the GUI
    thread."""
    from nnstudio.data.catalog import load_dataset
    from nnstudio.training.doctor import examine_data

    if too_large(Path(name)):
        return None
    return examine_data(load_dataset(name, cancel=cancel), cancel.is_set)


def too_large(path: Path, most: int = MOST_BYTES) -> bool:
    """Whether a file, or all files in a folder, have more than so many bytes."""
    if path.is_file():
        return path.stat().st_size > most
    total = 0
    for folder, _, names in os.walk(path):
        for name in names:
            total += (Path(folder) / name).stat().st_size
            if total > most:
                return True
    return False


class DataCheck(QObject):
    """Finds out the `DataFacts` of one data set after another."""

    found = Signal(str, object)
    """The name of a data set, and its `DataFacts`."""

    def __init__(
        self,
        look: Callable[[str, threading.Event], DataFacts | None] = facts_of,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._look = look
        self._cancel = threading.Event()
        self._background = Background(self)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_TIME_LIMIT_MS)
        self._timer.timeout.connect(self.cancel)

    def begin(self, name: str) -> None:
        """Look at this data set now, and no more at another."""
        self.cancel()
        cancel = self._cancel = threading.Event()
        self._timer.start()
        # Why data cannot be read is told by whoever trains on them; half a look tells nothing.
        self._background.run(partial(self._look, name, cancel), partial(self._take, name, cancel), lambda _: None)

    def cancel(self) -> None:
        """Nobody waits for it any more."""
        self._timer.stop()
        self._cancel.set()

    def shut_down(self) -> None:
        """For the end of the program."""
        self.cancel()
        self._background.wait()

    def _take(self, name: str, cancel: threading.Event, facts: DataFacts | None) -> None:
        if facts is not None and not cancel.is_set():
            self._timer.stop()
            self.found.emit(name, facts)
