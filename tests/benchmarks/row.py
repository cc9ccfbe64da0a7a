"""What a row of the speed table is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tests.benchmarks.contest import Result


class NotHereError(Exception):
    """This machine lacks what a row needs."""


@dataclass(frozen=True)
class Settings:
    """Rounds of a contest, about how many seconds a turn takes, and threads for everybody."""

    rounds: int
    seconds: float
    threads: int


@dataclass(frozen=True)
class Goal:
    """What contenders whose name contains ``name`` should reach: by comparison with the fastest peer ``at_least`` or
    ``at_most``, or a figure that is at most ``figure``, or at least ``at_least_figure``."""

    name: str
    at_least: float | None = None
    at_most: float | None = None
    figure: float | None = None
    at_least_figure: float | None = None

    def met(self, value: float, ratio: float) -> bool:
        return (
            ratio >= (self.at_least or 0.0)
            and (self.at_most is None or ratio <= self.at_most)
            and (self.figure is None or value <= self.figure)
            and value >= (self.at_least_figure or 0.0)
        )

    def text(self, unit: str) -> str:
        if self.figure is not None:
            return f"≤ {self.figure:g} {unit}"
        if self.at_least_figure is not None:
            return f"≥ {self.at_least_figure:g} {unit}"
        return f"≥ {self.at_least:g} ×" if self.at_least is not None else f"≤ {self.at_most:g} ×"


@dataclass(frozen=True)
class Row:
    """``measure`` gives figures in ``unit``. Where they are times to be compared by speed, ``inverse`` is set."""

    key: str
    work: str
    unit: str
    goals: tuple[Goal, ...]
    measure: Callable[[Settings], Iterable[Result]]
    inverse: bool = False

    def ratio(self, value: float, peer: float) -> float:
        return peer / value if self.inverse else value / peer

    def best_peer(self, results: Iterable[Result]) -> Result | None:
        """The one that the others are compared with."""
        peers = [result for result in results if result.peer]
        return max(peers, key=lambda result: self.ratio(result.median, 1.0), default=None)
