"""What a run has said since it was last written."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.training.events import Judged
from nnstudio.training.runs.chunks import Block
from nnstudio.training.runs.packing import Spread
from nnstudio.training.runs.records import Mark
from nnstudio.training.runs.store import RunStore

MOST_FIGURES = 2_000_000
"""What waits for a place on the disk is at most so much: 16 MB."""
_MOST_MEASUREMENTS = 16
"""Histograms of all layers, or answers to a part of the data, that wait; the newest."""


class Pending:
    """Columns of the run's line, points of curves, marks, histograms and answers."""

    def __init__(self) -> None:
        self.columns: dict[str, Any] = {}
        self.marks: list[Mark] = []
        self.spreads: list[Spread] = []
        self.judgements: list[Judged] = []
        self._blocks: dict[tuple[str, ...], list[Block]] = {}

    def add(self, names: tuple[str, ...], steps: NDArray[np.int64], figures: NDArray[np.float64]) -> None:
        """Points of curves that are measured together; ``figures`` is (curves, points)."""
        self._blocks.setdefault(names, []).append((steps, figures))

    def write(self, store: RunStore, uuid: str) -> None:
        """Hand everything over; inside a transaction."""
        for names, blocks in self._blocks.items():
            store.append(uuid, names, _together(blocks))
        for mark in self.marks:
            store.add_mark(uuid, mark)
        for spread in self.spreads:
            store.add_spread(uuid, spread)
        for judged in self.judgements:
            store.add_judgement(uuid, judged)
        if self.columns:
            store.change(uuid, **self.columns)

    def bound(self) -> None:
        """Forget points when there are too many to wait any longer."""
        if sum(figures.size for blocks in self._blocks.values() for _, figures in blocks) > MOST_FIGURES:
            self._blocks.clear()
            self.marks.clear()
        self.spreads = self.spreads[-_MOST_MEASUREMENTS:]
        self.judgements = self.judgements[-_MOST_MEASUREMENTS:]


def _together(blocks: list[Block]) -> Block:
    return np.concatenate([block[0] for block in blocks]), np.concatenate([block[1] for block in blocks], axis=1)
