"""Titles of columns, and above them which device each block of columns belongs to."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QHeaderView, QWidget

from nnstudio.gui.icons import paint_glyph
from nnstudio.gui.theme import current_theme, theme_source
from nnstudio.gui.xray.item_model import BLOCK, XRayItems

_PAD, _NAME, _TITLE, _ARROW = 5, 24, 32, 16


class DeviceHeader(QHeaderView):
    """Two lines while two devices are compared, else one: with a single device there is nothing to tell apart.

    The arrow of the sorted column stands over its title, so that no column is wider for the sake of an arrow.
    """

    def __init__(self, items: XRayItems, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._items = items
        self.setSectionsClickable(True)
        self.setSectionsMovable(False)
        self.sectionResized.connect(lambda *_: self.viewport().update())  # a name spans more than the section resized
        theme_source.themeChanged.connect(self.viewport().update)

    def sectionSizeFromContents(self, section: int) -> QSize:
        return QSize(
            self.fontMetrics().horizontalAdvance(self._title(section)) + 2 * _PAD, _TITLE + self._names_height()
        )

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        theme, names = current_theme(), self._names_height()
        painter.setClipRect(rect)
        painter.fillRect(rect, theme.color("panel"))
        painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), theme.color("border"))
        self._paint_title(painter, rect.adjusted(_PAD, names, -_PAD, 0), section)
        device = (section - 1) // BLOCK
        if names and 0 <= device < len(self._items.xrays):
            self._paint_name(painter, device, QRect(rect.x(), rect.y(), rect.width(), names))

    def _paint_title(self, painter: QPainter, room: QRect, section: int) -> None:
        sorted_by = self.isSortIndicatorShown() and section == self.sortIndicatorSection()
        role = current_theme().color("text" if sorted_by else "quiet")
        painter.setPen(role)
        painter.setFont(self.font())
        alignment = self.model().headerData(section, self.orientation(), Qt.ItemDataRole.TextAlignmentRole)
        painter.drawText(room.adjusted(0, 8, 0, 0), alignment, self._title(section))
        if sorted_by:
            glyph = "menu-up" if self.sortIndicatorOrder() is Qt.SortOrder.AscendingOrder else "menu-down"
            paint_glyph(painter, QRectF(room.center().x() - _ARROW / 2, room.top() - 2, _ARROW, _ARROW), glyph, role)

    def _paint_name(self, painter: QPainter, device: int, room: QRect) -> None:
        """The whole name over its block; the section that is painted shows its part of it."""
        first, last = 1 + device * BLOCK, (device + 1) * BLOCK
        left = self.sectionViewportPosition(first)
        right = self.sectionViewportPosition(last) + self.sectionSize(last)
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        name = self._items.xrays[device].device
        short = QFontMetrics(font).elidedText(name, Qt.TextElideMode.ElideRight, right - left - 2 * _PAD)
        painter.setFont(font)
        painter.setPen(current_theme().color("text"))
        painter.drawText(room.adjusted(left - room.x() + _PAD, 0, right, 0), Qt.AlignmentFlag.AlignVCenter, short)
        painter.fillRect(QRect(left, room.top() + _PAD, 1, room.height()), current_theme().color("border"))

    def _title(self, section: int) -> str:
        return str(self.model().headerData(section, self.orientation()))  # while a column is made it is its number

    def _names_height(self) -> int:
        return _NAME if len(self._items.xrays) > 1 else 0
