"""Which layers, which block or which connection is looked at: shared by all panels."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal

from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.network import Connection, NetworkSpec


class SelectionModel(QObject):
    """Any number of layers, one of which is looked at more closely; or a block as a whole; or a connection.

    It follows the network: a renamed layer stays selected, and when the only one is removed, the layer that fed it is
    selected instead. A block and a connection stay selected as long as they are there.
    """

    changed = Signal()

    def __init__(self, network: NetworkModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._spec = network.spec
        self._nodes: tuple[str, ...] = ()
        self._group: str | None = None
        self._connection: Connection | None = None
        network.specChanged.connect(self._follow)

    @property
    def selected(self) -> str | None:
        """The layer that is looked at: the one selected last."""
        return self._nodes[-1] if self._nodes and self._group is None else None

    @property
    def nodes(self) -> tuple[str, ...]:
        """All selected layers in the order of their selection; of a selected block its members."""
        return self._nodes

    @property
    def group(self) -> str | None:
        """The block that is selected as a whole."""
        return self._group

    @property
    def connection(self) -> Connection | None:
        return self._connection

    def select(self, node_id: str | None) -> None:
        """Select that layer of the network alone, or with None nothing."""
        self.select_all(() if node_id is None else (node_id,))

    def select_all(self, names: Iterable[str]) -> None:
        """Select these layers of the network; the last is looked at."""
        chosen = tuple(dict.fromkeys(names))
        for name in chosen:
            self._spec.node(name)
        self._choose(chosen)

    def toggle(self, node_id: str) -> None:
        """Add a layer to those selected, or take it out."""
        others = tuple(name for name in self._nodes if name != node_id)
        self.select_all(others if node_id in self._nodes else (*others, node_id))

    def select_group(self, group_id: str) -> None:
        """Select a block as a whole."""
        self._choose(self._spec.group(group_id).members, group=group_id)

    def select_connection(self, link: Connection) -> None:
        """Select a connection of the network."""
        if link not in self._spec.connections:
            raise ValueError(f"there is no connection from {link.source} to input {link.port} of {link.target}")
        self._choose((), link=link)

    def _choose(self, nodes: tuple[str, ...], *, group: str | None = None, link: Connection | None = None) -> None:
        if (nodes, group, link) != (self._nodes, self._group, self._connection):
            self._nodes, self._group, self._connection = nodes, group, link
            self.changed.emit()

    def _follow(self, spec: NetworkSpec) -> None:
        before, self._spec = self._spec, spec
        if self._group is not None:
            self._follow_group(before, spec)
        elif len(self._nodes) == 1:
            self.select(_successor(self._nodes[0], before, spec))
        elif self._nodes:
            ids = {node.id for node in spec.nodes}
            self.select_all(name for name in self._nodes if name in ids)
        elif self._connection not in spec.connections:
            self.select(None)

    def _follow_group(self, before: NetworkSpec, after: NetworkSpec) -> None:
        names = [group.id for group in after.groups]
        if self._group in names:
            self.select_group(self._group)
            return
        place = [group.id for group in before.groups].index(self._group or "")
        if len(after.groups) == len(before.groups):  # it has another name now
            self.select_group(names[place])
        else:
            ids = {node.id for node in after.nodes}
            self.select_all(name for name in self._nodes if name in ids)


def _successor(selected: str, before: NetworkSpec, after: NetworkSpec) -> str | None:
    ids = {node.id for node in after.nodes}
    if selected in ids:
        return selected
    old = before.node(selected)
    place = before.nodes.index(old)
    if len(after.nodes) == len(before.nodes) and after.nodes[place].layer == old.layer:
        return after.nodes[place].id
    return next((name for name in (*before.sources(selected), *before.targets(selected)) if name in ids), None)
