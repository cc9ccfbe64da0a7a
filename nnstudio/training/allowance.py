"""How much of training's time looking on may take."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter


class Allowance:
    """Lets something be done only while it takes less than ``share`` of the time of training.

    The next time is taken to cost what all have cost on average: the last alone may have met with a busy moment of the
    machine. The first time is free, since programs are made then.
    """

    def __init__(self, share: float) -> None:
        self.share = share
        self._spent = 0.0
        self._times = -1
        """That were not free."""

    def affords(self, trained: float) -> bool:
        """Whether it can be done once more after ``trained`` seconds of training."""
        average = self._spent / self._times if self._times > 0 else 0.0
        return self._spent + average <= self.share * trained

    @contextmanager
    def spending(self) -> Iterator[None]:
        """Around whatever is done."""
        began = perf_counter()
        yield
        self._times += 1
        if self._times:
            self._spent += perf_counter() - began
