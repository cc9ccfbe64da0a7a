"""The pictures in an explanation, as part of its text."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter, QPen, QPolygonF

from nnstudio.gui.designer.schematic.painter import paint_schematic
from nnstudio.gui.designer.signs.families import paint_family
from nnstudio.gui.icons import SIZE
from nnstudio.gui.theme import current_theme
from nnstudio.network import Check, Family, NetworkSpec
from nnstudio.units import signed

_CURVE = QSize(272, 136)
_NETWORK = QSize(272, 104)
_MARGIN = 8
_LABEL = 16
"""Height of a line of text at the axes."""


def family_picture(family: Family) -> str:
    """The sign of a family as an ``img``."""
    image, painter = _canvas(QSize(SIZE, SIZE))
    with painter:
        paint_family(painter, QRectF(0, 0, SIZE, SIZE), family)
    return _img(image, QSize(SIZE, SIZE), family.value)


def curve_picture(places: NDArray[np.floating], values: NDArray[np.floating], family: Family, told: str) -> str:
    """A function's curve between its axes as an ``img``; both axes have one scale unless the curve is too high."""
    image, painter = _canvas(_CURVE)
    bottom, top = min(0.0, float(values.min())), max(0.0, float(values.max()))
    room = QRectF(_MARGIN, _LABEL, _CURVE.width() - 2 * _MARGIN, _CURVE.height() - 2 * _LABEL)
    across = room.width() / float(places[-1] - places[0])
    up = room.height() / ((top - bottom) or 1.0)

    def at(x: float, y: float) -> QPointF:
        return QPointF(room.left() + (x - places[0]) * across, room.bottom() - (y - bottom) * up)

    with painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        _paint_axes(painter, room, at(0, 0), (float(places[0]), float(places[-1])), (bottom, top))
        painter.setPen(QPen(QColor(current_theme().families[family]), 2))
        painter.drawPolyline(QPolygonF([at(float(x), float(y)) for x, y in zip(places, values, strict=True)]))
    return _img(image, _CURVE, told)


def network_picture(spec: NetworkSpec, check: Check) -> str:
    """A network as a small figure, as an ``img``."""
    image, painter = _canvas(_NETWORK)
    with painter:
        paint_schematic(painter, QRectF(QPointF(0, 0), _NETWORK), spec, check)
    return _img(image, _NETWORK, "The network as a figure")


def _paint_axes(
    painter: QPainter, room: QRectF, origin: QPointF, across: tuple[float, float], up: tuple[float, float]
) -> None:
    theme = current_theme()
    painter.setPen(QPen(theme.color("border"), 1))
    painter.drawLine(QPointF(room.left(), origin.y()), QPointF(room.right(), origin.y()))
    painter.drawLine(QPointF(origin.x(), room.top()), QPointF(origin.x(), room.bottom()))
    painter.setPen(theme.color("quiet"))
    below = QRectF(room.left(), origin.y() + 1, room.width(), _LABEL)
    for x, side in zip(across, (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight), strict=True):
        painter.drawText(below, int(side | Qt.AlignmentFlag.AlignVCenter), signed(x, 2))
    for y, edge in zip(up, (room.bottom(), room.top() - _LABEL), strict=True):
        if y:  # 0 is where the axes cross
            middle = QRectF(origin.x() + 4, edge, room.width(), _LABEL)
            painter.drawText(middle, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), signed(y, 2))


def _canvas(size: QSize) -> tuple[QImage, QPainter]:
    """An empty picture, sharp on the sharpest screen."""
    ratio = max((screen.devicePixelRatio() for screen in QGuiApplication.screens()), default=1.0)
    image = QImage(size * ratio, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    return image, QPainter(image)


def _img(image: QImage, size: QSize, told: str) -> str:
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    source = bytes(data.toBase64().data()).decode()
    return f'<img src="data:image/png;base64,{source}" width="{size.width()}" height="{size.height()}" alt="{told}">'
