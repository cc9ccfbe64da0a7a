"""What keeps a piece of work from being faster: arithmetic, memory, or the start of its launches.

The roofline model (Williams, Waterman and Patterson, 2009, "Roofline: an insightful visual performance model for
multicore architectures"): each peak of a device gives a time below which the work cannot be done; the longest of them
is the limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from nnstudio.units import bytes_text, duration, figure

COPIED = (2**20, 2**22, 2**24, 2**26, 2**28)
"""Bytes moved by the copies that are measured: some that stay in a cache, and one that hardly any can hold."""
ROOM = 4
"""A copy is measured where so many times the memory is free that it moves."""
FAR = 3
"""Work that takes more than so many times as long as its limit allows is far from it."""


class Limit(StrEnum):
    """What decides how fast some work can be; ``NOTHING`` where there is none, ``UNKNOWN`` without any peaks."""

    ARITHMETIC = "arithmetic"
    MEMORY = "memory"
    LAUNCHES = "launches"
    NOTHING = "nothing"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Peaks:
    """The most a device can do, as measured, 0 where it was not: ``gflops`` of multiply-adds on registers, ``gbs``
    read and written while copying more than any cache holds, ``launch_seconds`` until an empty launch is done.

    ``copies`` are the same GB/s for copies that move so many bytes, growing: small ones stay in a cache and are faster.
    """

    gflops: float = 0.0
    gbs: float = 0.0
    launch_seconds: float = 0.0
    copies: tuple[tuple[int, float], ...] = ()

    def gbs_for(self, moved: int) -> float:
        """The honest yardstick for work that moves so many bytes: a copy that moves no fewer, so that work whose data
        a cache can hold is not praised for being faster than memory."""
        return next((gbs for size, gbs in self.copies if size >= moved), self.gbs)


def copies_within(available: int) -> tuple[int, ...]:
    """Bytes that copies should move on a device with so many bytes free."""
    return tuple(moved for moved in COPIED if ROOM * moved <= available) or COPIED[:1]


@dataclass(frozen=True)
class Measurement:
    """Some work and how long it took, in so many launches."""

    flops: int
    bytes: int
    seconds: float
    launches: int

    def bounds(self, peaks: Peaks) -> dict[Limit, float]:
        """The seconds that it takes at least, by each peak that is known."""
        gbs = peaks.gbs_for(self.bytes)
        bounds = {}
        if peaks.gflops:
            bounds[Limit.ARITHMETIC] = self.flops / peaks.gflops / 1e9
        if gbs:
            bounds[Limit.MEMORY] = self.bytes / gbs / 1e9
        if peaks.launch_seconds:
            bounds[Limit.LAUNCHES] = self.launches * peaks.launch_seconds
        return bounds


def judge(measured: Measurement, peaks: Peaks) -> tuple[Limit, str]:
    """What limits the work, and a sentence for a learner that says so with the numbers."""
    idle = not measured.flops and not measured.bytes
    match idle, bool(measured.launches):
        case True, False:
            return Limit.NOTHING, "nothing to do: the same values are only seen in another shape"
        case True, True:
            return Limit.NOTHING, "nothing to compute: this device only puts the values into another order"
        case False, False:
            return Limit.NOTHING, "takes no time of its own: its neighbours do its work along with theirs"
    bounds = measured.bounds(peaks)
    if not bounds:
        return Limit.UNKNOWN, "what this device can do at most is not known"
    limit = max(bounds, key=lambda name: bounds[name])
    return limit, _sentence(limit, bounds[limit], measured, peaks)


def _sentence(limit: Limit, bound: float, measured: Measurement, peaks: Peaks) -> str:
    far = measured.seconds > FAR * bound
    match limit:
        case Limit.LAUNCHES:
            launches = "the launch" if measured.launches == 1 else f"its {measured.launches} launches"
            reached = f"starting {launches} is {duration(bound)} of its {duration(measured.seconds)}"
            return f"far from every limit: {reached}" if far else f"too small: {reached}"
        case Limit.ARITHMETIC:
            reached = f"{figure(measured.flops / measured.seconds / 1e9)} of {figure(peaks.gflops)} GFLOP/s"
        case _:
            speed, peak = measured.bytes / measured.seconds / 1e9, peaks.gbs_for(measured.bytes)
            reached = f"it moves {bytes_text(measured.bytes)} at {figure(speed)} of {figure(peak)} GB/s"
    return f"far from every limit: the nearest is {limit}, {reached}" if far else f"limited by {limit}: {reached}"
