"""How training goes: its learning rate, its speed, the memory it takes."""

from __future__ import annotations

from nnstudio.gui.plots.colours import series_colour
from nnstudio.gui.plots.overlaid import Which, overlaid
from nnstudio.gui.plots.page import Page, Runs
from nnstudio.gui.plots.series import Series
from nnstudio.gui.plots.series_plot import Quantity, SeriesPlot

_MEBI = 2**20
RATE = Quantity("Learning rate", lambda value: f"{value:.3g}")
SPEED = Quantity("Speed (images/s)", lambda value: f"{value:,.0f}")
MEMORY = Quantity("Device memory (MiB)", lambda value: f"{value / _MEBI:,.1f}", 1 / _MEBI)


class RatePage(Page):
    """Three plots below each other; that of memory only where the device tells it."""

    title = "Rate && speed"
    smooths = True

    def __init__(self) -> None:
        super().__init__()
        self.rate, self.speed = SeriesPlot("rate", RATE), SeriesPlot("speed", SPEED)
        self.memory = SeriesPlot("memory", MEMORY)
        self.plots = [self.rate, self.speed, self.memory]
        self.stack(*self.plots)

    def show_runs(self, runs: Runs) -> None:
        super().show_runs(runs)
        self.rate.show_series(_series(runs, lambda run: run.learning_rate, smooth=False))
        self.speed.show_series(_series(runs, lambda run: run.speed))
        self.memory.show_series(_series(runs, lambda run: run.memory, smooth=False))

    def refresh(self) -> None:
        self.memory.setVisible(len(self.runs.present.memory) > 0)
        super().refresh()


def _series(runs: Runs, which: Which, *, smooth: bool = True) -> list[Series]:
    run = runs.present
    own = Series("run", "this run", which(run), series_colour(0), runs.axis(run), smooth=smooth)
    return [own, *overlaid(runs, which)]
