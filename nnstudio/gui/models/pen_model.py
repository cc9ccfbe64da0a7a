"""What one draws with."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal


class PenModel(QObject):
    """Pen or eraser, and how wide: in pixels of the `DrawingModel`."""

    THINNEST, THICKEST = 10, 90

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.width = 40
        self.erases = False

    def set_width(self, width: int) -> None:
        """`width` within the range of the pen."""
        width = max(self.THINNEST, min(width, self.THICKEST))
        if width != self.width:
            self.width = width
            self.changed.emit()

    def set_erases(self, erases: bool) -> None:
        if erases != self.erases:
            self.erases = erases
            self.changed.emit()
