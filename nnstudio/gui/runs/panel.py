"""All runs in a table, and what is done with them."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio.gui.icons import icon
from nnstudio.gui.panel_actions import PanelActions
from nnstudio.gui.runs.difference_view import DifferenceView
from nnstudio.gui.runs.run_table import RunFilter, RunTable
from nnstudio.gui.runs.run_view import RunView
from nnstudio.gui.runs.runs_model import COLOURS, RunsModel
from nnstudio.gui.theme import GRID, theme_source
from nnstudio.units import counted

_EMPTY = "Every run is kept here: its settings, its network, its curves and what it came to. Train one to begin."
_TRASH_EMPTY = "The trash is empty."
_NOT_FOUND = "No run has all these words."
_READING = "Reading the history of runs…"


class RunsPanel(QWidget):
    """On top what can be done and the search, then the runs, below in what the selected ones differ."""

    def __init__(self, runs: RunsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runs_panel")
        self._runs = runs
        self._thrown: list[str] = []
        self._actions = PanelActions(self, "runs")
        self._filter = RunFilter(RunTable(runs, self), self)
        self.view = RunView(self._filter)
        self._search = self._made_search()
        self._make_actions()
        self._trash = self._made_trash()
        self._words, self._told = QLabel(_READING), QLabel()
        self._undo = QPushButton("Undo")
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._colour()  # buttons without icons would be as wide as their texts
        self._arrange()
        self._connect()
        self._settle()
        if not runs.ready:
            runs.load()

    # ---- building

    def _make_actions(self) -> None:
        view, add = self.view, self._actions.add
        self.open = add("open", "Open the network and the weights", "folder-open-outline", self._open, "Ctrl+Return")
        self.rename = add("rename", "Rename", "rename-outline", view.edit_name)
        self.star = add("star", "Star, or take the star away", "star-outline", self._star, "Ctrl+B")
        self.delete = add("delete", "Delete", "delete-outline", self._delete, "Del")
        self.restore = add("restore", "Restore", "delete-restore", self._restore)
        self.empty = add("empty", "Empty the trash…", "delete-forever-outline", self._ask_to_empty)

    def _made_search(self) -> QLineEdit:
        search = QLineEdit()
        search.setObjectName("runs_search")
        search.setAccessibleName("Search runs")
        search.setPlaceholderText("Search name, network, data, tags, notes")
        search.setClearButtonEnabled(True)
        find = QAction("Search", self)
        find.setShortcut(QKeySequence.StandardKey.Find)
        find.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        find.triggered.connect(search.setFocus)
        self.addAction(find)
        return search

    def _made_trash(self) -> QToolButton:
        button = QToolButton()
        button.setObjectName("runs_trash")
        button.setCheckable(True)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setToolTip("Show the runs that were deleted")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _button(self, action: QAction) -> QToolButton:
        button = QToolButton()
        button.setObjectName(action.objectName().replace(".", "_"))
        button.setDefaultAction(action)
        button.setAccessibleName(action.text())
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _arrange(self) -> None:
        tools, footer = QHBoxLayout(), QHBoxLayout()
        tools.setContentsMargins(GRID, 4, GRID, 4)
        tools.setSpacing(4)
        for action in self._actions:
            tools.addWidget(button := self._button(action))
            action.visibleChanged.connect(lambda button=button, action=action: button.setVisible(action.isVisible()))
        tools.addSpacing(GRID)
        tools.addWidget(self._search, 1)
        tools.addWidget(self._trash)
        self._told.setObjectName("runs_told")
        self._told.setProperty("role", "quiet")
        self._undo.setObjectName("runs_undo")
        self._undo.setAccessibleName("Restore what was just deleted")
        footer.setContentsMargins(2 * GRID, 4, GRID, 4)
        footer.addWidget(self._told, 1)
        footer.addWidget(self._undo)
        self._words.setObjectName("runs_hint")
        self._words.setProperty("role", "quiet")
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._words.setWordWrap(True)
        self._words.setMargin(2 * GRID)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._words)
        self._pages.addWidget(self.view)
        self._split = QSplitter(Qt.Orientation.Vertical)
        self._split.setObjectName("runs_splitter")
        self._split.addWidget(self._upper(tools, footer))
        self._split.addWidget(DifferenceView(self._runs))
        self._split.setSizes([300, 160])
        self._split.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._split)
        self.setFocusProxy(self.view)

    def _upper(self, tools: QHBoxLayout, footer: QHBoxLayout) -> QWidget:
        part, line = QWidget(), QFrame()
        line.setProperty("role", "line")
        line.setFixedHeight(1)
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(tools)
        column.addWidget(self._pages, 1)
        column.addLayout(footer)
        column.addWidget(line)
        return part

    def _connect(self) -> None:
        self._search.textChanged.connect(self._look_for)
        self._trash.toggled.connect(self._show_trash)
        self._undo.clicked.connect(self._take_back)
        self.view.openAsked.connect(self._open)
        self.view.starAsked.connect(self._star_one)
        self._soon.timeout.connect(self._settle)
        for signal in (
            self._filter.rowsInserted, self._filter.rowsRemoved, self._filter.modelReset, self._runs.loaded,
            self._runs.changed, self.view.selectionModel().selectionChanged,
        ):  # fmt: skip
            signal.connect(self._settle_soon)
        theme_source.themeChanged.connect(self._colour)

    def _colour(self) -> None:
        self._trash.setIcon(icon("trash-can-outline"))
        self.view.viewport().update()

    # ---- what is shown

    def _settle_soon(self) -> None:
        """When rows have come and gone: in the midst of that, nobody may ask for them."""
        self._soon.start(0)

    def _settle(self) -> None:
        """Follow what is selected, and what there is."""
        self._runs.choose(self.view.chosen)
        self._show_rows()
        self._enable()

    def _show_rows(self) -> None:
        """The table, or a word on why it is empty; how much is in the trash."""
        rows = self._filter.rowCount()
        searched = bool(self._search.text().strip())
        self._words.setText(
            _READING if not self._runs.ready
            else _NOT_FOUND if searched
            else _TRASH_EMPTY if self._filter.trash
            else _EMPTY
        )  # fmt: skip
        self._pages.setCurrentIndex(1 if rows else 0)
        thrown = sum(run.deleted is not None for run in self._runs.runs)
        self._trash.setText(f"Trash ({thrown:,})")
        self._trash.setAccessibleName(f"Show the trash, {counted(thrown, 'run')}")

    def _enable(self) -> None:
        chosen, trash = len(self.view.chosen), self._filter.trash
        self.open.setEnabled(chosen == 1)
        self.rename.setEnabled(chosen == 1)
        for action in (self.star, self.delete, self.restore):
            action.setEnabled(chosen > 0)
        self.empty.setEnabled(any(run.deleted is not None for run in self._runs.runs))
        for action in (self.restore, self.empty):
            action.setVisible(trash)
        self.delete.setVisible(not trash)
        self._undo.setVisible(bool(self._thrown))
        self._tell()

    def _tell(self) -> None:
        """The line below the table."""
        chosen, shown = len(self.view.chosen), self._filter.rowCount()
        if self._thrown:
            text = f"{counted(len(self._thrown), 'run')} deleted"
        elif chosen > len(COLOURS):
            text = f"{chosen:,} of {counted(shown, 'run')} selected; the first {len(COLOURS)} are drawn and compared"
        elif chosen > 1:
            text = f"{chosen:,} of {counted(shown, 'run')} selected"
        else:
            text = counted(shown, "run")
        self._told.setText(text)

    def _look_for(self, text: str) -> None:
        self._filter.search(text)
        self._settle()

    def _show_trash(self, trash: bool) -> None:
        self._thrown = []
        self._filter.show_trash(trash)
        self._settle()

    # ---- what the actions do

    def _open(self) -> None:
        if len(self.view.chosen) == 1:
            self._runs.ask_open(self.view.chosen[0])

    def _star(self) -> None:
        """Give all the selected runs a star, or take it from all when all have one."""
        runs = [run for uuid in self.view.chosen if (run := self._runs.run(uuid))]
        self._runs.set_starred([run.uuid for run in runs], not all(run.starred for run in runs))

    def _star_one(self, uuid: str) -> None:
        run = self._runs.run(uuid)
        self._runs.set_starred([uuid], not (run and run.starred))

    def _delete(self) -> None:
        self._thrown = self._runs.delete(self.view.chosen)
        self._settle()

    def _take_back(self) -> None:
        thrown, self._thrown = self._thrown, []
        self._runs.restore(thrown)
        self._settle()

    def _restore(self) -> None:
        self._runs.restore(self.view.chosen)
        self._settle()

    def _ask_to_empty(self) -> None:
        """What is deleted for good is asked about."""
        button = QMessageBox.StandardButton
        count = sum(run.deleted is not None for run in self._runs.runs)
        box = QMessageBox(self)
        box.setObjectName("runs_empty_question")
        box.setIconPixmap(icon("delete-forever-outline", "error").pixmap(40, 40))
        box.setText(f"Delete {counted(count, 'run')} for good?")
        box.setInformativeText("Their curves and weights are gone then; this cannot be undone.")
        box.setStandardButtons(button.Discard | button.Cancel)
        box.button(button.Discard).setText("Delete")
        box.setDefaultButton(button.Cancel)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.buttonClicked.connect(
            lambda pressed: self._runs.empty_trash() if box.standardButton(pressed) is button.Discard else None
        )
        box.open()
