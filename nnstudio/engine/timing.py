"""How long things take at best."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from time import perf_counter


def best_time(repeat: Callable[[int], None], seconds: float, most: int = 2**30) -> float:
    """Seconds that one of the things takes of which ``repeat`` does so many (at most ``most`` at once) and waits.

    The best of about forty runs in ``seconds``: whatever else the machine does can only slow it down, and seldom all.
    """
    count, best, end = 1, inf, perf_counter() + seconds
    while True:
        start = perf_counter()
        repeat(count)
        now = perf_counter()
        best = min(best, (now - start) / count)
        if now >= end:
            return best
        count = max(1, min(most, round(count * seconds / 40 / (now - start))))
