"""A panel that can be moved: flat, with a quiet title."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDockWidget, QFrame, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from nnstudio.gui.icons import icon
from nnstudio.gui.theme import theme_source


class Dock(QDockWidget):
    """A dock called ``dock_<name>`` that shows `content` in a frame, and hides it while nobody can see it."""

    def __init__(self, name: str, title: str, content: QWidget, parent: QWidget) -> None:
        super().__init__(title, parent)
        self.setObjectName(f"dock_{name}")
        self.setAllowedAreas(Qt.DockWidgetArea.AllDockWidgetAreas)
        self.setTitleBarWidget(_TitleBar(self, title))
        body = QFrame()
        body.setObjectName("dock_body")
        layout = QVBoxLayout(body)
        layout.setContentsMargins(1, 0, 1, 1)
        layout.setSpacing(0)
        layout.addWidget(content)
        self.setWidget(body)
        room = content.sizePolicy()
        room.setRetainSizeWhenHidden(True)
        content.setSizePolicy(room)
        self._content = content
        self.visibilityChanged.connect(self._hide_behind_tab)

    def _hide_behind_tab(self, visible: bool) -> None:
        """Qt only moves a dock behind another tab out of sight; so what it shows would go on working for nobody."""
        if not self.window().isMinimized():  # in a minimised window all is hidden, and this would lose the focus
            self._content.setVisible(visible)


class _TitleBar(QWidget):
    """The name, and buttons to make it a window of its own or to close it. Qt moves the dock when this is dragged."""

    def __init__(self, dock: QDockWidget, title: str) -> None:
        super().__init__(dock)
        self.setObjectName("dock_title")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(32)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 0, 4, 0)
        layout.setSpacing(0)
        layout.addWidget(QLabel(title))
        layout.addStretch(1)
        self._buttons = {"dock-window": QToolButton(), "close": QToolButton()}
        for button, text in zip(self._buttons.values(), ("Move to a window of its own", "Close"), strict=True):
            button.setToolTip(text)
            button.setAccessibleName(f"{text}: {title}")
            button.setObjectName(f"{dock.objectName()}_{'float' if text != 'Close' else 'close'}")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            layout.addWidget(button)
        self._buttons["dock-window"].clicked.connect(lambda: dock.setFloating(not dock.isFloating()))
        self._buttons["close"].clicked.connect(dock.close)
        theme_source.themeChanged.connect(self._colour)
        self._colour()

    def _colour(self) -> None:
        for name, button in self._buttons.items():
            button.setIcon(icon(name, "quiet"))


class LazyPanel(QWidget):
    """Makes its content when it is first shown, for panels whose modules take long to import."""

    def __init__(self, make: Callable[[], QWidget]) -> None:
        super().__init__()
        self._make = make
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)

    def showEvent(self, event: QShowEvent) -> None:
        if not self._layout.count():
            self._layout.addWidget(self._make())
        super().showEvent(event)
