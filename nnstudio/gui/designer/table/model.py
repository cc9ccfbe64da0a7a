"""The network as a table that can be edited."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from nnstudio.gui.designer.editing.parts import can_mute
from nnstudio.gui.designer.table import steps
from nnstudio.gui.designer.table.cells import CELLS, aligned
from nnstudio.gui.designer.table.columns import COLUMNS, MUTED
from nnstudio.gui.designer.table.rows import Row, table_rows
from nnstudio.gui.designer.table.steps import Step
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.network import SpecError

_Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class NetworkTableModel(QAbstractTableModel):
    """A row a layer. Every edit is one undoable step; what it changes is told cell by cell, so that the current cell
    and a cell that is being edited stay."""

    refused = Signal(str)
    """Why something that was typed cannot be."""
    followed = Signal()
    """The table shows the network again after an edit."""

    def __init__(self, network: NetworkModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._network = network
        self._rows = table_rows(network.spec, network.check)
        self.following = False
        """Whether rows are just being put in and taken out."""
        network.checkChanged.connect(self._follow)

    # ---- reading

    @property
    def rows(self) -> list[Row]:
        return self._rows

    def row_of(self, name: str) -> int | None:
        """Where a layer stands."""
        return next((number for number, row in enumerate(self._rows) if row.name == name), None)

    def rowCount(self, parent: _Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:  # hidden; screen readers say it
            return self._rows[section].name if role == Qt.ItemDataRole.DisplayRole else None
        column = COLUMNS[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return column.tip
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return aligned(column)
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemNeverHasChildren
        if COLUMNS[index.column()].change is not None:
            return flags | Qt.ItemFlag.ItemIsEditable
        if index.column() == MUTED and can_mute(self._rows[index.row()].node.layer):
            return flags | Qt.ItemFlag.ItemIsUserCheckable
        return flags

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        read = CELLS.get(role)
        return None if read is None else read(self._rows[index.row()], index.column())

    # ---- editing

    def step(self, index: _Index, text: str) -> Step:
        """What typing this into a cell would do; ``SpecError`` says why it cannot be."""
        column = COLUMNS[index.column()]
        if column.change is None:
            raise SpecError(f"{column.title} follows from the network and cannot be typed.")
        return column.change(self._network.spec, self._rows[index.row()].name, text)

    def refusal(self, index: _Index, text: str) -> str:
        """Why this cannot be typed into a cell; empty when it can."""
        try:
            self.step(index, text)
        except SpecError as error:
            return str(error)
        return ""

    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        try:
            if role == Qt.ItemDataRole.CheckStateRole and index.column() == MUTED:
                muted = Qt.CheckState(value) is Qt.CheckState.Checked
                step = steps.mute(self._network.spec, self._rows[index.row()].name, muted)
            elif role == Qt.ItemDataRole.EditRole:
                step = self.step(index, str(value))
            else:
                return False
        except SpecError as error:
            self.refused.emit(str(error))
            return False
        self._network.edit(step.text, step.spec)
        return True

    # ---- following the network

    def _follow(self) -> None:
        """Show the network as it is now by the smallest change of rows."""
        rows = table_rows(self._network.spec, self._network.check)
        before, after = [row.name for row in self._rows], [row.name for row in rows]
        self.following = True
        if before == after or _renamed(before, after):
            self._tell(rows)
        elif sorted(before) == sorted(after):
            self._reorder(rows, after)
        else:
            self._exchange(rows, before, after)
        self.following = False
        self.followed.emit()

    def _tell(self, rows: list[Row]) -> None:
        """Each row has its place; say column by column which have changed, so that little is painted anew."""
        changed = [
            (number, pair) for number, pair in enumerate(zip(self._rows, rows, strict=True)) if pair[0] != pair[1]
        ]
        self._rows = rows
        for number, column in enumerate(COLUMNS):
            places = [row for row, (old, new) in changed if column.differs(old, new)]
            if places:
                self.dataChanged.emit(self.index(places[0], number), self.index(places[-1], number))

    def _reorder(self, rows: list[Row], names: list[str]) -> None:
        """The same layers in another order: what points to one goes with it."""
        self.layoutAboutToBeChanged.emit()
        place = {name: number for number, name in enumerate(names)}
        pointers = self.persistentIndexList()
        moved = [self.index(place[self._rows[index.row()].name], index.column()) for index in pointers]
        self._rows = rows
        self.changePersistentIndexList(pointers, moved)
        self.layoutChanged.emit()

    def _exchange(self, rows: list[Row], before: list[str], after: list[str]) -> None:
        """Other rows between those at the beginning and those at the end that stay."""
        shorter = min(len(before), len(after))
        start = next((at for at in range(shorter) if before[at] != after[at]), shorter)
        end = next((at for at in range(shorter - start) if before[-1 - at] != after[-1 - at]), shorter - start)
        old_end, new_end = len(before) - end, len(after) - end
        if start < old_end:
            self.beginRemoveRows(QModelIndex(), start, old_end - 1)
            self._rows = self._rows[:start] + self._rows[old_end:]
            self.endRemoveRows()
        if start < new_end:
            self.beginInsertRows(QModelIndex(), start, new_end - 1)
            self._rows = self._rows[:start] + rows[start:new_end] + self._rows[start:]
            self.endInsertRows()
        self._tell(rows)


def _renamed(before: list[str], after: list[str]) -> bool:
    return len(before) == len(after) and sum(old != new for old, new in zip(before, after, strict=True)) == 1
