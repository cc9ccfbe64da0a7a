"""All that can be done, in one registry: for menus, tool bars, tooltips, the shortcut list and the command palette."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QGraphicsView,
    QLineEdit,
    QPlainTextEdit,
    QTabBar,
    QTextEdit,
    QWidget,
)

from nnstudio.gui.icons import icon
from nnstudio.gui.theme import theme_source

_TYPING = (QLineEdit, QAbstractSpinBox, QPlainTextEdit, QTextEdit, QComboBox, QAbstractItemView)
_USES_SPACE = (*_TYPING, QAbstractButton)
_PLAIN = {"Space": "Space", "Right": "→"}
"""Keys that many controls have a use of their own for, and how a person reads them."""
_USES_ARROWS = (*_TYPING, QAbstractSlider, QGraphicsView, QTabBar)


class ActionRegistry(QObject):
    """Actions by id, such as ``file.open``; the part before the dot is the group that a person sees them in."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._actions: dict[str, QAction] = {}
        self._icons: dict[str, str] = {}
        self._plain: list[QShortcut] = []
        theme_source.themeChanged.connect(self._colour)
        QApplication.instance().focusChanged.connect(self._give_way)  # type: ignore[union-attr]

    def add(
        self,
        name: str,
        text: str,
        slot: Callable[[], object],
        *,
        icon_name: str = "",
        shortcut: str | QKeySequence.StandardKey = "",
        tip: str = "",
        checkable: bool = False,
    ) -> QAction:
        """Make an action. Space and → as a shortcut work only while what has the focus has no use for that key."""
        action = QAction(text, self)
        action.setObjectName(name)
        action.setCheckable(checkable)
        action.triggered.connect(lambda _=False: slot())
        sequence = QKeySequence(shortcut)
        if sequence.toString() in _PLAIN:
            self._plain.append(self._plain_key(action, sequence))
            action.setText(f"{text}\t{_PLAIN[sequence.toString()]}")
        elif not sequence.isEmpty():
            action.setShortcut(sequence)
        self._actions[name] = action
        self.describe(name, tip or plain_text(action))
        self._window.addAction(action)
        if icon_name:
            self.set_icon(name, icon_name)
        return action

    def adopt(
        self, name: str, action: QAction, *, icon_name: str = "", shortcut: QKeySequence.StandardKey | None = None
    ) -> None:
        """Register an action that somebody else has made; where its shortcut works stays as it is."""
        action.setObjectName(name)
        self._actions[name] = action
        if shortcut is not None:
            action.setShortcuts(shortcut)
        if icon_name:
            self.set_icon(name, icon_name)

    def describe(self, name: str, tip: str) -> None:
        """What the action does now, for tooltip and status bar; the tooltip tells the shortcut too."""
        action = self._actions[name]
        keys = shortcut_text(action)
        action.setStatusTip(tip)
        action.setToolTip(f"{tip} ({keys})" if keys else tip)

    def set_text(self, name: str, text: str) -> None:
        """Call the action something else; its shortcut stays."""
        action = self._actions[name]
        _, tab, keys = action.text().partition("\t")
        action.setText(f"{text}{tab}{keys}")
        action.setIconText(plain_text(action))

    def set_icon(self, name: str, icon_name: str) -> None:
        self._icons[name] = icon_name
        self._actions[name].setIcon(icon(icon_name))

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def group(self, name: str) -> list[QAction]:
        """All actions whose id begins so, in the order they were made in."""
        return [action for key, action in self._actions.items() if key.startswith(f"{name}.")]

    def __iter__(self) -> Iterator[QAction]:
        return iter(self._actions.values())

    def _plain_key(self, action: QAction, sequence: QKeySequence) -> QShortcut:
        shortcut = QShortcut(sequence, self._window)
        shortcut.setContext(Qt.ShortcutContext.ApplicationShortcut)  # floating panels are windows too
        shortcut.setAutoRepeat(sequence.toString() != "Space")
        shortcut.activated.connect(action.trigger)
        return shortcut

    def _give_way(self, _old: QWidget | None, now: QWidget | None) -> None:
        for shortcut in self._plain:
            uses = _USES_SPACE if shortcut.key().toString() == "Space" else _USES_ARROWS
            shortcut.setEnabled(not isinstance(now, uses))

    def _colour(self) -> None:
        for name, icon_name in self._icons.items():
            self._actions[name].setIcon(icon(icon_name))


def plain_text(action: QAction) -> str:
    """An action's text without mnemonic, dots and shortcut."""
    return action.text().split("\t")[0].replace("&", "").rstrip("…")


def shortcut_text(action: QAction) -> str:
    """The shortcut as a person reads it; empty when there is none."""
    _, _, plain = action.text().partition("\t")
    return plain or action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)


def group_of(action: QAction) -> str:
    """The group that the action belongs to, as a title."""
    return action.objectName().split(".")[0].capitalize()
