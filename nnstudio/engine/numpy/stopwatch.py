"""Timing of the ops, on the thread that does them."""

from __future__ import annotations

from collections import defaultdict
from time import perf_counter

from nnstudio.engine.backend import Phase


class Watch:
    """A watch that nobody looks at."""

    def start(self) -> None:
        """Work begins now."""

    def lap(self, node: str, phase: Phase) -> None:
        """What was done since the last lap, or the start, was this phase of that node."""


class Stopwatch(Watch):
    """A watch that adds up the ``seconds`` of each phase of each node."""

    def __init__(self) -> None:
        self.seconds: defaultdict[tuple[str, Phase], float] = defaultdict(float)
        self._since = 0.0

    def start(self) -> None:
        self._since = perf_counter()

    def lap(self, node: str, phase: Phase) -> None:
        now = perf_counter()
        self.seconds[node, phase] += now - self._since
        self._since = now


UNWATCHED = Watch()
