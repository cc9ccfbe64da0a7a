"""Ink on paper in the colours of the theme: the same for what is drawn and for what the network sees."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage, qRgb

from nnstudio.gui.theme import current_theme

_PAPER_AND_INK = {"light": ((255, 255, 255), (20, 23, 26)), "dark": ((16, 18, 20), (242, 244, 246))}
"""Red, green and blue."""


def in_colours(ink: NDArray[np.uint8]) -> QImage:
    """`ink`, (height, width) with 0 as paper, as an image that shares its memory: paint it at once, do not keep it."""
    height, width = ink.shape
    image = QImage(ink.data, width, height, width, QImage.Format.Format_Indexed8)
    image.setColorTable(_colours(current_theme().name))
    return image


def picture_image(values: NDArray[np.floating]) -> QImage:
    """`values`, (channels, height, width) from 0 to 1, as an image of its own: three channels are red, green and blue,
    one is ink on paper, and of any other number the mean is."""
    levels = np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
    if len(levels) == 3:
        _, height, width = levels.shape
        pixels = np.ascontiguousarray(levels.transpose(1, 2, 0))
        return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
    ink = np.ascontiguousarray(levels.mean(axis=0).astype(np.uint8))
    return in_colours(ink).copy()


@cache
def _colours(theme: str) -> list[int]:
    paper, ink = _PAPER_AND_INK[theme]
    shades = np.rint(np.linspace(paper, ink, 256)).astype(int).tolist()
    return [qRgb(*shade) for shade in shades]
