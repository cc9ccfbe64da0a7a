"""The training loss of all lanes of a race in one picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QSize

from nnstudio.gui.models.curves import Curve
from nnstudio.gui.plots.thinning import Extremes
from nnstudio.gui.runs.race_model import Lane
from nnstudio.gui.theme import current_theme, mixed, tabular, theme_source
from nnstudio.training.race import MOST_LANES

_SMOOTHED = 24
"""Stretches that a smoothed curve has."""
_BELOW = 36
"""Pixels for the steps and what they are."""
_PLACES = 300
"""Across which a curve is drawn with all its spikes."""
_TOP = 99
"""Percentile of all losses that is seen: one lane that diverges does not press the others flat."""


class RaceChart(pg.PlotWidget):
    """For each lane the loss of every step, quiet, and its mean over stretches, in the lane's colour."""

    def __init__(self) -> None:
        super().__init__(enableMenu=False)
        self.setObjectName("race_chart")
        self.setAccessibleName("Training loss of all lanes over the steps of the race")
        self.raw = [pg.PlotDataItem() for _ in range(MOST_LANES)]
        self._extremes = [Extremes(Curve()) for _ in range(MOST_LANES)]
        """Of each lane's losses, so that only what is new is looked at."""
        self.smooth = [pg.PlotDataItem() for _ in range(MOST_LANES)]
        for item in (*self.raw, *self.smooth):
            self.addItem(item)
        self.setMouseEnabled(False, False)
        self.hideButtons()
        self.showGrid(x=False, y=True, alpha=0.12)
        self.getAxis("bottom").setHeight(_BELOW)
        theme_source.themeChanged.connect(self._colour)
        self._colour()

    def sizeHint(self) -> QSize:
        return QSize(320, 176)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 120)

    def show_lanes(self, lanes: Sequence[Lane]) -> None:
        """Draw what they have measured so far."""
        longest = max((len(lane.losses) for lane in lanes), default=0)
        seen = [np.empty(0)]
        for number, (raw, smooth) in enumerate(zip(self.raw, self.smooth, strict=True)):
            losses = lanes[number].losses if number < len(lanes) else None
            if losses is None or not len(losses):
                raw.setData([], [])
                smooth.setData([], [])
                continue
            if self._extremes[number].curve is not losses:
                self._extremes[number] = Extremes(losses)
            thinned = self._extremes[number].thinned(1, longest, _PLACES)
            seen.append(thinned[1])
            raw.setData(*thinned)
            smooth.setData(*smoothed(losses.x, losses.y))
        finite = np.concatenate(seen)
        top = float(np.percentile(finite, _TOP)) if len(finite) else 1.0
        self.setXRange(1, max(2, longest), padding=0.01)
        self.setYRange(0, (top or 1.0) * 1.05, padding=0)

    def _colour(self) -> None:
        theme = current_theme()
        self.setBackground(theme.panel)
        for number, (raw, smooth) in enumerate(zip(self.raw, self.smooth, strict=True)):
            raw.setPen(pg.mkPen(mixed(theme.series[number], theme.panel, 0.3), width=1))
            smooth.setPen(pg.mkPen(theme.series[number], width=2))
        for name, text in (("bottom", "step of the race"), ("left", "training loss")):
            axis = self.getAxis(name)
            axis.enableAutoSIPrefix(False)
            axis.setLabel(text, color=theme.quiet)
            axis.setPen(theme.border)
            axis.setTextPen(theme.quiet)
            axis.setTickFont(tabular(self.font()))


def smoothed(
    steps: NDArray[np.float64], losses: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The means of stretches: of steps and of losses."""
    count = min(_SMOOTHED, len(steps))
    means = [np.array([part.mean() for part in np.array_split(values, count)]) for values in (steps, losses)]
    return means[0], means[1]
