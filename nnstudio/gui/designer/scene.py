"""The network as blocks and connections."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Mapping
from typing import Any

from PySide6.QtCore import QPointF, QRectF, QSizeF
from PySide6.QtWidgets import QGraphicsScene

from nnstudio.gui.designer import edits
from nnstudio.gui.designer.arrangement import Cell, arrange
from nnstudio.gui.designer.block import GRID, PORT, BlockItem, block_content
from nnstudio.gui.designer.edits import Place
from nnstudio.gui.designer.geometry import GAP, Geometry, place_blocks
from nnstudio.gui.designer.note import NoteItem
from nnstudio.gui.designer.wire import WireItem
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.selection_model import SelectionModel
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.gui.theme import theme_source

MARGIN = 4 * GRID
"""Around the network."""


class NetworkScene(QGraphicsScene):
    """Shows the network, its problems, its selected layer, and which layers have not learned yet.

    A block that stays keeps its item.
    """

    def __init__(self, network: NetworkModel, selection: SelectionModel, weights: WeightsModel) -> None:
        super().__init__()
        self._network, self._selection, self._weights = network, selection, weights
        self._untrained = _untrained(weights)
        self.blocks: dict[str, BlockItem] = {}
        self.wires: dict[Place, WireItem] = {}
        self.notes: list[NoteItem] = []
        self.cells: Mapping[str, Cell] = {}
        network.checkChanged.connect(self._show)
        weights.changed.connect(self._show_weights)
        selection.changed.connect(self._show_selection)
        theme_source.themeChanged.connect(self._restyle)
        self._show()

    def _show(self) -> None:
        spec, check = self._network.spec, self._network.check
        connected: dict[str, set[int]] = defaultdict(set)
        for link in spec.connections:
            connected[link.target].add(link.port)
        contents = {
            node.id: block_content(node, check, connected=connected[node.id], untrained=node.id in self._untrained)
            for node in spec.nodes
        }
        self._drop_items(self.blocks, contents)
        for name, content in contents.items():
            if name not in self.blocks:
                self.blocks[name] = BlockItem(content)
                self.addItem(self.blocks[name])
            elif self.blocks[name].content != content:
                self.blocks[name].set_content(content)
        places = set(edits.places(spec))
        self._drop_items(self.wires, places)
        for place in places - self.wires.keys():
            self.wires[place] = WireItem(place)
            self.addItem(self.wires[place])
        for note in self.notes:
            self.removeItem(note)
        self.notes = [NoteItem(problem.node, problem) for problem in check.problems if problem.node]
        for note in self.notes:
            self.addItem(note)
        self._place_items()
        self._show_selection()

    def _drop_items(self, items: dict[Any, Any], kept: Container[Any]) -> None:
        for key in [key for key in items if key not in kept]:
            self.removeItem(items.pop(key))

    def _place_items(self) -> None:
        below: dict[str, float] = defaultdict(float)
        for note in self.notes:
            below[note.node] += note.height + GRID
        sizes = {name: QSizeF(block.width, block.height) for name, block in self.blocks.items()}
        arrangement = arrange(self._network.spec)
        self.cells = arrangement.cells
        geometry = place_blocks(arrangement, sizes, below)
        for name, block in self.blocks.items():
            block.setPos(geometry.positions[name])
        for wire in self.wires.values():
            wire.set_route(self._route(wire.place, geometry))
        self._place_notes()
        bounds = QRectF()
        items: list[BlockItem | NoteItem] = [*self.blocks.values(), *self.notes]
        for item in items:
            bounds |= item.mapRectToScene(item.outline)
        self.setSceneRect(bounds.adjusted(-MARGIN, -MARGIN, MARGIN + GAP, MARGIN))

    def _route(self, place: Place, geometry: Geometry) -> list[QPointF]:
        """From port to port. A connection turns only between columns, where there are no blocks."""
        start, link = self.blocks[place.source].output_port + QPointF(PORT, 0), place.connection
        if link is None:
            return [start, start + QPointF(GAP / 2 - PORT, 0)]
        end = self.blocks[link.target].input_port(link.port) - QPointF(PORT, 0)
        bends = list(geometry.bends.get(link, ()))
        edge = geometry.edges[place.source]
        if start.x() < edge and (bends[0] if bends else end).y() != start.y():
            bends.insert(0, QPointF(edge, start.y()))
        return [start, *bends, end]

    def _place_notes(self) -> None:
        """Each below its block, and below the notes that it would cover."""
        placed: list[QRectF] = []
        right = max((block.x() + block.width for block in self.blocks.values()), default=0.0) - NoteItem.WIDTH
        for note in sorted(self.notes, key=lambda note: self.blocks[note.node].x()):
            block = self.blocks[note.node]
            note.setPos(max(0.0, min(block.x(), right)), block.y() + block.height / 2 + GRID)
            while hidden := [other for other in placed if other.intersects(note.mapRectToScene(note.outline))]:
                note.setY(max(other.bottom() for other in hidden) + GRID)
            placed.append(note.mapRectToScene(note.outline))

    def _show_weights(self) -> None:
        """Weights change many times a second while training; what a block says about them hardly ever does."""
        untrained = _untrained(self._weights)
        if untrained != self._untrained:
            self._untrained = untrained
            self._show()

    def _show_selection(self) -> None:
        for name, block in self.blocks.items():
            block.set_selected(name == self._selection.selected)
        for place, wire in self.wires.items():
            wire.set_selected(place.connection is not None and place.connection == self._selection.connection)

    def _restyle(self) -> None:
        for block in self.blocks.values():
            block.set_content(block.content)
        self._place_items()
        self.update()


def _untrained(weights: WeightsModel) -> frozenset[str]:
    """The layers whose weights are still random while others have learned something."""
    fresh = {name.rpartition(".")[0] for name in weights.fresh}
    known = {name.rpartition(".")[0] for name in weights.parameters} - fresh
    return frozenset(fresh if known else ())
