"""Loss and accuracy, live."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio.gui.icons import icon
from nnstudio.gui.models.curves import Curves
from nnstudio.gui.models.training_model import TrainingModel
from nnstudio.gui.theme import tabular, theme_source
from nnstudio.gui.train.curve_plot import CurvePlot

_PERIOD_MS = 80
"""Curves are redrawn at most 12 times a second: more is not seen, and training has better use for the time."""
_SMOOTHINGS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999)


class PlotsPanel(QWidget):
    """Two plots with one time axis, their controls, and a word on what will be here while there is nothing."""

    def __init__(self, training: TrainingModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        pg.setConfigOptions(antialias=True)
        self.setObjectName("plots_panel")
        self._training = training
        self._shown: Curves | None = None
        self._loss = CurvePlot("loss", "Loss", lambda value: f"{value:.4f}")
        self._accuracy = CurvePlot("accuracy", "Accuracy (%)", lambda value: f"{value:.2%}", scale=100.0)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._make_empty())
        self._pages.addWidget(self._make_plots())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(12)
        layout.addLayout(self._make_controls())
        layout.addWidget(self._pages, 1)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PERIOD_MS)
        self._timer.timeout.connect(self._refresh)
        training.curvesChanged.connect(self._refresh_soon)
        theme_source.themeChanged.connect(self._colour)
        self._colour()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._refresh()

    def _make_controls(self) -> QHBoxLayout:
        self._log = QCheckBox("Log scale")
        self._log.setObjectName("plots_log")
        self._log.setAccessibleName("Logarithmic loss axis")
        self._log.setToolTip("Loss on a logarithmic axis")
        self._log.toggled.connect(self._loss.set_log)
        self._smoothing = QSlider(Qt.Orientation.Horizontal)
        self._smoothing.setObjectName("plots_smoothing")
        self._smoothing.setAccessibleName("Smoothing")
        self._smoothing.setToolTip("How long the moving average of the training curves remembers")
        self._smoothing.setRange(0, len(_SMOOTHINGS) - 1)
        self._smoothing.setValue(_SMOOTHINGS.index(0.9))
        self._smoothing.setFixedWidth(104)
        self._smoothing.valueChanged.connect(lambda _: self._smooth())
        self._memory = QLabel()
        self._memory.setObjectName("plots_memory")
        self._memory.setFont(tabular(self.font()))
        self._memory.setMinimumWidth(self._memory.fontMetrics().horizontalAdvance("0.9999"))
        self._fit = QToolButton()
        self._fit.setObjectName("plots_fit")
        self._fit.setAccessibleName("Show all")
        self._fit.setToolTip("Show the whole run again")
        self._fit.clicked.connect(self._follow)
        self._fit.setEnabled(False)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(QLabel("Smoothing"))
        row.addWidget(self._smoothing)
        row.addWidget(self._memory)
        row.addSpacing(8)
        row.addWidget(self._log)
        row.addStretch(1)
        row.addWidget(self._fit)
        self._tell_memory()
        return row

    def _make_plots(self) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        for plot in (self._loss, self._accuracy):
            layout.addWidget(plot, 1)
            plot.pointed.connect(self._point)
            plot.zoomed.connect(self._zoomed)
        self._no_classes = QLabel("This network answers with pictures, not with classes: accuracy has no meaning.")
        self._no_classes.setObjectName("plots_no_classes")
        self._no_classes.setProperty("role", "quiet")
        self._no_classes.setWordWrap(True)
        layout.addWidget(self._no_classes)
        return page

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

    def _refresh_soon(self) -> None:
        if not self._timer.isActive() and self.isVisible():
            self._timer.start()

    def _refresh(self) -> None:
        curves = self._training.curves
        self._pages.setCurrentIndex(1 if len(curves.training_loss) else 0)
        self._accuracy.setVisible(len(curves.training_accuracy) > 0)
        self._no_classes.setVisible(len(curves.training_accuracy) == 0)
        if curves is not self._shown:
            self._shown = curves
            self._smooth()
        else:
            self._loss.refresh()
            self._accuracy.refresh()

    def _smooth(self) -> None:
        curves, memory = self._training.curves, _SMOOTHINGS[self._smoothing.value()]
        self._tell_memory()
        self._loss.show_curves(curves.training_loss, curves.validation_loss, memory)
        self._accuracy.show_curves(curves.training_accuracy, curves.validation_accuracy, memory)

    def _tell_memory(self) -> None:
        memory = _SMOOTHINGS[self._smoothing.value()]
        self._memory.setText(f"{memory:g}" if memory else "off")

    def _point(self, step: float | None) -> None:
        for plot in (self._loss, self._accuracy):
            plot.point_at(step)

    def _zoomed(self) -> None:
        self._fit.setEnabled(True)

    def _follow(self) -> None:
        self._fit.setEnabled(False)
        for plot in (self._loss, self._accuracy):
            plot.follow()

    def _colour(self) -> None:
        self._fit.setIcon(icon("arrow-expand-horizontal", "quiet"))
