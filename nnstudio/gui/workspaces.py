"""Workspaces: arrangements of the same docks, switched by the bar on the left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabBar, QToolBar

from nnstudio.gui.preferences import Preferences

_LAYOUT_VERSION = 4
"""Raise when docks are added or renamed: arrangements kept by an older program are then passed over."""


@dataclass(frozen=True)
class Workspace:
    """Docks in columns from left to right, each from top to bottom; `widths` are shares. `behind` has pairs of a dock
    and the one in front of it, whose place it shares as a tab."""

    name: str
    title: str
    icon: str
    tip: str
    columns: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...]
    behind: tuple[tuple[str, str], ...] = ()


WORKSPACES = (
    Workspace("draw", "Draw", "draw", "Draw a digit and see what the network says", (("draw",), ("filters",)), (9, 4)),
    Workspace(
        "design",
        "Design",
        "graph-outline",
        "Build the network from layers",
        (("palette",), ("designer",), ("properties",)),
        (2, 7, 3),
        behind=(("table", "designer"), ("explain", "properties"), ("weights", "properties")),
    ),
    Workspace(
        "train",
        "Train",
        "chart-line",
        "Let the network learn, and watch it",
        (("training",), ("plots",), ("filters",)),
        (3, 6, 4),
        behind=(("doctor", "training"), ("runs", "plots"), ("micro_step", "plots"), ("race", "plots")),
    ),
    Workspace(
        "inspect", "Inspect", "eye-outline", "Look inside", (("filters",), ("draw",)), (4, 9), (("xray", "draw"),)
    ),
)


class Workspaces(QObject):
    """Switches, and keeps what the user makes of each arrangement."""

    switched = Signal(str)
    """The name of the workspace that is now shown."""

    def __init__(self, window: QMainWindow, docks: Mapping[str, QDockWidget], preferences: Preferences) -> None:
        super().__init__(window)
        self._window, self._docks, self._preferences = window, docks, preferences
        self.current = ""

    def switch(self, name: str) -> None:
        """Show a workspace as it was left, or as it is meant to be."""
        if name == self.current:
            return
        self.keep()
        self.current = name
        kept = self._preferences.layout(f"workspace_{name}")
        self._clear()
        if kept is None or not self._window.restoreState(kept, _LAYOUT_VERSION):
            self.arrange(self._workspace())
        self.switched.emit(name)

    def _clear(self) -> None:
        """Take everything away first: Qt leaves tabs of the last arrangement on the screen, and grows the window."""
        for dock in self._docks.values():
            self._window.removeDockWidget(dock)
        for tabs in self._window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
            tabs.hide()

    def keep(self) -> None:
        """Remember the arrangement there is now."""
        if self.current:
            self._preferences.keep_layout(f"workspace_{self.current}", self._window.saveState(_LAYOUT_VERSION))

    def reset(self) -> None:
        """Bring the arrangement of the current workspace back."""
        self._preferences.forget_layout(f"workspace_{self.current}")
        self.arrange(self._workspace())

    def _workspace(self) -> Workspace:
        return next(workspace for workspace in WORKSPACES if workspace.name == self.current)

    def arrange(self, workspace: Workspace) -> None:
        """Put the docks where this workspace has them."""
        for dock in self._docks.values():
            dock.setFloating(False)
            self._window.removeDockWidget(dock)
        columns = [[self._docks[name] for name in column] for column in workspace.columns]
        self._window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, columns[0][0])
        for left, right in pairwise(columns):
            self._window.splitDockWidget(left[0], right[0], Qt.Orientation.Horizontal)
        for column in columns:
            for above, below in pairwise(column):
                self._window.splitDockWidget(above, below, Qt.Orientation.Vertical)
            for dock in column:
                dock.show()
        for back, front in workspace.behind:
            self._window.tabifyDockWidget(self._docks[front], self._docks[back])
            self._docks[back].show()
            self._docks[front].raise_()
        shown = {dock for column in columns for dock in column} | {self._docks[back] for back, _ in workspace.behind}
        for dock in self._docks.values():
            if dock not in shown:
                # Without a place, it would be missing in what `keep` keeps, and come back uncalled. Called, it is a tab
                # of the last column: a column more would make the window wider than many screens.
                self._window.tabifyDockWidget(columns[-1][0], dock)
                dock.hide()
        share = self._window.width() / sum(workspace.widths)
        widths = [round(share * width) for width in workspace.widths]
        self._window.resizeDocks([column[0] for column in columns], widths, Qt.Orientation.Horizontal)


def workspace_bar(actions: list[QAction]) -> QToolBar:
    """The bar on the left."""
    bar = QToolBar("Workspaces")
    bar.setObjectName("workspaces")
    bar.setAccessibleName("Workspaces")
    bar.setMovable(False)
    bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
    for action in actions:
        bar.addAction(action)
        button = bar.widgetForAction(action)
        button.setObjectName(f"bar_{action.objectName()}")
        button.setAccessibleName(action.statusTip())
    return bar
