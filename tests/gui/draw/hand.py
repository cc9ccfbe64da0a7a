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
