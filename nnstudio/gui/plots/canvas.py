"""The ground that plots are drawn on: axes, and the gestures and keys that choose what is seen."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGraphicsItem

from nnstudio.gui.plots.across import Across
from nnstudio.gui.plots.grid import Grid
from nnstudio.gui.theme import current_theme, mixed, tabular

GESTURES = "Wheel: zoom in time · drag: zoom into a box · Shift + drag: move · double click: show all"
_HALF_A_NUMBER = 7
"""Pixels above the picture, for a number at its upper edge."""
_THIN = 12
"""A box of less than so many pixels in height chooses a stretch of time only."""
_ARROWS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
_KEYS = {*_ARROWS, Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus, Qt.Key.Key_Home, Qt.Key.Key_Escape}
_FEW_DECADES = 2.2
_STEP, _ZOOM = 0.01, 0.8
"""What an arrow key moves, as a share of what is seen; what a plus leaves of it."""


class TimeAxis(pg.AxisItem):
    """Whole steps with separators between thousands, or other units with as many digits as they need."""

    def __init__(self) -> None:
        super().__init__("bottom")
        self._across = Across.STEP
        self.set_across(Across.STEP)

    def set_across(self, across: Across) -> None:
        self._across = across
        self.setLabel(across.value)
        self.picture = None  # it is painted anew: the same place may have another text

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        if self._across is Across.STEP:
            return [f"{value:,.0f}" if value == round(value) >= 0 else "" for value in values]
        return [f"{value:,.6g}" if value >= 0 else "" for value in values]


class ValueAxis(pg.AxisItem):
    """Numbers with separators and a real minus sign; on a logarithmic axis only as many as there is room for."""

    def __init__(self) -> None:
        super().__init__("left")

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        if self.logMode:
            return self.logTickStrings(values, scale, spacing)
        texts = [f"{value:,.0f}" for value in values] if spacing >= 1 else super().tickStrings(values, scale, spacing)
        return [text.replace("-", "−") for text in texts]

    def logTickStrings(self, values: list[float], _scale: float, _spacing: float) -> list[str]:
        """Powers of ten, with 2 and 5 between them where few are seen."""
        low, high = self.range
        told = {1, 2, 5} if high - low < _FEW_DECADES else {1}
        return [f"{10**value:.3g}" if round(10 ** (value % 1), 3) in told else "" for value in values]


class TimeBox(pg.ViewBox):
    """Zooms with the wheel in time, into a box by dragging, and moves by dragging with Shift or the middle button."""

    allAsked = Signal()
    timeChosen = Signal()
    """By the user; what is seen of the values may stay."""
    boxChosen = Signal()
    """Also the values."""

    def __init__(self) -> None:
        super().__init__(enableMenu=False)
        self.sigRangeChangedManually.connect(self._tell)

    def _tell(self, mask: Any) -> None:
        (self.boxChosen if mask[1] else self.timeChosen).emit()

    def wheelEvent(self, event: Any, axis: int | None = None) -> None:
        super().wheelEvent(event, 0 if axis is None else axis)

    def mouseDragEvent(self, event: Any, axis: int | None = None) -> None:
        moves = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        moves |= event.button() == Qt.MouseButton.MiddleButton
        self.state["mouseMode"] = self.PanMode if moves else self.RectMode
        super().mouseDragEvent(event, axis)

    def mouseClickEvent(self, event: Any) -> None:
        if event.double() and event.button() == Qt.MouseButton.LeftButton:
            event.accept()
            self.allAsked.emit()

    def showAxRect(self, box: QRectF, **options: Any) -> None:
        """See what is in the box that was drawn."""
        _, pixel = self.viewPixelSize()
        box = box.normalized()
        if box.height() >= _THIN * pixel:
            super().showAxRect(box, **options)
        elif box.width() > 0:
            self.setXRange(box.left(), box.right(), padding=0)
            self.sigRangeChangedManually.emit([True, False])

    def colour(self) -> None:
        """The box that is drawn, in the colours of the theme."""
        theme = current_theme()
        ground = mixed(theme.accent, theme.panel, 0.5)
        ground.setAlphaF(0.25)
        self.rbScaleBox.setPen(pg.mkPen(theme.accent, width=1))
        self.rbScaleBox.setBrush(pg.mkBrush(ground))


class Canvas(pg.PlotWidget):
    """A plot that can also be used by keyboard: arrows move the line that reads values, with Shift the picture; plus
    and minus zoom, Home shows all, Escape takes the line away."""

    moved = Signal(float)
    """The line that reads values should move by so much of what is seen."""
    dismissed = Signal()

    def __init__(self, name: str, title: str) -> None:
        self.box, self.time = TimeBox(), TimeAxis()
        axes = {"bottom": self.time, "left": ValueAxis()}
        super().__init__(axisItems=axes, viewBox=self.box, enableMenu=False)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setAccessibleDescription("Arrows read values, plus and minus zoom, Home shows all.")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip(GESTURES)
        item = self.getPlotItem()
        item.hideButtons()
        item.setContentsMargins(0, _HALF_A_NUMBER, 0, 0)
        self.grid = Grid(self.box, self.getAxis("left"))
        self.time.setHeight(36)
        self.getAxis("left").setWidth(56)
        for axis in self.axes:
            axis.enableAutoSIPrefix(False)
            axis.setStyle(maxTickLevel=1)
        self.keep_axes(True)

    @property
    def axes(self) -> tuple[pg.AxisItem, pg.AxisItem]:
        return self.time, self.getAxis("left")

    def keep_axes(self, kept: bool) -> None:
        """Whether axes are painted from memory: fast, but in an SVG they would be pixels."""
        mode = QGraphicsItem.CacheMode.DeviceCoordinateCache if kept else QGraphicsItem.CacheMode.NoCache
        for axis in self.axes:
            axis.setCacheMode(mode)

    def colour(self) -> None:
        theme = current_theme()
        self.setBackground(theme.panel)
        self.box.colour()
        self.grid.update()
        self.box.setBorder(pg.mkPen(theme.accent) if self.hasFocus() else pg.mkPen(None))
        for axis in self.axes:
            axis.setPen(pg.mkPen(theme.border))
            axis.setTextPen(pg.mkPen(theme.quiet))
            axis.setTickFont(tabular(self.font()))

    def event(self, event: QEvent) -> bool:
        """Keys that mean something here are not the window's while this has the focus."""
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in _KEYS:
            event.accept()
            return True
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.box.setBorder(pg.mkPen(current_theme().accent if event.type() is QEvent.Type.FocusIn else None))
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Left | Qt.Key.Key_Right:
                self._move(_ARROWS[Qt.Key(event.key())], event.modifiers())
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self._zoom(_ZOOM)
            case Qt.Key.Key_Minus:
                self._zoom(1 / _ZOOM)
            case Qt.Key.Key_Home:
                self.box.allAsked.emit()
            case Qt.Key.Key_Escape:
                self.dismissed.emit()
            case _:
                super().keyPressEvent(event)

    def _move(self, sign: int, modifiers: Qt.KeyboardModifier) -> None:
        if modifiers & Qt.KeyboardModifier.ShiftModifier:
            low, high = self.box.viewRange()[0]
            self.box.translateBy(x=sign * 10 * _STEP * (high - low))
            self.box.sigRangeChangedManually.emit([True, False])
        else:
            self.moved.emit(sign * _STEP)

    def _zoom(self, factor: float) -> None:
        self.box.scaleBy(x=factor)
        self.box.sigRangeChangedManually.emit([True, False])
