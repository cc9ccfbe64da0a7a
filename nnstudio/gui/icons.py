"""Icons: glyphs of the Material Design font that comes with qtawesome, drawn in the theme's colours.

The font file is used directly: importing qtawesome takes longer than everything else before the window stands.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QFontMetricsF,
    QGuiApplication,
    QIcon,
    QPaintEngine,
    QPainter,
    QPainterPath,
    QPixmap,
)

from nnstudio.gui.theme import current_theme

SIZE = 20


def icon(name: str, role: str = "text", *, checked_role: str = "accent") -> QIcon:
    """The glyph called `name` (``play``, ``content-save``) in the colour of a theme's role.

    Icons keep the colours of the theme they were made in: make them again when it changes.
    """
    theme, made = current_theme(), QIcon()
    faded = theme.color("quiet")
    faded.setAlphaF(0.5)
    for scale in {screen.devicePixelRatio() for screen in QGuiApplication.screens()}:
        made.addPixmap(_draw(name, theme.color(role), scale))
        made.addPixmap(_draw(name, theme.color(checked_role), scale), state=QIcon.State.On)
        made.addPixmap(_draw(name, faded, scale), QIcon.Mode.Disabled)
    return made


def _draw(name: str, colour: QColor, scale: float) -> QPixmap:
    pixmap = QPixmap(round(SIZE * scale), round(SIZE * scale))
    pixmap.setDevicePixelRatio(scale)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    paint_glyph(painter, QRectF(0, 0, SIZE, SIZE), name, colour)
    painter.end()
    return pixmap


def paint_glyph(painter: QPainter, square: QRectF, name: str, colour: QColor) -> None:
    """Draw a glyph into a square, sharp at any zoom of the painter.

    Where what is painted goes into a file, the glyph is an outline: whoever opens it does not have the font.
    """
    family, glyphs = _font()
    font = QFont(family)
    font.setPixelSize(round(square.height()))
    if painter.paintEngine().type() is QPaintEngine.Type.SVG:
        painter.fillPath(_outline(font, glyphs[name], square.center()), colour)
        return
    painter.setFont(font)
    painter.setPen(colour)
    painter.drawText(square, Qt.AlignmentFlag.AlignCenter, glyphs[name])


def _outline(font: QFont, glyph: str, middle: QPointF) -> QPainterPath:
    """A glyph as a shape, where `drawText` would put it in the middle of a square."""
    metrics = QFontMetricsF(font)
    path = QPainterPath()
    left = middle.x() - metrics.horizontalAdvance(glyph) / 2
    path.addText(QPointF(left, middle.y() + (metrics.ascent() - metrics.descent()) / 2), font, glyph)
    return path


@cache
def _font() -> tuple[str, dict[str, str]]:
    """The font's family, and its glyphs by name."""
    package = find_spec("qtawesome")
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError("qtawesome is not installed")
    folder = Path(package.submodule_search_locations[0]) / "fonts"
    font = next(folder.glob("materialdesignicons6*.ttf"))
    names = json.loads(next(folder.glob("materialdesignicons6*charmap*.json")).read_text())
    family = QFontDatabase.applicationFontFamilies(QFontDatabase.addApplicationFont(str(font)))[0]
    return family, {name: chr(int(code, 16)) for name, code in names.items()}
