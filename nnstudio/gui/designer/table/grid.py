"""The cells of the table, gone through and opened by keys and mouse."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView

from nnstudio.gui.designer.table.cells import PICTURE
from nnstudio.gui.designer.table.fields import KindField
from nnstudio.gui.theme import GRID, current_theme
from nnstudio.gui.widgets.plain_table import PlainTable

_WIDTHS = (11, 22, 40, 15, 12, 12, 14, 8, 7, 12, 30)
"""Of the columns, in letters."""


class TableGrid(PlainTable):
    """Enter, F2, Space, a double-click or just typing edits a cell; Tab goes on to the next one that can be edited."""

    def __init__(self) -> None:
        super().__init__("network_table", "Layers of the network")
        trigger = QAbstractItemView.EditTrigger
        self.setEditTriggers(trigger.DoubleClicked | trigger.EditKeyPressed | trigger.AnyKeyPressed)
        self.setIconSize(PICTURE)

    def fit_columns(self) -> None:
        """Give each column its usual width."""
        letter = self.fontMetrics().averageCharWidth()
        for column, letters in enumerate(_WIDTHS):
            self.setColumnWidth(column, letters * letter + 2 * GRID)

    @property
    def editing(self) -> bool:
        """Whether a cell is being edited."""
        return self.state() is QAbstractItemView.State.EditingState

    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        steps = {QAbstractItemView.CursorAction.MoveNext: 1, QAbstractItemView.CursorAction.MovePrevious: -1}
        if action not in steps or not self.currentIndex().isValid():
            return super().moveCursor(action, modifiers)
        return self._next_editable(self.currentIndex(), steps[action])

    def _next_editable(self, index: QModelIndex, step: int) -> QModelIndex:
        """The cell before or after this one, row by row, that can be edited; none at the end."""
        model = self.model()
        columns = model.columnCount()
        place = index.row() * columns + index.column() + step
        while 0 <= place < model.rowCount() * columns:
            cell = model.index(*divmod(place, columns))
            if cell.flags() & Qt.ItemFlag.ItemIsEditable:
                return cell
            place += step
        return QModelIndex()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        cell = self.currentIndex()
        opens = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
        if event.key() in opens and cell.flags() & Qt.ItemFlag.ItemIsEditable and not self.editing:
            self.edit(cell)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The current cell has a frame while keys go to the table."""
        super().paintEvent(event)
        if self.hasFocus() and self.currentIndex().isValid():
            with QPainter(self.viewport()) as painter:
                painter.setPen(current_theme().color("accent"))
                painter.drawRect(self.visualRect(self.currentIndex()).adjusted(0, 0, -1, -1))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A list of layers opens at once."""
        super().mouseDoubleClickEvent(event)
        field = self.indexWidget(self.currentIndex())
        if isinstance(field, KindField):
            field.showPopup()
