"""One plot of a run: what every step measured, its smoothed course, and the validation at the end of each epoch."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, floor

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Signal
from PySide6.QtWidgets import QGraphicsItem, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from nnstudio.gui.models.curves import Curve
from nnstudio.gui.theme import current_theme, mixed, tabular, theme_source
from nnstudio.gui.train.smoothing import Smoothed, Values, rung_above, sample, thin_out

_TINY = 1e-12
"""A loss of 0 stands here on a logarithmic axis."""
_RAW_SHARE = 0.3
"""How much of its colour the raw curve has; mixed beforehand, since half-transparent lines take ten times as long."""
_LINE_WIDTH = 1.5


class _StepAxis(pg.AxisItem):
    """Whole steps with separators between thousands."""

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        return [f"{value:,.0f}" if value == round(value) >= 0 else "" for value in values]


class CurvePlot(QWidget):
    """A title, a legend that tells values, and the plot. `scale` is what a value is multiplied by to be shown."""

    pointed = Signal(object)
    """The step under the mouse, or None."""
    zoomed = Signal()
    """The user has chosen what is seen; the plot no longer follows by itself."""

    def __init__(self, name: str, title: str, tell: Callable[[float], str], scale: float = 1.0) -> None:
        super().__init__()
        self.setObjectName(f"plot_{name}")
        self._tell, self._scale = tell, scale
        self._training, self._validation = Curve(), Curve()
        self._smoothed = Smoothed(self._training, 0.0)
        self._log = False
        self._follows = True
        self._shown: tuple[float, float, float] | None = None
        self._pointed: float | None = None
        self._plot = pg.PlotWidget(axisItems={"bottom": _StepAxis("bottom")}, enableMenu=False)
        self._plot.setObjectName(f"plot_{name}_canvas")
        self._plot.setAccessibleName(f"{title} over training steps")
        self._raw, self._smooth, self._marks = _curve(), _curve(), _curve()
        self._dots = pg.ScatterPlotItem(size=7, pxMode=True)
        self._line = pg.InfiniteLine(angle=90)
        self._names, self._values = [QLabel(), QLabel()], [QLabel(), QLabel()]
        self._arrange(title)
        theme_source.themeChanged.connect(self._colour)
        self._colour()

    def show_curves(self, training: Curve, validation: Curve, memory: float) -> None:
        """Draw these from now on, smoothed so strongly."""
        self._training, self._validation = training, validation
        self._smoothed = Smoothed(training, memory)
        self._dots.clear()
        self.follow()

    def set_log(self, log: bool) -> None:
        """Whether the values stand on a logarithmic axis."""
        self._log = log
        self._dots.clear()
        self._plot.getAxis("left").setLogMode(log)
        self.follow()

    def follow(self) -> None:
        """See everything again, also what is still to come."""
        self._follows = True
        self.refresh()

    def point_at(self, step: float | None) -> None:
        """Tell the values at this step instead of the newest."""
        self._pointed = step
        self._line.setVisible(step is not None)
        if step is not None:
            self._line.setPos(step)
        self._tell_values()

    def refresh(self) -> None:
        """Draw what has been appended."""
        training = self._training
        end = rung_above(training.x[-1] if len(training) else 1.0)
        low, high = (0.0, end) if self._follows else self._plot.viewRange()[0]
        places = max(100, self._plot.width() // 2)
        rough = self._smoothed.memory > 0
        thin = sample if rough else thin_out
        course = self._screen(*thin(training.x, self._smoothed.values(), low, high, places))
        self._smooth.setData(*course, antialias=rough)
        self._raw.setVisible(rough)
        if rough:
            self._raw.setData(*self._screen(*thin_out(training.x, training.y, low, high, places)), antialias=False)
        marks = self._screen(self._validation.x, self._validation.y)
        if len(self._dots.data) != len(self._validation):
            self._marks.setData(*marks)
            self._dots.setData(*marks)
        if self._follows:
            self._show_all(end, np.concatenate([course[1], marks[1]]))
        self._tell_values()

    def _screen(self, x: Values, y: Values) -> tuple[Values, Values]:
        y = y * self._scale
        return x, np.log10(np.maximum(y, _TINY)) if self._log else y

    def _show_all(self, end: float, values: Values) -> None:
        """Axes are costly to paint, so they change only when they must."""
        bounds = end, *(self._bounds(values) if len(values) else (0.0, 1.0))
        if bounds != self._shown:
            self._shown = bounds
            self._plot.setRange(xRange=(0, end), yRange=bounds[1:], padding=0.02)

    def _bounds(self, values: Values) -> tuple[float, float]:
        """What must be seen: from 0 for losses, up to 100 % for accuracies, all of it on a logarithmic axis."""
        if self._log:
            return floor(2 * values.min()) / 2, ceil(2 * values.max()) / 2
        if self._scale == 1.0:
            return 0.0, rung_above(float(np.quantile(values, 0.98)))
        return floor(np.quantile(values, 0.02) / 10) * 10, self._scale

    def _tell_values(self) -> None:
        curves = (self._training.x, self._smoothed.values()), (self._validation.x, self._validation.y)
        for label, (x, y) in zip(self._values, curves, strict=True):
            at = len(x) if self._pointed is None else int(np.searchsorted(x, self._pointed))
            label.setText(self._tell(y[min(at, len(x) - 1)]) if len(x) else "–")

    def _moved(self, place: QPointF) -> None:
        box = self._plot.getViewBox()
        if len(self._training) and box.sceneBoundingRect().contains(place):
            step = box.mapSceneToView(place).x()
            self.pointed.emit(float(np.clip(round(step), self._training.x[0], self._training.x[-1])))

    def leaveEvent(self, event: QEvent) -> None:
        self.pointed.emit(None)
        super().leaveEvent(event)

    def _ranged(self) -> None:
        self._follows, self._shown = False, None
        self.zoomed.emit()
        self.refresh()

    def _arrange(self, title: str) -> None:
        heading = QLabel(title)
        heading.setProperty("role", "title")
        top = QHBoxLayout()
        top.setContentsMargins(4, 0, 4, 0)
        top.setSpacing(6)
        top.addWidget(heading)
        top.addStretch(1)
        for name, label, value in zip(("training", "validation"), self._names, self._values, strict=True):
            value.setObjectName(f"{self.objectName()}_{name}")
            value.setAccessibleName(f"{title}, {name}")
            value.setProperty("role", "title")
            value.setFont(tabular(value.font()))
            value.setFixedWidth(value.fontMetrics().horizontalAdvance("100.00%"))  # so that nothing moves
            top.addWidget(label)
            top.addWidget(value)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(top)
        layout.addWidget(self._plot, 1)
        self._arrange_plot()

    def _arrange_plot(self) -> None:
        plot = self._plot.getPlotItem()
        plot.hideButtons()
        plot.showGrid(x=False, y=True, alpha=0.12)
        for item in (self._raw, self._marks, self._smooth, self._dots, self._line):
            plot.addItem(item, ignoreBounds=True)
        self._line.hide()
        plot.getAxis("bottom").setLabel("step")
        plot.getAxis("bottom").setHeight(36)
        plot.getAxis("left").setWidth(56)
        for name in ("bottom", "left"):
            plot.getAxis(name).enableAutoSIPrefix(False)
            plot.getAxis(name).setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        plot.getViewBox().sigRangeChangedManually.connect(self._ranged)
        self._plot.scene().sigMouseMoved.connect(self._moved)

    def _colour(self) -> None:
        theme = current_theme()
        training, validation, *_ = theme.series
        self._plot.setBackground(theme.panel)
        self._raw.setPen(pg.mkPen(mixed(training, theme.panel, _RAW_SHARE), width=1))
        self._smooth.setPen(pg.mkPen(training, width=_LINE_WIDTH))
        self._marks.setPen(pg.mkPen(validation, width=_LINE_WIDTH))
        self._dots.setBrush(pg.mkBrush(validation))
        self._dots.setPen(pg.mkPen(theme.panel))
        self._line.setPen(pg.mkPen(theme.quiet, width=1))
        for axis in (self._plot.getAxis("bottom"), self._plot.getAxis("left")):
            axis.setPen(pg.mkPen(theme.border))
            axis.setTextPen(pg.mkPen(theme.quiet))
            axis.setTickFont(tabular(self.font()))
        for label, name, colour in zip(self._names, ("training", "validation"), theme.series, strict=False):
            label.setText(f'<span style="color:{colour}">●</span> {name}')


def _curve() -> pg.PlotCurveItem:
    """A curve drawn line by line: as one path, smooth lines wider than a pixel take fifteen times as long."""
    curve = pg.PlotCurveItem()
    curve.setSegmentedLineMode("on")
    return curve
