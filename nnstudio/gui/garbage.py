"""Garbage collected by the GUI thread alone.

Python collects cycles in whichever thread happens to allocate. A cycle that holds a widget would so be destroyed by the
thread that trains, which Qt forbids: it crashes.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

_PERIOD_MS = 500
_SETTLED_MS = 5000
"""After that long everything is imported: what is there then stays to the end and needs not be looked through again."""


class GarbageCollector(QObject):
    """Does from a timer, by the same thresholds, what Python would do by itself."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._collect)
        self._timer.start(_PERIOD_MS)
        QTimer.singleShot(_SETTLED_MS, self, gc.freeze)

    def _collect(self) -> None:
        full = [count > limit for count, limit in zip(gc.get_count(), gc.get_threshold(), strict=True)]
        if full[0]:
            gc.collect(2 if full[2] else 1 if full[1] else 0)
