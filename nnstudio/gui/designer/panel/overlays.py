"""What lies over the canvas: zoom buttons in its corner, and a word of help while it is empty."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from nnstudio.gui.icons import SIZE
from nnstudio.gui.theme import GRID


class ZoomBar(QFrame):
    """A button for each action; that of ``natural`` shows the zoom in per cent."""

    def __init__(self, actions: Iterable[QAction], natural: QAction, canvas: QWidget) -> None:
        super().__init__(canvas)
        self.setObjectName("zoom_bar")
        self.setProperty("role", "panel")
        self._natural = natural
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
            if action is natural:
                button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
                button.setMinimumWidth(button.fontMetrics().horizontalAdvance("400 %") + 2 * GRID)
            layout.addWidget(button)
        self.show_zoom(1)
        self.adjustSize()
        canvas.installEventFilter(self)

    def show_zoom(self, zoom: float) -> None:
        self._natural.setIconText(f"{100 * zoom:.0f} %")

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
