"""The network as blocks and connections, and what the mouse can do with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Mapping
from typing import Any

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtWidgets import QApplication, QGraphicsScene, QGraphicsSceneDragDropEvent, QGraphicsSceneMouseEvent

from nnstudio.gui.designer import edits
from nnstudio.gui.designer.arrangement import Cell, arrange
from nnstudio.gui.designer.block import GRID, BlockItem, block_content
from nnstudio.gui.designer.editor import NetworkEditor
from nnstudio.gui.designer.edits import Place
from nnstudio.gui.designer.geometry import GAP, Geometry, place_blocks
from nnstudio.gui.designer.layer_list import dragged_kind
from nnstudio.gui.designer.note import NoteItem
from nnstudio.gui.designer.wire import WireItem
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.gui.theme import theme_source
from nnstudio.network import LAYERS

MARGIN = 4 * GRID
"""Around the network."""


class NetworkScene(QGraphicsScene):
    """Shows the network model; a block that stays keeps its item."""

    insertAsked = Signal(object)
    """The `Place` whose + handle was clicked."""

    def __init__(self, editor: NetworkEditor, weights: WeightsModel) -> None:
        super().__init__()
        self._weights = weights
        self._untrained = _untrained(weights)
        self._editor, self._network, self._selection = editor, editor.network, editor.selection
        self.blocks: dict[str, BlockItem] = {}
        self.wires: dict[Place, WireItem] = {}
        self.notes: list[NoteItem] = []
        self.cells: Mapping[str, Cell] = {}
        self.ghost: BlockItem | None = None
        """The block that the mouse carries to another place."""
        self._pressed: tuple[str, QPointF] | None = None
        self._network.checkChanged.connect(self._show)
        weights.changed.connect(self._show_weights)
        self._selection.changed.connect(self._show_selection)
        theme_source.themeChanged.connect(self._restyle)
        self._show()

    # ---- showing

    def _show(self) -> None:
        self.cancel_drag()
        spec, check = self._network.spec, self._network.check
        contents = {node.id: block_content(node, check, untrained=node.id in self._untrained) for node in spec.nodes}
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
        start, link = self.blocks[place.source].output_port, place.connection
        if link is None:
            return [start, start + QPointF(GAP / 2, 0)]
        return [start, *geometry.bends.get(link, ()), self.blocks[link.target].pos()]

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

    def _restyle(self) -> None:
        for block in self.blocks.values():
            block.set_content(block.content)
        self._place_items()
        self.update()

    # ---- places for a layer that is dragged

    def place_near(self, point: QPointF) -> Place | None:
        """The place nearest to a point, if there is any."""
        wires = sorted(self.wires.values(), key=lambda wire: (wire.middle - point).manhattanLength())
        return wires[0].place if wires else None

    def mark(self, place: Place | None) -> None:
        """Show where a dragged layer would come."""
        for wire in self.wires.values():
            wire.set_marked(wire.place == place)

    # ---- the mouse

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        point, left = event.scenePos(), event.button() is Qt.MouseButton.LeftButton
        item = next((item for item in self.items(point) if not isinstance(item, WireItem)), None)
        handle = next((wire for wire in self.wires.values() if wire.on_handle(point)), None)
        if isinstance(item, BlockItem):
            self._selection.select(item.content.node_id)
            self._pressed = (item.content.node_id, point) if left else None
        elif isinstance(item, NoteItem):
            self._selection.select(item.node)
        elif handle is not None and left:
            self.insertAsked.emit(handle.place)
        else:
            self._selection.select(None)
            event.ignore()  # the view pans
            return
        event.accept()

    def mouseMoveEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        if self._pressed is None or not event.buttons() & Qt.MouseButton.LeftButton:
            super().mouseMoveEvent(event)
            return
        name, start = self._pressed
        far = (event.screenPos() - event.buttonDownScreenPos(Qt.MouseButton.LeftButton)).manhattanLength()
        if self.ghost is None and far >= QApplication.startDragDistance() and edits.can_move(self._network.spec, name):
            self._lift(name)
        if self.ghost is not None:
            self.ghost.setPos(self.blocks[name].pos() + event.scenePos() - start)
            place = self.place_near(event.scenePos())
            self.mark(None if place is None or place.touches(name) else place)
            for view in self.views():
                view.ensureVisible(QRectF(event.scenePos(), QSizeF(1, 1)), MARGIN, MARGIN)

    def mouseReleaseEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        if self._pressed is None:
            super().mouseReleaseEvent(event)
            return
        name, place = self._pressed[0], self.place_near(event.scenePos()) if self.ghost else None
        self.cancel_drag()
        if place is not None:
            self._editor.move(name, place)

    def mouseDoubleClickEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        self.mousePressEvent(event)

    def _lift(self, name: str) -> None:
        block = self.blocks[name]
        block.setOpacity(0.35)
        self.ghost = BlockItem(block.content)
        self.ghost.set_selected(True)
        self.ghost.setOpacity(0.85)
        self.ghost.setZValue(2)
        self.ghost.setCursor(Qt.CursorShape.ClosedHandCursor)
        self.addItem(self.ghost)

    def cancel_drag(self) -> None:
        """Put a block that is being carried back to its place."""
        self.mark(None)
        if self.ghost is not None and self._pressed is not None:
            self.blocks[self._pressed[0]].setOpacity(1)
            self.removeItem(self.ghost)
            self.ghost = None
        self._pressed = None

    # ---- layers dragged from the palette

    def dragEnterEvent(self, event: QGraphicsSceneDragDropEvent) -> None:
        event.setAccepted(dragged_kind(event.mimeData()) is not None)

    def dragMoveEvent(self, event: QGraphicsSceneDragDropEvent) -> None:
        kind = dragged_kind(event.mimeData())
        event.setAccepted(kind is not None)
        self.mark(self.place_near(event.scenePos()) if kind and LAYERS[kind].takes else None)

    def dragLeaveEvent(self, event: QGraphicsSceneDragDropEvent) -> None:
        self.mark(None)

    def dropEvent(self, event: QGraphicsSceneDragDropEvent) -> None:
        self.mark(None)
        if kind := dragged_kind(event.mimeData()):
            self._editor.insert_kind(kind, self.place_near(event.scenePos()))
            event.acceptProposedAction()


def _untrained(weights: WeightsModel) -> frozenset[str]:
    """The layers whose weights are still random while others have learned something."""
    fresh = {name.rpartition(".")[0] for name in weights.fresh}
    known = {name.rpartition(".")[0] for name in weights.parameters} - fresh
    return frozenset(fresh if known else ())
