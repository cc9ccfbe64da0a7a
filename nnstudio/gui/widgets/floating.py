"""A card that lies over the window without stopping anybody's work."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

MARGIN = 16


class Floating(QFrame):
    """In the middle of the window from left to right, as high as what stands in its `row` needs. `top` says how far
    from the window's upper edge it lies when it has that height."""

    def __init__(self, window: QWidget, width: int, top: Callable[[int], int]) -> None:
        super().__init__(window)
        self._window, self._width, self._top = window, width, top
        self.setProperty("role", "panel")
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(16, 12, 12, 12)
        self.row.setSpacing(12)
        window.installEventFilter(self)

    def bring_up(self) -> None:
        """Show it above everything else."""
        self.show()
        self.raise_()
        self._place()

    def _place(self) -> None:
        width = min(self._width, self._window.width() - 2 * MARGIN)
        self.setFixedSize(width, self.row.totalHeightForWidth(width))
        self.move((self._window.width() - self.width()) // 2, self._top(self.height()))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)
