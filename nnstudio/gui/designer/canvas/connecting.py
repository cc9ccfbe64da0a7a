"""Drawing connections by hand: from port to port, or off a port."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from nnstudio.gui.designer.blocks.block import PORT_REACH, BlockItem, within
from nnstudio.gui.designer.blocks.painter import OVERVIEW, PORT, Offer
from nnstudio.gui.designer.canvas.scene import NetworkScene
from nnstudio.gui.designer.editing import edits
from nnstudio.gui.designer.editing.editor import NetworkEditor
from nnstudio.gui.designer.editing.edits import Place
from nnstudio.gui.models.block_options import BlockOptions
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.gui.theme import GRID, current_theme
from nnstudio.network import Connection


@dataclass(frozen=True)
class Port:
    """An end that a connection has or may have: input number ``number`` of a layer, or (``None``) its output."""

    node: str
    number: int | None


@dataclass(frozen=True)
class _Pull:
    """A connection that is being drawn: the end that stays, and the connection whose other end was taken off."""

    anchor: Port
    taken: Connection | None
    problems: dict[str, str]
    """Of each other layer, why the connection cannot end there; empty when it can."""


class ConnectingScene(NetworkScene):
    """A press on a port and a pull draw a connection; pulled off an input and dropped anywhere, one is removed."""

    _pull: _Pull | None = None
    _thread: ThreadItem | None = None

    def __init__(self, editor: NetworkEditor, weights: WeightsModel, options: BlockOptions | None = None) -> None:
        super().__init__(editor.network, editor.selection, weights, options)
        self._editor = editor

    @property
    def pulling(self) -> bool:
        """Whether a connection is being drawn."""
        return self._pull is not None

    def port_at(self, point: QPointF) -> Port | None:
        """The port at a point; in the overview, where ports are not seen, there is none. Of a closed block only what
        leaves it can be taken hold of."""
        if any(view.transform().m11() < OVERVIEW for view in self.views()):
            return None
        for name, block in self.blocks.items():
            if name not in self.drawing.closed and (number := block.port_at(point, PORT_REACH)) is not None:
                return Port(name, number)
            if block.content.gives and within(block.output_port - point, PORT_REACH):
                return Port(self.drawing.end_of(name), None)
        return None

    def click_port(self, port: Port) -> None:
        """Select what feeds an input, or else the layer."""
        link = None if port.number is None else edits.connection_at(self._network.spec, port.node, port.number)
        if link is not None:
            self._selection.select_connection(link)
        else:
            self._selection.select(port.node)

    def begin_pull(self, port: Port) -> None:
        """Draw a connection from this port; from an input that is fed, take its end off instead."""
        spec = self._network.spec
        taken = None if port.number is None else edits.connection_at(spec, port.node, port.number)
        anchor = Port(taken.source, None) if taken else port
        self._pull = _Pull(anchor, taken, {name: self._problem(anchor, name) for name in self.blocks})
        self._thread = ThreadItem(self._anchor_point(anchor), from_output=anchor.number is None)
        self.addItem(self._thread)
        if taken:
            self.wires[Place(taken.source, taken)].setVisible(False)

    def pull_to(self, point: QPointF) -> None:
        """Lead the loose end to a point, and show where it may end."""
        assert self._pull
        assert self._thread
        chosen = self._layer_at(point)
        for name, block in self.blocks.items():
            if name == self.drawing.shown(self._pull.anchor.node):
                continue
            if self._pull.problems[name]:
                block.set_offer(Offer.IMPOSSIBLE)
            elif name == chosen:
                block.set_offer(Offer.CHOSEN, self._input_for(name, point))
            else:
                block.set_offer(Offer.POSSIBLE)
        self._thread.lead(point, possible=not (chosen and self._pull.problems[chosen]))

    def let_go(self, point: QPointF) -> None:
        """End the connection where the loose end is; over nothing there is none any more."""
        assert self._pull
        pull, chosen = self._pull, self._layer_at(point)
        number = -1 if chosen is None else self._input_for(chosen, point)
        self.cancel_pull()
        if chosen is None:
            if pull.taken:
                self._editor.disconnect_link(pull.taken)
        elif pull.problems[chosen]:
            self._editor.refused.emit(pull.problems[chosen])
        elif pull.anchor.number is None:
            self._editor.connect_layers(pull.anchor.node, chosen, number, moved=pull.taken)
        else:
            self._editor.connect_layers(chosen, pull.anchor.node, pull.anchor.number)

    def cancel_pull(self) -> None:
        """Leave everything as it was."""
        if self._pull is None or self._thread is None:
            return
        self.removeItem(self._thread)
        self._pull = self._thread = None
        for block in self.blocks.values():
            block.set_offer(Offer.NOTHING)
        for wire in self.wires.values():
            wire.setVisible(True)

    # ---- where the loose end is

    def _problem(self, anchor: Port, name: str) -> str:
        if name in self.drawing.closed:
            return f"Open the block “{name}” to connect one of its layers."
        ends = (anchor.node, name) if anchor.number is None else (name, anchor.node)
        return edits.connection_problem(self._network.spec, *ends)

    def _anchor_point(self, anchor: Port) -> QPointF:
        block = self.blocks[self.drawing.shown(anchor.node)]
        return block.output_port if anchor.number is None else block.input_port(anchor.number)

    def _layer_at(self, point: QPointF) -> str | None:
        """The layer there, if it is another than that of the end that stays."""
        assert self._pull
        anchor = self.drawing.shown(self._pull.anchor.node)
        under = [item for item in self.items(point) if isinstance(item, BlockItem)]
        return next((name for name, block in self.blocks.items() if block in under and name != anchor), None)

    def _input_for(self, name: str, point: QPointF) -> int:
        """The input of a layer that the loose end goes into: the one under it, else the natural one; −1: its output."""
        assert self._pull
        if self._pull.anchor.number is not None:
            return -1
        number = self.blocks[name].port_at(point, PORT_REACH + PORT)
        if number is not None:
            return number
        taken, spec = self._pull.taken, self._network.spec
        return taken.port if taken and taken.target == name else edits.natural_port(spec, name)


class ThreadItem(QGraphicsItem):
    """A connection with a loose end."""

    def __init__(self, anchor: QPointF, *, from_output: bool) -> None:
        super().__init__()
        self._anchor, self._end, self._way = anchor, anchor, 1 if from_output else -1
        self._possible = True
        self.setZValue(3)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def lead(self, end: QPointF, *, possible: bool) -> None:
        """Lead the loose end there, where it may end or not."""
        self.prepareGeometryChange()
        self._end, self._possible = end, possible
        self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(self._anchor, self._end).normalized().adjusted(-9 * GRID, -GRID, 9 * GRID, GRID)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        colour = current_theme().color("accent" if self._possible else "error")
        reach = QPointF(self._way * min(8 * GRID, max(2 * GRID, abs(self._end.x() - self._anchor.x()) / 2)), 0)
        curve = QPainterPath(self._anchor)
        curve.cubicTo(self._anchor + reach, self._end - reach, self._end)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colour, 2.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(curve)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        for point in (self._anchor, self._end):
            painter.drawEllipse(point, PORT, PORT)
