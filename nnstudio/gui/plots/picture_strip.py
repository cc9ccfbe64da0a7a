"""Pictures side by side, each with a line below."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QImage, QPixmap
from PySide6.QtWidgets import QListWidget, QListWidgetItem

_SIDE = 56


class PictureStrip(QListWidget):
    """A row of pictures (channels, height, width) that scrolls sideways; by keyboard with the arrows."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setFlow(QListWidget.Flow.LeftToRight)
        self.setViewMode(QListWidget.ViewMode.IconMode)
        self.setWrapping(False)
        self.setMovement(QListWidget.Movement.Static)
        self.setIconSize(QSize(_SIDE, _SIDE))
        self.setSpacing(2)
        self.setUniformItemSizes(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setFixedHeight(_SIDE + self.fontMetrics().height() + 36)

    def show_pictures(
        self, pictures: NDArray[np.uint8] | NDArray[np.float32], texts: Sequence[str], tips: Sequence[str]
    ) -> None:
        """``pictures`` is (N, channels, height, width), uint8 or from 0 to 1."""
        self.clear()
        for picture, text, tip in zip(pictures, texts, tips, strict=True):
            icon = QIcon(pixmap := _pixmap(picture))
            icon.addPixmap(pixmap, QIcon.Mode.Selected)  # or Qt would tint it
            item = QListWidgetItem(icon, text)
            item.setToolTip(tip)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, tip)
            item.setTextAlignment(Qt.AlignmentFlag.AlignHCenter)
            self.addItem(item)
        if len(texts):
            self.setCurrentRow(0)


def _pixmap(picture: NDArray[np.uint8] | NDArray[np.float32]) -> QPixmap:
    """Grey or coloured as the picture is, pixels kept apart; of many channels the first."""
    values = picture if picture.dtype == np.uint8 else np.rint(255 * np.clip(picture, 0, 1)).astype(np.uint8)
    channels, height, width = values.shape
    if channels == 3:
        data = np.ascontiguousarray(values.transpose(1, 2, 0))
        image = QImage(data.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    else:
        data = np.ascontiguousarray(values[0])
        image = QImage(data.data, width, height, width, QImage.Format.Format_Grayscale8)
    modes = Qt.TransformationMode
    how = modes.FastTransformation if max(height, width) < _SIDE else modes.SmoothTransformation
    return QPixmap.fromImage(image.scaled(_SIDE, _SIDE, Qt.AspectRatioMode.KeepAspectRatio, how))
