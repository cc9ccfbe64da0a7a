"""What lies over the canvas: zoom buttons in its corner, and a word of help while it is empty."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from nnstudio.gui.designer.block import GRID
from nnstudio.gui.icons import SIZE


class ZoomBar(QFrame):
    """Buttons for the actions given, and the zoom in per cent between the last two."""

    def __init__(self, actions: Iterable[QAction], canvas: QWidget) -> None:
        super().__init__(canvas)
        self.setObjectName("zoom_bar")
        self.setProperty("role", "panel")
        self._percent = QLabel("100 %")
        self._percent.setObjectName("zoom_percent")
        self._percent.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._percent.setMinimumWidth(self._percent.fontMetrics().horizontalAdvance("400 %") + GRID)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2, 2, 2, 2)
        layout.setSpacing(2)
        for action in actions:
            button = QToolButton()
            button.setDefaultAction(action)
            button.setObjectName(action.objectName().replace(".", "_"))
            button.setAccessibleName(action.text())
            button.setIconSize(QSize(SIZE, SIZE))
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            layout.addWidget(button)
        layout.insertWidget(layout.count() - 1, self._percent)
        self.adjustSize()
        canvas.installEventFilter(self)

    def show_zoom(self, zoom: float) -> None:
        self._percent.setText(f"{zoom:.0%}".replace("%", " %"))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize and isinstance(watched, QWidget):
            self.move(watched.width() - self.width() - GRID, GRID)
        return False


class EmptyHint(QWidget):
    """What an empty canvas is for, and the one action that fills it."""

    startAsked = Signal()

    def __init__(self, canvas: QWidget) -> None:
        super().__init__(canvas)
        self.setObjectName("empty_hint")
        title = QLabel("Build a network here")
        title.setProperty("role", "heading")
        text = QLabel("Drag layers from the palette onto this canvas,\nor start from a network that reads digits.")
        text.setProperty("role", "quiet")
        start = QPushButton("Start with LeNet-5")
        start.setObjectName("start_with_lenet5")
        start.setAccessibleName(start.text())
        start.setProperty("primary", "true")
        start.clicked.connect(self.startAsked)
        layout = QVBoxLayout(self)
        layout.setSpacing(2 * GRID)
        layout.addStretch(1)
        for part in (title, text):
            part.setAlignment(Qt.AlignmentFlag.AlignCenter)
            layout.addWidget(part)
        layout.addWidget(start, alignment=Qt.AlignmentFlag.AlignCenter)
        layout.addStretch(1)
        canvas.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize and isinstance(watched, QWidget):
            width = min(watched.width(), self.sizeHint().width())
            self.setGeometry((watched.width() - width) // 2, 0, width, watched.height())
        return False
