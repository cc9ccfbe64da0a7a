"""Which layer an arrow key goes to."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt

from nnstudio.gui.designer.layout.arrangement import Cell
from nnstudio.network import NetworkSpec


def neighbour(spec: NetworkSpec, cells: Mapping[str, Cell], selected: str | None, key: Qt.Key) -> str | None:
    """The layer next to the selected one: along connections with Left and Right, across branches with Up and Down.

    Without a selection any arrow goes to the first layer; at an end the selection stays.
    """
    if selected is None:
        return spec.nodes[0].id if spec.nodes else None
    if key == Qt.Key.Key_Left:
        return next(iter(spec.sources(selected)), selected)
    if key == Qt.Key.Key_Right:
        return next(iter(spec.targets(selected)), selected)
    column, row = cells[selected]
    way = -1 if key == Qt.Key.Key_Up else 1
    beyond = [name for name, (_, other) in cells.items() if (other - row) * way > 0]
    return min(beyond, key=lambda name: (abs(cells[name][0] - column), abs(cells[name][1] - row)), default=selected)
