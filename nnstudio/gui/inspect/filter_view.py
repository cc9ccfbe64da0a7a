"""The mosaic on the screen: zoomed without smoothing, with the weight under the mouse told."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QScrollArea, QSizePolicy, QWidget

from nnstudio.gui.inspect.mosaic import Mosaic
from nnstudio.gui.theme import Theme, current_theme, theme_source

_MIN_SCALE = 3
_MAX_SCALE = 48
_MARGIN = 16


class FilterView(QWidget):
    """Paints one picture of all kernels, each weight as a square of `scale` pixels."""

    hovered = Signal(object)
    """Output, input, row, column under the mouse, or None."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("filter_view")
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._mosaic: Mosaic | None = None
        self._kernels: NDArray[np.floating] | None = None
        self._limit = 1.0
        self._image = QImage()
        self._scale = 8
        theme_source.themeChanged.connect(self._render)

    @property
    def scale(self) -> int:
        return self._scale

    def set_scale(self, scale: int) -> None:
        """Pixels for one weight."""
        scale = max(_MIN_SCALE, min(_MAX_SCALE, scale))
        if scale != self._scale:
            self._scale = scale
            self._resize()

    def show_kernels(self, kernels: NDArray[np.floating] | None, limit: float) -> None:
        """`kernels` is (outputs, inputs, height, width); ±`limit` are the ends of the colour scale."""
        mosaic = None if kernels is None else Mosaic(kernels.shape)
        resized = mosaic != self._mosaic
        self._mosaic, self._kernels, self._limit = mosaic, kernels, limit
        if resized:
            self._resize()
        self._render(current_theme())

    def fitting_scale(self, room: QSize) -> int:
        """The scale at which everything is seen, or if that is too small, the smallest at which weights can be told."""
        if self._mosaic is None:
            return self._scale
        height, width = self._mosaic.size
        return max(_MIN_SCALE, min(_MAX_SCALE, room.width() // width, room.height() // height))

    def sizeHint(self) -> QSize:
        height, width = self._mosaic.size if self._mosaic else (0, 0)
        return QSize(width * self._scale, height * self._scale)

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self._image.isNull():
            painter = QPainter(self)
            painter.drawImage(QRect(QPoint(), self.sizeHint()), self._image)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = event.position() / self._scale
        found = self._mosaic.locate(int(place.y()), int(place.x())) if self._mosaic else None
        self.hovered.emit(found)

    def leaveEvent(self, event: object) -> None:
        self.hovered.emit(None)

    def _resize(self) -> None:
        self.setFixedSize(self.sizeHint())

    def _render(self, theme: Theme) -> None:
        if self._mosaic is None or self._kernels is None:
            self._image = QImage()
        else:
            values = self._mosaic.assemble(self._kernels)
            colours = np.empty((*values.shape, 4), np.uint8)
            colours[..., :3] = theme.paint_diverging(np.nan_to_num(values), self._limit)
            colours[..., 3] = np.where(np.isnan(values), 0, 255)
            height, width = values.shape
            image = QImage(colours.data, width, height, 4 * width, QImage.Format.Format_RGBA8888)
            self._image = image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
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
        self._view.set_scale(self._view.fitting_scale(self.size() - QSize(_MARGIN, _MARGIN)))

    def refit(self) -> None:
        """The mosaic has another size."""
        if self._fits:
            self.fit()

    def zoom(self, steps: int) -> None:
        self._fits = False
        self._view.set_scale(self._view.scale + steps * max(1, self._view.scale // 4))

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        self.refit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom(1 if event.angleDelta().y() > 0 else -1)
            event.accept()
        else:
            super().wheelEvent(event)
