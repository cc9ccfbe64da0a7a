"""How the palette paints a layer: its picture, its name, and what it does in as many lines as that needs."""

from __future__ import annotations

from enum import IntEnum

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from nnstudio.gui.designer.signs.layer_pictures import HEIGHT, WIDTH, picture
from nnstudio.gui.icons import paint_glyph
from nnstudio.gui.theme import GRID, canvas_font, current_theme
from nnstudio.network import LAYERS, Layer

_PICTURE_LEFT = 4
TEXT_LEFT = _PICTURE_LEFT + WIDTH + GRID
"""Where name and explanation begin."""
_CHEVRON = 16
_WRAPPED = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap)
_Index = QModelIndex | QPersistentModelIndex


class Role(IntEnum):
    """What an item of the list says."""

    KIND = Qt.ItemDataRole.UserRole
    """Of a layer."""
    FAMILY = Qt.ItemDataRole.UserRole + 1
    """Of a heading, and of the layers below it."""
    FOLDED = Qt.ItemDataRole.UserRole + 2
    """Of a heading: whether its layers are hidden."""


class LayerDelegate(QStyledItemDelegate):
    """Headings with a sign that tells whether they are folded; layers with their pictures."""

    def __init__(self, view: QAbstractItemView) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        plain = QFontMetrics(self._view.font())
        if index.data(Role.KIND) is None:
            return QSize(0, plain.height() + 2 * GRID)
        text = self._text_room(QRect(0, 0, self._view.viewport().width(), 10_000))
        words = plain.boundingRect(text, _WRAPPED, LAYERS[index.data(Role.KIND)].summary)
        title = QFontMetrics(canvas_font(bold=True)).height()
        return QSize(0, max(title + words.height(), HEIGHT) + 2 * GRID)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_back(painter, option)
        if index.data(Role.KIND) is None:
            self._paint_heading(painter, option, index)
        else:
            self._paint_layer(painter, option, LAYERS[index.data(Role.KIND)])
        painter.restore()

    def _paint_back(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        theme, state = current_theme(), option.state
        room = QRectF(option.rect.adjusted(0, 1, 0, -1))
        if state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("selection" if state & QStyle.StateFlag.State_Selected else "hover"))
            painter.drawRoundedRect(room, 4, 4)
        elif state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(theme.color("accent"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(room.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)

    def _paint_heading(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        room, quiet = option.rect, current_theme().color("quiet")
        sign = QRectF(room.left() + 4, room.center().y() - _CHEVRON / 2 + 1, _CHEVRON, _CHEVRON)
        paint_glyph(painter, sign, "chevron-right" if index.data(Role.FOLDED) else "chevron-down", quiet)
        painter.setPen(quiet)
        painter.setFont(canvas_font(bold=True))
        text = room.adjusted(_CHEVRON + GRID, 0, -GRID, 0)
        painter.drawText(text, int(Qt.AlignmentFlag.AlignVCenter), index.data())

    def _paint_layer(self, painter: QPainter, option: QStyleOptionViewItem, layer: type[Layer]) -> None:
        theme, room, bold = current_theme(), option.rect, canvas_font(bold=True)
        place = QPoint(room.left() + _PICTURE_LEFT, room.top() + GRID)
        painter.drawPixmap(place, picture(layer, self._view.devicePixelRatioF()))
        text = self._text_room(room)
        painter.setFont(bold)
        painter.setPen(theme.color("text"))
        painter.drawText(text, int(Qt.AlignmentFlag.AlignTop), layer.title)
        painter.setFont(self._view.font())
        painter.setPen(theme.color("quiet"))
        painter.drawText(text.adjusted(0, QFontMetrics(bold).height(), 0, 0), _WRAPPED, layer.summary)

    @staticmethod
    def _text_room(room: QRect) -> QRect:
        return room.adjusted(TEXT_LEFT, GRID - 2, -GRID, 0)


def chip(layer: type[Layer], ratio: float) -> QPixmap:
    """A layer's picture and name on a small card, to be carried."""
    theme, bold = current_theme(), canvas_font(bold=True)
    width, height = TEXT_LEFT + 2 * GRID + 4 + QFontMetrics(bold).horizontalAdvance(layer.title), HEIGHT + 2 * GRID
    room = QRectF(0.5, 0.5, width - 1, height - 1)
    card = QPixmap(QSize(width, height) * ratio)
    card.setDevicePixelRatio(ratio)
    card.fill(Qt.GlobalColor.transparent)
    with QPainter(card) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.color("accent"))
        painter.setBrush(theme.color("panel"))
        painter.drawRoundedRect(room, 6, 6)
        painter.drawPixmap(GRID, GRID, picture(layer, ratio))
        painter.setFont(bold)
        painter.setPen(theme.color("text"))
        painter.drawText(room.adjusted(GRID + WIDTH + GRID, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, layer.title)
    return card
