"""Ink on paper in the colours of the theme: the same for what is drawn and for what the network sees."""

from __future__ import annotations

from PySide6.QtGui import QColor, QImage

from nnstudio.gui.theme import Theme, current_theme

_PAPER = {"light": "#ffffff", "dark": "#101214"}
_INK = {"light": "#14171a", "dark": "#f2f4f6"}


def paper_colour(theme: Theme) -> QColor:
    return QColor(_PAPER[theme.name])


def ink_colour(theme: Theme) -> QColor:
    return QColor(_INK[theme.name])


def in_colours(grey: QImage) -> QImage:
    """An 8-bit grey image with 0 as paper and 255 as ink. It shares the pixels of `grey`, which must outlive it."""
    view = QImage(grey.constBits(), grey.width(), grey.height(), grey.bytesPerLine(), QImage.Format.Format_Indexed8)
    paper, ink = paper_colour(current_theme()), ink_colour(current_theme())
    view.setColorTable([_blend(paper, ink, value / 255).rgb() for value in range(256)])
    return view


def _blend(paper: QColor, ink: QColor, share: float) -> QColor:
    def mixed(a: int, b: int) -> int:
        return round((1 - share) * a + share * b)

    return QColor(mixed(paper.red(), ink.red()), mixed(paper.green(), ink.green()), mixed(paper.blue(), ink.blue()))
