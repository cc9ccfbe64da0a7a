"""The network as blocks and connections."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Mapping
from typing import Any

from PySide6.QtCore import QPointF, QRectF, QSizeF, Signal
from PySide6.QtWidgets import QGraphicsScene

from nnstudio.engine.surgery import Fate
from nnstudio.gui.designer.blocks.block import BlockItem
from nnstudio.gui.designer.blocks.content import BlockContent, Whole, block_content
from nnstudio.gui.designer.blocks.painter import PORT
from nnstudio.gui.designer.blocks.thumbnails import Thumbnails
from nnstudio.gui.designer.canvas.closing import Drawing, draw, group_content
from nnstudio.gui.designer.canvas.guides import GroupFrame
from nnstudio.gui.designer.canvas.motion import Motion
from nnstudio.gui.designer.canvas.note import NoteItem
from nnstudio.gui.designer.canvas.wire import WireItem
from nnstudio.gui.designer.editing.edits import Place
from nnstudio.gui.designer.layout.arrangement import Cell, arrange
from nnstudio.gui.designer.layout.geometry import GAP, place_blocks
from nnstudio.gui.models.block_options import BlockOptions
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.selection_model import SelectionModel
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.gui.theme import GRID, theme_source

MARGIN = 4 * GRID
"""Around the network."""


class NetworkScene(QGraphicsScene):
    """Shows the network, its problems, what is selected, and which layers have not learned yet.

    A block that stays keeps its item, and goes to its new place in view of everybody unless motion is switched off.
    """

    arranged = Signal()
    """Blocks or connections have other places now."""
    groupToggled = Signal(str)
    """The block that was opened or closed."""

    _hovered: str | None = None

    def __init__(
        self,
        network: NetworkModel,
        selection: SelectionModel,
        weights: WeightsModel,
        options: BlockOptions | None = None,
    ) -> None:
        super().__init__()
        self.options = options or BlockOptions(self)
        self.thumbnails = Thumbnails(weights, self)
        self.options.changed.connect(self._show)
        self.thumbnails.changed.connect(self._renew_thumbnails)
        self._network, self._selection, self._weights = network, selection, weights
        self._untrained, self._fates = _untrained(weights), weights.badges
        self.opened: set[str] = set()
        """Blocks whose layers are shown."""
        self.drawing: Drawing = draw(network.spec, self.opened)
        self.blocks: dict[str, BlockItem] = {}
        """By the name of the layer or of the closed block."""
        self.wires: dict[Place, WireItem] = {}
        self.frames: dict[str, GroupFrame] = {}
        self.notes: list[NoteItem] = []
        self.cells: Mapping[str, Cell] = {}
        self.motion = Motion(self._move, self)
        network.checkChanged.connect(self._show)
        weights.changed.connect(self._show_weights)
        selection.changed.connect(self._show_selection)
        theme_source.themeChanged.connect(self._restyle)
        self._show()

    def toggle_group(self, group_id: str) -> None:
        """Open a closed block, or close an open one."""
        self.opened ^= {group_id}
        self._show()
        self.groupToggled.emit(group_id)

    # ---- what there is

    def _show(self) -> None:
        spec, check = self._network.spec, self._network.check
        self.opened &= {group.id for group in spec.groups}
        self.drawing = draw(spec, self.opened)
        contents = self._contents()
        self._drop_items(self.blocks, contents)
        for name, content in contents.items():
            if name not in self.blocks:
                self.blocks[name] = BlockItem(content, self.thumbnails)
                self.addItem(self.blocks[name])
            elif self.blocks[name].content != content:
                self.blocks[name].set_content(content)
        self._show_wires()
        self._show_frames()
        for note in self.notes:
            self.removeItem(note)
        notes = {(self.drawing.shown(problem.node), problem) for problem in check.problems if problem.node}
        self.notes = [NoteItem(node, problem) for node, problem in sorted(notes, key=lambda pair: str(pair[1]))]
        for note in self.notes:
            self.addItem(note)
        self._place_items()
        self._show_selection()

    def _contents(self) -> dict[str, BlockContent]:
        check, drawn = self._network.check, self.drawing.network
        whole = Whole.of(self._network.flat, check, self.options.look, self._network.origin)
        fed: dict[str, set[int]] = defaultdict(set)
        for link in drawn.connections:
            fed[link.target].add(link.port)
        return {
            node.id: group_content(self._network, self.drawing.closed[node.id], fed[node.id], whole)
            if node.id in self.drawing.closed
            else block_content(
                node,
                check,
                connected=fed[node.id],
                untrained=node.id in self._untrained,
                fate=self._fates.get(node.id, ""),
                whole=whole,
            )
            for node in drawn.nodes
        }

    def _show_wires(self) -> None:
        places = self.drawing.places()
        self._drop_items(self.wires, places)
        for place, drawn in places.items():
            if place not in self.wires:
                self.wires[place] = WireItem(place)
                self.addItem(self.wires[place])
            self.wires[place].lead(place, drawn)

    def _show_frames(self) -> None:
        shown = {group.id: group for group in self._network.spec.groups if group.id not in self.drawing.closed}
        for name in [name for name, frame in self.frames.items() if frame.block != shown.get(name)]:
            self.removeItem(self.frames.pop(name))
        for name in shown.keys() - self.frames.keys():
            self.frames[name] = GroupFrame(shown[name])
            self.addItem(self.frames[name])

    def _drop_items(self, items: dict[Any, Any], kept: Container[Any]) -> None:
        for key in [key for key in items if key not in kept]:
            self.removeItem(items.pop(key))

    # ---- where it is

    def _place_items(self) -> None:
        below: dict[str, float] = defaultdict(float)
        for note in self.notes:
            if note.lasting:
                below[note.node] += note.height + GRID
        drawn = self.drawing.network
        linked = {end for link in drawn.connections for end in (link.source, link.target)}
        apart = {node.id for node in drawn.nodes if node.at and node.id not in linked}
        sizes = {
            name: QSizeF(0, 0) if name in apart else QSizeF(block.width, block.height)  # it needs no room in the row
            for name, block in self.blocks.items()
        }
        arrangement = arrange(drawn)
        self.cells = arrangement.cells
        self._geometry = place_blocks(arrangement, sizes, below)
        placed = {node.id: QPointF(*node.at) for node in drawn.nodes if node.at}
        self._by_hand = placed.keys()
        here = {name: block.pos() for name, block in self.blocks.items()}
        self.motion.go(here, {**self._geometry.positions, **placed})
        self._bound()

    def _move(self, positions: Mapping[str, QPointF]) -> None:
        """Put blocks there, and all that goes with them."""
        for name, position in positions.items():
            if name in self.blocks:  # it may have been removed while it was on its way
                self.blocks[name].setPos(position)
        for wire in self.wires.values():
            wire.set_route(self._route(wire.drawn))
        for frame in self.frames.values():
            frame.enclose(self._room_of(name for name in frame.block.members if name in self.blocks))
        self._place_notes()
        self.arranged.emit()

    def _room_of(self, names: Any) -> QRectF:
        room = QRectF()
        for name in names:
            room |= self.blocks[name].mapRectToScene(self.blocks[name].outline)
        return room

    def _bound(self) -> None:
        """The scene is as large as what stands in it once everything has arrived."""
        bounds = QRectF()
        for name, position in self.motion.goal.items():
            bounds |= self.blocks[name].outline.translated(position)
        for frame in self.frames.values():
            bounds |= frame.outline
        for note in self.notes:
            bounds |= note.mapRectToScene(note.outline)
        self.setSceneRect(bounds.adjusted(-MARGIN, -MARGIN, MARGIN + GAP, MARGIN))

    def _route(self, place: Place) -> list[QPointF]:
        """From port to port. A connection turns only between columns, where there are no blocks; to and from a block
        that was placed by hand it goes straight."""
        start, link = self.blocks[place.source].output_port + QPointF(PORT, 0), place.connection
        if link is None:
            return [start, start + QPointF(GAP / 2 - PORT, 0)]
        end = self.blocks[link.target].input_port(link.port) - QPointF(PORT, 0)
        if self.motion.moving or not self._by_hand.isdisjoint((link.source, link.target)):
            return [start, end]
        bends = list(self._geometry.bends.get(link, ()))
        edge = self._geometry.edges[place.source]
        if start.x() < edge and (bends[0] if bends else end).y() != start.y():
            bends.insert(0, QPointF(edge, start.y()))
        return [start, *bends, end]

    def _place_notes(self) -> None:
        """Each below its block, and below the notes that it would cover."""
        placed: list[QRectF] = []
        right = max((block.x() + block.width for block in self.blocks.values()), default=0.0) - NoteItem.WIDTH
        shown = [note for note in self.notes if note.isVisible()]
        for note in sorted(shown, key=lambda note: (not note.lasting, self.blocks[note.node].x())):
            block = self.blocks[note.node]
            note.setPos(max(0.0, min(block.x(), right)), block.y() + block.height / 2 + GRID)
            while hidden := [other for other in placed if other.intersects(note.mapRectToScene(note.outline))]:
                note.setY(max(other.bottom() for other in hidden) + GRID)
            placed.append(note.mapRectToScene(note.outline))

    # ---- how it looks

    def _renew_thumbnails(self) -> None:
        for block in self.blocks.values():
            block.renew_thumbnail()

    def _show_weights(self) -> None:
        """Weights change many times a second while training; what a block says about them hardly ever does."""
        untrained, fates = _untrained(self._weights), self._weights.badges
        if (untrained, fates) != (self._untrained, self._fates):
            self._untrained, self._fates = untrained, fates
            self._show()

    def _show_selection(self) -> None:
        selection, chosen = self._selection, self._chosen()
        for name, block in self.blocks.items():
            block.set_selected(name in chosen)
        for name, frame in self.frames.items():
            frame.set_selected(name == selection.group)
        for wire in self.wires.values():
            wire.set_selected(selection.connection is not None and selection.connection in wire.connections)
        self._show_wanted_notes()

    def _chosen(self) -> set[str]:
        """The blocks of what is selected."""
        selection = self._selection
        return {selection.group} if selection.group else {self.drawing.shown(name) for name in selection.nodes}

    def hover_block(self, name: str | None) -> None:
        """Tell what is wrong with a block at which somebody points."""
        if name != self._hovered:
            self._hovered = name
            self._show_wanted_notes()

    def _show_wanted_notes(self) -> None:
        """Errors are always told, warnings of what is selected or pointed at."""
        chosen = self._chosen()
        for note in self.notes:
            note.set_wanted(note.node in chosen or note.node == self._hovered)
        self._place_notes()

    def _restyle(self) -> None:
        for block in self.blocks.values():
            block.set_content(block.content)
        self._place_items()
        self.update()


def _untrained(weights: WeightsModel) -> frozenset[str]:
    """The layers whose weights are still random while others have learned something."""
    fates = weights.fates
    fresh = [name for name, fate in fates.items() if fate is Fate.NEW]
    return frozenset(fresh if len(fresh) < len(fates) else ())
