"""What can be done in one panel, as actions whose keys work there."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from nnstudio.gui.icons import icon
from nnstudio.gui.theme import theme_source


class PanelActions(QObject):
    """Actions called ``<group>.<name>``. Their keys work while the focus is in the panel; icons follow the theme."""

    def __init__(self, panel: QWidget, group: str) -> None:
        super().__init__(panel)
        self._panel, self._group = panel, group
        self._icons: dict[QAction, str] = {}
        theme_source.themeChanged.connect(self._colour)

    def add(self, name: str, text: str, icon_name: str, slot: Callable[[], object], *keys: str) -> QAction:
        """Make an action; of several keys the tooltip tells the first."""
        action = QAction(icon(icon_name), text, self)
        action.setObjectName(f"{self._group}.{name}")
        action.setShortcuts([QKeySequence(key) for key in keys])
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        tip, key = text.rstrip("…"), action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"{tip} ({key})" if key else tip)
        action.setStatusTip(tip)
        action.triggered.connect(lambda _=False: slot())
        self._icons[action] = icon_name
        self._panel.addAction(action)
        return action

    def __iter__(self) -> Iterator[QAction]:
        return iter(self._icons)

    def _colour(self) -> None:
        for action, name in self._icons.items():
            action.setIcon(icon(name))
