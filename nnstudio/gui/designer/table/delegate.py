"""How cells of the table are edited, and the bars of the shares."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QRectF,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from nnstudio.gui.designer.table.cells import Role
from nnstudio.gui.designer.table.columns import BLOCK, COLUMNS, INPUTS, LAYER, SETTINGS
from nnstudio.gui.designer.table.fields import (
    CellField,
    KindField,
    Suggest,
    suggest_blocks,
    suggest_inputs,
    suggest_nothing,
    suggest_settings,
)
from nnstudio.gui.designer.table.model import NetworkTableModel
from nnstudio.gui.designer.table.rows import Row
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.theme import GRID, current_theme

_Index = QModelIndex | QPersistentModelIndex
_BAR = 3
"""Height of the bar below a share."""
_LEAVING = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab, Qt.Key.Key_Backtab)


class TableDelegate(QStyledItemDelegate):
    """Gives each column its kind of field; one stays open until what is typed in it can be."""

    judged = Signal(str)
    """Why what is being typed cannot be; empty when it can."""

    def __init__(self, network: NetworkModel, view: QAbstractItemView) -> None:
        super().__init__(view)
        self._network, self._view = network, view

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: _Index) -> QWidget:
        row: Row = index.data(Role.ROW)
        column = COLUMNS[index.column()]
        field: CellField | KindField
        if index.column() == LAYER:
            field = KindField(parent)
            field.picked.connect(lambda: self._leave(field))
        else:
            field = CellField(_judge(index), self._suggestions(row, index.column()), parent)
            field.judged.connect(self.judged)
            field.judged.connect(lambda reason: field.setAccessibleDescription(reason or column.tip))
        field.setObjectName(f"cell_{column.title.lower()}")
        field.setAccessibleName(f"{column.title} of {row.name}")
        field.setAccessibleDescription(column.tip)
        return field

    def setEditorData(self, editor: QWidget, index: _Index) -> None:
        """Show the cell; what is being typed stays as long as the cell beneath has not changed."""
        if isinstance(editor, CellField | KindField) and index.data(Qt.ItemDataRole.EditRole) != editor.loaded:
            editor.load(index.data(Qt.ItemDataRole.EditRole))

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: _Index) -> None:
        if isinstance(editor, KindField):
            model.setData(index, editor.kind())
        elif isinstance(editor, CellField) and editor.text() != editor.loaded:
            model.setData(index, editor.text())

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: _Index) -> None:
        """All of the cell; a line of settings may be wider."""
        room = QRect(option.rect)
        if isinstance(editor, CellField):
            text = editor.fontMetrics().horizontalAdvance(editor.text()) + 4 * GRID
            room.setWidth(max(room.width(), min(text, self._view.viewport().width() - room.left())))
        editor.setGeometry(room)

    def eventFilter(self, editor: QObject, event: QEvent) -> bool:
        """A field with a text that cannot be is not left by Enter and Tab: the reason stands below the table."""
        leaving = isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress and event.key() in _LEAVING
        if leaving and isinstance(editor, CellField) and (reason := editor.refusal()):
            self.judged.emit(reason)
            return True
        return super().eventFilter(editor, event)

    def _suggestions(self, row: Row, column: int) -> Suggest:
        if column == SETTINGS:
            return suggest_settings(row.node.layer)
        if column == INPUTS:
            return suggest_inputs(self._network.spec, row.name)
        return suggest_blocks(self._network.spec) if column == BLOCK else suggest_nothing

    def _leave(self, field: QWidget) -> None:
        self.commitData.emit(field)
        self.closeEditor.emit(field, QStyledItemDelegate.EndEditHint.NoHint)


def _judge(index: _Index) -> Callable[[str], str]:
    """Why a text cannot be in that cell, wherever it comes to stand meanwhile."""
    cell, model = QPersistentModelIndex(index), index.model()
    assert isinstance(model, NetworkTableModel)
    return lambda text: model.refusal(cell, text) if cell.isValid() else ""


class ShareDelegate(QStyledItemDelegate):
    """A bar in the family's colour below the figure."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        super().paint(painter, option, index)
        row: Row = index.data(Role.ROW)
        if row.share:
            room = QRectF(option.rect)
            width = max(1.0, row.share * (room.width() - 2 * GRID))
            bar = QRectF(room.right() - GRID - width, room.bottom() - _BAR - 1, width, _BAR)
            painter.fillRect(bar, QColor(current_theme().families[row.node.layer.family]))
