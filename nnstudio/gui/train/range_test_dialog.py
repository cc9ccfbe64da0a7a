"""The learning-rate range test: the loss over the learning rate, and which rate to begin with."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from nnstudio.gui.models.range_test_model import RangeTestModel
from nnstudio.gui.theme import current_theme, mixed, theme_source
from nnstudio.training.range_test import LEAST, MOST, TOO_LARGE

_WHAT = (
    "A short training on a copy of the network, in which the learning rate grows from step to step until the loss "
    "explodes. In the middle of where the loss falls is a good learning rate to begin with."
)


class _RateAxis(pg.AxisItem):
    """Powers of ten."""

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        return [f"{10**value:.0e}".replace("e-0", "e-").replace("e+00", "") for value in values]


class RangePlot(pg.PlotWidget):
    """The loss of each step, quiet, and its smoothed course over the learning rate on a logarithmic axis."""

    def __init__(self) -> None:
        super().__init__(axisItems={"bottom": _RateAxis("bottom")}, enableMenu=False)
        self.setObjectName("range_test_plot")
        self.setAccessibleName("Loss over the learning rate")
        self._raw, self._smooth = pg.PlotDataItem(), pg.PlotDataItem()
        self._mark = pg.InfiniteLine(
            angle=90, label="", labelOpts={"position": 0.92, "anchors": [(1.05, 0), (-0.05, 0)]}
        )
        for item in (self._raw, self._smooth, self._mark):
            self.addItem(item)
        self._mark.hide()
        self.setMouseEnabled(False, False)
        self.hideButtons()
        self.getAxis("bottom").setTickSpacing(1, 1)
        self.setXRange(np.log10(LEAST), np.log10(MOST), padding=0.02)
        theme_source.themeChanged.connect(self._colour)
        self._colour()

    def show_test(self, model: RangeTestModel) -> None:
        """Draw what was measured so far and what is suggested."""
        rates = np.log10([point.rate for point in model.points])
        losses = np.array([point.loss for point in model.points])
        smoothed = np.array([point.smoothed for point in model.points])
        self._raw.setData(rates, losses)
        self._smooth.setData(rates, smoothed)
        if len(smoothed):
            self.setYRange(0, min(smoothed.max(), TOO_LARGE * smoothed.min()) * 1.05, padding=0)
        self._mark.setVisible(model.suggestion is not None)
        if model.suggestion is not None:
            self._mark.setPos(np.log10(model.suggestion))
            self._mark.label.setText(f"{model.suggestion:.2g}")

    def _colour(self) -> None:
        theme = current_theme()
        self.setBackground(theme.panel)
        series = theme.series[0]
        self._raw.setPen(pg.mkPen(mixed(series, theme.panel, 0.35), width=1))
        self._smooth.setPen(pg.mkPen(series, width=2))
        self._mark.setPen(pg.mkPen(theme.accent, width=1.5, style=Qt.PenStyle.DashLine))
        self._mark.label.setColor(theme.color("accent"))
        for name, text in (("bottom", "learning rate"), ("left", "loss")):
            axis = self.getAxis(name)
            axis.setLabel(text, color=theme.quiet)
            axis.setPen(theme.border)
            axis.setTextPen(theme.quiet)


class RangeTestDialog(QDialog):
    """Starts and cancels the test, shows it as it goes, and takes the rate over. It may stay open meanwhile."""

    def __init__(self, model: RangeTestModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("range_test_dialog")
        self.setWindowTitle("Find a learning rate")
        self._model = model
        self._what = QLabel(_WHAT)
        self._what.setWordWrap(True)
        self._plot = RangePlot()
        self._words = QLabel()
        self._words.setObjectName("range_test_words")
        self._words.setWordWrap(True)
        self._start = self._button("start", "Start", self._toggle)
        self._use = self._button("use", "Use", self._take)
        self._use.setProperty("primary", True)
        self._close = self._button("close", "Close", self.close)
        self._arrange()
        model.changed.connect(self._show)
        self._show()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._model.cancel()

    def _toggle(self) -> None:
        if self._model.running:
            self._model.cancel()
        else:
            self._model.start()

    def _take(self) -> None:
        self._model.use()
        self.close()

    def _show(self) -> None:
        model = self._model
        self._plot.show_test(model)
        role, text = self._told()
        self._words.setText(text)
        if self._words.property("role") != role:
            self._words.setProperty("role", role)
            self._words.style().polish(self._words)
        self._start.setText("Cancel" if model.running else "Start again" if model.points else "Start")
        self._start.setAccessibleName(self._start.text())
        self._start.setEnabled(model.running or not model.obstacle)
        found = model.suggestion is not None and not model.running
        self._use.setEnabled(found)
        self._use.setText(f"Use {model.suggestion:.2g}" if found else "Use")
        self._use.setAccessibleName(self._use.text())

    def _told(self) -> tuple[str, str]:
        """How what there is to say is to be shown, and what it is."""
        model = self._model
        if model.problem is not None:
            return "error", str(model.problem)
        if model.running:
            return "quiet", f"Step {len(model.points)}" if model.points else "Preparing…"
        if model.suggestion is not None:
            return "", f"Suggested: {model.suggestion:.2g}, in the middle of where the smoothed loss falls."
        if model.obstacle:
            return "quiet", model.obstacle
        if model.points:
            return "quiet", "The loss did not fall long enough to suggest a rate. Try other weights or another network."
        return "quiet", "It takes a few seconds and changes nothing."

    def _button(self, name: str, text: str, slot: object) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(f"range_test_{name}")
        button.setAccessibleName(text)
        button.setAutoDefault(False)
        button.clicked.connect(slot)
        return button

    def _arrange(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self._start)
        buttons.addStretch(1)
        buttons.addWidget(self._use)
        buttons.addWidget(self._close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addWidget(self._what)
        layout.addWidget(self._plot, 1)
        layout.addWidget(self._words)
        layout.addLayout(buttons)
        self.resize(560, 440)
