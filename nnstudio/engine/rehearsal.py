"""Training on noise, to be timed: how long a step takes does not depend on what is in the pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from statistics import median
from time import perf_counter
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.backend import Backend, Executable, Timing
from nnstudio.engine.initializers import Initializer, initial_parameters
from nnstudio.engine.optimizers import Momentum
from nnstudio.engine.plan import Plan
from nnstudio.errors import CancelledError

OPTIMIZER = Momentum()
FEWEST_BATCHES, MOST_BATCHES, MOST_BYTES = 2, 32, 2**25
"""In the data set; fewer when pictures are large."""
CHUNK_SECONDS = 0.05
"""Steps are taken in chunks of about this length; between them progress is told and cancelling heard."""

Progress = Callable[[float], None]
Cancelled = Callable[[], bool]
Result = TypeVar("Result")


@contextmanager
def prepared(plan: Plan, backend: Backend, batch_size: int) -> Iterator[Executable]:
    """An executable about to train on noise, the same on every device."""
    executable = backend.prepare(plan, batch_size=batch_size, optimizer=OPTIMIZER)
    try:
        executable.write_parameters(initial_parameters(plan, Initializer.HE_NORMAL, seed=0))
        count = batch_size * batches_of(plan, batch_size)
        executable.load_samples(*noise(plan, count))
        executable.begin_epoch(np.random.default_rng(1).permutation(count))
        yield executable
    finally:
        executable.close()


def noise(plan: Plan, count: int) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Pictures and labels."""
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (count, *plan.input.shape), np.uint8)
    return images, generator.integers(0, plan.classes or 1, count).astype(np.int32)


def batches_of(plan: Plan, batch_size: int) -> int:
    """Batches in the data set: few when pictures are large."""
    return max(FEWEST_BATCHES, min(MOST_BATCHES, MOST_BYTES // (batch_size * plan.input.size)))


def require_wanted(cancelled: Cancelled) -> None:
    """``CancelledError`` when ``cancelled`` says so."""
    if cancelled():
        raise CancelledError("The examination was cancelled.")


class Meter:
    """Has an executable take steps for so many seconds."""

    def __init__(self, executable: Executable, seconds: float, cancelled: Cancelled) -> None:
        self._executable, self._seconds, self._cancelled = executable, seconds, cancelled
        self._batches = batches_of(executable.plan, executable.batch_size)

    def step_seconds(self, progress: Progress) -> float:
        """How long a step of ordinary training takes."""
        return median(taken / steps for steps, taken, _ in self._chunks(self._train, progress))

    def timings(self, progress: Progress) -> list[Timing]:
        """How long each op takes on its own."""
        chunks = [timings for _, _, timings in self._chunks(self._executable.profile, progress)]
        return [
            replace(same[0], seconds=median(timing.seconds for timing in same)) for same in zip(*chunks, strict=True)
        ]

    def _train(self, first: int, count: int) -> None:
        self._executable.train(first, count)
        self._executable.drain()

    def _chunks(self, work: Callable[[int, int], Result], progress: Progress) -> Iterator[tuple[int, float, Result]]:
        """Chunk after chunk: its steps, the seconds it took, and what ``work`` said. The first step is not among them:
        drivers compile in it."""
        work(0, 1)
        begin, done, steps = perf_counter(), 0.0, 1
        while done < 1:
            require_wanted(self._cancelled)
            start = perf_counter()
            result = work(0, steps)
            taken = perf_counter() - start
            yield steps, taken, result
            done = (perf_counter() - begin) / self._seconds if self._seconds else 1.0
            progress(min(done, 1.0))
            steps = max(1, min(self._batches, round(steps * CHUNK_SECONDS / taken)))
