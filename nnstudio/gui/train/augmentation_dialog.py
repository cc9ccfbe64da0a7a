"""What augmentation does, as pictures."""

from __future__ import annotations

from math import floor

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QHideEvent, QImage, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from nnstudio.gui.models.preview_model import PICTURES, VARIANTS, Preview, PreviewModel
from nnstudio.gui.theme import current_theme, theme_source

_GAP, _HEADING = 4, 24
_LEAST, _USUAL = 20, 84
"""Pixels of a picture's side on the screen."""
_TOLD = "Each row begins with the picture as it is; training sees a new change of it in every epoch."


class AugmentationDialog(QDialog):
    """Some pictures of the data, and beside each what training may make of it. It follows the settings."""

    def __init__(self, previews: PreviewModel, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("augmentation_dialog")
        self.setWindowTitle("What augmentation does")
        self._previews = previews
        self._words = QLabel()
        self._words.setObjectName("augmentation_words")
        self._words.setProperty("role", "quiet")
        self._words.setWordWrap(True)
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hint = QLabel()
        self._hint.setObjectName("augmentation_hint")
        self._hint.setProperty("role", "quiet")
        self._hint.setWordWrap(True)
        self._grid = PictureGrid()
        self._pages = QStackedWidget()
        self._pages.addWidget(self._words)
        self._pages.addWidget(self._grid)
        self._others = QPushButton("Other ones")
        self._others.setObjectName("augmentation_others")
        self._others.setToolTip("Other pictures, changed in other ways")
        self._others.clicked.connect(previews.shuffle)
        close = QPushButton("Close")
        close.setObjectName("augmentation_close")
        close.clicked.connect(self.close)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self._hint, 1)
        buttons.addWidget(self._others)
        buttons.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(16)
        layout.addWidget(self._pages, 1)
        layout.addLayout(buttons)
        previews.changed.connect(self._show)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._previews.watch(True)
        self._show()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._previews.watch(False)

    def _show(self) -> None:
        preview = self._previews.preview
        obstacle = self._obstacle(preview)
        self._words.setText(obstacle)
        self._grid.show_preview(None if obstacle else preview)
        self._pages.setCurrentIndex(0 if obstacle else 1)
        self._others.setEnabled(not obstacle)
        still = preview is not None and not preview.wanted.augmentation.active
        told = "Nothing is chosen, so every picture stays as it is." if still else _TOLD
        self._hint.setText("" if obstacle else told)

    def _obstacle(self, preview: Preview | None) -> str:
        """Why there are no pictures to be seen, if there are none."""
        problem, (done, total) = self._previews.problem, self._previews.progress
        if problem is not None:
            return str(problem)
        if preview is None:
            return f"Loading the data: {done / total:.0%}" if total else "Loading the data…"
        if preview.pictures.shape[-2:] == (1, 1):
            return "These data are points, not pictures: there is nothing to be seen of a change."
        return ""


class PictureGrid(QWidget):
    """Rows of pictures, all of one size, as large as there is room for; the originals stand apart."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("augmentation_grid")
        self.setAccessibleName("Pictures and what augmentation makes of them")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._images: list[list[QImage]] = []
        theme_source.themeChanged.connect(self.update)

    def sizeHint(self) -> QSize:
        return self._size(_USUAL)

    def minimumSizeHint(self) -> QSize:
        return self._size(_LEAST)

    @staticmethod
    def _size(side: int) -> QSize:
        across = (1 + VARIANTS) * (side + _GAP) + 3 * _GAP
        return QSize(across, PICTURES * (side + _GAP) + _HEADING)

    def show_preview(self, preview: Preview | None) -> None:
        """Paint these from now on."""
        rows = () if preview is None else preview.pictures
        self._images = [[image_of(picture) for picture in row] for row in rows]
        self.setAccessibleDescription(f"{len(self._images)} pictures with {VARIANTS} changes each")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._images:
            return
        theme = current_theme()
        with QPainter(self) as painter:
            first = self._cell(0, 0)
            painter.setPen(theme.color("quiet"))
            painter.setFont(self.font())
            for text, column in (("original", 0), ("in training", 1)):
                room = QRectF(self._cell(0, column).left(), 0, self.width(), first.top())
                painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
            for row, images in enumerate(self._images):
                for column, image in enumerate(images):
                    painter.drawImage(self._cell(row, column), image)

    def _cell(self, row: int, column: int) -> QRectF:
        """Where a picture lies; of pixels of the picture each has a whole number of the screen's where they fit."""
        width, height = self._images[0][0].width(), self._images[0][0].height()
        across = (self.width() - (VARIANTS + 4) * _GAP) / (1 + VARIANTS)
        down = (self.height() - _HEADING) / len(self._images) - _GAP
        scale = max(min(across / width, down / height), 1e-3)
        scale = floor(scale) if scale >= 1 else scale
        wide, high = width * scale, height * scale
        apart = 3 * _GAP if column else 0
        left = (self.width() - (1 + VARIANTS) * (wide + _GAP) - 2 * _GAP) / 2
        return QRectF(round(left) + column * (wide + _GAP) + apart, _HEADING + row * (high + _GAP), wide, high)


def image_of(picture: NDArray[np.floating]) -> QImage:
    """A picture (channels, height, width) from 0 to 1 in its own colours; of channels that are no colours the mean."""
    levels = np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)
    _, height, width = levels.shape
    if len(levels) == 3:
        pixels = np.ascontiguousarray(levels.transpose(1, 2, 0))
        return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
    pixels = np.ascontiguousarray(levels.mean(axis=0).astype(np.uint8))
    return QImage(pixels.data, width, height, width, QImage.Format.Format_Grayscale8).copy()
