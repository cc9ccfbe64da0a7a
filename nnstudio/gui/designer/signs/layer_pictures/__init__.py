"""A small picture of what each layer does, painted in its family's colour.

A picture is a function that ``draws`` some layers and all that are derived from them; each file of this package has
those of related layers. A layer without one is shown by its family's sign.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPixmap

from nnstudio.gui.designer.signs.families import paint_family
from nnstudio.gui.designer.signs.layer_pictures.sketch import HEIGHT, PICTURES, WIDTH, Picture, Sketch
from nnstudio.gui.theme import current_theme
from nnstudio.network import Layer

__all__ = ["HEIGHT", "WIDTH", "paint_picture", "picture", "picture_of"]

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

_CORNER = 4
_SIGN = 22


def picture(layer: type[Layer], ratio: float, height: int = HEIGHT) -> QPixmap:
    """The layer's picture in the present theme, for a screen with so many pixels to the point."""
    return _pixmap(layer, current_theme().name, ratio, height)


@cache
def _pixmap(layer: type[Layer], _theme: str, ratio: float, height: int) -> QPixmap:
    size = QSize(round(height * WIDTH / HEIGHT), height)
    pixmap = QPixmap(size * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    with QPainter(pixmap) as painter:
        paint_picture(painter, QRectF(0, 0, size.width(), size.height()), layer)
    return pixmap


def paint_picture(painter: QPainter, room: QRectF, layer: type[Layer]) -> None:
    """Paint the layer's picture, sharp at any zoom of the painter; ``room`` is as high and wide as ``HEIGHT`` is to
    ``WIDTH``."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(room.topLeft())
    painter.scale(room.width() / WIDTH, room.height() / HEIGHT)
    sketch = Sketch(painter, layer.family)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(sketch.ground)
    painter.drawRoundedRect(QRectF(0, 0, WIDTH, HEIGHT), _CORNER, _CORNER)
    if draw := picture_of(layer):
        draw(sketch, layer)
    else:
        paint_family(painter, QRectF((WIDTH - _SIGN) / 2, (HEIGHT - _SIGN) / 2, _SIGN, _SIGN), layer.family)
    painter.restore()


def picture_of(layer: type[Layer]) -> Picture | None:
    """What draws a layer: its own picture, or that of what it is derived from."""
    return next((PICTURES[base] for base in layer.__mro__ if base in PICTURES), None)
