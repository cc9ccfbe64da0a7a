"""A curve the size of a word: enough to see where something is going."""

from __future__ import annotations

from math import isfinite, log10

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnstudio.gui.theme import current_theme, tabular, theme_source
from nnstudio.training.doctor import Series

_HEIGHT, _MARGIN, _DOT = 48, 4.0, 2.5


class Sparkline(QWidget):
    """The values of a `Series` over its steps, the last with its figure; a limit is a dashed line."""

    def __init__(self, series: Series, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("doctor_sparkline")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFont(tabular(self.font()))
        self._series = series
        self._points = [
            (step, _height(value, series.log))
            for step, value in zip(series.steps, series.values, strict=True)
            if isfinite(value) and (value > 0 or not series.log)
        ]
        self.setAccessibleName(series.title)
        self.setAccessibleDescription(_told(series))
        self.setToolTip(_told(series))
        theme_source.themeChanged.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(160, _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._points:
            return
        theme = current_theme()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            figure = f"{self._series.values[-1]:.3g}"
            room = self._room(self.fontMetrics().horizontalAdvance(figure) + 3 * _MARGIN)
            curve = self._curve(room)
            if self._series.limit is not None:
                y = self._place(room, 0, _height(self._series.limit, self._series.log)).y()
                painter.setPen(QPen(theme.color("warning"), 1, Qt.PenStyle.DashLine))
                painter.drawLine(QPointF(room.left(), y), QPointF(room.right(), y))
            colour = QColor(theme.series[0])
            painter.setPen(QPen(colour, 1.5))
            painter.drawPolyline(QPolygonF(curve))
            painter.setBrush(theme.color("panel"))
            painter.drawEllipse(curve[-1], _DOT, _DOT)
            painter.setPen(theme.color("text"))
            beside = QRectF(room.right() + 2 * _MARGIN, 0, self.width() - room.right(), self.height())
            beside.moveTop(min(max(curve[-1].y() - self.height() / 2, -_HEIGHT / 3), _HEIGHT / 3))
            painter.drawText(beside, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), figure)

    def _room(self, right: float) -> QRectF:
        return QRectF(self.rect()).adjusted(_MARGIN, 2 * _MARGIN, -right - _MARGIN, -2 * _MARGIN)

    def _curve(self, room: QRectF) -> list[QPointF]:
        return [self._place(room, step, height) for step, height in self._points]

    def _place(self, room: QRectF, step: int, height: float) -> QPointF:
        heights = [height for _, height in self._points]
        if self._series.limit is not None:
            heights.append(_height(self._series.limit, self._series.log))
        low, high = min(heights), max(heights)
        first, last = self._points[0][0], self._points[-1][0]
        across = (step - first) / (last - first) if last > first else 0.0
        up = (height - low) / (high - low) if high > low else 0.5
        return QPointF(room.left() + across * room.width(), room.bottom() - up * room.height())


def _height(value: float, log: bool) -> float:
    return log10(value) if log else value


def _told(series: Series) -> str:
    """The curve in words."""
    if not series.values:
        return f"{series.title}: nothing yet"
    limit = f"; the line is at {series.limit:.3g}" if series.limit is not None else ""
    return (
        f"{series.title}: {series.values[0]:.3g} at step {series.steps[0]:,}, {series.values[-1]:.3g} at step "
        f"{series.steps[-1]:,}{limit}"
    )
