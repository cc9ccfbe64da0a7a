"""The table of runs, gone through by keys and mouse."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from nnstudio.gui.runs.dots import DOT
from nnstudio.gui.runs.run_columns import COLUMNS, NAME, STAR
from nnstudio.gui.runs.run_table import RunFilter
from nnstudio.gui.theme import tabular

_ROW, _GRID, _DOT, _STAR = 32, 8, QSize(DOT, DOT), QSize(16, 16)


class _Cells(QStyledItemDelegate):
    """No frame around a single cell: rows are chosen. A star is as large as a star, a dot as a dot."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        super().initStyleOption(option, index)
        option.state &= ~QStyle.StateFlag.State_HasFocus
        option.decorationSize = _STAR if index.column() == STAR else _DOT
        option.textElideMode = Qt.TextElideMode.ElideRight


class RunView(QTableView):
    """F2 or a double-click edits a name, tags or notes; Enter opens; a click on a star changes it."""

    starAsked = Signal(str)
    """The run whose star was clicked."""
    openAsked = Signal()
    """Enter was pressed."""

    def __init__(self, rows: RunFilter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runs_table")
        self.setAccessibleName("Runs")
        self.setFont(tabular(self.font()))
        self._filter = rows
        self.setModel(rows)
        self.setItemDelegate(_Cells(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        trigger = QAbstractItemView.EditTrigger
        self.setEditTriggers(trigger.DoubleClicked | trigger.EditKeyPressed)
        self.setTabKeyNavigation(False)  # so that Tab leads out of the table again
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSortingEnabled(True)
        self._set_headers()

    def _set_headers(self) -> None:
        rows, columns = self.verticalHeader(), self.horizontalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(_ROW)
        columns.setHighlightSections(False)
        columns.setStretchLastSection(True)
        columns.setSectionsMovable(True)
        columns.setMinimumSectionSize(_ROW)
        letter = self.fontMetrics().averageCharWidth()
        for number, column in enumerate(COLUMNS):
            self.setColumnWidth(number, column.letters * letter + 2 * _GRID)
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
