"""A hand that draws with real mouse events."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from nnstudio.gui.draw.canvas import Canvas

Place = tuple[float, float]
"""Across and down, as shares of the sheet."""
LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
UPRIGHT: Sequence[Place] = ((0.5, 0.1), (0.5, 0.5), (0.5, 0.9))
ROUND: Sequence[Place] = ((0.5, 0.15), (0.2, 0.3), (0.2, 0.7), (0.5, 0.85), (0.8, 0.7), (0.8, 0.3), (0.5, 0.15))


def place(canvas: Canvas, at: Place) -> QPoint:
    """A place of the widget, from a share of the sheet's width and height."""
    sheet = canvas.sheet()
    return QPoint(round(sheet.x() + at[0] * sheet.width()), round(sheet.y() + at[1] * sheet.height()))


def draw(canvas: Canvas, places: Sequence[Place], button: Qt.MouseButton = LEFT) -> None:
    """Press, move and release the mouse, as a hand does."""
    QTest.mousePress(canvas, button, pos=place(canvas, places[0]))
    for start, end in pairwise(places):
        for step in np.linspace(0, 1, 6)[1:]:
            between = (start[0] + step * (end[0] - start[0]), start[1] + step * (end[1] - start[1]))
            QTest.mouseMove(canvas, place(canvas, between))
    QTest.mouseRelease(canvas, button, pos=place(canvas, places[-1]))


DIGITS: Sequence[Sequence[Sequence[Place]]] = (
    [[(0.5, 0.15), (0.36, 0.22), (0.29, 0.4), (0.29, 0.6), (0.37, 0.8), (0.5, 0.86), (0.63, 0.8), (0.71, 0.6),
      (0.71, 0.4), (0.64, 0.22), (0.5, 0.15)]],
    [[(0.42, 0.27), (0.52, 0.15), (0.52, 0.85)]],
    [[(0.32, 0.3), (0.37, 0.19), (0.5, 0.15), (0.63, 0.2), (0.67, 0.33), (0.6, 0.5), (0.45, 0.67), (0.3, 0.84),
      (0.5, 0.84), (0.7, 0.83)]],
    [[(0.33, 0.2), (0.5, 0.14), (0.65, 0.22), (0.64, 0.38), (0.48, 0.47), (0.66, 0.55), (0.7, 0.7), (0.6, 0.83),
      (0.45, 0.86), (0.3, 0.8)]],
    [[(0.45, 0.15), (0.38, 0.35), (0.29, 0.57), (0.5, 0.58), (0.74, 0.57)], [(0.62, 0.3), (0.61, 0.6), (0.6, 0.87)]],
    [[(0.66, 0.16), (0.38, 0.17), (0.36, 0.3), (0.34, 0.46), (0.5, 0.43), (0.65, 0.52), (0.68, 0.67), (0.6, 0.81),
      (0.45, 0.86), (0.31, 0.8)]],
    [[(0.6, 0.15), (0.46, 0.27), (0.36, 0.47), (0.33, 0.66), (0.4, 0.81), (0.52, 0.85), (0.64, 0.78), (0.66, 0.64),
      (0.57, 0.54), (0.45, 0.56), (0.35, 0.68)]],
    [[(0.3, 0.18), (0.5, 0.17), (0.7, 0.17), (0.6, 0.4), (0.5, 0.62), (0.42, 0.86)]],
    [[(0.62, 0.25), (0.5, 0.15), (0.38, 0.22), (0.38, 0.36), (0.5, 0.48), (0.63, 0.6), (0.65, 0.75), (0.5, 0.86),
      (0.36, 0.77), (0.37, 0.62), (0.5, 0.48), (0.6, 0.37), (0.62, 0.25)]],
    [[(0.64, 0.28), (0.52, 0.16), (0.38, 0.22), (0.34, 0.37), (0.43, 0.49), (0.57, 0.46), (0.65, 0.3), (0.63, 0.55),
      (0.56, 0.86)]],
)  # fmt: skip
"""Strokes of the ten digits, as somebody draws them with a mouse."""
