"""What can be done in the designer, as actions with their keys."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from nnstudio.gui.designer.canvas.gestures import EditableScene
from nnstudio.gui.designer.canvas.view import NetworkView
from nnstudio.gui.designer.editing import edits, parts
from nnstudio.gui.designer.editing.editor import NetworkEditor
from nnstudio.gui.panel_actions import PanelActions
from nnstudio.network import Family, NetworkSpec


class DesignerCommands(PanelActions):
    """The actions, each enabled while it would do something. Their keys work while the focus is in the designer."""

    def __init__(
        self,
        panel: QWidget,
        editor: NetworkEditor,
        view: NetworkView,
        *,
        scene: EditableScene,
        insert: Callable[[], None],
        connect: Callable[[], None],
        disconnect: Callable[[], None],
    ) -> None:
        super().__init__(panel, "network")
        self._editor, self._scene = editor, scene
        self.insert = self.add("insert", "Insert layer…", "plus", insert, "Ins", "Shift+A")
        self.duplicate = self.add("duplicate", "Duplicate layers", "content-duplicate", editor.duplicate, "Ctrl+D")
        self.remove = self.add("remove", "Remove layer", "delete-outline", editor.remove, "Del", "Backspace")
        self.connect_to = self.add("connect", "Connect to…", "transit-connection-variant", connect, "C")
        self.disconnect_from = self.add("disconnect", "Disconnect…", "link-variant-off", disconnect, "Shift+C")
        self.copy = self.add("copy", "Copy layers", "content-copy", editor.copy, "Ctrl+C")
        self.cut = self.add("cut", "Cut layers", "content-cut", editor.cut, "Ctrl+X")
        self.paste = self.add("paste", "Paste layers", "content-paste", editor.paste, "Ctrl+V")
        self.select_all = self.add("select_all", "Select all layers", "select-all", self._select_all, "Ctrl+A")
        self.mute = self.add("mute", "Mute layer", "volume-off", editor.mute, "M")
        self.group = self.add("group", "Make a block", "group", editor.group, "Ctrl+G")
        self.ungroup = self.add("ungroup", "Ungroup", "ungroup", editor.ungroup, "Ctrl+Shift+G")
        self.open = self.add("open", "Open block", "arrow-expand", self._toggle_group, "O")
        self.back = self.add("back", "Move layer back", "arrow-left", lambda: editor.step(-1), "Alt+Left")
        self.on = self.add("on", "Move layer on", "arrow-right", lambda: editor.step(1), "Alt+Right")
        self.row = self.add("row", "Align in a row", "align-vertical-center", lambda: scene.align(row=True), "Shift+R")
        self.column = self.add(
            "column", "Align in a column", "align-horizontal-left", lambda: scene.align(row=False), "Shift+L"
        )
        self.arrange = self.add("arrange", "Arrange the network", "auto-fix", editor.arrange, "L")
        self.motion = self.add("motion", "Show motion", "motion-outline", lambda: None, "Shift+M")
        self.map = self.add("map", "Show map", "map-outline", lambda: None, "Shift+N")
        for action in (self.motion, self.map):
            action.setCheckable(True)
        self.motion.toggled.connect(scene.motion.switch)
        self.fit = self.add("fit", "Fit the network", "fit-to-page-outline", view.fit, "F")
        self.natural = self.add("natural", "Natural size", "magnify", lambda: view.set_zoom(1), "Ctrl+1")
        self.closer = self.add("closer", "Zoom in", "plus", lambda: view.zoom_by(1), "Ctrl++", "Ctrl+=")
        self.farther = self.add("farther", "Zoom out", "minus", lambda: view.zoom_by(-1), "Ctrl+-")
        editor.network.specChanged.connect(self._enable)
        editor.selection.changed.connect(self._enable)
        scene.groupToggled.connect(self._enable)
        self._enable()

    def _select_all(self) -> None:
        self._editor.selection.select_all(node.id for node in self._editor.network.spec.nodes)

    def _toggle_group(self) -> None:
        if name := self._editor.selection.group:
            self._scene.toggle_group(name)

    def _enable(self) -> None:
        spec, selection = self._editor.network.spec, self._editor.selection
        names, one = selection.nodes, selection.selected if len(selection.nodes) == 1 else None
        layers = [spec.node(name).layer for name in names if name in {node.id for node in spec.nodes}]
        self._enable_one(spec, one if layers else None)
        self.remove.setEnabled(bool(layers) or selection.connection is not None)
        layer = "Remove layers" if len(names) > 1 else "Remove layer"
        self.remove.setText("Remove connection" if selection.connection else layer)
        for action in (self.copy, self.cut):
            action.setEnabled(bool(layers))
        self.duplicate.setEnabled(bool(layers) and all(layer.takes for layer in layers))
        self.mute.setEnabled(any(map(parts.can_mute, layers)))
        self.mute.setText("Unmute" if layers and all(spec.node(name).muted for name in names) else "Mute")
        self.group.setEnabled(bool(layers) and selection.group is None)
        self.ungroup.setEnabled(selection.group is not None)
        self.open.setEnabled(selection.group is not None)
        self.open.setText("Close block" if selection.group in self._scene.opened else "Open block")
        for action in (self.row, self.column):
            action.setEnabled(len(names) > 1)
        self.arrange.setEnabled(any(one.at for one in (*spec.nodes, *spec.groups)))
        self.select_all.setEnabled(bool(spec.nodes))

    def _enable_one(self, spec: NetworkSpec, name: str | None) -> None:
        """What can be done with a single layer."""
        movable = name is not None and edits.can_move(spec, name)
        gives = name is not None and spec.node(name).layer.family is not Family.OUTPUT
        self.connect_to.setEnabled(gives)
        self.disconnect_from.setEnabled(name is not None and bool(spec.incoming(name) or spec.outgoing(name)))
        self.back.setEnabled(movable and edits.step_place(spec, name or "", -1) is not None)
        self.on.setEnabled(movable and edits.step_place(spec, name or "", 1) is not None)
