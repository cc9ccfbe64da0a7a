"""A tensor as tiles of colours: pictures and feature maps, kernels, vectors side by side."""

from __future__ import annotations

from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnstudio.gui.theme import current_theme, theme_source

MOST_ROWS, MOST_COLUMNS = 8, 16
"""Tiles of an array with four axes: pictures or filters down, channels across."""
MOST_VECTORS = 64
"""Rows and columns of an array with two axes."""
_GAP = 0.08
"""Between tiles, as a share of a tile."""

Values = NDArray[np.floating]


def tiles_of(values: Values) -> list[list[Values]]:
    """Rows of tiles, each with two axes: of (N, C, H, W) a row for each of N with a tile for each of C; of fewer axes
    one tile. Of too many the first."""
    if values.ndim == 4:
        return [list(picture[:MOST_COLUMNS]) for picture in values[:MOST_ROWS]]
    if values.ndim == 2:
        return [[values[:MOST_VECTORS, :MOST_VECTORS]]]
    flat = values.ravel()[: MOST_VECTORS**2]
    return [[np.atleast_2d(flat)]]


def cropped(values: Values) -> str:
    """How much of the values is shown, where that is not all."""
    most = {4: (MOST_ROWS, MOST_COLUMNS), 2: (MOST_VECTORS, MOST_VECTORS)}.get(values.ndim, (MOST_VECTORS**2,))
    shown = [min(size, limit) for size, limit in zip(values.shape, most, strict=False)]
    whole = shown == list(values.shape[: len(shown)])
    return "" if whole else f"; shown are the first {' × '.join(f'{size:,}' for size in shown)}"


def folded(rows: list[list[Values]], ratio: float) -> list[list[Values]]:
    """Where every row has one tile, several to a row, so that they fill an area with that ratio of width to height."""
    if len(rows) == 1 or len(rows[0]) > 1:
        return rows
    height, width = rows[0][0].shape
    across = max(1, min(len(rows), round(sqrt(len(rows) * ratio * height / width))))
    tiles = [row[0] for row in rows]
    return [tiles[start : start + across] for start in range(0, ceil(len(tiles) / across) * across, across)]


class TensorView(QWidget):
    """Paints with the diverging map, symmetric around 0, every tile as large as there is room for."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("micro_step_tensor")
        self.setAccessibleName("The tensor as colours")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._values: Values | None = None
        self._limit = 1.0
        theme_source.themeChanged.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(320, 240)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 120)

    def show_values(self, values: Values | None, limit: float) -> None:
        """Paint these from now on; ±``limit`` have the ends of the map."""
        self._values, self._limit = values, limit
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._values is None or not self._values.size:
            return
        rows = folded(tiles_of(self._values), self.width() / max(1, self.height()))
        height, width = rows[0][0].shape
        across, down = max(map(len, rows)), len(rows)
        gap = 0.0 if across == down == 1 else _GAP
        scale = min(self.width() / (width * (across + gap * (across - 1))),
                    self.height() / (height * (down + gap * (down - 1))))  # fmt: skip
        if across == down == 1 and width != height:  # a vector or a matrix need not keep its shape
            wide, high = float(self.width()), min(float(self.height()), height * max(scale, 16.0))
        else:
            wide, high = width * scale, height * scale
        left = (self.width() - wide * (across + gap * (across - 1))) / 2
        with QPainter(self) as painter:
            for row, tiles in enumerate(rows):
                for column, tile in enumerate(tiles):
                    x, y = left + column * wide * (1 + gap), row * high * (1 + gap)
                    painter.drawImage(QRectF(x, y, wide, high), self._image(tile))

    def _image(self, tile: Values) -> QImage:
        colours = np.ascontiguousarray(current_theme().paint_diverging(np.nan_to_num(tile), self._limit))
        height, width = tile.shape
        return QImage(colours.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
