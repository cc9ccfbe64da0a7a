"""What all pages of plots have in common: they are given the same runs and the same place in time."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import QVBoxLayout, QWidget

from nnstudio.gui.models.curves import Curves, Overlay
from nnstudio.gui.plots.across import Across, RunAxis
from nnstudio.gui.plots.series_plot import SeriesPlot
from nnstudio.gui.plots.time_plot import TimePlot


@dataclass(frozen=True)
class Runs:
    """The present run, the others drawn with it, and what the time axis counts."""

    present: Curves
    across: Across = Across.STEP
    overlays: tuple[Overlay, ...] = ()

    @property
    def everyone(self) -> tuple[Curves, ...]:
        return self.present, *(overlay.curves for overlay in self.overlays)

    def axis(self, run: Curves) -> RunAxis:
        """Where the steps of one of them stand."""
        return RunAxis(self.across, run)


class Page(QWidget):
    """A page of plots. It is told which runs to draw, and draws them when it is seen.

    What a page does with ``runs.overlays`` is its own affair: curves are laid over each other (`overlaid`).
    """

    title = ""
    smooths = False
    """Whether there are noisy curves, so that smoothing means something."""
    timed = True
    """Whether there is a time axis."""

    def __init__(self) -> None:
        super().__init__()
        self.runs = Runs(Curves())
        self.plots: list[TimePlot] = []
        """Those that share the time axis and the line that reads values."""

    @property
    def series_plots(self) -> list[SeriesPlot]:
        """Those with curves, which may be smoothed or stand on a logarithmic axis."""
        return [plot for plot in self.plots if isinstance(plot, SeriesPlot)]

    def show_runs(self, runs: Runs) -> None:
        """Draw these from now on."""
        self.runs = runs
        for plot in self.plots:
            plot.show_run(runs.present, runs.across)

    def show_cursor(self, step: int | None) -> None:
        """Mark the step that everything in the window shows; ``None``: the newest."""
        for plot in self.plots:
            plot.show_cursor(step)

    def refresh(self) -> None:
        """Draw what has been measured since."""
        for plot in self.plots:
            plot.refresh()

    def stack(self, *widgets: QWidget) -> None:
        """Put these below each other; plots share the room that is left."""
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        for widget in widgets:
            layout.addWidget(widget, 1 if isinstance(widget, TimePlot) else 0)
