"""Edits by hand, each one undoable step with a name, made by whichever panel."""

from __future__ import annotations

from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QToolTip

from nnstudio.gui.designer import edits
from nnstudio.gui.designer.edits import Place
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.selection_model import SelectionModel
from nnstudio.gui.widgets.fields import title_of
from nnstudio.network import LAYERS, Layer, NetworkSpec, SpecError


class NetworkEditor:
    """Changes the network through its model and selects what was changed."""

    def __init__(self, network: NetworkModel, selection: SelectionModel) -> None:
        self.network, self.selection = network, selection

    def insert_kind(self, kind: str, place: Place | None = None) -> None:
        """Insert a layer with its usual settings; without a place where the selection says."""
        layer = LAYERS[kind]()
        self._insert(f"Insert {layer.title}", layer, place or self._natural_place(layer))

    def duplicate(self) -> None:
        """Insert a layer like the selected one behind it."""
        if (name := self.selection.selected) and edits.can_move(self._spec, name):
            layer = self._spec.node(name).layer
            self._insert(f"Duplicate {name}", layer, self._natural_place(layer))

    def remove(self) -> None:
        """Remove the selected layer and reconnect its neighbours."""
        if name := self.selection.selected:
            self.network.edit(f"Remove {name}", self._spec.remove(name))

    def move(self, node_id: str, place: Place) -> None:
        """Take a layer to another place."""
        self.network.edit(f"Move {node_id}", edits.move(self._spec, node_id, place))

    def step(self, step: int) -> None:
        """Move the selected layer by one place, back (−1) or on (+1)."""
        if (name := self.selection.selected) and (place := edits.step_place(self._spec, name, step)):
            self.move(name, place)

    def rename(self, node_id: str, name: str) -> None:
        """Give a layer another, valid name."""
        self.network.edit(f"Rename {node_id} to {name}", self._spec.rename(node_id, name))

    def change(self, node_id: str, layer: Layer) -> None:
        """Give a layer other settings; changes of one setting in a row are one step."""
        changed = edits.changed_fields(self._spec.node(node_id).layer, layer)
        titles = (title_of(name, type(layer).model_fields[name]).lower() for name in changed)
        key = f"{node_id}.{'.'.join(changed)}"
        self.network.edit(f"Change {node_id} {', '.join(titles)}", self._spec.replace(node_id, layer), key)

    @property
    def _spec(self) -> NetworkSpec:
        return self.network.spec

    def _natural_place(self, layer: Layer) -> Place | None:
        return edits.natural_place(self._spec, self.selection.selected, layer)

    def _insert(self, text: str, layer: Layer, place: Place | None) -> None:
        name = self._spec.free_id(layer)
        try:
            self.network.edit(text, edits.insert(self._spec, layer, place, name))
        except SpecError as error:
            QToolTip.showText(QCursor.pos(), str(error))
        else:
            self.selection.select(name)
