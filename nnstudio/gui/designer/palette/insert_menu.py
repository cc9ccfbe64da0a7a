"""The small window that a + handle opens."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from nnstudio.gui.designer.editing.edits import Place
from nnstudio.gui.designer.palette.layer_list import LayerPicker

_SIZE = QSize(296, 376)


class InsertMenu(QFrame):
    """Type a few letters, press Enter: the layer is inserted. Escape or a click elsewhere closes the menu."""

    picked = Signal(str, object)
    """The layer's kind, and where: a `Place`, a point of the canvas, or None."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("insert_menu")
        self.setAccessibleName("Insert a layer")
        self.setProperty("role", "panel")
        self.picker = LayerPicker()
        self.picker.picked.connect(self._pick)
        self.picker.list.itemClicked.connect(lambda: self._pick(self.picker.list.kind() or ""))
        self._place: Place | QPointF | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.addWidget(self.picker)
        self.resize(_SIZE)

    def open_at(self, point: QPoint, place: Place | QPointF | None) -> None:
        """Open below a point of the screen, all of the menu on the screen, for a place or a point of the canvas."""
        self._place = place
        self.picker.search.clear()
        self.picker.list.narrow("")
        screen = self.screen().availableGeometry()
        left = min(max(point.x() - _SIZE.width() // 2, screen.left()), screen.right() - _SIZE.width())
        top = min(point.y(), screen.bottom() - _SIZE.height())
        self.move(left, max(top, screen.top()))
        self.show()
        self.picker.search.setFocus(Qt.FocusReason.PopupFocusReason)

    def _pick(self, kind: str) -> None:
        if self.isVisible() and kind:
            self.close()
            self.picked.emit(kind, self._place)
