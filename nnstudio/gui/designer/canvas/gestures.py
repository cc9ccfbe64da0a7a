"""What the mouse can do with the network on the canvas."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtWidgets import QApplication, QGraphicsSceneDragDropEvent, QGraphicsSceneMouseEvent

from nnstudio.gui.designer.blocks.block import BlockItem
from nnstudio.gui.designer.canvas.carrying import CarryingScene
from nnstudio.gui.designer.canvas.connecting import Port
from nnstudio.gui.designer.canvas.guides import BandItem, GroupFrame
from nnstudio.gui.designer.canvas.note import NoteItem
from nnstudio.gui.designer.canvas.scene import MARGIN
from nnstudio.gui.designer.canvas.wire import WireItem
from nnstudio.gui.designer.editing.edits import Place
from nnstudio.gui.designer.palette.layer_list import dragged_kind
from nnstudio.network import LAYERS, Connection

REACH = 240
"""How far from a place a layer of the palette may be dropped to go there."""
_ADDS = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier
"""With one of these keys a click adds to what is selected."""


class EditableScene(CarryingScene):
    """A click selects, a + handle asks for a layer, a block is carried, a layer dropped into a connection, a connection
    drawn from port to port; a double-click opens or closes a block, or asks for a layer to put there."""

    insertAsked = Signal(object)
    """The `Place` whose + handle was clicked."""
    addAsked = Signal(QPointF)
    """Where on the empty canvas a layer is wanted."""

    _pressed: tuple[str, QPointF] | None = None
    _pressed_port: Port | None = None
    _band: BandItem | None = None

    def _show(self) -> None:
        self.cancel_drag()
        super()._show()

    # ---- places for a layer that is dragged

    def place_near(self, point: QPointF) -> Place | None:
        """The nearest place, if there is one within reach."""

        def distance(wire: WireItem) -> float:
            return (wire.middle - point).manhattanLength()

        nearest = min(self.wires.values(), key=distance, default=None)
        return nearest.place if nearest and distance(nearest) < REACH else None

    # ---- the mouse

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        point, left = event.scenePos(), event.button() is Qt.MouseButton.LeftButton
        adds = bool(event.modifiers() & _ADDS)
        if left and not adds and (port := self.port_at(point)):
            self._pressed_port = port
            event.accept()
            return
        item = self._item_at(point)
        handle = next((wire for wire in self.wires.values() if wire.on_handle(point)), None)
        if isinstance(item, BlockItem):
            self._press_block(self._name_of(item), point, adds=adds, left=left)
        elif isinstance(item, NoteItem):
            if left and item.on_repair(point):
                self._editor.repair(item.problem)
            else:
                self.select_drawn(item.node)
        elif handle is not None and left:
            self.insertAsked.emit(handle.place)
        elif link := self._link_at(point):
            self._selection.select_connection(link)
        elif isinstance(item, GroupFrame) and item.header.contains(point):
            self._selection.select_group(item.block.id)
        elif left and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._band = BandItem(point)
            self.addItem(self._band)
        else:
            self._selection.select(None)
            event.ignore()  # the view pans
            return
        event.accept()

    def _press_block(self, name: str, point: QPointF, *, adds: bool, left: bool) -> None:
        """Select the block, unless it is one of several that are selected already: those can be carried together."""
        if adds and name not in self.drawing.closed:
            self._selection.toggle(name)
            return
        if not (self.blocks[name].selected and len(self._chosen()) > 1):
            self.select_drawn(name)
        self._pressed = (name, point) if left else None

    def select_drawn(self, name: str) -> None:
        """Select a layer, or a closed block, by the name of its block on the canvas."""
        if name in self.drawing.closed:
            self._selection.select_group(name)
        else:
            self._selection.select(name)

    def mouseMoveEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        if not event.buttons() & Qt.MouseButton.LeftButton:
            self._hover(event.scenePos())
            super().mouseMoveEvent(event)
        elif self._pressed_port is not None:
            self._draw_connection(self._pressed_port, event)
        elif self._pressed is not None:
            self._carry_block(*self._pressed, event)
        elif self._band is not None:
            self._band.stretch(event.scenePos())
            self._keep_in_sight(event.scenePos())
        else:
            super().mouseMoveEvent(event)

    def _hover(self, point: QPointF) -> None:
        """What is wrong with the layer under the mouse is told, as long as the mouse is on it or on what it says."""
        item = self._item_at(point)
        note = item.node if isinstance(item, NoteItem) else None
        self.hover_block(self._name_of(item) if isinstance(item, BlockItem) else note)

    def _draw_connection(self, port: Port, event: QGraphicsSceneMouseEvent) -> None:
        if not self.pulling and _is_drag(event):
            self.begin_pull(port)
        if self.pulling:
            self.pull_to(event.scenePos())
            self._keep_in_sight(event.scenePos())

    def _carry_block(self, name: str, start: QPointF, event: QGraphicsSceneMouseEvent) -> None:
        if not self.ghosts and _is_drag(event):
            self.motion.finish()
            self.lift(name)
        if self.ghosts:
            self.carry(event.scenePos() - start, event.scenePos())
            self._keep_in_sight(event.scenePos())

    def _keep_in_sight(self, point: QPointF) -> None:
        for view in self.views():
            view.ensureVisible(QRectF(point, QSizeF(1, 1)), MARGIN, MARGIN)

    def mouseReleaseEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        port, pressed, band = self._pressed_port, self._pressed, self._band
        self._pressed_port = self._pressed = None
        if port is not None:
            if self.pulling:
                self.let_go(event.scenePos())
            else:
                self.click_port(port)
        elif band is not None:
            self._select_in(band)
        elif pressed is None:
            super().mouseReleaseEvent(event)
        elif self.ghosts:
            self.put_down(event.scenePos())
        elif _is_click(event):
            self.select_drawn(pressed[0])  # of several selected ones a click chooses one

    def _select_in(self, band: BandItem) -> None:
        """Add the layers within the drawn frame to what is selected."""
        inside = [item for item in self.items(band.room) if isinstance(item, BlockItem)]
        self.removeItem(band)
        self._band = None
        shown = {self._name_of(item) for item in inside}
        names = [node.id for node in self._network.spec.nodes if self.drawing.shown(node.id) in shown]
        self._selection.select_all((*self._selection.nodes, *names))

    def mouseDoubleClickEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        point, item = event.scenePos(), self._item_at(event.scenePos())
        if isinstance(item, BlockItem) and (name := self._name_of(item)) in self.drawing.closed:
            self.toggle_group(name)
        elif isinstance(item, GroupFrame) and item.header.contains(point):
            self.toggle_group(item.block.id)
        elif self._is_empty(point):
            self.addAsked.emit(point)
        else:
            self.mousePressEvent(event)
            return
        event.accept()

    def _item_at(self, point: QPointF) -> object:
        return next((item for item in self.items(point) if not isinstance(item, WireItem)), None)

    def _is_empty(self, point: QPointF) -> bool:
        on_wire = self._link_at(point) or any(wire.on_handle(point) for wire in self.wires.values())
        return not on_wire and not isinstance(self._item_at(point), BlockItem | NoteItem)

    def _name_of(self, item: BlockItem) -> str:
        return next(name for name, block in self.blocks.items() if block is item)

    def _link_at(self, point: QPointF) -> Connection | None:
        """The connection whose line is at a point."""
        return next((wire.place.connection for wire in self.wires.values() if wire.near(point)), None)

    @property
    def dragging(self) -> bool:
        """Whether the mouse carries or draws something."""
        return bool(self.ghosts) or self.pulling or self._band is not None

    def cancel_drag(self) -> None:
        """Put what is being carried back to its place: blocks, or the end of a connection."""
        self.cancel_pull()
        self.cancel_carrying()
        if self._band is not None:
            self.removeItem(self._band)
        self._pressed = self._pressed_port = self._band = None

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


def _is_drag(event: QGraphicsSceneMouseEvent) -> bool:
    """Whether the mouse has gone so far since it was pressed that more than a click is meant."""
    way = event.screenPos() - event.buttonDownScreenPos(Qt.MouseButton.LeftButton)
    return way.manhattanLength() >= QApplication.startDragDistance()


def _is_click(event: QGraphicsSceneMouseEvent) -> bool:
    return event.button() is Qt.MouseButton.LeftButton and not event.modifiers() & _ADDS
