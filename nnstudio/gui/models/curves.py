"""Numbers that grow while a network learns."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

_FIRST_CAPACITY = 4096


class Curve:
    """Points (x, y) that are only ever appended, in float64 arrays that double when full.

    `x` and `y` are views of what is there now; a view stays right when more is appended.
    """

    def __init__(self) -> None:
        self._points: NDArray[np.float64] = np.empty((2, _FIRST_CAPACITY))
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def x(self) -> NDArray[np.float64]:
        return self._points[0, : self._count]

    @property
    def y(self) -> NDArray[np.float64]:
        return self._points[1, : self._count]

    def extend(self, x: ArrayLike, y: ArrayLike) -> None:
        """Append points; `x` goes on where it was."""
        new = np.asarray([x, y], np.float64)
        end = self._count + new.shape[1]
        if end > self._points.shape[1]:
            grown = np.empty((2, max(end, 2 * self._points.shape[1])))
            grown[:, : self._count] = self._points[:, : self._count]
            self._points = grown
        self._points[:, self._count : end] = new
        self._count = end

    def cut(self, last_x: float) -> None:
        """Forget what lies behind `last_x`, as after going back to a snapshot."""
        kept = int(np.searchsorted(self.x, last_x, side="right"))
        self._points = self._points.copy()  # views given out before keep what they show
        self._count = kept


class Curves:
    """All curves of one run: over steps for training, at the end of each epoch for validation."""

    def __init__(self) -> None:
        self.training_loss = Curve()
        self.training_accuracy = Curve()
        self.validation_loss = Curve()
        self.validation_accuracy = Curve()

    def cut(self, step: float) -> None:
        """Forget everything behind `step`."""
        for curve in (self.training_loss, self.training_accuracy, self.validation_loss, self.validation_accuracy):
            curve.cut(step)
