"""Histograms of one parameter or one layer's activations over time."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker

from nnstudio.gui.models.histogram_history import HistogramHistory
from nnstudio.gui.plots.heat_map import HeatMap
from nnstudio.gui.plots.page import Page, Runs
from nnstudio.gui.widgets.fields import combo_box


class HistogramPage(Page):
    """A heat map, and what it is of."""

    title = "Histograms"

    def __init__(self) -> None:
        super().__init__()
        self._names: list[str] = []
        self.plot = HeatMap("histogram", "Histograms over time")
        self.choice = combo_box()
        self.choice.setObjectName("plots_histogram")
        self.choice.setAccessibleName("Whose histograms are shown")
        self.choice.setMinimumContentsLength(18)
        self.choice.currentIndexChanged.connect(lambda _: self._choose())
        self.plot.heading.hide()
        self.plot.top.insertWidget(0, self.choice)
        self.plots = [self.plot]
        self.stack(self.plot)

    def show_runs(self, runs: Runs) -> None:
        super().show_runs(runs)
        self._offer()
        self._choose()

    def refresh(self) -> None:
        """Draw what has been measured since."""
        if not self._offer():
            self.plot.refresh()

    @property
    def _histories(self) -> dict[str, HistogramHistory]:
        run = self.runs.present
        activations = {f"{name} (activations)": history for name, history in run.activation_histograms.items()}
        return {**run.weight_histograms, **activations}

    def _offer(self) -> bool:
        """Offer what there is now, and stay with what was chosen; whether that was something new."""
        if self._names == [*self._histories]:
            return False
        self._names, chosen = [*self._histories], self.choice.currentText()
        with QSignalBlocker(self.choice):
            self.choice.clear()
            self.choice.addItems(self._names)
            self.choice.setCurrentText(chosen)
        self.choice.setEnabled(bool(self._names))
        self._choose()
        return True

    def _choose(self) -> None:
        name = self.choice.currentText()
        self.plot.show_history(name, self._histories.get(name))
