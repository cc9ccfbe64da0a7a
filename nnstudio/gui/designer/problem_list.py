"""All problems in a few lines under the canvas."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from nnstudio.gui.designer.block import GRID, problem_icon
from nnstudio.gui.icons import icon
from nnstudio.network import Check

_ROWS = 4
_NODE = Qt.ItemDataRole.UserRole


class ProblemList(QListWidget):
    """One line a problem; a click or Enter goes to its layer. Without problems it is not there."""

    chosen = Signal(str)
    """The layer of the problem."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("problem_list")
        self.setAccessibleName("Problems of the network")
        self.setIconSize(QSize(2 * GRID, 2 * GRID))
        self.setWordWrap(True)
        self.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.itemClicked.connect(self._choose)
        self.itemActivated.connect(self._choose)

    def show_check(self, check: Check) -> None:
        """List the problems."""
        self.clear()
        for problem in check.problems:
            item = QListWidgetItem(icon(problem_icon(problem.severity), problem.severity.value), str(problem), self)
            item.setData(_NODE, problem.node)
            item.setToolTip(str(problem))
        self.setVisible(bool(check.problems))
        row = self.sizeHintForRow(0) if check.problems else 0
        self.setFixedHeight(min(len(check.problems), _ROWS) * row + GRID)

    def _choose(self, item: QListWidgetItem) -> None:
        if node := item.data(_NODE):
            self.chosen.emit(node)
