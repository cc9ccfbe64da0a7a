"""The runs of a sweep in a list."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from nnstudio.gui.icons import icon
from nnstudio.gui.runs.dots import dot
from nnstudio.gui.runs.run_columns import UNKNOWN
from nnstudio.gui.runs.sweep_model import SweepModel
from nnstudio.gui.theme import current_theme, tabular, theme_source
from nnstudio.training.sweep_runs import RunState, SweepRun

_TITLES = ("Run", "State", "Val. loss", "Val. acc.")


class SweepTable(QTableWidget):
    """A row for each run; the best has a star. What a person selects is told."""

    selected = Signal(int)
    """The number of a run, from 0."""

    def __init__(self, model: SweepModel) -> None:
        super().__init__(0, len(_TITLES))
        self.setObjectName("sweep_runs")
        self.setAccessibleName("Runs of the sweep")
        self._model = model
        self.setHorizontalHeaderLabels(list(_TITLES))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(26)
        self.setFont(tabular(self.font()))
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.itemSelectionChanged.connect(self._tell)
        theme_source.themeChanged.connect(self.refresh)

    def refresh(self, *_: object) -> None:
        """Show what has become of the runs."""
        with QSignalBlocker(self):
            self.setRowCount(len(self._model.runs))
            best = self._model.best
            for number, run in enumerate(self._model.runs):
                for column, text in enumerate(_texts(run)):
                    self._write(number, column, text)
                first, state = self._cell(number, 0), self._cell(number, 1)
                first.setIcon(icon("star", "accent") if number == best else dot(""))
                first.setToolTip(f"{run.variant.name}: the best" if number == best else run.variant.name)
                state.setToolTip(run.note)

    def select(self, number: int) -> None:
        """Show that this run is selected, without telling."""
        with QSignalBlocker(self):
            self.selectRow(number)

    def show_only(self, numbers: Collection[int]) -> None:
        """Hide the others."""
        for number in range(self.rowCount()):
            self.setRowHidden(number, number not in numbers)

    def _cell(self, row: int, column: int) -> QTableWidgetItem:
        item = self.item(row, column)
        if item is None:
            item = QTableWidgetItem()
            if column > 1:
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.setItem(row, column, item)
        return item

    def _write(self, row: int, column: int, text: str) -> None:
        item = self._cell(row, column)
        if item.text() != text:
            item.setText(text)
        if column == 1:
            failed = self._model.runs[row].state is RunState.FAILED
            item.setForeground(current_theme().color("error" if failed else "text"))

    def _tell(self) -> None:
        rows = self.selectionModel().selectedRows()
        if rows:
            self.selected.emit(rows[0].row())


def _texts(run: SweepRun) -> tuple[str, str, str, str]:
    loss = UNKNOWN if run.loss is None else f"{run.loss:.4f}"
    accuracy = UNKNOWN if run.accuracy is None else f"{run.accuracy:.2%}"
    return run.variant.name, run.state, loss, accuracy
