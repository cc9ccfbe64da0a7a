"""The curves of other runs behind those of the present one."""

from __future__ import annotations

from collections.abc import Callable

from nnstudio.gui.models.curves import Curve, Curves
from nnstudio.gui.plots.colours import fixed
from nnstudio.gui.plots.page import Runs
from nnstudio.gui.plots.series import Series

Which = Callable[[Curves], Curve]
"""Which curve of a run is meant."""


def overlaid(runs: Runs, noisy: Which, judged: Which | None = None) -> list[Series]:
    """A smoothed curve for each other run that has it, in the run's colour; what was judged at the end of epochs is
    dashed."""
    series = []
    for number, (name, colour, run) in enumerate(runs.overlays, 1):
        axis = runs.axis(run)
        if len(noisy(run)):
            series.append(Series(f"other{number}", name, noisy(run), fixed(colour), axis, raw=False))
        if judged and len(judged(run)):
            key, title = f"other{number}_judged", f"{name}, val."
            series.append(Series(key, title, judged(run), fixed(colour), axis, smooth=False, dashed=True))
    return series
