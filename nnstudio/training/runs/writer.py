"""Lets a thread of its own do what a recorder does, so that training waits neither for a disk nor for packing."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Condition, Thread
from threading import Event as Flag

from nnstudio.training.events import Event, Snapshot
from nnstudio.training.recorder import Recorder


class Writer:
    """A `Recorder` that only takes note of events, for the one that `make` makes in the writing thread; that one is
    waited for, so that a run is known before anything comes of it.

    Of snapshots that wait, which are large, only the newest stays. What `make` or its recorder raises is a mistake of
    the program: it reaches the thread's exception hook, and nothing more is taken note of.
    """

    def __init__(self, make: Callable[[], Recorder]) -> None:
        self._make = make
        self._changed = Condition()
        self._events: deque[Event] = deque()
        self._snapshot: Snapshot | None = None
        self._closing = self._broken = False
        self._ready = Flag()
        self._thread = Thread(target=self._work, name="run history", daemon=True)
        self._thread.start()
        self._ready.wait()

    def record(self, event: Event) -> None:
        with self._changed:
            if self._broken:
                return
            if isinstance(event, Snapshot):
                self._events = deque(other for other in self._events if other is not self._snapshot)
                self._snapshot = event
            self._events.append(event)
            self._changed.notify()

    def close(self) -> None:
        """Wait until all is written."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    # ---- the thread

    def _work(self) -> None:
        try:
            recorder = self._make()
            self._ready.set()
            try:
                while event := self._next():
                    recorder.record(event)
            finally:
                recorder.close()
        finally:
            with self._changed:
                self._broken = True
                self._events.clear()
            self._ready.set()

    def _next(self) -> Event | None:
        """What comes next, waited for; ``None`` at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._events or self._closing)
            if not self._events:
                return None
            event = self._events.popleft()
            if event is self._snapshot:
                self._snapshot = None
            return event
