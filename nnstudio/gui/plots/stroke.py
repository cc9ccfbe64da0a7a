"""Lines and bars of a plot, drawn fast."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from pyqtgraph.Qt.internals import PrimitiveArray
from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QGraphicsObject, QStyleOptionGraphicsItem, QWidget

from nnstudio.gui.plots.thinning import Values

_STEEP, _DENSE = 8.0, 3.0
"""Pixels that a line rises or falls and goes to the right from point to point on average: where it is steeper and
denser, it fills its ground, whose edges nobody sees, and smooth edges take many times as long."""
_BEAD = 2.0
"""Pixels."""
_FAR = 1e7
"""Pixels; Qt's coordinates end a little above."""


class Stroke(QGraphicsObject):
    """A line through points or bars from least to greatest, in a `pg.ViewBox`.

    Points are turned into pixels here instead of by a transformation of the painter: under one that stretches width
    and height differently, as every plot's does, Qt makes an outline of each piece of a line and fills it, which takes
    four times as long. Pieces are drawn one by one: a path wider than a pixel is made one outline, which takes ten
    times as long again where it crosses itself.
    """

    def __init__(self, box: pg.ViewBox) -> None:
        super().__init__()
        self.setParentItem(box)  # given to the constructor, Python and Qt would both delete it
        self._box = box
        self._pen = QPen()
        self._x, self._y = np.empty(0), np.empty(0)
        self._pairs, self._bars = False, False
        self._view: tuple[float, ...] | None = None
        """The place and the size, in values and in pixels, for which lines or rectangles were made."""
        self._smooth = True
        self._lines, self._rectangles = PrimitiveArray(QLineF, 4), PrimitiveArray(QRectF, 4)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.stackBefore(box.childGroup)  # under the dots and the line that reads values
        box.sigResized.connect(self._resize)
        box.sigRangeChanged.connect(self._move)

    def remove(self) -> None:
        """Take it out of the box."""
        if (scene := self.scene()) is not None:
            scene.removeItem(self)
        self.setParentItem(None)  # type: ignore[arg-type]

    def set_pen(self, pen: QPen) -> None:
        """How lines are drawn; bars have its colour."""
        self._pen = pen
        self.update()

    def show_points(self, x: Values, y: Values, *, pairs: bool = False) -> None:
        """A line through these points.

        Of ``pairs`` each two have one x, and the first is the least and the second the greatest of many values: if
        they go up and down steeply, they are drawn as bars that touch each other.
        """
        self._x, self._y, self._pairs, self._view = x, y, pairs, None
        self.update()

    def _move(self) -> None:
        self.update()

    def _resize(self) -> None:
        self.prepareGeometryChange()

    def boundingRect(self) -> QRectF:
        return self._box.rect()

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        self._fit()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, self._smooth)
        if self._bars:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._pen.color())
            painter.drawRects(*self._rectangles.drawargs())
        elif self._pen.style() is Qt.PenStyle.SolidLine:
            painter.setPen(self._pen)
            painter.drawLines(*self._lines.drawargs())
        else:
            self._draw_dashed(painter)

    def _draw_dashed(self, painter: QPainter) -> None:
        """In one piece: dashes begin anew with each piece, and most are shorter than a dash."""
        pieces = self._lines.ndarray()
        if not len(pieces):
            return
        painter.setPen(self._pen)
        painter.drawPolyline(pg.functions.arrayToQPolygonF(*np.append(pieces[:, :2], pieces[-1:, 2:], axis=0).T))

    def _fit(self) -> None:
        """Find the pixels, if the points or what is seen of them have changed."""
        (left, right), (bottom, top) = self._box.viewRange()
        rect = self._box.rect()
        view = (left, right, bottom, top, rect.x(), rect.y(), rect.width(), rect.height())
        if view == self._view:
            return
        self._view = view
        x = rect.left() + (self._x - left) * (rect.width() / (right - left))
        y = rect.bottom() - (self._y - bottom) * (rect.height() / (top - bottom))
        y = np.clip(y, -_FAR, _FAR)
        rough = len(x) > 2 and _is_rough(x, y)
        self._bars, self._smooth = self._pairs and rough, not rough
        if self._bars:
            self._make_bars(x[::2], y[1::2], y[::2])
        else:
            self._make_lines(*(_without_beads(x, y) if self._pairs else (x, y)))

    def _make_lines(self, x: Values, y: Values) -> None:
        self._lines.resize(max(0, len(x) - 1))
        if len(x) > 1:
            self._lines.ndarray()[:] = np.stack([x[:-1], y[:-1], x[1:], y[1:]], axis=1)

    def _make_bars(self, x: Values, top: Values, bottom: Values) -> None:
        """Edges lie between the pixels so that neighbours neither overlap nor leave a gap, also where the curve jumps
        from one to the next."""
        edges = np.rint(_edges(x))
        reaching_up, reaching_down = top.copy(), bottom.copy()
        reaching_up[1:] = np.minimum(top[1:], bottom[:-1])
        reaching_down[1:] = np.maximum(bottom[1:], top[:-1])
        height = np.maximum(reaching_down - reaching_up, 1.0)
        self._rectangles.resize(len(x))
        self._rectangles.ndarray()[:] = np.stack([edges[:-1], reaching_up, np.diff(edges), height], axis=1)


def _is_rough(x: Values, y: Values) -> bool:
    across = float(x[-1] - x[0]) / (len(x) - 1)
    return across < _DENSE and float(np.abs(np.diff(y)).mean()) > _STEEP


def _without_beads(x: Values, y: Values) -> tuple[Values, Values]:
    """One point in place of two where the least and the greatest value are hardly apart: caps of such short pieces
    would look like beads on a string."""
    least, greatest = y[1::2], y[::2]
    short = greatest - least < _BEAD
    kept = np.ones(len(x), bool)
    kept[1::2] = ~short
    joined = y.copy()
    joined[::2] = np.where(short, (least + greatest) / 2, greatest)
    return x[kept], joined[kept]


def _edges(centres: Values) -> NDArray[np.float64]:
    """Where bars (two at least) begin and end, if each reaches half way to its neighbours."""
    between = (centres[:-1] + centres[1:]) / 2
    return np.concatenate([[2 * centres[0] - between[0]], between, [2 * centres[-1] - between[-1]]])
