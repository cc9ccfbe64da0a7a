"""The mosaic on the screen, zoomed without smoothing; the weight under the mouse is told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QScrollArea, QWidget

from nnstudio.gui.inspect.mosaic import MAX_SCALE, MIN_SCALE, Mosaic
from nnstudio.gui.theme import current_theme, theme_source

_MARGIN = 16


class FilterView(QWidget):
    """Paints kernels (outputs, inputs, height, width); only those that are seen cost anything."""

    hovered = Signal(object)
    """Output, input, row, column under the mouse, or None."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("filter_view")
        self.setMouseTracking(True)
        self._mosaic: Mosaic | None = None
        self._kernels: NDArray[np.floating] | None = None
        self._limit = 1.0
        self._room = QSize(1, 1)
        theme_source.themeChanged.connect(self._repaint)

    def show_kernels(self, kernels: NDArray[np.floating] | None, limit: float) -> None:
        """Paint these from now on; ±`limit` are the ends of the colour scale."""
        self._kernels, self._limit = kernels, limit
        if kernels is None:
            self._arrange(None)
        elif self._mosaic is None or self._mosaic.shape != kernels.shape:
            self.fit(self._room)
        self.update()

    def fit(self, room: QSize) -> None:
        """Arrange and scale so that everything is seen as large as it can be in `room`."""
        self._room = room
        if self._kernels is not None:
            outputs, inputs, height, width = self._kernels.shape
            self._arrange(Mosaic.fitting((outputs, inputs, height, width), room.width(), room.height()))

    def zoom(self, steps: int) -> None:
        """Make weights larger or smaller; the arrangement stays."""
        if self._mosaic is not None:
            scale = self._mosaic.scale + steps * max(1, self._mosaic.scale // 4)
            self._arrange(replace(self._mosaic, scale=max(MIN_SCALE, min(MAX_SCALE, scale))))

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._mosaic is None or self._kernels is None:
            return
        seen = event.rect()
        rows, columns = self._mosaic.seen(seen.top(), seen.left(), seen.bottom(), seen.right())
        if not rows or not columns:
            return
        theme = current_theme()
        colours = opaque(theme.paint_diverging(np.nan_to_num(self._kernels), self._limit))
        pixels = self._mosaic.paint(colours, theme.color("border").rgba(), rows, columns)
        height, width = pixels.shape
        image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied)
        down, right = self._mosaic.pitch
        QPainter(self).drawImage(columns.start * right, rows.start * down, image)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = event.position()
        self.hovered.emit(self._mosaic.locate(int(place.y()), int(place.x())) if self._mosaic else None)

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered.emit(None)

    def _repaint(self) -> None:
        self.update()

    def _arrange(self, mosaic: Mosaic | None) -> None:
        self._mosaic = mosaic
        height, width = mosaic.size if mosaic else (0, 0)
        self.setFixedSize(width, height)
        self.update()


class FilterScroll(QScrollArea):
    """Lets a large mosaic be scrolled, and zoomed with Ctrl and the wheel; fits it until then."""

    def __init__(self, view: FilterView) -> None:
        super().__init__()
        self.setObjectName("filter_scroll")
        self.setAccessibleName("Filters")
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._view = view
        self._fits = True
        self.setWidget(view)

    def fit(self) -> None:
        """Show everything, also after the panel changes its size."""
        self._fits = True
        self._view.fit(self.size() - QSize(_MARGIN, _MARGIN))

    def zoom(self, steps: int) -> None:
        self._fits = False
        self._view.zoom(steps)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._fits:
            self.fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom(1 if event.angleDelta().y() > 0 else -1)
            event.accept()
        else:
            super().wheelEvent(event)


def opaque(colours: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """(..., 3) red, green, blue as one number each, as Qt has pixels in memory."""
    red, green, blue = (colours[..., channel].astype(np.uint32) for channel in range(3))
    return np.uint32(0xFF000000) | red << np.uint32(16) | green << np.uint32(8) | blue
