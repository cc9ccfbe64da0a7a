"""All that a run measures, live: curves, what happens inside, histograms, which class is taken for which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import pyqtgraph as pg
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLabel, QPushButton, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from nnstudio.gui.models.curves import Curves
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.pictures_model import PicturesModel
from nnstudio.gui.models.training_model import TrainingModel
from nnstudio.gui.plots.across import Across, RunAxis
from nnstudio.gui.plots.colours import fixed, series_colour
from nnstudio.gui.plots.confusion_panel import ConfusionPanel
from nnstudio.gui.plots.controls import PlotControls
from nnstudio.gui.plots.histogram_page import HistogramPage
from nnstudio.gui.plots.layers_page import LayersPage
from nnstudio.gui.plots.series import Series
from nnstudio.gui.plots.series_plot import Quantity, SeriesPlot, up_to_all
from nnstudio.gui.plots.time_plot import TimePlot
from nnstudio.network import Family

_PERIOD_MS = 80
"""Curves are redrawn at most 12 times a second: more is not seen, and training has better use for the time."""
_MEBI = 2**20
LOSS = Quantity("Loss", lambda value: f"{value:.4f}")
ACCURACY = Quantity("Accuracy (%)", lambda value: f"{value:.2%}", 100.0, up_to_all, log=False)
RATE = Quantity("Learning rate", lambda value: f"{value:.3g}")
SPEED = Quantity("Speed (images/s)", lambda value: f"{value:,.0f}")
MEMORY = Quantity("Device memory (MiB)", lambda value: f"{value / _MEBI:,.1f}", 1 / _MEBI)


class Overlay(NamedTuple):
    """Another run behind the present one."""

    name: str
    colour: str
    curves: Curves


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
        self._cursor: int | None = None
        """The step that everything in the window shows, unless it is the newest."""
        self._overlays: tuple[Overlay, ...] = ()
        self._make_plots()
        self._controls = PlotControls()
        self._arrange()
        self._wire()
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
        """Draw other runs too, each with a name, a colour and its curves; in the plots of loss, accuracy and rate."""
        self._overlays = tuple(Overlay(*overlay) for overlay in overlays)
        self._shown = ()
        self._refresh_soon()

    def show_cursor(self, step: int | None) -> None:
        """Mark the step that everything else in the window shows; ``None``: the newest."""
        self._cursor = step
        for plot in self._plots:
            plot.show_cursor(step)
        self._refresh_soon()

    def show_page(self, number: int) -> None:
        """Turn to loss and accuracy (0), rate and speed, layers, histograms, or the confusion matrix (4)."""
        self._tabs.setCurrentIndex(number)

    # ---- parts

    def _make_plots(self) -> None:
        self._loss, self._accuracy = SeriesPlot("loss", LOSS), SeriesPlot("accuracy", ACCURACY)
        self._rate, self._speed = SeriesPlot("rate", RATE), SeriesPlot("speed", SPEED)
        self._device = SeriesPlot("memory", MEMORY)
        self._layers, self._histograms = LayersPage(self._families), HistogramPage()
        self._confusion = ConfusionPanel(self.pictures)
        self._no_classes = QLabel("This network answers with pictures, not with classes: accuracy has no meaning.")
        self._no_classes.setObjectName("plots_no_classes")
        self._no_classes.setProperty("role", "quiet")
        self._no_classes.setWordWrap(True)
        self._pages: dict[str, tuple[QWidget, list[SeriesPlot]]] = {
            "Loss": (_column(self._loss, self._accuracy, self._no_classes), [self._loss, self._accuracy]),
            "Rate && speed": (_column(self._rate, self._speed, self._device), [self._rate, self._speed, self._device]),
            "Layers": (self._layers, self._layers.plots),
            "Histograms": (self._histograms, []),
            "Confusion": (self._confusion, []),
        }
        self._curves_plots = [plot for _, plots in self._pages.values() for plot in plots]
        self._plots: list[TimePlot] = [*self._curves_plots, self._histograms.plot]

    def _arrange(self) -> None:
        self._tabs, self._stack, self._book = QTabBar(), QStackedWidget(), QStackedWidget()
        self._tabs.setObjectName("plots_tabs")
        self._tabs.setAccessibleName("Plots")
        self._tabs.setDrawBase(False)
        self._tabs.setExpanding(False)
        for title, (page, _) in self._pages.items():
            self._tabs.addTab(title)
            self._book.addWidget(page)
        filled = _column(self._tabs, self._controls)
        layout = filled.layout()
        assert isinstance(layout, QVBoxLayout), "as it was made"
        layout.setSpacing(8)
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

    def _wire(self) -> None:
        controls = self._controls
        controls.memoryChanged.connect(self._smooth)
        controls.logChanged.connect(self._set_log)
        controls.acrossChanged.connect(self._set_across)
        controls.allAsked.connect(self._follow)
        self._tabs.currentChanged.connect(self._turn)
        self._confusion.cellChosen.connect(self.cellChosen)
        self._confusion.export_button.message.connect(self.message)
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

    def _refresh(self) -> None:
        """Draw the page that is seen; the others wait until they are."""
        curves = self._training.curves
        anything = bool(len(curves.training_loss) or self._overlays)
        self._stack.setCurrentIndex(1 if anything else 0)
        self._show_what_there_is(curves)
        shown = (curves, self._overlays, curves.steps_per_epoch)
        if self._shown[:1] != shown[:1] or self._shown != shown:
            self._shown = shown
            self._show_run()
        self._refresh_page()

    def _show_what_there_is(self, curves: Curves) -> None:
        classes = any(len(run.training_accuracy) for run in (curves, *(run for *_, run in self._overlays)))
        self._accuracy.setVisible(classes)
        self._no_classes.setVisible(not classes)
        self._device.setVisible(len(curves.memory) > 0)

    def _refresh_page(self) -> None:
        match self._tabs.currentIndex():
            case 2:
                self._layers.refresh()
            case 3:
                self._histograms.refresh()
            case 4:
                self._confusion.show_judgements(self._training.curves.judgements_at(self._cursor))
            case number:
                for plot in [*self._pages.values()][number][1]:
                    plot.refresh()

    def _show_run(self) -> None:
        """Draw other curves from now on, or over another axis."""
        run, across = self._training.curves, self._controls.across
        axis = RunAxis(across, run)
        for plot in (self._loss, self._accuracy, self._rate, self._speed, self._device):
            plot.show_run(run, across)
        self._layers.show_run(run, across)
        self._histograms.show_run(run, across)
        validation = {"smooth": False, "dots": True}
        self._loss.show_series(
            [
                Series("training", "training", run.training_loss, series_colour(0), axis),
                Series("validation", "validation", run.validation_loss, series_colour(1), axis, **validation),
                *self._others("training_loss", "validation_loss"),
            ]
        )
        self._accuracy.show_series(
            [
                Series("training", "training", run.training_accuracy, series_colour(0), axis),
                Series("validation", "validation", run.validation_accuracy, series_colour(1), axis, **validation),
                *self._others("training_accuracy", "validation_accuracy"),
            ]
        )
        rate = Series("run", "this run", run.learning_rate, series_colour(0), axis, smooth=False)
        self._rate.show_series([rate, *self._others("learning_rate")])
        self._speed.show_series([Series("run", "this run", run.speed, series_colour(0), axis), *self._others("speed")])
        memory = Series("run", "this run", run.memory, series_colour(0), axis, smooth=False)
        self._device.show_series([memory, *self._others("memory")])
        self._follow()

    def _others(self, noisy: str, judged: str = "") -> list[Series]:
        """The curves of other runs; what was judged at the end of epochs is dashed, in the same colour."""
        series = []
        for number, (name, colour, curves) in enumerate(self._overlays, 1):
            axis = RunAxis(self._controls.across, curves)
            if len(getattr(curves, noisy)):
                series.append(Series(f"other{number}", name, getattr(curves, noisy), fixed(colour), axis, raw=False))
            if judged and len(getattr(curves, judged)):
                title, curve = f"{name}, val.", getattr(curves, judged)
                series.append(
                    Series(f"other{number}_judged", title, curve, fixed(colour), axis, smooth=False, dashed=True)
                )
        return series

    # ---- what the controls and the plots ask

    def _smooth(self, memory: float) -> None:
        for plot in self._curves_plots:
            plot.set_memory(memory)

    def _set_log(self, log: bool) -> None:
        for plot in [*self._pages.values()][self._tabs.currentIndex()][1]:
            plot.set_log(log)

    def _set_across(self, _across: Across) -> None:
        self._shown = ()
        self._refresh()

    def _turn(self, number: int) -> None:
        self._book.setCurrentIndex(number)
        plots = [*self._pages.values()][number][1]
        can_log = [plot for plot in plots if plot.quantity.log]
        self._controls.offer(log=can_log[0].log if can_log else None, time=number < 4, memory=number < 2)
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


def _column(*widgets: QWidget) -> QWidget:
    page = QWidget()
    layout = QVBoxLayout(page)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(12)
    for widget in widgets:
        layout.addWidget(widget, 1 if isinstance(widget, TimePlot) else 0)
    return page
