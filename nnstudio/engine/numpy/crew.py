"""A few threads that work side by side. NumPy lets go of Python's lock while it computes, so they really do."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from threading import Thread

import numpy as np

Task = Callable[[], None]


class Crew:
    """Runs up to ``size`` tasks at once: on the caller's thread and on others that are kept waiting."""

    def __init__(self, size: int) -> None:
        self.size = max(1, min(size, os.cpu_count() or 1))
        self._orders: list[SimpleQueue[Sequence[Task] | None]] = [SimpleQueue() for _ in range(self.size - 1)]
        self._results: SimpleQueue[BaseException | None] = SimpleQueue()
        for orders in self._orders:
            Thread(target=_work, args=(orders, self._results), name="numpy-lane", daemon=True).start()
        self.close = weakref.finalize(self, _dismiss, self._orders)

    def run(self, tasks: Sequence[Task]) -> None:
        """Do all ``tasks``, task ``i`` always on thread ``i % size``; then raise what the first that failed raised."""
        helpers = self._orders[: len(tasks) - 1]
        for number, orders in enumerate(helpers, start=1):
            orders.put(tasks[number :: self.size])
        failures = [_do(tasks[:: self.size]), *(self._results.get() for _ in helpers)]
        for failure in failures:
            if failure is not None:
                raise failure


def _do(tasks: Sequence[Task]) -> BaseException | None:
    """A diverging network overflows; that shows in its loss and needs no warnings."""
    try:
        with np.errstate(all="ignore"):
            for task in tasks:
                task()
    except BaseException as failure:  # noqa: BLE001 - it is raised again, by `run`
        return failure
    return None


def _work(orders: SimpleQueue[Sequence[Task] | None], results: SimpleQueue[BaseException | None]) -> None:
    while (tasks := orders.get()) is not None:
        results.put(_do(tasks))


def _dismiss(crew: Sequence[SimpleQueue[Sequence[Task] | None]]) -> None:
    for orders in crew:
        orders.put(None)
