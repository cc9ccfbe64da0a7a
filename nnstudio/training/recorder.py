"""Whoever keeps what a trainer says: a run's history, its timeline, its checkpoints."""

from __future__ import annotations

from typing import Protocol

from nnstudio.training.events import Event


class Recorder(Protocol):
    """Hears every event of a run, in the thread that trains, before anybody else does.

    It must be quick: what takes longer than a moment is collected and written at intervals. What it cannot write it
    reports by itself; it never raises, because training goes on whatever happens to its records.
    """

    def record(self, event: Event) -> None:
        """Keep what is worth keeping of an event."""

    def close(self) -> None:
        """The run is over: write what is left."""
