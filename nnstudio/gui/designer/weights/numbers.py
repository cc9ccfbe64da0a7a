"""The numbers of one plane in their cells."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from nnstudio.gui.designer.weights.items import WeightItems
from nnstudio.gui.theme import current_theme, tabular, theme_source

_Index = QModelIndex | QPersistentModelIndex
_ROW, _COLUMN = 28, 80


class NumbersView(QTableView):
    """Cells of one size, in the colours of their values; the keyboard and a double click change one."""

    def __init__(self, items: WeightItems) -> None:
        super().__init__()
        self.setObjectName("weights_numbers")
        self.setAccessibleName("Weights as numbers")
        self.setModel(items)
        self.setItemDelegate(_FramedCells(self))
        self.setFont(tabular(self.font()))
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.AnyKeyPressed
        )
        for header, size in ((self.horizontalHeader(), _COLUMN), (self.verticalHeader(), _ROW)):
            header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)  # else Qt would measure every cell
            header.setDefaultSectionSize(size)
            header.setSectionsClickable(False)
        theme_source.themeChanged.connect(self.viewport().update)


class _FramedCells(QStyledItemDelegate):
    """The cell that is chosen has a frame and keeps the colour that tells its value."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        chosen = option.state & QStyle.StateFlag.State_Selected
        option.state &= ~(QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_HasFocus)
        super().paint(painter, option, index)
        if chosen:
            painter.save()
            painter.setPen(QPen(current_theme().color("text"), 2))
            painter.drawRect(option.rect.adjusted(1, 1, -1, -1))
            painter.restore()
