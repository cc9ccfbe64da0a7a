"""All problems in a few lines under the canvas."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QIcon, QKeySequence, QMouseEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from nnstudio.gui.designer.signs.problems import problem_icon
from nnstudio.gui.icons import icon
from nnstudio.gui.theme import CORNER, GRID, current_theme, theme_source
from nnstudio.network import Check, Problem, Severity

_ROWS = 4
_WRAPPED = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap)
_SIGN = 2 * GRID
REPAIR_KEY = "Ctrl+."

_Index = QModelIndex | QPersistentModelIndex


class ProblemList(QListWidget):
    """One line a problem: a click or Enter goes to its layer, a click on the repair at its end, or Ctrl+., repairs it.
    Without problems it is not there."""

    chosen = Signal(str)
    """The layer of the problem."""
    repairAsked = Signal(object)
    """The `Problem` whose repair is wanted."""

    _clicked_repair = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("problem_list")
        self.setAccessibleName("Problems of the network")
        self.setAccessibleDescription(f"Enter goes to the layer, {REPAIR_KEY} makes the repair")
        self.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self._rows = _ProblemRows(self)
        self.setItemDelegate(self._rows)
        self.problems: tuple[Problem, ...] = ()
        """Line by line."""
        self._pressed_repair = False
        self._repair = self.addAction("Repair", QKeySequence(REPAIR_KEY), self._repair_current)
        self._repair.setObjectName("repair_problem")
        self._repair.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.itemClicked.connect(self._click)
        self.itemActivated.connect(self._choose)
        self.currentItemChanged.connect(self._name_repair)
        # A repair replaces the lines, which may not happen while one of them is still being clicked.
        self._clicked_repair.connect(self.repairAsked, Qt.ConnectionType.QueuedConnection)
        theme_source.themeChanged.connect(self._restyle)
        self._name_repair()

    def show_check(self, check: Check) -> None:
        """List the problems; the line that was the current one gives way to the next."""
        if check.problems == self.problems:
            self.problems = check.problems  # equal ones may have repairs that know more
        else:
            self._list(check.problems)

    def _list(self, problems: tuple[Problem, ...]) -> None:
        row = self.currentRow()
        self.clear()
        self.problems = problems
        signs = {severity: icon(problem_icon(severity), severity.value) for severity in Severity}
        for problem in self.problems:
            item = QListWidgetItem(signs[problem.severity], str(problem), self)
            repair = f". Repair with {REPAIR_KEY}: {problem.repair.title}" if problem.repair else ""
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{problem.severity}: {problem}{repair}")
            item.setToolTip(str(problem))
        self.setCurrentRow(min(row, self.count() - 1))
        self.setVisible(bool(self.problems))
        self._fit()

    def _restyle(self) -> None:
        self._list(self.problems)

    def repair_room(self, row: int) -> QRect:
        """Where the repair of a line is clicked; empty where there is none."""
        return self._rows.repair_room(self.visualItemRect(self.item(row)), self.problems[row], self.fontMetrics())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed_repair = event.button() is Qt.MouseButton.LeftButton and self._on_repair(
            event.position().toPoint()
        )
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        over = self._on_repair(event.position().toPoint())
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._fit()

    def _fit(self) -> None:
        """As high as its lines, up to a few."""
        heights = [self.sizeHintForRow(row) for row in range(min(self.count(), _ROWS))]
        self.setFixedHeight(sum(heights) + GRID)

    def _on_repair(self, point: QPoint) -> bool:
        item = self.itemAt(point)
        return item is not None and self.repair_room(self.row(item)).contains(point)

    def _click(self, item: QListWidgetItem) -> None:
        if self._pressed_repair:
            self._clicked_repair.emit(self.problems[self.row(item)])
        else:
            self._choose(item)

    def _choose(self, item: QListWidgetItem) -> None:
        if node := self.problems[self.row(item)].node:
            self.chosen.emit(node)

    def _repair_current(self) -> None:
        if (problem := self._current()) and problem.repair:
            self._clicked_repair.emit(problem)

    def _current(self) -> Problem | None:
        return self.problems[self.currentRow()] if self.currentRow() >= 0 else None

    def _name_repair(self) -> None:
        """The action says what it would do."""
        problem = self._current()
        repair = problem.repair if problem else None
        self._repair.setText(repair.title if repair else "Repair")
        self._repair.setEnabled(repair is not None)


class _ProblemRows(QStyledItemDelegate):
    """Sign, words, and at the right the repair as a small button."""

    def __init__(self, view: ProblemList) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        metrics, words = self._view.fontMetrics(), index.data()
        row = QRect(0, 0, self._view.viewport().width(), 10_000)
        room = self._words_room(row, self._view.problems[index.row()], metrics)
        height = metrics.height()
        if metrics.horizontalAdvance(words) > room.width():
            height = metrics.boundingRect(room, _WRAPPED, words).height()
        return QSize(row.width(), max(height + GRID, metrics.height() + 3 * GRID // 2, _SIGN + GRID))

    def repair_room(self, row: QRect, problem: Problem, metrics: QFontMetrics) -> QRect:
        """The button's place in a row; at most half of it, so that the words keep the rest."""
        if problem.repair is None:
            return QRect()
        width = min(metrics.horizontalAdvance(problem.repair.title) + 2 * GRID, row.width() // 2)
        height = metrics.height() + GRID // 2
        return QRect(row.right() - width - GRID + 1, row.center().y() - height // 2, width, height)

    def _words_room(self, row: QRect, problem: Problem, metrics: QFontMetrics) -> QRect:
        right = self.repair_room(row, problem, metrics).width()
        return row.adjusted(_SIGN + 2 * GRID, 0, -right - 2 * GRID, 0)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        ground = QStyleOptionViewItem(option)
        self.initStyleOption(ground, index)
        sign, problem = index.data(Qt.ItemDataRole.DecorationRole), self._view.problems[index.row()]
        ground.text, ground.icon = "", QIcon()
        style = ground.widget.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, ground, painter, ground.widget)
        row, metrics = option.rect, option.fontMetrics
        sign.paint(painter, QRect(row.left() + GRID, row.center().y() - GRID + 1, _SIGN, _SIGN))
        painter.save()
        painter.setFont(option.font)
        painter.setPen(current_theme().color("text"))
        painter.drawText(self._words_room(row, problem, metrics), _WRAPPED, index.data())
        if problem.repair is not None:
            self._paint_repair(painter, self.repair_room(row, problem, metrics), problem.repair.title, metrics)
        painter.restore()

    @staticmethod
    def _paint_repair(painter: QPainter, room: QRect, title: str, metrics: QFontMetrics) -> None:
        theme = current_theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color("border"), 1))
        painter.setBrush(theme.color("panel"))
        painter.drawRoundedRect(room.toRectF().adjusted(0.5, 0.5, -0.5, -0.5), CORNER, CORNER)
        painter.setPen(theme.color("accent"))
        shown = metrics.elidedText(title, Qt.TextElideMode.ElideRight, room.width() - GRID)
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, shown)
