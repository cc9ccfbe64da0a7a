"""The pen for pictures of layers: cells, lines and curves on a sheet of 40 × 32 points."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from nnstudio.gui.theme import current_theme, mixed
from nnstudio.network import Family, Layer

WIDTH, HEIGHT = 40, 32
_BOLD, _THIN = 1.6, 1.0


class Sketch:
    """Draws in one family's colour: ``ink``, or weaker for what is less important."""

    def __init__(self, painter: QPainter, family: Family) -> None:
        theme = current_theme()
        self._painter = painter
        self._colour, self._panel = theme.families[family], theme.panel
        self.ink, self.faint, self.ground = QColor(self._colour), self.shade(0.45), self.shade(0.12)

    def shade(self, share: float) -> QColor:
        """The family's colour, so strong."""
        return mixed(self._colour, self._panel, share)

    def cells(self, x: float, y: float, values: ArrayLike, size: float = 3) -> None:
        """A grid of square cells from (x, y) on, one apart, each as dark as its value (0 to 1)."""
        for (row, column), value in np.ndenumerate(np.asarray(values, float)):
            place = QRectF(x + column * (size + 1), y + row * (size + 1), size, size)
            self._painter.fillRect(place, self.shade(0.24 + 0.76 * float(value)))

    def gauge(self, x: float, y: float, level: float, size: float = 8, height: float | None = None) -> None:
        """A vessel that is filled to a level (0 to 1)."""
        full = size if height is None else height
        self._painter.fillRect(QRectF(x, y, size, full), self.shade(0.3))
        filled = round(level * full)
        self._painter.fillRect(QRectF(x, y + full - filled, size, filled), self.ink)

    def plane(self, x: float, y: float, size: float, share: float) -> None:
        """A channel seen as a sheet, with an edge that sets it off from one behind it."""
        self._painter.setPen(QPen(self.ground, 1))
        self._painter.setBrush(self.shade(share))
        self._painter.drawRect(QRectF(x - 0.5, y - 0.5, size + 1, size + 1))

    def slab(self, x: float, y: float, share: float) -> None:
        """A channel seen from its edge."""
        self._painter.fillRect(QRectF(x, y, 2, 10), self.shade(share))

    def bar(self, x: float, y: float, width: float, height: float, *, strong: bool = True) -> None:
        """A filled rectangle."""
        self._painter.fillRect(QRectF(x, y, width, height), self.ink if strong else self.faint)

    def line(self, *points: tuple[float, float], strong: bool = True, dashed: bool = False) -> None:
        """A line through all points."""
        pen = QPen(self.ink if strong else self.faint, _BOLD if strong else _THIN)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap if dashed else Qt.PenCapStyle.RoundCap)
        if dashed:
            pen.setDashPattern([2, 2])
        self._painter.setPen(pen)
        self._painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in points]))

    def frame(self, x: float, y: float, width: float, height: float) -> None:
        """The outline of a rectangle."""
        self.line((x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y))

    def arrow(self, x: float, y: float, length: float = 5) -> None:
        """An arrow to the right."""
        tip = (x + length, y)
        self.line((x, y), tip, strong=False)
        self.line((tip[0] - 2, y - 2), tip, (tip[0] - 2, y + 2), strong=False)

    def dot(self, x: float, y: float, radius: float = 2.5, *, strong: bool = True) -> None:
        """A filled circle."""
        self._painter.setPen(Qt.PenStyle.NoPen)
        self._painter.setBrush(self.ink if strong else self.faint)
        self._painter.drawEllipse(QPointF(x, y), radius, radius)

    def ring(self, x: float, y: float, radius: float, *, strong: bool = True) -> None:
        """A circle on the ground."""
        self._painter.setPen(QPen(self.ink if strong else self.faint, _BOLD if strong else _THIN))
        self._painter.setBrush(self.ground)
        self._painter.drawEllipse(QPointF(x, y), radius, radius)

    def cross(self, x: float, y: float, radius: float) -> None:
        """A ×."""
        self.line((x - radius, y - radius), (x + radius, y + radius))
        self.line((x - radius, y + radius), (x + radius, y - radius))

    def plus(self, x: float, y: float, radius: float) -> None:
        """A +."""
        self.line((x - radius, y), (x + radius, y))
        self.line((x, y - radius), (x, y + radius))


Picture = Callable[[Sketch, type[Layer]], None]
PICTURES: dict[type[Layer], Picture] = {}
"""Pictures by the layer that they show; those derived from it share its picture."""


def draws(*layers: type[Layer]) -> Callable[[Picture], Picture]:
    """Make a function the picture of these layers."""

    def register(picture: Picture) -> Picture:
        PICTURES.update(dict.fromkeys(layers, picture))
        return picture

    return register


def rescaled(values: Sequence[float] | np.ndarray, least: float = 0.0) -> np.ndarray:
    """Values between ``least`` and 1."""
    array = np.asarray(values, float)
    return least + (1 - least) * (array - array.min()) / (array.max() - array.min())
