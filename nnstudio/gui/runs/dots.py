"""The dot that says which colour a run's curves have."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap

DOT = 10
"""Pixels."""
_SHARP = 4
"""Pixels of the picture for one of the screen, at most."""


def dot(colour: str) -> QIcon:
    """A dot, the same in a selected row; with no colour as much room without one, so that names stand still."""
    picture = QPixmap(_SHARP * DOT, _SHARP * DOT)
    picture.fill(Qt.GlobalColor.transparent)
    if colour:
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(QColor(colour))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawEllipse(picture.rect())
        painter.end()
    picture.setDevicePixelRatio(_SHARP)
    return untinted(QIcon(picture))


def untinted(made: QIcon) -> QIcon:
    """The same icon, which Qt then does not tint in a selected row."""
    for size in made.availableSizes():
        made.addPixmap(made.pixmap(size), QIcon.Mode.Selected)
    return made
