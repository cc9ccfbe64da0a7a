"""Everything the program can do, found by typing a few letters of it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from nnstudio.gui.actions import group_of, plain_text, shortcut_text
from nnstudio.gui.icons import SIZE

_ROW_HEIGHT = 32
_ROWS = 10
_WIDTH = 520
_START_OF_WORD = 8
_NEXT_TO_LAST = 5


class CommandPalette(QDialog):
    """Shows actions while open; Enter or a click triggers one, Escape or a click elsewhere closes."""

    def __init__(self, actions: Iterable[QAction], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Dialog | Qt.WindowType.FramelessWindowHint)
        self.setObjectName("command_palette")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName("Command palette")
        self._actions = [action for action in actions if action.isEnabled()]
        self._window = parent
        self._input = QLineEdit()
        self._input.setObjectName("command_palette_input")
        self._input.setAccessibleName("What do you want to do?")
        self._input.setPlaceholderText("What do you want to do?")
        self._input.textChanged.connect(self._filter)
        self._input.returnPressed.connect(self._run_current)
        self._input.installEventFilter(self)
        self._list = QListWidget()
        self._list.setObjectName("command_palette_list")
        self._list.setAccessibleName("Commands")
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.itemClicked.connect(self._run)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(self._input)
        layout.addWidget(self._list)
        self._filter("")

    def popup(self) -> None:
        """Open at the top of the window, in its middle."""
        window = self._window
        self.setFixedSize(QSize(min(_WIDTH, window.width() - 32), _ROWS * _ROW_HEIGHT + 64))
        self.move(window.mapToGlobal(QPoint((window.width() - self.width()) // 2, 64)))
        self.open()
        self._input.setFocus()

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.WindowDeactivate:
            self.close()
        return super().event(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            moves = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: _ROWS, Qt.Key.Key_PageUp: -_ROWS}
            if move := moves.get(Qt.Key(event.key())):
                last = self._list.count() - 1
                self._list.setCurrentRow(max(0, min(last, self._list.currentRow() + move)))
                return True
        return super().eventFilter(watched, event)

    def _filter(self, text: str) -> None:
        scored = [(match_score(text, f"{group_of(a)} {plain_text(a)}"), a) for a in self._actions]
        found = [(score, action) for score, action in scored if score is not None]
        found.sort(key=lambda pair: -pair[0])
        self._list.clear()
        for _, action in found:
            item = QListWidgetItem()
            item.setToolTip(action.statusTip())
            item.setSizeHint(QSize(0, _ROW_HEIGHT))
            item.setData(Qt.ItemDataRole.UserRole, action)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{group_of(action)}: {plain_text(action)}")
            self._list.addItem(item)
            self._list.setItemWidget(item, _row(action))
        self._list.setCurrentRow(0)

    def _run_current(self) -> None:
        if item := self._list.currentItem():
            self._run(item)

    def _run(self, item: QListWidgetItem) -> None:
        self.close()
        item.data(Qt.ItemDataRole.UserRole).trigger()


def _row(action: QAction) -> QWidget:
    """Icon, group, what it does, and its shortcut on the right."""
    picture, group, words, keys = QLabel(), QLabel(group_of(action)), QLabel(plain_text(action)), QLabel()
    picture.setPixmap(action.icon().pixmap(SIZE, SIZE))
    picture.setFixedWidth(SIZE)
    group.setFixedWidth(88)
    keys.setText(shortcut_text(action))
    for label in (group, keys):
        label.setProperty("role", "quiet")
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(8, 0, 8, 0)
    layout.setSpacing(8)
    for label in (picture, group, words):
        layout.addWidget(label)
    layout.addStretch(1)
    layout.addWidget(keys)
    return row


def match_score(wanted: str, text: str) -> int | None:
    """How well the letters of `wanted` are found in this order in `text`, ``None`` when they are not.

    Letters that begin a word and letters next to each other count more; of equal finds the shorter text wins.
    """
    wanted, text = wanted.casefold().replace(" ", ""), text.casefold()

    def worth(at: int, last: int) -> int:
        return _NEXT_TO_LAST * (at == last + 1) + _START_OF_WORD * (at == 0 or text[at - 1] == " ")

    @cache
    def best(index: int, last: int) -> int | None:
        """The best score for the letters from `index` on, found behind place `last`."""
        if index == len(wanted):
            return 0
        places = [at for at in range(last + 1, len(text)) if text[at] == wanted[index]]
        scores = [worth(at, last) + rest for at in places if (rest := best(index + 1, at)) is not None]
        return max(scores, default=None)

    score = best(0, -1)
    return None if score is None else 100 * score - len(text) if wanted else 0
