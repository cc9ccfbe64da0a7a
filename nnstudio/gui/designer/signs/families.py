"""The sign of each family of layers, and the group's name in the palette."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from nnstudio.gui.icons import SIZE, paint_glyph
from nnstudio.gui.theme import current_theme
from nnstudio.network import Family

_ICONS = {
    Family.INPUT: "image-outline",
    Family.CONVOLUTION: "grid",
    Family.POOLING: "arrow-collapse-all",
    Family.ACTIVATION: "sine-wave",
    Family.DENSE: "graph-outline",
    Family.NORMALIZATION: "chart-bell-curve",
    Family.REGULARISATION: "dice-multiple-outline",
    Family.MERGE: "call-merge",
    Family.RESHAPE: "view-sequential-outline",
    Family.OUTPUT: "poll",
}


def family_title(family: Family) -> str:
    """``Family.POOLING`` as people write it: ``Pooling``."""
    return family.value.capitalize()


def paint_family(painter: QPainter, square: QRectF, family: Family) -> None:
    """Draw the family's glyph in its colour."""
    paint_glyph(painter, square, _ICONS[family], QColor(current_theme().families[family]))


class FamilySign(QWidget):
    """The sign as a widget."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(SIZE, SIZE)
        self._family = Family.INPUT

    def show_family(self, family: Family) -> None:
        self._family = family
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            paint_family(painter, QRectF(self.rect()), self._family)
