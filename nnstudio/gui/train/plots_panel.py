"""All that a run measures, live: curves, what happens inside, histograms, which class is taken for which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import pyqtgraph as pg
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLabel, QPushButton, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from nnstudio.gui.models.curves import Curves, Overlay
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.pictures_model import PicturesModel
from nnstudio.gui.models.training_model import TrainingModel
from nnstudio.gui.plots.across import Across
from nnstudio.gui.plots.confusion_page import ConfusionPage
from nnstudio.gui.plots.controls import PlotControls
from nnstudio.gui.plots.histogram_page import HistogramPage
from nnstudio.gui.plots.layers_page import LayersPage
from nnstudio.gui.plots.loss_page import LossPage
from nnstudio.gui.plots.page import Page, Runs
from nnstudio.gui.plots.rate_page import RatePage
from nnstudio.gui.plots.time_plot import TimePlot
from nnstudio.network import Family

_PERIOD_MS = 80
"""Curves are redrawn at most 12 times a second: more is not seen, and training has better use for the time."""


class PlotsPanel(QWidget):
    """Pages of plots that share one time axis and one line that reads values, and a word on what will be here.

    ``network`` says which family a layer is of; without it layers have the colours for curves.
    """

    message = Signal(str, str, str)
    """Severity, what happened, what to do: of plots that were saved."""
    cellChosen = Signal(str, int, int, object)
    """As `ConfusionPanel.cellChosen`."""

    def __init__(
        self,
        training: TrainingModel,
        network: NetworkModel | None = None,
        pictures: PicturesModel | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        pg.setConfigOptions(antialias=True)
        self.setObjectName("plots_panel")
        self._training, self._network = training, network
        self.pictures = pictures or PicturesModel(parent=self)
        self._shown: tuple[object, ...] = ()
        self._overlays: tuple[Overlay, ...] = ()
        confusion = ConfusionPage(self.pictures)
        self._pages: list[Page] = [LossPage(), RatePage(), LayersPage(self._families), HistogramPage(), confusion]
        self._plots = [plot for page in self._pages for plot in page.plots]
        self._controls = PlotControls()
        self._arrange()
        self._wire(confusion)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PERIOD_MS)
        self._timer.timeout.connect(self._refresh)
        training.curvesChanged.connect(self._refresh_soon)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._refresh()

    # ---- for those around

    def set_overlays(self, overlays: Sequence[tuple[str, str, Curves]]) -> None:
        """Draw other runs too, each with a name, a colour and its curves: every page is given them."""
        self._overlays = tuple(Overlay(*overlay) for overlay in overlays)
        self._shown = ()
        self._refresh_soon()

    def show_cursor(self, step: int | None) -> None:
        """Mark the step that everything else in the window shows; ``None``: the newest."""
        for page in self._pages:
            page.show_cursor(step)
        self._refresh_soon()

    def show_page(self, number: int) -> None:
        """Turn to loss and accuracy (0), rate and speed, layers, histograms, or the confusion matrix (4)."""
        self._tabs.setCurrentIndex(number)

    # ---- parts

    def _arrange(self) -> None:
        self._tabs, self._stack, self._book = QTabBar(), QStackedWidget(), QStackedWidget()
        self._tabs.setObjectName("plots_tabs")
        self._tabs.setAccessibleName("Plots")
        self._tabs.setDrawBase(False)
        self._tabs.setExpanding(False)
        for page in self._pages:
            self._tabs.addTab(page.title)
            self._book.addWidget(page)
        filled = QWidget()
        layout = QVBoxLayout(filled)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._tabs)
        layout.addWidget(self._controls)
        layout.addWidget(self._book, 1)
        self._stack.addWidget(self._make_empty())
        self._stack.addWidget(filled)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(16, 12, 16, 12)
        outer.addWidget(self._stack)

    def _make_empty(self) -> QWidget:
        page = QWidget()
        words = QLabel("Loss and accuracy are drawn here while the network learns.")
        words.setProperty("role", "quiet")
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        words.setWordWrap(True)
        start = QPushButton("Train")
        start.setObjectName("plots_train")
        start.setAccessibleName("Train the network")
        start.clicked.connect(self._training.play)
        layout = QVBoxLayout(page)
        layout.setSpacing(16)
        layout.addStretch(1)
        layout.addWidget(words)
        layout.addWidget(start, 0, Qt.AlignmentFlag.AlignCenter)
        layout.addStretch(1)
        return page

    def _wire(self, confusion: ConfusionPage) -> None:
        controls = self._controls
        controls.memoryChanged.connect(self._smooth)
        controls.logChanged.connect(self._set_log)
        controls.acrossChanged.connect(self._set_across)
        controls.allAsked.connect(self._follow)
        self._tabs.currentChanged.connect(self._turn)
        confusion.panel.cellChosen.connect(self.cellChosen)
        confusion.panel.export_button.message.connect(self.message)
        for plot in self._plots:
            plot.pointed.connect(self._point)
            plot.zoomed.connect(partial(self._zoomed, plot))
            plot.allAsked.connect(self._follow)
            plot.export_button.message.connect(self.message)
        self._smooth(controls.memory)
        self._turn(0)

    def _families(self) -> Mapping[str, Family]:
        nodes = self._network.flat.nodes if self._network else ()
        return {node.id: node.layer.family for node in nodes}

    # ---- drawing

    def _refresh_soon(self) -> None:
        if not self._timer.isActive() and self.isVisible():
            self._timer.start()

    @property
    def _page(self) -> Page:
        """The one that is seen."""
        return self._pages[self._tabs.currentIndex()]

    def _refresh(self) -> None:
        """Draw the page that is seen; the others wait until they are."""
        run = self._training.curves
        self._stack.setCurrentIndex(1 if len(run.training_loss) or self._overlays else 0)
        shown = (run, self._overlays, run.steps_per_epoch)
        if self._shown != shown:
            self._shown = shown
            self._show_runs(Runs(run, self._controls.across, self._overlays))
        self._page.refresh()

    def _show_runs(self, runs: Runs) -> None:
        """Draw other curves from now on, or over another axis."""
        for page in self._pages:
            page.show_runs(runs)
        self._follow()

    # ---- what the controls and the plots ask

    def _smooth(self, memory: float) -> None:
        for page in self._pages:
            for plot in page.series_plots:
                plot.set_memory(memory)

    def _set_log(self, log: bool) -> None:
        for plot in self._page.series_plots:
            plot.set_log(log)

    def _set_across(self, _across: Across) -> None:
        self._shown = ()
        self._refresh()

    def _turn(self, number: int) -> None:
        self._book.setCurrentIndex(number)
        page = self._page
        can_log = [plot for plot in page.series_plots if plot.quantity.log]
        self._controls.offer(log=can_log[0].log if can_log else None, time=page.timed, memory=page.smooths)
        self._refresh()

    def _point(self, place: float | None) -> None:
        for plot in self._plots:
            plot.point_at(place)

    def _zoomed(self, chosen: TimePlot, low: float, high: float) -> None:
        self._controls.offer_all(True)
        for plot in self._plots:
            if plot is not chosen:
                plot.show_range(low, high)

    def _follow(self) -> None:
        self._controls.offer_all(False)
        for plot in self._plots:
            plot.follow()
