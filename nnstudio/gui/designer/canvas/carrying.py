"""Blocks carried by the mouse: onto a connection, or anywhere on the canvas."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QPointF, QRectF, Qt

from nnstudio.gui.designer.blocks.block import BlockItem
from nnstudio.gui.designer.canvas.connecting import ConnectingScene
from nnstudio.gui.designer.canvas.guides import GuideItem
from nnstudio.gui.designer.canvas.wire import HANDLE
from nnstudio.gui.designer.editing import edits
from nnstudio.gui.designer.editing.edits import Place
from nnstudio.gui.designer.layout.snapping import snap

_ON_WIRE = 14
"""How near to a connection a carried layer is dropped into it."""
_FAINT, _CARRIED = 0.35, 0.85


class CarryingScene(ConnectingScene):
    """A carried block is a likeness of the one that stays until it is let go.

    Let go on a connection, a single layer is moved there in the network. Anywhere else blocks are only placed, in line
    with others nearby or on the grid.
    """

    ghosts: Mapping[str, BlockItem] = {}
    """The likenesses that the mouse carries, by the block each is of; the one under the mouse comes first."""
    _guides: GuideItem | None = None

    def lift(self, name: str) -> None:
        """Begin to carry a block, and with it all selected ones if it is one of them."""
        together = [one for one in self.blocks if one in self._chosen()]
        chosen = {name: None, **dict.fromkeys(together if name in together else ())}
        self.ghosts = {one: self._likeness(one) for one in chosen}
        self._guides = GuideItem()
        self.addItem(self._guides)

    def _likeness(self, name: str) -> BlockItem:
        block = self.blocks[name]
        block.setOpacity(_FAINT)
        ghost = BlockItem(block.content)
        ghost.set_selected(True)
        ghost.setOpacity(_CARRIED)
        ghost.setZValue(3)
        ghost.setCursor(Qt.CursorShape.ClosedHandCursor)
        ghost.setPos(block.pos())
        self.addItem(ghost)
        return ghost

    def carry(self, way: QPointF, point: QPointF) -> None:
        """Carry the blocks so far from where they stand; the mouse is at ``point``."""
        assert self._guides
        first, ghost = next(iter(self.ghosts.items()))
        target = self.place_under(point)
        room = ghost.outline.translated(self.blocks[first].pos() + way)
        snapped = snap(room, [self._outline(name) for name in self.blocks if name not in self.ghosts])
        shift = QPointF() if target else snapped.shift
        for name, likeness in self.ghosts.items():
            likeness.setPos(self.blocks[name].pos() + way + shift)
        self._guides.show_lines(() if target else snapped.lines)
        self.mark(target)

    def _outline(self, name: str) -> QRectF:
        return self.blocks[name].mapRectToScene(self.blocks[name].outline)

    def place_under(self, point: QPointF) -> Place | None:
        """The place into which the carried layer would go in the network, if it is a single one that can move."""
        if len(self.ghosts) != 1:
            return None
        name = next(iter(self.ghosts))
        if name in self.drawing.closed or not edits.can_move(self._network.spec, name):
            return None
        return next(
            (
                wire.place
                for wire in self.wires.values()
                if not wire.place.touches(name)
                and (wire.near(point, _ON_WIRE) or (point - wire.middle).manhattanLength() <= 2 * HANDLE)
            ),
            None,
        )

    def put_down(self, point: QPointF) -> None:
        """Let go of the blocks with the mouse at ``point``."""
        target, first = self.place_under(point), next(iter(self.ghosts))
        points = {name: ghost.pos() for name, ghost in self.ghosts.items()}
        self.cancel_carrying()
        if target is not None:
            self._editor.move(first, target)
        else:
            self._place(points)

    # ---- the same by keyboard

    def nudge(self, way: QPointF) -> None:
        """Put the selected blocks a little farther that way."""
        self._place({name: block.pos() + way for name, block in self.blocks.items() if name in self._chosen()})

    def align(self, *, row: bool) -> None:
        """Put the selected blocks into one row, or one column, with the one that is looked at."""
        chosen = [name for name in self.blocks if name in self._chosen()]
        looked_at = self._selection.selected
        if not chosen:
            return
        first = self.blocks[self.drawing.shown(looked_at) if looked_at else chosen[0]].pos()
        points = {name: self.blocks[name].pos() for name in chosen}
        self._place({
            name: QPointF(point.x(), first.y()) if row else QPointF(first.x(), point.y())
            for name, point in points.items()
        })  # fmt: skip

    def _place(self, points: Mapping[str, QPointF]) -> None:
        """Place the blocks that are not there already."""
        places = {name: (round(point.x()), round(point.y())) for name, point in points.items()}
        here = {name: self.blocks[name].pos().toPoint().toTuple() for name in places}
        if away := {name: at for name, at in places.items() if at != here[name]}:
            self._editor.place(away)

    # ---- the end of it

    def mark(self, place: Place | None) -> None:
        """Show where a carried layer would come."""
        for wire in self.wires.values():
            wire.set_marked(wire.place == place)

    def cancel_carrying(self) -> None:
        """Leave everything where it was."""
        self.mark(None)
        for name, ghost in self.ghosts.items():
            self.removeItem(ghost)
            if name in self.blocks:
                self.blocks[name].setOpacity(1)
        if self._guides is not None:
            self.removeItem(self._guides)
        self.ghosts, self._guides = {}, None
