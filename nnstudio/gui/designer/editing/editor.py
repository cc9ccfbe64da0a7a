"""Edits by hand, each one undoable step with a name, made by whichever panel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtGui import QGuiApplication

from nnstudio.gui.designer.editing import edits, parts
from nnstudio.gui.designer.editing.edits import Place
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.selection_model import SelectionModel
from nnstudio.gui.widgets.declared import title_of
from nnstudio.network import LAYERS, Connection, Layer, NetworkSpec, Problem, SpecError


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

    def insert_at(self, kind: str, point: QPoint) -> None:
        """Put an unconnected layer somewhere on the canvas."""
        layer = LAYERS[kind]()
        name = self._spec.free_id(layer)
        if self._try(
            f"Insert {layer.title}",
            lambda: edits.insert(self._spec, layer, None, name).place({name: (point.x(), point.y())}),
        ):
            self.selection.select(name)

    def duplicate(self) -> None:
        """Insert layers like the selected ones behind them."""
        names = self.selection.nodes
        self._paste(f"Duplicate {self._named(names)}", parts.part_of(self._spec, names), behind=names)

    def remove(self) -> None:
        """Remove the selected layers and reconnect their neighbours, or remove the selected connection."""
        if link := self.selection.connection:
            self.disconnect_link(link)
        elif names := self.selection.nodes:
            self.network.edit(f"Remove {self._named(names)}", parts.remove_all(self._spec, names))

    def repair(self, problem: Problem) -> None:
        """Do what mends a problem, where that is known."""
        if repair := problem.repair:
            self._try(repair.title, lambda: repair.edit(self._spec))

    # ---- the clipboard

    def copy(self) -> None:
        """Put the selected layers on the clipboard, as the JSON of a network."""
        if self.selection.nodes:
            QGuiApplication.clipboard().setText(parts.part_of(self._spec, self.selection.nodes).to_json())

    def cut(self) -> None:
        """Put the selected layers on the clipboard and remove them."""
        self.copy()
        if names := self.selection.nodes:
            self.network.edit(f"Cut {self._named(names)}", parts.remove_all(self._spec, names))

    def paste(self) -> None:
        """Put in the layers that are on the clipboard: behind the selected ones, or into the selected connection."""
        try:
            part = parts.part_from(QGuiApplication.clipboard().text())
        except SpecError as error:
            self.refused.emit(f"The clipboard holds no layers. {error}")
            return
        self._paste(f"Paste {self._named([node.id for node in part.nodes])}", part, behind=self.selection.nodes)

    def _paste(self, text: str, part: NetworkSpec, behind: Sequence[str]) -> None:
        pasted: tuple[str, ...] = ()

        def edited() -> NetworkSpec:
            nonlocal pasted
            spec, pasted = parts.paste(self._spec, part, self._place_for_part(part, behind))
            return spec

        if part.nodes and self._try(text, edited):
            self.selection.select_all(pasted)

    def _place_for_part(self, part: NetworkSpec, behind: Sequence[str]) -> Place | None:
        """Into the selected connection; else behind the last of these layers that leads out of them."""
        if link := self.selection.connection:
            return Place(link.source, link)
        if not parts.open_ends(part):
            return None
        last = next((name for name in reversed(behind) if not set(self._spec.targets(name)) & set(behind)), None)
        return edits.natural_place(self._spec, last, part.nodes[0].layer)

    # ---- several layers

    def mute(self) -> None:
        """Skip the selected layers, or take them in again."""
        names = self.selection.nodes
        edited = parts.mute(self._spec, names)
        muted = any(edited.node(name).muted for name in names)
        self.network.edit(f"{'Mute' if muted else 'Unmute'} {self._named(names)}", edited)

    def group(self) -> None:
        """Make a block of the selected layers."""
        names = self.selection.nodes
        if problem := parts.group_problem(self._spec, names):
            self.refused.emit(problem)
            return
        name = self._spec.free_name("block")
        self.network.edit(f"Make {self._named(names)} a block", self._spec.join(names, name))
        self.selection.select_group(name)

    def ungroup(self) -> None:
        """Let the layers of the selected block stand for themselves again."""
        if name := self.selection.group:
            members = self.selection.nodes
            self.network.edit(f"Ungroup {name}", self._spec.ungroup(name))
            self.selection.select_all(members)

    def change_group(self, group_id: str, *, new_id: str | None = None, repeat: int | None = None) -> None:
        """Give a block another, valid name, or another number of repetitions; several of these in a row are one
        step."""
        text = f"Rename {group_id} to {new_id}" if new_id else f"Repeat {group_id} {repeat} times"
        key = None if new_id else f"{group_id}.repeat"
        self.network.edit(text, self._spec.change_group(group_id, new_id=new_id, repeat=repeat), key)

    # ---- the canvas

    def place(self, places: Mapping[str, tuple[int, int]]) -> None:
        """Put layers and closed blocks somewhere on the canvas; the same ones several times in a row is one step."""
        key = f"place {' '.join(places)}"
        self.network.edit(f"Place {self._named(list(places))}", self._spec.place(places), key)

    def arrange(self) -> None:
        """Leave all places to the layout again."""
        placed = [one.id for one in (*self._spec.nodes, *self._spec.groups) if one.at]
        self.network.edit("Arrange the network", self._spec.place(dict.fromkeys(placed)))

    @staticmethod
    def _named(names: Sequence[str]) -> str:
        return names[0] if len(names) == 1 else f"{len(names)} layers"

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
