"""Contenders that take turns.

On a machine that does other things too a figure alone says little. So all contenders of a row work within one run, by
turns of about half a second, in every round beginning with another one; medians over the rounds count, and the lowest
and the highest are told too. A turn begins with a tenth of work that is not timed: by then the threads of the one
before, which wait busily for a while, have gone to sleep, and caches are warm.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter

ENOUGH = 0.05
"""Seconds of work that tell how much of it a turn takes."""


@dataclass(frozen=True)
class Contender:
    """``run`` does so many units of work to the end and returns the seconds that they took; a unit counts ``scale`` in
    the row's figures. Other contenders are compared with those that are a ``peer``."""

    name: str
    run: Callable[[int], float]
    scale: float = 1.0
    peer: bool = False


@dataclass(frozen=True)
class Result:
    """What a contender reached in each round."""

    name: str
    values: tuple[float, ...]
    peer: bool = False

    @property
    def median(self) -> float:
        return median(self.values)


def timed(work: Callable[[int], object]) -> Callable[[int], float]:
    """``work`` as a contender's ``run``."""

    def run(units: int) -> float:
        began = perf_counter()
        work(units)
        return perf_counter() - began

    return run


def contest(contenders: Sequence[Contender], rounds: int, seconds: float, units: int = 0) -> list[Result]:
    """Units times ``scale`` a second. A turn takes about ``seconds``, or is of ``units`` where these are given."""
    turns = {contender.name: units or units_in(contender, seconds) for contender in contenders}
    rates: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    for number in range(rounds):
        first = number % len(contenders)
        for contender in (*contenders[first:], *contenders[:first]):
            count = turns[contender.name]
            contender.run(max(1, count // 10))
            rates[contender.name].append(count * contender.scale / contender.run(count))
    return [Result(contender.name, tuple(rates[contender.name]), contender.peer) for contender in contenders]


def units_in(contender: Contender, seconds: float) -> int:
    """How many units fill a turn; found with ever more of them, since the first take longer."""
    units, taken = 1, contender.run(1)
    while (taken := contender.run(units)) < ENOUGH:
        units *= 2
    return max(1, round(units * seconds / taken))
