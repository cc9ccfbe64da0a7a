"""The table of the X-ray: bars in the layers' colours, limits as small labels, devices named over their columns."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from nnstudio.engine.xray import Limit, XRay
from nnstudio.gui.designer.signs.families import paint_family
from nnstudio.gui.icons import paint_glyph
from nnstudio.gui.theme import current_theme, mixed, tabular, theme_source
from nnstudio.gui.xray.device_header import DeviceHeader
from nnstudio.gui.xray.item_model import BLOCK, SHARE, Role, XRayItems
from nnstudio.gui.xray.table import Line
from nnstudio.network import Family

_Index = QModelIndex | QPersistentModelIndex
_ROW, _LABEL, _SIGN, _PAD, _GAP = 28, 20, 14, 5, 8
_BAR, _LEAST_BAR, _SHARE_WIDTH = 8, 40, 48
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_TINTS = {Limit.ARITHMETIC: "good", Limit.MEMORY: "accent", Limit.LAUNCHES: "warning"}
"""The colour of each limit; what is no limit has none."""


class XRayTable(QTreeView):
    """Phases and layers; a click on a title sorts, and the current row is told."""

    chosen = Signal(object)
    """The `Section` or `Line` of the current row; ``None`` when there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("xray_table")
        self.setAccessibleName("Layers and their times")
        self.items = XRayItems(self)
        self.setModel(self.items)
        self.setHeader(DeviceHeader(self.items, self))
        self.setItemDelegate(_Delegate(self))
        self.setFont(tabular(self.font()))
        self.setRootIsDecorated(False)
        self.setItemsExpandable(False)
        self.setIndentation(_GAP)
        self.setUniformRowHeights(True)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setSortingEnabled(True)
        self.selectionModel().currentRowChanged.connect(lambda now, _: self.chosen.emit(now.data(Role.PART)))
        theme_source.themeChanged.connect(self.viewport().update)

    def show_xrays(self, xrays: tuple[XRay, ...]) -> None:
        """Fill the table in the order of computation; bars get the room that is left over."""
        self.items.show_xrays(xrays)
        self.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.expandAll()
        header = self.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(_SHARE_WIDTH)
        for column in range(self.items.columnCount()):
            bars = column and (column - 1) % BLOCK == SHARE
            header.setSectionResizeMode(
                column, QHeaderView.ResizeMode.Stretch if bars else QHeaderView.ResizeMode.Fixed
            )
            header.resizeSection(column, max(header.sectionSizeFromContents(column).width(), self._width(column)))

    def _width(self, column: int) -> int:
        """Room for all texts of a column. Qt would ask the delegate for each of them, again and again."""
        sections = [self.items.item(row) for row in range(self.items.rowCount())]
        lines = [section.child(row, column) for section in sections for row in range(section.rowCount())]
        sign = self.indentation() + _SIGN + _GAP if column == 0 else 0
        plain, bold = QFontMetrics(self.font()), QFontMetrics(self.items.item(0).font())
        widths = [plain.horizontalAdvance(line.text()) + sign for line in lines]
        widths += [bold.horizontalAdvance(self.items.item(row, column).text()) for row in range(len(sections))]
        return max(widths) + 4 * _PAD


def _line(index: _Index) -> Line | None:
    part = index.data(Role.PART)
    return part if isinstance(part, Line) else None


class _Delegate(QStyledItemDelegate):
    """Draws what is more than text."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(0, _ROW)

    def initStyleOption(self, option: QStyleOptionViewItem, index: _Index) -> None:
        super().initStyleOption(option, index)
        option.state &= ~QStyle.StateFlag.State_HasFocus  # the whole row shows it
        if index.column() == 0 and (line := _line(index)):
            option.features |= QStyleOptionViewItem.ViewItemFeature.HasDecoration
            option.icon = _family_icon(line.family)
            option.decorationSize = QSize(_SIGN, _SIGN)
        if index.data(Role.LIMIT) is not None or index.data(Role.BAR) is not None:
            option.text = ""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        super().paint(painter, option, index)
        self.initStyleOption(option, index)
        room = QRectF(option.rect).adjusted(_PAD, 0, -_PAD, 0)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(option.font)
        if (share := index.data(Role.BAR)) is not None:
            _paint_bar(painter, room, share, index.data(), _line(index))
        elif (limit := index.data(Role.LIMIT)) is not None:
            _paint_limit(painter, room, limit, index.data())
        painter.restore()


def _paint_bar(painter: QPainter, room: QRectF, share: float, text: str, line: Line | None) -> None:
    """A bar in the colour of the layer's family, and before it the figure, where there is room for both."""
    theme = current_theme()
    figures = painter.fontMetrics().horizontalAdvance("00.0 %")
    if line is None or room.width() >= figures + _GAP + _LEAST_BAR:
        painter.setPen(theme.color("text"))
        painter.drawText(QRectF(room.x(), room.y(), figures, room.height()), _RIGHT, text)
        room.setLeft(room.left() + figures + _GAP)
    if share > 0:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.families[line.family] if line and line.family else theme.quiet))
        length = max(room.width() * share, 2.0)
        painter.drawRoundedRect(QRectF(room.left(), room.center().y() - _BAR / 2, length, _BAR), 2, 2)


def _paint_limit(painter: QPainter, room: QRectF, limit: Limit, text: str) -> None:
    """A word on a tint: nothing hangs on the colour."""
    theme = current_theme()
    if limit in _TINTS:
        width = painter.fontMetrics().horizontalAdvance(text) + 2 * _PAD
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(mixed(getattr(theme, _TINTS[limit]), theme.panel, 0.16))
        painter.drawRoundedRect(QRectF(room.x(), room.center().y() - _LABEL / 2, width, _LABEL), 4, 4)
    painter.setPen(theme.color("text" if limit in _TINTS else "quiet"))
    painter.drawText(room.adjusted(_PAD, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, text)


def _family_icon(family: Family | None) -> QIcon:
    picture = QPixmap(2 * _SIGN, 2 * _SIGN)
    picture.setDevicePixelRatio(2)
    picture.fill(Qt.GlobalColor.transparent)
    with QPainter(picture) as painter:
        if family:
            paint_family(painter, QRectF(0, 0, _SIGN, _SIGN), family)
        else:
            paint_glyph(painter, QRectF(0, 0, _SIGN, _SIGN), "update", current_theme().color("quiet"))
    return QIcon(picture)
