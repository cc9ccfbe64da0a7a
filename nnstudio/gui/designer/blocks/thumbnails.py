"""The filters of a layer on its block: small, and as they are now."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPixmap
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from nnstudio.gui.inspect.filter_view import opaque
from nnstudio.gui.inspect.mosaic import Mosaic, Source, nice_limit
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.gui.theme import current_theme

MOST = 16
"""So many filters are seen at most."""
_HIGHEST = 40
"""Pixels of all rows together; a single row may be higher."""
_TILE = 15
"""Pixels that a filter is wide, about."""
_LARGEST = 6
"""Pixels that a weight is wide at most."""
_LARGE = 2**17
"""Of layers with more weights only those that are seen set the colour scale: to look at all takes too long."""
_PERIOD_MS = 80
"""Between two pictures of weights that change: 12 a second."""
_LEAST_ZOOM = 0.5
"""Below this nothing can be recognised."""


@dataclass(frozen=True)
class Strip:
    """Which filters of a layer are seen, and how they lie: `count` of them, of each output's first input first."""

    source: Source
    mosaic: Mosaic

    @classmethod
    def fitting(cls, source: Source, width: float) -> Strip | None:
        """As many as fit into `width` pixels in a few rows; ``None`` when not even one does."""
        outputs, inputs, rows, columns = source.shape
        scale = max(1, min(_LARGEST, _TILE // max(rows, columns)))
        down, right = Mosaic((1, 1, rows, columns), 1, scale).pitch
        gap = max(1, scale // 3)
        across, high = int(width + gap) // right, max(1, _HIGHEST // down)
        count = min(MOST, outputs * inputs, across * high)
        if not count:
            return None
        even = ceil(count / ceil(count / across))
        return cls(source, Mosaic((count, 1, rows, columns), even, scale))

    @property
    def width(self) -> int:
        return self.mosaic.size[1]

    @property
    def height(self) -> int:
        return self.mosaic.size[0]

    def seen(self, kernels: NDArray[np.floating]) -> NDArray[np.floating]:
        """The chosen ones of (outputs, inputs, height, width), as (count, 1, height, width)."""
        count, outputs = self.mosaic.shape[0], self.source.shape[0]
        numbers = np.arange(count)
        return kernels[numbers % outputs, numbers // outputs][:, None]


class Thumbnails(QObject):
    """Pictures of filters as the newest weights have them, made when they are asked for.

    ``changed`` comes at most twelve times a second however fast weights change; whoever shows pictures asks anew then.
    """

    changed = Signal()

    def __init__(self, weights: WeightsModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._weights = weights
        self._made: dict[str, tuple[object, Strip, str, QPixmap]] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PERIOD_MS)
        self._timer.timeout.connect(self._tell_late)
        self._late = False
        weights.changed.connect(self._tell)

    def picture(self, strip: Strip) -> QPixmap | None:
        """The filters; made only once for the same weights. ``None`` when these are not there yet."""
        values, name = self._weights.shown.parameters.get(strip.source.parameter), current_theme().name
        known = self._made.get(strip.source.node)
        if known and known[0] is values and known[1:3] == (strip, name):
            return known[3]
        kernels = strip.source.kernels(values) if values is not None else None
        if kernels is None:
            return None
        made = _paint(strip, kernels)
        self._made[strip.source.node] = values, strip, name, made
        return made

    def _tell(self) -> None:
        if self._timer.isActive():
            self._late = True
        else:
            self._timer.start()
            self._forget()
            self.changed.emit()

    def _tell_late(self) -> None:
        if self._late:
            self._late = False
            self._tell()

    def _forget(self) -> None:
        """Layers that are gone."""
        gone = [node for node in self._made if f"{node}.weight" not in self._weights.shown.parameters]
        for node in gone:
            del self._made[node]


def _paint(strip: Strip, kernels: NDArray[np.floating]) -> QPixmap:
    seen = strip.seen(kernels)
    limit = nice_limit(kernels if kernels.size <= _LARGE else seen)
    theme, mosaic = current_theme(), strip.mosaic
    colours = opaque(theme.paint_diverging(np.nan_to_num(seen), limit))
    pixels = mosaic.paint(colours, theme.color("border").rgba(), range(mosaic.rows), range(mosaic.columns))
    height, width = pixels.shape
    return QPixmap.fromImage(
        QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied).copy()
    )


class ThumbnailItem(QGraphicsItem):
    """The picture on a block. It is an item of its own so that new weights repaint it and not the block."""

    def __init__(self, thumbnails: Thumbnails, parent: QGraphicsItem) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails
        self._strip: Strip | None = None
        self._room = QRectF()
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def show_strip(self, strip: Strip | None) -> None:
        """Show these filters from now on, or none."""
        self.prepareGeometryChange()
        self._strip = strip
        self._room = QRectF(0, 0, strip.width, strip.height) if strip else QRectF()
        self.setVisible(strip is not None)
        self.update()

    def boundingRect(self) -> QRectF:
        return self._room

    def shape(self) -> QPainterPath:
        """Nothing: the mouse finds the block."""
        return QPainterPath()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        zoom = option.levelOfDetailFromTransform(painter.worldTransform())
        if self._strip is None or zoom < _LEAST_ZOOM:
            return
        if picture := self._thumbnails.picture(self._strip):
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, zoom < 1)
            painter.drawPixmap(self._room, picture, self._room)
