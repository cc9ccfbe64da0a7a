"""The most NumPy can do on this machine, on as many threads as there are cores."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial

import numpy as np
import psutil

from nnstudio.engine.numpy.crew import Crew
from nnstudio.engine.roofline import Peaks, copies_within
from nnstudio.engine.timing import best_time

SIDE = 512
"""Of the matrices that are multiplied."""
SECONDS = 0.15
"""For each measurement."""


def measure_peaks() -> Peaks:
    """Takes about a second. Each thread multiplies matrices of its own, so BLAS must not start threads (see
    ``NumpyBackend``)."""
    threads = os.cpu_count() or 1
    crew = Crew(threads)
    try:
        gflops = 2 * SIDE**3 / _seconds(crew, [_product() for _ in range(threads)]) * threads / 1e9
        sizes = copies_within(psutil.virtual_memory().available)
        copies = tuple((moved, _copy_gbs(crew, moved)) for moved in sizes)
    finally:
        crew.close()
    return Peaks(gflops, copies[-1][1], best_time(partial(_repeat, _smallest_op()), SECONDS), copies)


def _copy_gbs(crew: Crew, moved: int) -> float:
    tasks = [_copy(moved // crew.size) for _ in range(crew.size)]
    return moved / _seconds(crew, tasks) / 1e9


def _seconds(crew: Crew, tasks: list[Callable[[], object]]) -> float:
    """How long all threads need, each for its own task."""
    return best_time(lambda count: crew.run([partial(_repeat, task, count) for task in tasks]), SECONDS)


def _repeat(task: Callable[[], object], count: int) -> None:
    for _ in range(count):
        task()


def _product() -> Callable[[], object]:
    A, B, C = (np.ones((SIDE, SIDE), np.float32) for _ in range(3))
    return lambda: np.matmul(A, B, out=C)


def _copy(moved: int) -> Callable[[], object]:
    """With a factor, since a mere copy is done by means that no layer has."""
    source, target = (np.ones(moved // 8, np.float32) for _ in range(2))
    return lambda: np.multiply(source, 0.5, out=target)


def _smallest_op() -> Callable[[], object]:
    """A dense layer with one weight: all it takes is being called."""
    W, X, Y, b = (np.ones((1, 1), np.float32) for _ in range(4))

    def forward() -> None:
        np.matmul(W, X, out=Y)
        np.add(Y, b, out=Y)
        np.clip(Y, 0, np.inf, out=Y)

    return forward
