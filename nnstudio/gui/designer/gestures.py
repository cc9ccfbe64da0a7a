"""What the mouse can do with the network on the canvas."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtWidgets import QApplication, QGraphicsSceneDragDropEvent, QGraphicsSceneMouseEvent

from nnstudio.gui.designer import edits
from nnstudio.gui.designer.block import BlockItem
from nnstudio.gui.designer.connecting import ConnectingScene, Port
from nnstudio.gui.designer.edits import Place
from nnstudio.gui.designer.layer_list import dragged_kind
from nnstudio.gui.designer.note import NoteItem
from nnstudio.gui.designer.scene import MARGIN
from nnstudio.gui.designer.wire import WireItem
from nnstudio.network import LAYERS, Connection

REACH = 240
"""How far from a place a layer may be dropped; farther away it goes back where it came from."""


class EditableScene(ConnectingScene):
    """A click selects, a + handle asks for a layer, a block is dragged to another place, a layer dropped into one, a
    connection drawn from port to port."""

    insertAsked = Signal(object)
    """The `Place` whose + handle was clicked."""

    ghost: BlockItem | None = None
    """The block that the mouse carries to another place."""
    _pressed: tuple[str, QPointF] | None = None
    _pressed_port: Port | None = None

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

    def mark(self, place: Place | None) -> None:
        """Show where a dragged layer would come."""
        for wire in self.wires.values():
            wire.set_marked(wire.place == place)

    # ---- the mouse

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        point, left = event.scenePos(), event.button() is Qt.MouseButton.LeftButton
        if left and (port := self.port_at(point)):
            self._pressed_port = port
            event.accept()
            return
        item = next((item for item in self.items(point) if not isinstance(item, WireItem)), None)
        handle = next((wire for wire in self.wires.values() if wire.on_handle(point)), None)
        if isinstance(item, BlockItem):
            self._selection.select(item.content.node_id)
            self._pressed = (item.content.node_id, point) if left else None
        elif isinstance(item, NoteItem):
            self._selection.select(item.node)
        elif handle is not None and left:
            self.insertAsked.emit(handle.place)
        elif link := self._link_at(point):
            self._selection.select_connection(link)
        else:
            self._selection.select(None)
            event.ignore()  # the view pans
            return
        event.accept()

    def mouseMoveEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        if not event.buttons() & Qt.MouseButton.LeftButton:
            super().mouseMoveEvent(event)
        elif self._pressed_port is not None:
            self._draw_connection(self._pressed_port, event)
        elif self._pressed is not None:
            self._carry_block(*self._pressed, event)
        else:
            super().mouseMoveEvent(event)

    def _draw_connection(self, port: Port, event: QGraphicsSceneMouseEvent) -> None:
        if not self.pulling and _is_drag(event):
            self.begin_pull(port)
        if self.pulling:
            self.pull_to(event.scenePos())
            self._keep_in_sight(event.scenePos())

    def _carry_block(self, name: str, start: QPointF, event: QGraphicsSceneMouseEvent) -> None:
        if self.ghost is None and _is_drag(event) and edits.can_move(self._network.spec, name):
            self._lift(name)
        if self.ghost is not None:
            self.ghost.setPos(self.blocks[name].pos() + event.scenePos() - start)
            place = self.place_near(event.scenePos())
            self.mark(None if place is None or place.touches(name) else place)
            self._keep_in_sight(event.scenePos())

    def _keep_in_sight(self, point: QPointF) -> None:
        for view in self.views():
            view.ensureVisible(QRectF(point, QSizeF(1, 1)), MARGIN, MARGIN)

    def mouseReleaseEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        if self._pressed_port is not None:
            port, self._pressed_port = self._pressed_port, None
            if self.pulling:
                self.let_go(event.scenePos())
            else:
                self.click_port(port)
            return
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

    def _link_at(self, point: QPointF) -> Connection | None:
        """The connection whose line is at a point."""
        return next((wire.place.connection for wire in self.wires.values() if wire.near(point)), None)

    @property
    def dragging(self) -> bool:
        """Whether the mouse carries something."""
        return self.ghost is not None or self.pulling

    def cancel_drag(self) -> None:
        """Put what is being carried back to its place: a block, or the end of a connection."""
        self.mark(None)
        self.cancel_pull()
        self._pressed_port = None
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


def _is_drag(event: QGraphicsSceneMouseEvent) -> bool:
    """Whether the mouse has gone so far since it was pressed that more than a click is meant."""
    way = event.screenPos() - event.buttonDownScreenPos(Qt.MouseButton.LeftButton)
    return way.manhattanLength() >= QApplication.startDragDistance()
