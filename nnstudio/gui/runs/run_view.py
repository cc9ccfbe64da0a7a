"""The table of runs, gone through by keys and mouse."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from nnstudio.gui.runs.dots import DOT
from nnstudio.gui.runs.run_columns import COLUMNS, NAME, STAR
from nnstudio.gui.runs.run_table import RunFilter
from nnstudio.gui.theme import GRID
from nnstudio.gui.widgets.plain_table import ROW, PlainTable

_DOT, _STAR = QSize(DOT, DOT), QSize(16, 16)


class _Cells(QStyledItemDelegate):
    """No frame around a single cell: rows are chosen. A star is as large as a star, a dot as a dot."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        super().initStyleOption(option, index)
        option.state &= ~QStyle.StateFlag.State_HasFocus
        option.decorationSize = _STAR if index.column() == STAR else _DOT
        option.textElideMode = Qt.TextElideMode.ElideRight


class RunView(PlainTable):
    """F2 or a double-click edits a name, tags or notes; Enter opens; a click on a star changes it."""

    starAsked = Signal(str)
    """The run whose star was clicked."""
    openAsked = Signal()
    """Enter was pressed."""

    def __init__(self, rows: RunFilter) -> None:
        super().__init__("runs_table", "Runs")
        self._filter = rows
        self.setModel(rows)
        self.setItemDelegate(_Cells(self))
        trigger = QAbstractItemView.EditTrigger
        self.setEditTriggers(trigger.DoubleClicked | trigger.EditKeyPressed)
        self.setSortingEnabled(True)
        self.horizontalHeader().setMinimumSectionSize(ROW)
        letter = self.fontMetrics().averageCharWidth()
        for number, column in enumerate(COLUMNS):
            self.setColumnWidth(number, column.letters * letter + 2 * GRID)
        self.sortByColumn([column.key for column in COLUMNS].index("created"), Qt.SortOrder.DescendingOrder)

    @property
    def chosen(self) -> list[str]:
        """The selected runs from top to bottom."""
        rows = sorted(index.row() for index in self.selectionModel().selectedRows())
        return [self._filter.at(row).uuid for row in rows]

    def edit_name(self) -> None:
        """Let the name of the current run be typed."""
        if self.currentIndex().isValid():
            index = self._filter.index(self.currentIndex().row(), NAME)
            self.setCurrentIndex(index)
            self.edit(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        editing = self.state() is QAbstractItemView.State.EditingState
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not editing:
            self.openAsked.emit()
        elif event.key() == Qt.Key.Key_F2 and not COLUMNS[max(0, self.currentIndex().column())].editable:
            self.edit_name()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and index.column() == STAR and event.button() is Qt.MouseButton.LeftButton:
            self.starAsked.emit(self._filter.at(index.row()).uuid)
        else:
            super().mousePressEvent(event)
