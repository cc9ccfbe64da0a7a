"""How much of training's time looking on may take."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter


class Allowance:
    """Lets something be done only while it takes less than ``share`` of the time of training.

    What comes next is taken to cost what came last. The first time is free, since programs are made then.
    """

    def __init__(self, share: float) -> None:
        self.share = share
        self._spent = 0.0
        self._last: float | None = None

    def affords(self, trained: float) -> bool:
        """Whether it can be done once more after ``trained`` seconds of training."""
        return self._last is None or self._spent + self._last <= self.share * trained

    @contextmanager
    def spending(self) -> Iterator[None]:
        """Around whatever is done."""
        began = perf_counter()
        yield
        seconds = perf_counter() - began
        if self._last is None:
            self._last = 0.0
        else:
            self._last = seconds
            self._spent += seconds
