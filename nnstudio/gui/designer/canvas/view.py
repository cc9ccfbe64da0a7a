"""The window onto the canvas: zoom, pan, and everything the keyboard can do."""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import (
    QDropEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPixmapCache,
    QResizeEvent,
    QShowEvent,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QGraphicsView, QWidget

from nnstudio.gui.designer.canvas.gestures import EditableScene
from nnstudio.gui.designer.canvas.scene import MARGIN
from nnstudio.gui.designer.layout.walk import neighbour
from nnstudio.gui.designer.signs.texts import spoken
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.selection_model import SelectionModel
from nnstudio.gui.theme import GRID

SMALLEST, LARGEST = 0.1, 4.0
READABLE = 0.75
"""The least zoom at which blocks can be read."""
_STEP = 1.2
_CACHE_KIB = 64 * 1024
"""Room for the painted blocks of 200 layers: what is kept need not be painted again while the view moves."""
_WAYS = {
    Qt.Key.Key_Left: QPointF(-1, 0),
    Qt.Key.Key_Right: QPointF(1, 0),
    Qt.Key.Key_Up: QPointF(0, -1),
    Qt.Key.Key_Down: QPointF(0, 1),
}


class Fit(Enum):
    """How the zoom follows the size of the window and of the network."""

    READABLE = "the whole network, but no smaller than can be read"
    WHOLE = "the whole network"
    FREE = "as somebody has set it"


class NetworkView(QGraphicsView):
    """Shows the scene. The zoom follows the network and the window until somebody sets it, and again after ``fit``.

    Wheel scrolls, Ctrl+wheel or pinch zooms at the mouse, dragging the background or the middle button pans. Arrow keys
    walk from layer to layer, with Shift they select several, with Ctrl they place blocks by hand.
    """

    zoomChanged = Signal(float)

    def __init__(
        self, scene: EditableScene, network: NetworkModel, selection: SelectionModel, parent: QWidget | None = None
    ) -> None:
        super().__init__(scene, parent)
        self.setObjectName("network_view")
        self.setAccessibleName("Network")
        self.viewport().setObjectName("network_canvas")
        self.viewport().setAccessibleName("Network")
        self.setStyleSheet("#network_view { background: palette(window); }")
        self.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        self.setDragMode(QGraphicsView.DragMode.ScrollHandDrag)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.AnchorUnderMouse)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAcceptDrops(True)
        self.setMinimumSize(304, 200)
        QPixmapCache.setCacheLimit(_CACHE_KIB)
        self._scene, self._network, self._selection = scene, network, selection
        self._fit = Fit.READABLE
        self._panning: QPointF | None = None
        scene.sceneRectChanged.connect(self._refit)
        selection.changed.connect(self._reveal_selected)
        selection.changed.connect(self._announce)
        network.checkChanged.connect(self._announce)

    # ---- zoom

    @property
    def zoom(self) -> float:
        return self.transform().m11()

    def fit(self) -> None:
        """Show the whole network, at most at its natural size, and keep doing so."""
        self._fit = Fit.WHOLE
        self._refit()

    def set_zoom(self, zoom: float) -> None:
        """Zoom to a factor; 1 is the natural size."""
        self._fit = Fit.FREE
        self._scale_to(zoom)
        self._reveal_selected()

    def zoom_by(self, steps: float) -> None:
        """Zoom in by so many steps, out when negative."""
        self._fit = Fit.FREE
        self._scale_to(self.zoom * _STEP**steps)

    def reveal(self, name: str) -> None:
        """Scroll until a layer, or the closed block that it is in, can be seen."""
        shown = self._scene.drawing.shown(name)
        if block := self._scene.blocks.get(shown):
            place = self._scene.motion.goal.get(shown, block.pos())  # it may still be on its way there
            self.ensureVisible(block.outline.translated(place), MARGIN, MARGIN)

    def _reveal_selected(self) -> None:
        if name := self._shown():
            self.reveal(name)

    def _refit(self) -> None:
        if self._fit is Fit.FREE:
            return
        space, room = self.sceneRect(), self.contentsRect()
        whole = min(room.width() / max(space.width(), 1), room.height() / max(space.height(), 1), 1.0)
        if self._fit is Fit.WHOLE or whole >= READABLE:
            self._scale_to(whole)
            self.centerOn(space.center())
        elif self.zoom != READABLE:  # else it stays where it has been scrolled to
            self._scale_to(READABLE)
            self.centerOn(space.left(), space.center().y())

    def _scale_to(self, zoom: float) -> None:
        zoom = min(max(zoom, SMALLEST), LARGEST)
        self.setTransform(QTransform.fromScale(zoom, zoom))
        self.zoomChanged.emit(zoom)

    # ---- events

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._refit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._refit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom_by(event.angleDelta().y() / 120)
        elif self.verticalScrollBar().maximum() == self.verticalScrollBar().minimum():
            QApplication.sendEvent(self.horizontalScrollBar(), event)  # a network is long and seldom high
        else:
            super().wheelEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QNativeGestureEvent) and event.gestureType() is Qt.NativeGestureType.ZoomNativeGesture:
            self._fit = Fit.FREE
            self._scale_to(self.zoom * (1 + event.value()))
            return True
        return super().viewportEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.MiddleButton:
            self._panning = event.position()
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._panning is None:
            super().mouseMoveEvent(event)
            return
        way = (event.position() - self._panning).toPoint()
        self._panning = event.position()
        self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() - way.x())
        self.verticalScrollBar().setValue(self.verticalScrollBar().value() - way.y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.MiddleButton:
            self._panning = None
        else:
            super().mouseReleaseEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        super().dropEvent(event)
        self.setFocus()

    def event(self, event: QEvent) -> bool:
        """Plain arrows belong to the canvas while it has the focus, whatever the window uses them for."""
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _walks(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._scene.dragging:
            self._scene.cancel_drag()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._selection.group:
            self._scene.toggle_group(self._selection.group)
        elif _walks(event):
            self._walk(Qt.Key(event.key()), event.modifiers())
        else:
            super().keyPressEvent(event)

    def _walk(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> None:
        """Plain arrows go to the next layer, with Shift they add it, with Ctrl they nudge what is selected."""
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            self._scene.nudge(_WAYS[key] * GRID)
            return
        name = self._next_layer(key)
        adds = modifiers & Qt.KeyboardModifier.ShiftModifier and self._selection.nodes
        if name is None:
            self._selection.select(None)
        elif adds and name not in self._scene.drawing.closed:
            self._selection.select_all((*(one for one in self._selection.nodes if one != name), name))
        else:
            self._scene.select_drawn(name)

    def _next_layer(self, key: Qt.Key) -> str | None:
        """The block to which an arrow leads: from a connection that of the layer at that end of it."""
        drawing = self._scene.drawing
        if link := self._selection.connection:
            return drawing.shown(link.source if key in (Qt.Key.Key_Left, Qt.Key.Key_Up) else link.target)
        return neighbour(drawing.network, self._scene.cells, self._shown(), key)

    def _shown(self) -> str | None:
        """The block of what is looked at; of an opened block its first layer."""
        names = self._selection.nodes
        if not names:
            return None
        return self._scene.drawing.shown(names[0] if self._selection.group else names[-1])

    def _announce(self) -> None:
        """Tell screen readers what is selected."""
        spec, name, link = self._network.spec, self._selection.selected, self._selection.connection
        if link is not None:
            self.setAccessibleDescription(f"Connection from {link.source} to input {link.port + 1} of {link.target}")
            return
        if group := self._selection.group:
            state = "closed" if group in self._scene.drawing.closed else "open"
            self.setAccessibleDescription(f"Block {group} of {len(self._selection.nodes)} layers, {state}")
            return
        if len(self._selection.nodes) > 1:
            self.setAccessibleDescription(f"{len(self._selection.nodes)} layers selected, last {name}")
            return
        place = next((index for index, node in enumerate(spec.nodes) if node.id == name), None)
        if place is None:
            self.setAccessibleDescription(f"{len(spec.nodes)} layers, none selected")
        else:
            text = spoken(spec.nodes[place], self._network.check)
            self.setAccessibleDescription(f"Layer {place + 1} of {len(spec.nodes)}: {text}")


def _walks(event: QKeyEvent) -> bool:
    return event.key() in _WAYS and event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier in (
        Qt.KeyboardModifier.NoModifier,
        Qt.KeyboardModifier.ShiftModifier,
        Qt.KeyboardModifier.ControlModifier,
    )
