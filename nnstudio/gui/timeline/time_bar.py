"""The bar of the timeline: where moments are kept, where epochs ended, which was best, and the cursor."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, QRectF, QSignalBlocker, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QSlider

from nnstudio.gui.theme import current_theme, theme_source
from nnstudio.gui.timeline.timeline_model import TimelineModel

_MARGIN = 10.0
_KNOB = 6.0
_TICK, _EPOCH, _BEST = 4.0, 7.0, 5.0
_LEAST_EPOCH = 6.0
"""Pixels between the marks of two epochs; where they would be closer, some are left out."""
_PAGE = 10


class TimeBar(QSlider):
    """A slider over steps. The mouse and the keys move the model's cursor, and the model moves the knob.

    The right end is the present.
    """

    def __init__(self, timeline: TimelineModel) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setObjectName("timeline_bar")
        self.setAccessibleName("Moment of the run that is shown")
        self._timeline = timeline
        timeline.changed.connect(self._show)
        timeline.cursorChanged.connect(lambda _: self._show())
        theme_source.themeChanged.connect(self._repaint)
        self._show()

    def sizeHint(self) -> QSize:
        return QSize(320, 32)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 32)

    # ---- what it shows

    def _show(self) -> None:
        steps, cursor = self._timeline.steps, self._timeline.cursor
        with QSignalBlocker(self):
            self.setRange(steps[0] if steps else 0, steps[-1] if steps else 0)
            self.setValue(self.maximum() if cursor is None else cursor)
        self.setEnabled(bool(steps))
        self.update()

    def _repaint(self) -> None:
        self.update()

    def x_of(self, step: float) -> float:
        """Where a step is, in pixels."""
        width = self.width() - 2 * _MARGIN
        return _MARGIN + width * (step - self.minimum()) / max(1, self.maximum() - self.minimum())

    def step_at(self, x: float) -> int | None:
        """The step at a pixel; ``None``, the present, behind the newest."""
        share = (x - _MARGIN) / max(1.0, self.width() - 2 * _MARGIN)
        if share >= 1:
            return None
        return round(self.minimum() + max(0.0, share) * (self.maximum() - self.minimum()))

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme, middle = current_theme(), self.height() / 2
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_groove(painter, middle)
        if not self._timeline.steps:
            return
        self._paint_marks(painter, middle)
        past = self._timeline.cursor is not None
        knob = theme.accent if past or self.hasFocus() else theme.quiet
        painter.setPen(QPen(QColor(knob), 2))
        painter.setBrush(QBrush(QColor(knob if self.hasFocus() else theme.panel)))
        painter.drawEllipse(QPointF(self.x_of(self.value()), middle), _KNOB, _KNOB)

    def _paint_groove(self, painter: QPainter, middle: float) -> None:
        theme, cursor = current_theme(), self._timeline.cursor
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("border"))
        groove = QRectF(_MARGIN, middle - 2, self.width() - 2 * _MARGIN, 4)
        painter.drawRoundedRect(groove, 2, 2)
        if cursor is not None:
            groove.setRight(self.x_of(cursor))
            painter.setBrush(theme.color("accent"))
            painter.drawRoundedRect(groove, 2, 2)

    def _paint_marks(self, painter: QPainter, middle: float) -> None:
        """Moments above the groove, ends of epochs below it, the best as a diamond."""
        theme, timeline = current_theme(), self._timeline.timeline
        painter.setPen(QPen(theme.color("quiet"), 1))
        columns = {round(self.x_of(step)) + 0.5 for step in self._timeline.steps}
        painter.drawLines([QLineF(x, middle - 5 - _TICK, x, middle - 5) for x in columns])
        last = -_LEAST_EPOCH
        lines = []
        for step in timeline.epoch_ends if timeline else ():
            x = round(self.x_of(step)) + 0.5
            if x - last >= _LEAST_EPOCH and self.minimum() <= step <= self.maximum():
                lines.append(QLineF(x, middle + 4, x, middle + 4 + _EPOCH))
                last = x
        painter.setPen(QPen(theme.color("border"), 1))
        painter.drawLines(lines)
        if timeline and timeline.best is not None:
            at = QPointF(self.x_of(timeline.best), middle - 6 - _TICK / 2)
            painter.setPen(QPen(theme.color("panel"), 1))
            painter.setBrush(theme.color("good"))
            corners = (QPointF(0, -_BEST), QPointF(_BEST, 0), QPointF(0, _BEST), QPointF(-_BEST, 0))
            painter.drawPolygon(QPolygonF(corners).translated(at))

    # ---- hands

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._timeline.set_cursor(self.step_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._timeline.set_cursor(self.step_at(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._timeline.move(1 if event.angleDelta().y() > 0 else -1)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows and pages by moments, Home to the first, End to the present."""
        key = Qt.Key
        moves = {key.Key_Left: -1, key.Key_Down: -1, key.Key_Right: 1, key.Key_Up: 1}
        moves |= {key.Key_PageDown: -_PAGE, key.Key_PageUp: _PAGE}
        if event.key() in moves:
            self._timeline.move(moves[Qt.Key(event.key())])
        elif event.key() == key.Key_Home and self._timeline.steps:
            self._timeline.set_cursor(self._timeline.steps[0])
        elif event.key() == key.Key_End:
            self._timeline.set_cursor(None)
        else:
            super().keyPressEvent(event)
