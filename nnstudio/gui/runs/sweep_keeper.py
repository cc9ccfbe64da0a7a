"""Keeps the sweep under way on disk, so that it can go on after the program has ended, however that happens."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Lock

from PySide6.QtCore import QObject, Signal

from nnstudio.errors import NNStudioError
from nnstudio.files import WriteError
from nnstudio.gui.background import Background
from nnstudio.training.sweep_runs import OpenSweep, read_sweep, write_sweep


class SweepKeeper(QObject):
    """Writes in the background; of several that wait to be written the newest wins."""

    failed = Signal(str, str)
    """What cannot be written or read, and what to do."""

    def __init__(self, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = path
        self._newest: OpenSweep | None = None
        self._turn = Lock()
        self._background = Background(self)

    def keep(self, sweep: OpenSweep | None) -> None:
        """Have this on disk; ``None``: nothing is left to be done."""
        self._newest = sweep
        self._background.run(self._write, lambda _: None, self._tell)

    def read(self, done: Callable[[OpenSweep | None], object]) -> None:
        """Call `done` with the sweep that an earlier session left."""
        self._background.run(partial(read_sweep, self._path), done, self._tell)

    def wait(self) -> None:
        """Until all is on disk."""
        self._background.wait()

    def _write(self) -> None:
        with self._turn:
            if sweep := self._newest:
                write_sweep(self._path, sweep)
                return
            try:
                self._path.unlink(missing_ok=True)
            except OSError as error:
                raise WriteError(f"{self._path} cannot be removed: {error.strerror or error}.") from error

    def _tell(self, error: NNStudioError) -> None:
        self.failed.emit(error.message, error.hint)
