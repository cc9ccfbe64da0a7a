"""Edits by hand, each one undoable step with a name, made by whichever panel."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from nnstudio.gui.designer import edits
from nnstudio.gui.designer.edits import Place
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.selection_model import SelectionModel
from nnstudio.gui.widgets.fields import title_of
from nnstudio.network import LAYERS, Connection, Layer, NetworkSpec, SpecError


class NetworkEditor(QObject):
    """Changes the network through its model and selects what was changed."""

    refused = Signal(str)
    """Why something cannot be done, in a sentence or two."""

    def __init__(self, network: NetworkModel, selection: SelectionModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
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
        """Remove the selected layer and reconnect its neighbours, or remove the selected connection."""
        if link := self.selection.connection:
            self.disconnect_link(link)
        elif name := self.selection.selected:
            self.network.edit(f"Remove {name}", edits.remove(self._spec, name))

    def connect_layers(
        self, source: str, target: str, port: int | None = None, *, moved: Connection | None = None
    ) -> None:
        """Feed a layer into an input of another (without a port: the first free one); ``moved`` is the connection whose
        end was taken there."""

        if port is not None and edits.connection_at(self._spec, target, port) == Connection(
            source=source, target=target, port=port
        ):
            return  # as it is already

        def connected() -> NetworkSpec:
            before = self._spec.disconnect(moved.target, moved.port) if moved else self._spec
            return edits.connect(before, source, target, port)

        self._try(f"Connect {source} to {target}", connected)

    def disconnect_link(self, link: Connection) -> None:
        """Leave an input open."""
        self.network.edit(f"Disconnect {link.source} from {link.target}", self._spec.disconnect(link.target, link.port))

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
        if self._try(text, lambda: edits.insert(self._spec, layer, place, name)):
            self.selection.select(name)

    def _try(self, text: str, edit: Callable[[], NetworkSpec]) -> bool:
        """Make an edit, or say why it cannot be made."""
        try:
            edited = edit()
        except SpecError as error:
            self.refused.emit(str(error))
            return False
        self.network.edit(text, edited)
        return True
