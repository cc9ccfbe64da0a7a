"""The sheet of paper: draws with mouse, stylus and finger."""

from __future__ import annotations

from math import ceil

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QCursor,
    QFont,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QPointingDevice,
    QResizeEvent,
    QTabletEvent,
    QTransform,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnstudio.gui.draw.paper import in_colours
from nnstudio.gui.models.drawing_model import SIDE, DrawingModel
from nnstudio.gui.models.pen_model import PenModel
from nnstudio.gui.theme import current_theme, theme_source

_LIGHTEST, _HEAVIEST = 0.4, 1.4
"""Width at no and at full pressure of a stylus, as shares of the pen's; a mouse draws with the pen's own."""
_CORNER = 6
_HINT_LARGER = 5


class Canvas(QWidget):
    """A square sheet that grows with its place; the drawing keeps its own resolution.

    The left button draws, the right one erases; a stylus draws with its tip and erases with its other end. A finger
    draws too, as the mouse that Qt makes of it.
    """

    def __init__(self, drawing: DrawingModel, pen: PenModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("drawing_canvas")
        self.setAccessibleName("Drawing canvas")
        self.setAccessibleDescription("Draw a digit with mouse, stylus or finger. E: eraser, P: pen, Delete: clear.")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 120)
        self._drawing, self._pen = drawing, pen
        drawing.changed.connect(self._update_part)
        pen.changed.connect(self._show_pen)
        theme_source.themeChanged.connect(self.update)
        self._show_pen()

    def sizeHint(self) -> QSize:
        return QSize(480, 480)

    # ---- places

    def sheet(self) -> QRectF:
        """The square sheet inside the widget."""
        side = max(1, min(self.width(), self.height()) - 2)
        return QRectF((self.width() - side) // 2, (self.height() - side) // 2, side, side)

    def from_paper(self) -> QTransform:
        """From the drawing's own pixels to places in the widget."""
        sheet = self.sheet()
        return QTransform.fromTranslate(sheet.x(), sheet.y()).scale(sheet.width() / SIDE, sheet.height() / SIDE)

    def _update_part(self, part: QRect) -> None:
        self.update(self.from_paper().mapRect(QRectF(part)).adjusted(-2, -2, 2, 2).toAlignedRect())

    def _show_pen(self) -> None:
        scale = self.sheet().width() / SIDE
        self.setCursor(_ring(self._pen.width * scale, dashed=self._pen.erases))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._show_pen()

    # ---- drawing

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
            erase = self._pen.erases or event.button() is Qt.MouseButton.RightButton
            self._drawing.begin_stroke(self._on_paper(event.position()), self._pen.width, erase=erase)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons():
            self._drawing.extend_stroke(self._on_paper(event.position()), self._pen.width)
        else:
            self._drawing.end_stroke()  # its release went elsewhere, as when a dialog opened

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._drawing.extend_stroke(self._on_paper(event.position()), self._pen.width)
        self._drawing.end_stroke()

    def tabletEvent(self, event: QTabletEvent) -> None:
        place = self._on_paper(event.position())
        width = self._pen.width * (_LIGHTEST + (_HEAVIEST - _LIGHTEST) * event.pressure())
        if event.type() is QEvent.Type.TabletPress:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            erase = self._pen.erases or event.pointerType() is QPointingDevice.PointerType.Eraser
            self._drawing.begin_stroke(place, width, erase=erase)
        elif event.type() is QEvent.Type.TabletMove:
            self._drawing.extend_stroke(place, width)
        elif event.type() is QEvent.Type.TabletRelease:
            self._drawing.end_stroke()
        event.accept()

    def _on_paper(self, place: QPointF) -> QPointF:
        return self.from_paper().inverted()[0].map(place)

    # ---- looks

    def focusInEvent(self, event: QEvent) -> None:
        self.update()

    def focusOutEvent(self, event: QEvent) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, sheet = current_theme(), self.sheet()
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        outline = QPainterPath()
        outline.addRoundedRect(sheet, _CORNER, _CORNER)
        painter.save()
        painter.setClipPath(outline, Qt.ClipOperation.IntersectClip)
        painter.drawImage(sheet, in_colours(self._drawing.ink))
        painter.restore()
        if self._drawing.empty:
            font = QFont(self.font())
            font.setPointSizeF(font.pointSizeF() + _HINT_LARGER)
            painter.setFont(font)
            painter.setPen(theme.color("quiet"))
            painter.drawText(sheet, Qt.AlignmentFlag.AlignCenter, "Draw a digit here")
        painter.setPen(QPen(theme.color("accent" if self.hasFocus() else "border"), 1))
        painter.drawPath(outline)
        painter.end()


def _ring(diameter: float, *, dashed: bool) -> QCursor:
    """A ring of the pen's size that shows on ink and on paper."""
    side = max(9, ceil(diameter) + 3) | 1  # odd: the hot spot is a pixel in the middle
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    ring = QRectF((side - diameter) / 2, (side - diameter) / 2, diameter, diameter)
    for colour, width in ((Qt.GlobalColor.white, 3), (Qt.GlobalColor.black, 1)):
        painter.setPen(QPen(colour, width, Qt.PenStyle.DashLine if dashed and width == 1 else Qt.PenStyle.SolidLine))
        painter.drawEllipse(ring)
    painter.end()
    return QCursor(pixmap, side // 2, side // 2)
