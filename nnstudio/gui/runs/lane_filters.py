"""The filters of a lane's first convolution as a small picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage, QPixmap

from nnstudio.gui.inspect.mosaic import sources
from nnstudio.gui.models.weights_base import Parameters
from nnstudio.gui.theme import current_theme
from nnstudio.network import Family, NetworkSpec, check

_MOST_FILTERS, _ACROSS = 16, 8
_TILES = (15, 10)
"""Pixels that a filter is wide at least, in one row and in two."""


def first_filters(spec: NetworkSpec, parameters: Parameters) -> NDArray[np.floating] | None:
    """(filters, height, width) of the first convolution, the mean over its inputs; ``None`` where there is none."""
    for source in sources(spec, check(spec)):
        values = parameters.get(source.parameter)
        if spec.node(source.node).layer.family is Family.CONVOLUTION and values is not None:
            kernels = source.kernels(values)
            return None if kernels is None else kernels[:_MOST_FILTERS].mean(axis=1)
    return None


def filter_picture(kernels: NDArray[np.floating]) -> QPixmap:
    """Filters in rows, in the colours that weights have everywhere, each weight a square of whole pixels."""
    theme = current_theme()
    count, height, width = kernels.shape
    columns = min(count, _ACROSS)
    rows = -(-count // columns)
    scale = max(1, -(-_TILES[rows - 1] // width))
    sheet = np.empty((rows * (height * scale + 2), columns * (width * scale + 2), 3), np.uint8)
    panel = theme.color("panel")
    sheet[:] = panel.red(), panel.green(), panel.blue()
    colours = theme.paint_diverging(kernels, float(np.abs(kernels).max()))
    for number, tile in enumerate(colours):
        top, left = number // columns * (height * scale + 2), number % columns * (width * scale + 2)
        sheet[top : top + height * scale, left : left + width * scale] = tile.repeat(scale, 0).repeat(scale, 1)
    image = QImage(sheet.tobytes(), sheet.shape[1], sheet.shape[0], 3 * sheet.shape[1], QImage.Format.Format_RGB888)
    return QPixmap.fromImage(image)
