"""What can be done in the designer, as actions with their keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from nnstudio.gui.designer import edits
from nnstudio.gui.designer.editor import NetworkEditor
from nnstudio.gui.designer.view import NetworkView
from nnstudio.gui.icons import icon
from nnstudio.gui.theme import theme_source
from nnstudio.network import Family


class DesignerCommands(QObject):
    """The actions, each enabled while it would do something. Their keys work while the focus is in the designer."""

    def __init__(
        self,
        panel: QWidget,
        editor: NetworkEditor,
        view: NetworkView,
        *,
        insert: Callable[[], None],
        connect: Callable[[], None],
        disconnect: Callable[[], None],
    ) -> None:
        super().__init__(panel)
        self._panel, self._editor = panel, editor
        self._actions: list[QAction] = []
        self._icons: dict[QAction, str] = {}
        self.insert = self._add("insert", "Insert layer…", "plus", insert, "Ins", "Shift+A")
        self.duplicate = self._add("duplicate", "Duplicate layer", "content-copy", editor.duplicate, "Ctrl+D")
        self.remove = self._add("remove", "Remove layer", "delete-outline", editor.remove, "Del", "Backspace")
        self.connect_to = self._add("connect", "Connect to…", "transit-connection-variant", connect, "C")
        self.disconnect_from = self._add("disconnect", "Disconnect…", "link-variant-off", disconnect, "Shift+C")
        self.back = self._add("back", "Move layer back", "arrow-left", lambda: editor.step(-1), "Alt+Left")
        self.on = self._add("on", "Move layer on", "arrow-right", lambda: editor.step(1), "Alt+Right")
        self.fit = self._add("fit", "Fit the network", "fit-to-page-outline", view.fit, "F")
        self.natural = self._add("natural", "Natural size", "magnify", lambda: view.set_zoom(1), "Ctrl+1")
        self.closer = self._add("closer", "Zoom in", "plus", lambda: view.zoom_by(1), "Ctrl++", "Ctrl+=")
        self.farther = self._add("farther", "Zoom out", "minus", lambda: view.zoom_by(-1), "Ctrl+-")
        theme_source.themeChanged.connect(self._colour)
        editor.network.specChanged.connect(self._enable)
        editor.selection.changed.connect(self._enable)
        self._colour()
        self._enable()

    def __iter__(self) -> Iterator[QAction]:
        return iter(self._actions)

    def _add(self, name: str, text: str, icon_name: str, slot: Callable[[], None], *keys: str) -> QAction:
        action = QAction(text, self)
        action.setObjectName(f"network.{name}")
        action.setShortcuts([QKeySequence(key) for key in keys])
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        tip = text.rstrip("…")
        action.setToolTip(f"{tip} ({action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)})")
        action.setStatusTip(tip)
        action.triggered.connect(lambda _=False: slot())
        self._icons[action] = icon_name
        self._actions.append(action)
        self._panel.addAction(action)
        return action

    def _colour(self) -> None:
        for action, name in self._icons.items():
            action.setIcon(icon(name))

    def _enable(self) -> None:
        spec, selection = self._editor.network.spec, self._editor.selection
        name = selection.selected
        there = name is not None and any(node.id == name for node in spec.nodes)
        movable = there and edits.can_move(spec, name or "")
        self.remove.setEnabled(there or selection.connection is not None)
        self.remove.setText("Remove connection" if selection.connection else "Remove layer")
        self.connect_to.setEnabled(there and spec.node(name or "").layer.family is not Family.OUTPUT)
        self.disconnect_from.setEnabled(there and any(name in (c.source, c.target) for c in spec.connections))
        self.duplicate.setEnabled(movable)
        self.back.setEnabled(movable and edits.step_place(spec, name or "", -1) is not None)
        self.on.setEnabled(movable and edits.step_place(spec, name or "", 1) is not None)
