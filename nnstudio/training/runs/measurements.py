"""What is kept of a network's inside and of its answers, moment by moment; bounded for each run.

What is too much is thinned as the timeline is: gaps grow with age, the first and the newest stay.
"""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from nnstudio.training.events import Judged
from nnstudio.training.runs.packing import Spread, packed_answers, packed_spread, unpacked_answers, unpacked_spread
from nnstudio.training.timeline.thinning import least_missed

SPREAD = "spread"
PARTS = ("validation", "train")


class Budget(NamedTuple):
    """What one run may have of one kind: so many moments, in so many bytes."""

    moments: int
    bytes: int


BUDGETS = {SPREAD: Budget(256, 2**18), **dict.fromkeys(PARTS, Budget(64, 2**17))}
"""A column of histograms for each place that a plot has, and as many judgements as the plots remember: at most half a
megabyte a run. Of LeNet-5 it holds all moments; of large networks, fewer."""


class Measurements:
    """The table of measurements of a database; runs are given by their row. Errors are SQLite's."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add_spread(self, run: int, spread: Spread) -> None:
        self._add(run, SPREAD, spread.step, packed_spread(spread))

    def add_judgement(self, run: int, judged: Judged) -> None:
        self._add(run, judged.part, judged.step, packed_answers(judged))

    def spreads(self, run: int, last: int | None = None) -> list[Spread]:
        """From the first to the newest, or to that at step `last`. `PacketError` where one is damaged."""
        return [unpacked_spread(data, step) for step, data in self._read(run, SPREAD, last)]

    def judgements(self, run: int, last: int | None = None) -> list[Judged]:
        """In the same way, one part of the data after the other."""
        return [unpacked_answers(data, step, part) for part in PARTS for step, data in self._read(run, part, last)]

    def _read(self, run: int, kind: str, last: int | None) -> list[tuple[int, bytes]]:
        return self._connection.execute(
            "SELECT step, data FROM measurement WHERE run = ? AND kind = ? AND step <= ? ORDER BY step",
            (run, kind, 2**62 if last is None else last),
        ).fetchall()

    def _add(self, run: int, kind: str, step: int, data: bytes) -> None:
        """What lies behind a step that is reached again is no longer true; what alone is too large is left out."""
        if len(data) > BUDGETS[kind].bytes:
            return
        self._connection.execute("DELETE FROM measurement WHERE run = ? AND kind = ? AND step >= ?", (run, kind, step))
        self._connection.execute(
            "INSERT INTO measurement (run, kind, step, data) VALUES (?, ?, ?, ?)", (run, kind, step, data)
        )
        self._thin(run, kind)

    def _thin(self, run: int, kind: str) -> None:
        kept = self._connection.execute(
            "SELECT id, step, length(data) FROM measurement WHERE run = ? AND kind = ? ORDER BY step", (run, kind)
        ).fetchall()
        most, used = BUDGETS[kind], sum(size for *_, size in kept)
        while len(kept) > most.moments or used > most.bytes:
            place = least_missed([step for _, step, _ in kept]) or 0
            number, _, size = kept.pop(place)
            used -= size
            self._connection.execute("DELETE FROM measurement WHERE id = ?", (number,))
