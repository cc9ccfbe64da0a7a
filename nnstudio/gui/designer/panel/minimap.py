"""A small map of the whole network in a corner of the canvas: where the window is, and a way to move it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QTransform
from PySide6.QtWidgets import QWidget

from nnstudio.gui.designer.blocks.painter import ink
from nnstudio.gui.designer.canvas.gestures import EditableScene
from nnstudio.gui.designer.canvas.view import NetworkView
from nnstudio.gui.theme import GRID, current_theme, mixed, theme_source

_WIDTH, _LOWEST, _HIGHEST = 240, 5 * GRID, 15 * GRID
_SMALLEST = 2.0
"""Pixels that a block has at least in each direction."""
_SETTLED_MS = 30


class Minimap(QWidget):
    """All blocks in their families' colours, all connections as lines, and what is in sight as a frame.

    A click moves the window there, dragging takes it along. Hidden while everything is in sight. A network is long and
    low, so the map may be higher than true to scale. It is drawn when the network changes, not when the window moves.
    """

    def __init__(self, view: NetworkView, scene: EditableScene) -> None:
        super().__init__(view)
        self.setObjectName("minimap")
        self.setAccessibleName("Map of the network")
        self.setAccessibleDescription("Shows which part of the network is in sight. F shows all of it.")
        self.setToolTip("Click or drag to move the canvas")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._view, self._scene = view, scene
        self._wanted = True
        self._map: QPixmap | None = None
        self._bounds = QRectF()
        """Of all blocks."""
        self._held = QPointF()
        """From the middle of the frame to where the mouse holds it."""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SETTLED_MS)
        self._timer.timeout.connect(self._renew_now)
        for moved in (scene.sceneRectChanged, scene.arranged):
            moved.connect(self.renew)
        view.zoomChanged.connect(self._follow)
        for bar in (view.horizontalScrollBar(), view.verticalScrollBar()):
            bar.valueChanged.connect(self._follow)
        theme_source.themeChanged.connect(self.renew)
        view.viewport().installEventFilter(self)
        self._renew_now()

    @property
    def wanted(self) -> bool:
        """Whether it shows when not everything is in sight."""
        return self._wanted

    def set_wanted(self, wanted: bool) -> None:
        self._wanted = wanted
        self._follow()

    def renew(self) -> None:
        """The scene has changed: draw the map anew, soon."""
        self._timer.start()

    def _renew_now(self) -> None:
        self._map, self._bounds = None, QRectF()
        for block in self._scene.blocks.values():
            self._bounds |= block.mapRectToScene(block.outline)
        self._place()
        self._follow()

    # ---- where things are

    @property
    def _space(self) -> QRectF:
        return self._view.sceneRect()

    def _to_map(self) -> QTransform:
        space = self._space
        across, down = self.width() / max(space.width(), 1), self.height() / max(space.height(), 1)
        return QTransform.fromScale(across, down).translate(-space.left(), -space.top())

    def _sight(self) -> QRectF:
        """What of the scene is in sight."""
        seen = self._view.mapToScene(self._view.viewport().rect()).boundingRect()
        return seen.intersected(self._space)

    def frame(self) -> QRectF:
        """What is in sight, on the map."""
        return self._to_map().mapRect(self._sight())

    def _place(self) -> None:
        space, canvas = self._space, self._view.viewport().geometry()
        width = min(_WIDTH, canvas.width() // 3)
        height = round(width * space.height() / max(space.width(), 1))
        size = QSize(width, max(_LOWEST, min(_HIGHEST, height)))
        if size != self.size():
            self._map = None
        self.setGeometry(
            canvas.right() + 1 - size.width() - GRID,
            canvas.bottom() + 1 - size.height() - GRID,
            size.width(),
            size.height(),
        )

    def _follow(self) -> None:
        seen = self._view.mapToScene(self._view.viewport().rect()).boundingRect()
        self.setVisible(self._wanted and not seen.contains(self._bounds))
        self.update()

    # ---- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._map is None or self._map.devicePixelRatio() != self.devicePixelRatioF():
            self._map = self._draw()
        theme, frame = current_theme(), self.frame()
        with QPainter(self) as painter:
            painter.drawPixmap(0, 0, self._map)
            shade = theme.color("window")
            shade.setAlphaF(0.6)
            for part in _around(QRectF(self.rect()), frame):
                painter.fillRect(part, shade)
            painter.setPen(QPen(theme.color("accent"), 1.5))
            painter.drawRect(frame.adjusted(1, 1, -1, -1))
            painter.setPen(theme.color("border"))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _draw(self) -> QPixmap:
        scale = self.devicePixelRatioF()
        pixmap = QPixmap(self.size() * scale)
        pixmap.setDevicePixelRatio(scale)
        theme, place = current_theme(), self._to_map()
        pixmap.fill(theme.color("panel"))
        with QPainter(pixmap) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(mixed(theme.quiet, theme.panel, 0.6), 1))
            for wire in self._scene.wires.values():
                painter.drawPath(place.map(wire.curve))
            for block in self._scene.blocks.values():
                spot = place.mapRect(block.mapRectToScene(block.outline))
                spot.setSize(spot.size().expandedTo(QRectF(0, 0, _SMALLEST, _SMALLEST).size()))
                painter.fillRect(spot, ink().families[block.content.family])
        return pixmap

    # ---- the mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is not Qt.MouseButton.LeftButton:
            event.ignore()
            return
        frame = self.frame()
        self._held = event.position() - frame.center() if frame.contains(event.position()) else QPointF()
        self._go(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event.position())

    def _go(self, point: QPointF) -> None:
        back, _ = self._to_map().inverted()
        self._view.centerOn(back.map(point - self._held))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize:
            self._place()
            self._follow()
        return False


def _around(whole: QRectF, hole: QRectF) -> tuple[QRectF, ...]:
    """The whole without the hole, in four parts."""
    return (
        QRectF(whole.left(), whole.top(), whole.width(), hole.top() - whole.top()),
        QRectF(whole.left(), hole.bottom(), whole.width(), whole.bottom() - hole.bottom()),
        QRectF(whole.left(), hole.top(), hole.left() - whole.left(), hole.height()),
        QRectF(hole.right(), hole.top(), whole.right() - hole.right(), hole.height()),
    )
