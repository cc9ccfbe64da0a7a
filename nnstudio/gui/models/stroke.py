"""A pen's path made smooth: quadratic curves through the middles between the points that the pen reported.

Each reported point is the control point of a curve from the middle before it to the middle behind it, so the curves
join without a corner, and a piece never changes once it is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPen

_SMOOTHING = 0.5
"""Share of the old width that stays with each new point: pressure trembles."""


@dataclass(frozen=True)
class Segment:
    """One piece of a stroke, of one width, to be drawn with round ends."""

    path: QPainterPath
    width: float

    def bounds(self) -> QRect:
        """The pixels that it can touch."""
        reach = self.width / 2 + 1
        return self.path.controlPointRect().adjusted(-reach, -reach, reach, reach).toAlignedRect()

    def coverage(self, part: QRect) -> NDArray[np.uint8]:
        """How much of each pixel of `part` it covers, from 0 to 255: (height, width)."""
        image = QImage(part.size(), QImage.Format.Format_Grayscale8)
        image.fill(0)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(-part.topLeft())
        line, cap, join = Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
        painter.setPen(QPen(Qt.GlobalColor.white, self.width, line, cap, join))
        painter.drawPath(self.path)
        painter.end()
        rows = np.frombuffer(image.constBits(), np.uint8).reshape(part.height(), image.bytesPerLine())
        return rows[:, : part.width()].copy()


class Stroke:
    """Turns points, as they come, into segments."""

    def __init__(self, point: QPointF, width: float) -> None:
        self._end = self._last = point
        self._width = width

    def dot(self) -> Segment:
        """Where the pen came down."""
        return self._segment(_line(self._end, self._end))

    def extend(self, point: QPointF, width: float) -> Segment:
        """On to the middle between the last point and this one."""
        self._width = _SMOOTHING * self._width + (1 - _SMOOTHING) * width
        path, middle = QPainterPath(self._end), (self._last + point) / 2
        path.quadTo(self._last, middle)
        self._end, self._last = middle, point
        return self._segment(path)

    def finish(self) -> Segment:
        """The last half, to where the pen was lifted."""
        return self._segment(_line(self._end, self._last))

    def _segment(self, path: QPainterPath) -> Segment:
        return Segment(path, self._width)


def _line(start: QPointF, end: QPointF) -> QPainterPath:
    """A path of no length is not drawn at all, so a dot gets a length that nobody sees."""
    path = QPainterPath(start)
    path.lineTo(end if end != start else end + QPointF(0.01, 0))
    return path
