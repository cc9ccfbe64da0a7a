"""Which layer is looked at: shared by all panels."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.network import NetworkSpec


class SelectionModel(QObject):
    """The selected layer's name, or None. It follows the network: a renamed layer stays selected, and when the
    selected one is removed, the layer that fed it is selected instead."""

    changed = Signal()

    def __init__(self, network: NetworkModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._spec = network.spec
        self._selected: str | None = None
        network.specChanged.connect(self._follow)

    @property
    def selected(self) -> str | None:
        return self._selected

    def select(self, node_id: str | None) -> None:
        """Select that layer of the network, or with None nothing."""
        if node_id is not None:
            self._spec.node(node_id)
        if node_id != self._selected:
            self._selected = node_id
            self.changed.emit()

    def _follow(self, spec: NetworkSpec) -> None:
        before, self._spec = self._spec, spec
        if self._selected is not None:
            self.select(_successor(self._selected, before, spec))


def _successor(selected: str, before: NetworkSpec, after: NetworkSpec) -> str | None:
    ids = {node.id for node in after.nodes}
    if selected in ids:
        return selected
    old = before.node(selected)
    place = before.nodes.index(old)
    if len(after.nodes) == len(before.nodes) and after.nodes[place].layer == old.layer:
        return after.nodes[place].id
    return next((name for name in (*before.sources(selected), *before.targets(selected)) if name in ids), None)
