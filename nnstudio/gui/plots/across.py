"""What plots have along their horizontal axis: steps, epochs, or seconds of training. Without Qt."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from nnstudio.gui.models.curves import Curves

Values = NDArray[np.float64]


class Across(StrEnum):
    """The unit of the axis, as its label says it."""

    STEP = "step"
    EPOCH = "epoch"
    SECONDS = "training time (s)"


class RunAxis:
    """Where the steps of one run stand on the axis. Runs are compared at equal places, not at equal steps.

    A run of which epochs or seconds are not known keeps its steps.
    """

    def __init__(self, across: Across, curves: Curves) -> None:
        self._across, self._curves = across, curves

    @property
    def _is_timed(self) -> bool:
        return self._across is Across.SECONDS and len(self._curves.seconds) > 0

    @property
    def _epoch(self) -> float:
        """Steps that make one unit of the axis."""
        return max(1, self._curves.steps_per_epoch) if self._across is Across.EPOCH else 1

    def places(self, steps: Values) -> Values:
        """Places on the axis, ascending as the steps are."""
        if self._is_timed:
            known = self._curves.seconds
            return np.interp(steps, np.append(0.0, known.x), np.append(0.0, known.y))
        return steps / self._epoch if self._epoch != 1 else steps

    def steps(self, places: Values) -> Values:
        """The other way; places behind the last second known belong to the last step."""
        if self._is_timed:
            known = self._curves.seconds
            return np.interp(places, np.append(0.0, known.y), np.append(0.0, known.x))
        return places * self._epoch

    def place(self, step: float) -> float:
        return float(self.places(np.array([step], np.float64))[0])

    def step(self, place: float) -> float:
        return float(self.steps(np.array([place], np.float64))[0])
