"""Losses and right answers of steps, kept on the device until somebody asks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.backend import StepMetrics
from nnstudio.engine.opencl.memory import Memory
from nnstudio.engine.opencl.stream import Stream


class MetricRows:
    """``rows`` rows in the buffers ``losses`` and ``hits``, one a step, each with a value for every vector of
    images."""

    def __init__(self, stream: Stream, memory: Memory, losses: str, hits: str, rows: int, vectors: int) -> None:
        self._stream, self._memory = stream, memory
        self._names = losses, hits
        self._losses = np.zeros((rows, vectors), np.float32)
        self._hits = np.zeros((rows, vectors), np.int32)
        self._counts: list[int] = []
        self._read: list[tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]] = []

    def next_row(self, count: int) -> int:
        """The row for a step of ``count`` images; when all are full they are read first."""
        if len(self._counts) == len(self._losses):
            self.collect()
        self._counts.append(count)
        return len(self._counts) - 1

    def collect(self) -> None:
        """Bring what is on the device here; its rows are free again."""
        used = len(self._counts)
        if not used:
            return
        self._stream.read(self._losses[:used], self._memory[self._names[0]])
        self._stream.read(self._hits[:used], self._memory[self._names[1]])
        counts = np.array(self._counts, np.int64)
        losses = self._losses[:used].sum(axis=1, dtype=np.float64) / counts
        self._read.append((losses, self._hits[:used].sum(axis=1, dtype=np.int64), counts))
        self._counts.clear()

    def discard(self) -> None:
        """Forget all steps, which nobody wants to know about."""
        self._counts.clear()
        self._read.clear()

    def drain(self) -> StepMetrics:
        """Everything since the last call."""
        self.collect()
        read, self._read = self._read, []
        return StepMetrics(
            np.concatenate([np.empty(0), *(losses for losses, _, _ in read)]),
            np.concatenate([np.empty(0, np.int64), *(correct for _, correct, _ in read)]),
            np.concatenate([np.empty(0, np.int64), *(counts for _, _, counts in read)]),
        )
