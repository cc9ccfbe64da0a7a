"""Makes what keeps each run that training begins, and brings what it says to the window."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

import nnstudio
from nnstudio.engine.backend import TrainingState
from nnstudio.gui.worker import Request
from nnstudio.training.events import Event
from nnstudio.training.recorder import Recorder
from nnstudio.training.runs import Origin, RunRecorder, RunStore, RunStoreError, Writer
from nnstudio.training.runs.fingerprint import data_fingerprint


class _NoRecorder:
    """Where there is no place for runs."""

    def record(self, event: Event) -> None:
        """Nowhere to keep it."""

    def close(self) -> None:
        """Nothing to write."""


class Recording(QObject):
    """`make_recorder` is called in the training thread, all else happens in one for each run; the signals arrive in the
    window's thread.
    """

    recorded = Signal(object)
    """The `Run` that is being trained, as it is now; about once a second."""
    failed = Signal(str, str)
    """Why runs are not kept, and what to do."""

    def __init__(self, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path, self._opened = path, False

    def make_recorder(self, request: Request) -> Recorder:
        """A recorder that never keeps training waiting."""
        return Writer(partial(self._opened_recorder, request))

    def _opened_recorder(self, request: Request) -> Recorder:
        """With a database connection of the calling thread."""
        try:
            store = RunStore(self._path) if self._opened else RunStore.open(self._path)
            recorder = RunRecorder(store, _origin(request), told=self.recorded.emit, failed=self.failed.emit)
        except RunStoreError as error:
            self._opened = False
            self.failed.emit(error.message, f"Training goes on. {error.hint}".rstrip())
            return _NoRecorder()
        self._opened = True
        return recorder


def _origin(request: Request) -> Origin:
    state = request.state
    step = state.step if isinstance(state, TrainingState) else 0
    return Origin(
        request.settings,
        request.designed or request.spec,
        request.dataset,
        data_fingerprint(request.dataset),
        nnstudio.__version__,
        parent=request.parent or None,
        parent_step=step,
        uuid=request.run,
    )
