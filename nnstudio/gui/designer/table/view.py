"""The network as a table: for screen readers, and for people who like tables better than drawings."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemDelegate,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio.gui.designer.editing import edits
from nnstudio.gui.designer.editing.editor import NetworkEditor
from nnstudio.gui.designer.palette.insert_menu import InsertMenu
from nnstudio.gui.designer.table.columns import SHARE, as_lines
from nnstudio.gui.designer.table.delegate import ShareDelegate, TableDelegate
from nnstudio.gui.designer.table.grid import TableGrid
from nnstudio.gui.designer.table.model import NetworkTableModel
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.selection_model import SelectionModel
from nnstudio.gui.panel_actions import PanelActions
from nnstudio.gui.theme import GRID, tabular, theme_source
from nnstudio.units import counted

_Flag = QItemSelectionModel.SelectionFlag


class NetworkTable(QWidget):
    """The table between a row of tools and a line with the totals. What is selected here is selected everywhere."""

    refused = Signal(str)
    """Why something cannot be done."""

    def __init__(self, network: NetworkModel, selection: SelectionModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("table_panel")
        self._network, self._selection = network, selection
        self._editor = NetworkEditor(network, selection, self)
        self.model = NetworkTableModel(network, self)
        self.view = TableGrid()
        self.view.setModel(self.model)
        self._delegate = TableDelegate(network, self.view)
        self.view.setItemDelegate(self._delegate)
        self.view.setItemDelegateForColumn(SHARE, ShareDelegate(self.view))
        self.view.fit_columns()
        self._menu = InsertMenu(self)
        self._menu.setObjectName("table_insert_menu")
        self._message, self._totals = QLabel(), QLabel()
        self._actions = PanelActions(self, "table")
        self._showing = False
        self._make_actions()
        self._arrange()
        self._connect()
        self._follow()

    # ---- building

    def _make_actions(self) -> None:
        step, editor = self._step, self._editor
        self.insert = self._add("insert", "Insert layer", "plus", self._ask_for_layer, "Ins")
        self.duplicate = self._add("duplicate", "Duplicate", "content-duplicate", editor.duplicate, "Ctrl+D")
        self.back = self._add("back", "Move earlier", "arrow-up", lambda: step(-1), "Alt+Up")
        self.on = self._add("on", "Move later", "arrow-down", lambda: step(1), "Alt+Down")
        self.remove = self._add("remove", "Remove", "delete-outline", editor.remove, "Del")
        self.copy = self._add("copy", "Copy rows as text", "content-copy", self._copy, "Ctrl+C")

    def _add(self, name: str, text: str, icon_name: str, slot: Callable[[], None], key: str) -> QAction:
        """While a cell is edited its keys are for the text."""
        return self._actions.add(name, text, icon_name, lambda: None if self.view.editing else slot(), key)

    def _arrange(self) -> None:
        tools, line, footer = QHBoxLayout(), QFrame(), QHBoxLayout()
        tools.setContentsMargins(GRID, 4, GRID, 4)
        tools.setSpacing(4)
        for action in self._actions:
            tools.addWidget(self._button(action))
        tools.addStretch(1)
        line.setProperty("role", "line")
        line.setFixedHeight(1)
        self._message.setObjectName("table_message")
        self._message.setProperty("role", "error")
        self._message.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._totals.setObjectName("table_totals")
        self._totals.setFont(tabular(self.font()))
        self._totals.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        footer.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        footer.addWidget(self._message, 1)
        footer.addWidget(self._totals)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(tools)
        layout.addWidget(self.view, 1)
        layout.addWidget(line)
        layout.addLayout(footer)
        self.setFocusProxy(self.view)

    def _button(self, action: QAction) -> QToolButton:
        button = QToolButton()
        button.setObjectName(action.objectName().replace(".", "_"))
        button.setDefaultAction(action)
        button.setAccessibleName(action.text())
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        if action is self.insert:
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        return button

    def _connect(self) -> None:
        self._editor.refused.connect(self._refuse)
        self.model.refused.connect(self._refuse)
        self.model.followed.connect(self._follow)
        self._delegate.judged.connect(self._say)
        self._delegate.closeEditor.connect(self._forget)
        self._menu.picked.connect(self._editor.insert_kind)
        self.view.selectionModel().selectionChanged.connect(self._tell_selection)
        self.view.selectionModel().currentChanged.connect(self._tell_selection)
        self._selection.changed.connect(self._show_selection)
        theme_source.themeChanged.connect(self.view.viewport().update)

    # ---- the selection, both ways

    def _chosen(self) -> list[int]:
        """The selected rows, the current one last."""
        current = self.view.currentIndex().row()
        rows = sorted(index.row() for index in self.view.selectionModel().selectedRows())
        return sorted(rows, key=lambda row: row == current)

    def _tell_selection(self) -> None:
        """What the user selects here is looked at everywhere."""
        if self._showing or self.model.following:
            return
        self._say("")
        rows = self._chosen()
        if not rows or rows[-1] == self.view.currentIndex().row():  # else Qt is just about to make another row current
            self._selection.select_all(self.model.rows[row].name for row in rows)

    def _show_selection(self) -> None:
        """Select here what is selected elsewhere."""
        places = {row.name: number for number, row in enumerate(self.model.rows)}
        rows = [places[name] for name in self._selection.nodes if name in places]
        if not self.model.following and rows != self._chosen():
            self._showing = True
            self._select(rows)
            self._showing = False
        self._enable()

    def _select(self, rows: list[int]) -> None:
        chosen, last = QItemSelection(), self.model.columnCount() - 1
        for row in rows:
            chosen.select(self.model.index(row, 0), self.model.index(row, last))
        self.view.selectionModel().select(chosen, _Flag.ClearAndSelect)
        if rows:
            current = self.model.index(rows[-1], max(0, self.view.currentIndex().column()))
            self.view.selectionModel().setCurrentIndex(current, _Flag.NoUpdate)
            self.view.scrollTo(current)

    def _follow(self) -> None:
        """The network has changed, and the rows with it."""
        self._show_selection()
        check = self._network.check
        known = "" if all(row.parameters is not None or row.node.muted for row in self.model.rows) else "known so far: "
        self._totals.setText(
            "   ·   ".join(
                (
                    counted(len(self.model.rows), "layer"),
                    known + counted(check.parameter_count, "parameter"),
                    f"{counted(check.multiply_adds, 'multiply-add')} an image",
                )
            )
        )

    def _enable(self) -> None:
        spec, names, name = self._network.spec, self._selection.nodes, self._selection.selected
        movable = name is not None and edits.can_move(spec, name)
        for action in (self.duplicate, self.remove, self.copy):
            action.setEnabled(bool(names))
        self.back.setEnabled(movable and edits.step_place(spec, name or "", -1) is not None)
        self.on.setEnabled(movable and edits.step_place(spec, name or "", 1) is not None)

    # ---- what the actions do

    def _ask_for_layer(self) -> None:
        """Ask which layer to put behind the selected one."""
        spec, name = self._network.spec, self._selection.selected
        place = name and (edits.place_behind(spec, name) or edits.place_before(spec, name))
        self._menu.open_at(self._below_current(), place or None)

    def _below_current(self) -> QPoint:
        """A point of the screen below the current cell."""
        room = self.view.visualRect(self.view.currentIndex())
        port = self.view.viewport()
        return port.mapToGlobal(room.bottomLeft() + QPoint(20 * GRID, 0) if room.isValid() else port.rect().center())

    def _step(self, step: int) -> None:
        self._editor.step(step)

    def _copy(self) -> None:
        """Put the selected rows on the clipboard, for a spreadsheet."""
        rows = sorted(self._chosen())
        QGuiApplication.clipboard().setText(as_lines([self.model.rows[row] for row in rows]))

    def _refuse(self, reason: str) -> None:
        self._say(reason)
        self.refused.emit(reason)

    def _forget(self, _field: QWidget, hint: QAbstractItemDelegate.EndEditHint) -> None:
        """What was typed has been given up."""
        if hint is QAbstractItemDelegate.EndEditHint.RevertModelCache:
            self._say("")

    def _say(self, reason: str) -> None:
        """Say below the table why something cannot be, in place of the totals."""
        self._message.setText(reason)
        self._message.setToolTip(reason)
        self._totals.setHidden(bool(reason))
