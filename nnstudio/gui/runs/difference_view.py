"""In what the chosen runs differ, as a table: a column for each run."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QLabel,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from nnstudio.gui.runs.dots import dot
from nnstudio.gui.runs.runs_model import Comparison, RunsModel
from nnstudio.gui.theme import tabular

_Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_Role = Qt.ItemDataRole
_ROW, _COLUMN = 28, 128
_SELECT = "Select two or more runs to lay their curves over each other and to see in what they differ."
_SAME = "These runs have the same settings, network, data and device."


class DifferenceTable(QAbstractTableModel):
    """First what differs, then what it is in each run."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._comparison = Comparison()
        self._colours: dict[str, str] = {}

    def show(self, comparison: Comparison, colours: dict[str, str]) -> None:
        self.beginResetModel()
        self._comparison, self._colours = comparison, dict(colours)
        self.endResetModel()

    def rowCount(self, parent: _Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._comparison.rows)

    def columnCount(self, parent: _Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else 1 + len(self._comparison.runs)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _Role.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return self._comparison.rows[section].path if role == _Role.DisplayRole else None
        if role == _Role.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        run = self._comparison.runs[section - 1] if section else None
        if role in (_Role.DisplayRole, _Role.ToolTipRole):
            return run.name if run else "Differs"
        if role == _Role.DecorationRole and run:
            return dot(self._colours.get(run.uuid, ""))
        return None

    def data(self, index: _Index, role: int = _Role.DisplayRole) -> Any:
        if role not in (_Role.DisplayRole, _Role.ToolTipRole):
            return None
        row, column = self._comparison.rows[index.row()], index.column()
        name = row.path.replace("_", " ").replace(".", " › ")
        return row.values[column - 1] if column else f"{row.part}: {name}" if role == _Role.ToolTipRole else name


class DifferenceView(QWidget):
    """The table, or a word on why there is none."""

    def __init__(self, runs: RunsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runs_differences")
        self._runs = runs
        self.table = DifferenceTable(self)
        self.view = self._made_view()
        self._words = QLabel(_SELECT)
        self._words.setObjectName("runs_differences_hint")
        self._words.setProperty("role", "quiet")
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._words.setWordWrap(True)
        self._words.setMargin(16)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._words)
        self._pages.addWidget(self.view)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._pages)
        runs.compared.connect(self.show_comparison)

    def _made_view(self) -> QTableView:
        view = QTableView()
        view.setObjectName("runs_differences_table")
        view.setAccessibleName("In what the selected runs differ")
        view.setModel(self.table)
        view.setFont(tabular(self.font()))
        view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        view.setTabKeyNavigation(False)
        view.setShowGrid(False)
        view.setFrameShape(QFrame.Shape.NoFrame)
        view.verticalHeader().hide()
        view.verticalHeader().setDefaultSectionSize(_ROW)
        view.horizontalHeader().setHighlightSections(False)
        view.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        return view

    def show_comparison(self, comparison: Comparison) -> None:
        """Show in what these runs differ."""
        self.table.show(comparison, self._runs.colours)
        self.view.setColumnWidth(0, 2 * _COLUMN)
        for column in range(1, self.table.columnCount()):
            self.view.setColumnWidth(column, _COLUMN)
        self._words.setText(_SAME if len(comparison.runs) > 1 else _SELECT)
        self._pages.setCurrentIndex(1 if comparison.rows else 0)
