"""The history of runs as rows, and the rows that are looked for."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)
from PySide6.QtGui import QIcon

from nnstudio.gui.icons import icon
from nnstudio.gui.runs.dots import dot, untinted
from nnstudio.gui.runs.run_columns import COLUMNS, NAME, STAR, described, haystack
from nnstudio.gui.runs.runs_model import RunsModel
from nnstudio.gui.theme import theme_source
from nnstudio.training.runs import Run

_Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_Role = Qt.ItemDataRole


class RunTable(QAbstractTableModel):
    """A row a run, the newest first; names, tags and notes can be edited."""

    def __init__(self, runs: RunsModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runs = runs
        self._rows = list(runs.runs)
        self._icons: dict[str, QIcon] = {}
        runs.loaded.connect(self._reset)
        runs.began.connect(self._add)
        runs.changed.connect(self._tell)
        runs.chosenChanged.connect(self._recolour)
        theme_source.themeChanged.connect(self._forget_icons)

    def at(self, row: int) -> Run:
        """The run of a row."""
        return self._rows[row]

    # ---- reading

    def rowCount(self, parent: _Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _Role.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:  # hidden; screen readers say it
            return self._rows[section].name if role == _Role.DisplayRole else None
        column = COLUMNS[section]
        match role:
            case _Role.DisplayRole:
                return column.title
            case _Role.ToolTipRole | _Role.AccessibleTextRole:
                return column.tip
            case _Role.TextAlignmentRole:
                return _aligned(column.number)
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemNeverHasChildren
        return flags | Qt.ItemFlag.ItemIsEditable if COLUMNS[index.column()].editable else flags

    def data(self, index: _Index, role: int = _Role.DisplayRole) -> Any:
        run, column = self._rows[index.row()], COLUMNS[index.column()]
        match role:
            case _Role.DisplayRole | _Role.EditRole:
                return column.text(run)
            case _Role.ToolTipRole:
                if index.column() == STAR:
                    return column.tip
                return described(run, column, self._runs.continuations(run.uuid))
            case _Role.TextAlignmentRole:
                return _aligned(column.number)
            case _Role.AccessibleTextRole if index.column() == STAR:
                return "starred" if run.starred else "not starred"
            case _Role.DecorationRole:
                return self._decoration(run, index.column())
        return None

    def _decoration(self, run: Run, column: int) -> QIcon | None:
        if column == STAR:
            return self._icon("star" if run.starred else "star-outline", "warning" if run.starred else "quiet")
        return self._dot(self._runs.colours.get(run.uuid, "")) if column == NAME else None

    def _icon(self, name: str, role: str) -> QIcon:
        if name not in self._icons:
            self._icons[name] = untinted(icon(name, role))
        return self._icons[name]

    def _dot(self, colour: str) -> QIcon:
        if colour not in self._icons:
            self._icons[colour] = dot(colour)
        return self._icons[colour]

    # ---- editing

    def setData(self, index: _Index, value: Any, role: int = _Role.EditRole) -> bool:
        run, text = self._rows[index.row()], str(value)
        if role != _Role.EditRole or text == COLUMNS[index.column()].text(run):
            return False
        match COLUMNS[index.column()].key:
            case "name":
                self._runs.rename(run.uuid, text)
            case "tags":
                self._runs.set_tags(run.uuid, text.split(","))
            case "notes":
                self._runs.set_notes(run.uuid, text)
            case _:
                return False
        return True

    # ---- following the model

    def _reset(self) -> None:
        self.beginResetModel()
        self._rows = list(self._runs.runs)
        self.endResetModel()

    def _add(self, run: Run) -> None:
        self.beginInsertRows(QModelIndex(), 0, 0)
        self._rows.insert(0, run)
        self.endInsertRows()

    def _tell(self, uuids: tuple[str, ...]) -> None:
        places = {run.uuid: row for row, run in enumerate(self._rows)}
        self._rows = list(self._runs.runs)
        for row in (places[uuid] for uuid in uuids if uuid in places):
            self.dataChanged.emit(self.index(row, 0), self.index(row, len(COLUMNS) - 1))

    def _recolour(self) -> None:
        if self._rows:
            self.dataChanged.emit(self.index(0, NAME), self.index(len(self._rows) - 1, NAME), [_Role.DecorationRole])

    def _forget_icons(self) -> None:
        self._icons.clear()


class RunFilter(QSortFilterProxyModel):
    """The runs that hold all the words looked for: those in the trash, or those that are not."""

    def __init__(self, table: RunTable, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._table = table
        self._words: tuple[str, ...] = ()
        self.trash = False
        self.setSourceModel(table)
        self.setDynamicSortFilter(True)

    def search(self, text: str) -> None:
        """Only runs with all these words, wherever they stand."""
        self._words = tuple(text.casefold().split())
        self.invalidate()

    def show_trash(self, trash: bool) -> None:
        self.trash = trash
        self.invalidate()

    def at(self, row: int) -> Run:
        """The run of a row that is shown."""
        return self._table.at(self.mapToSource(self.index(row, 0)).row())

    def filterAcceptsRow(self, row: int, parent: _Index) -> bool:
        run = self._table.at(row)
        if (run.deleted is not None) != self.trash:
            return False
        text = haystack(run) if self._words else ""
        return all(word in text for word in self._words)

    def lessThan(self, left: _Index, right: _Index) -> bool:
        """What is not known comes last, whichever way is sorted."""
        value = COLUMNS[left.column()].value  # not through the indexes' roles: this is asked thousands of times
        first, second = value(self._table.at(left.row())), value(self._table.at(right.row()))
        if first is None or second is None:
            descending = self.sortOrder() is Qt.SortOrder.DescendingOrder
            return (first is None) is descending and first is not second
        return bool(first < second)


def _aligned(number: bool) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if number else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
