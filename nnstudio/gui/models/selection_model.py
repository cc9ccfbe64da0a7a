"""Which layer, or which connection, is looked at: shared by all panels."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.network import Connection, NetworkSpec


class SelectionModel(QObject):
    """The selected layer's name, or None. It follows the network: a renamed layer stays selected, and when the
    selected one is removed, the layer that fed it is selected instead.

    A connection can be selected instead of a layer; it stays so as long as it is there.
    """

    changed = Signal()

    def __init__(self, network: NetworkModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._spec = network.spec
        self._selected: str | None = None
        self._connection: Connection | None = None
        network.specChanged.connect(self._follow)

    @property
    def selected(self) -> str | None:
        return self._selected

    @property
    def connection(self) -> Connection | None:
        return self._connection

    def select(self, node_id: str | None) -> None:
        """Select that layer of the network, or with None nothing."""
        if node_id is not None:
            self._spec.node(node_id)
        self._choose(node_id, None)

    def select_connection(self, link: Connection) -> None:
        """Select a connection of the network."""
        if link not in self._spec.connections:
            raise ValueError(f"there is no connection from {link.source} to input {link.port} of {link.target}")
        self._choose(None, link)

    def _choose(self, node_id: str | None, link: Connection | None) -> None:
        if (node_id, link) != (self._selected, self._connection):
            self._selected, self._connection = node_id, link
            self.changed.emit()

    def _follow(self, spec: NetworkSpec) -> None:
        before, self._spec = self._spec, spec
        if self._selected is not None:
            self.select(_successor(self._selected, before, spec))
        elif self._connection not in spec.connections:
            self.select(None)


def _successor(selected: str, before: NetworkSpec, after: NetworkSpec) -> str | None:
    ids = {node.id for node in after.nodes}
    if selected in ids:
        return selected
    old = before.node(selected)
    place = before.nodes.index(old)
    if len(after.nodes) == len(before.nodes) and after.nodes[place].layer == old.layer:
        return after.nodes[place].id
    return next((name for name in (*before.sources(selected), *before.targets(selected)) if name in ids), None)
