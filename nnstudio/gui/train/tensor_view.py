"""A tensor as tiles: pictures as they are, activations in grey, parameters and gradients in the diverging map."""

from __future__ import annotations

from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnstudio.gui.inspect.mosaic import nice_limit
from nnstudio.gui.theme import current_theme, theme_source
from nnstudio.training.micro_step import Look, NamedTensor

MOST_ROWS, MOST_COLUMNS = 8, 16
"""Tiles of an array with four axes: pictures or filters down, channels across; or the other way round where there are
fewer channels than rows, since panels are wide."""
MOST_PICTURES = 64
"""Tiles where there is one for each picture or filter."""
MOST_VECTORS = 64
"""Rows and columns of an array with two axes."""
_GAP = 0.08
"""Between tiles, as a share of a tile."""

Values = NDArray[np.floating]


def tiles_of(values: Values, look: Look = Look.SIGNED) -> list[list[Values]]:
    """Rows of tiles, each with two axes: of (N, C, H, W) a row for each of N with a tile for each of C, or the other
    way round; for pictures of three channels one tile with colours as its third axis; of fewer axes one tile. Of too
    many the first."""
    if values.ndim == 4 and is_coloured(values, look):
        return [[picture.transpose(1, 2, 0)] for picture in values[:MOST_PICTURES]]
    if values.ndim == 4:
        most, channels = _most_tiles(values, look)
        shown = values[:most, :channels]
        return [list(row) for row in (shown.swapaxes(0, 1) if _turned(values, look) else shown)]
    if values.ndim == 2:
        return [[values[:MOST_VECTORS, :MOST_VECTORS]]]
    flat = values.ravel()[: MOST_VECTORS**2]
    return [[np.atleast_2d(flat)]]


def is_coloured(values: Values, look: Look) -> bool:
    return look is Look.PICTURES and values.shape[1] == 3


def grey_range(values: Values, look: Look) -> tuple[float, float]:
    """What black and white stand for: 0 and 1 in pictures, where noise that was added may go beyond; else 0, or the
    least if that is below it, and the largest value."""
    low, high = float(values.min(initial=0.0)), float(values.max(initial=0.0))
    if look is Look.PICTURES and low > -1 and high < 2:
        return 0.0, 1.0
    return low, high if high > low else low + 1.0


def what_is_where(tensor: NamedTensor) -> str:
    """What the rows and the columns of tiles, or of values, are."""
    values = tensor.values
    if _is_alone(values, tensor.look):
        return "each tile is a filter" if tensor.parameter else "each tile is a picture"
    rows, columns = {
        (4, False): ("picture", "channel"), (4, True): ("filter", "channel that it sees"),
        (2, False): ("picture", "unit"), (2, True): ("unit", "value that it sees"),
    }.get((values.ndim, tensor.parameter), ("", ""))  # fmt: skip
    if _turned(values, tensor.look):
        rows, columns = columns, rows
    return f"each row is a {rows}, each column a {columns}" if rows else ""


def _is_alone(values: Values, look: Look) -> bool:
    """Whether there is one tile for each picture or filter."""
    return values.ndim == 4 and (values.shape[1] == 1 or is_coloured(values, look))


def _turned(values: Values, look: Look) -> bool:
    """Whether the channels go down."""
    return values.ndim == 4 and not _is_alone(values, look) and values.shape[1] < MOST_ROWS


def _most_tiles(values: Values, look: Look) -> tuple[int, int]:
    """Pictures or filters, and channels, that are shown of an array with four axes."""
    if _is_alone(values, look):
        return MOST_PICTURES, MOST_COLUMNS
    return (MOST_COLUMNS, MOST_ROWS) if _turned(values, look) else (MOST_ROWS, MOST_COLUMNS)


def cropped(values: Values, look: Look = Look.SIGNED) -> str:
    """How much of the values is shown, where that is not all."""
    most = {4: _most_tiles(values, look), 2: (MOST_VECTORS, MOST_VECTORS)}.get(values.ndim, (MOST_VECTORS**2,))
    shown = [min(size, limit) for size, limit in zip(values.shape, most, strict=False)]
    whole = shown == list(values.shape[: len(shown)])
    return "" if whole else f"; shown are the first {' × '.join(f'{size:,}' for size in shown)}"


def folded(rows: list[list[Values]], ratio: float) -> list[list[Values]]:
    """Where every row has one tile, several to a row, so that they fill an area with that ratio of width to height."""
    if len(rows) == 1 or len(rows[0]) > 1:
        return rows
    height, width = rows[0][0].shape[:2]
    across = max(1, min(len(rows), round(sqrt(len(rows) * ratio * height / width))))
    tiles = [row[0] for row in rows]
    return [tiles[start : start + across] for start in range(0, ceil(len(tiles) / across) * across, across)]


class TensorView(QWidget):
    """Paints a tensor as its look says, every tile as large as there is room for."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("micro_step_tensor")
        self.setAccessibleName("The tensor as colours")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._tensor: NamedTensor | None = None
        self.limit = 1.0
        """±``limit`` have the ends of the diverging map."""
        self.greys = (0.0, 1.0)
        """What black and white stand for."""
        theme_source.themeChanged.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(320, 240)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 120)

    def show_tensor(self, tensor: NamedTensor | None) -> None:
        """Paint this from now on."""
        self._tensor = tensor
        if tensor is not None:
            self.limit, self.greys = nice_limit(tensor.values), grey_range(tensor.values, tensor.look)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._tensor is None or not self._tensor.values.size:
            return
        rows = folded(tiles_of(self._tensor.values, self._tensor.look), self.width() / max(1, self.height()))
        height, width = rows[0][0].shape[:2]
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
        assert self._tensor is not None
        sound = np.nan_to_num(tile)
        if self._tensor.look is Look.SIGNED:
            colours = current_theme().paint_diverging(sound, self.limit)
        else:
            low, high = self.greys
            bright = np.rint(np.clip((sound - low) / (high - low), 0, 1) * 255).astype(np.uint8)
            colours = bright if bright.ndim == 3 else bright[..., np.newaxis].repeat(3, axis=2)
        height, width = tile.shape[:2]
        flat = np.ascontiguousarray(colours)
        return QImage(flat.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
