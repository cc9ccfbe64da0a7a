"""The list of shortcuts, and what this program is."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QMessageBox,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

import nnstudio
from nnstudio.gui.actions import group_of, plain_text, shortcut_text


class ShortcutDialog(QDialog):
    """Every action that has a shortcut, by group."""

    def __init__(self, actions: Iterable[QAction], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("shortcut_dialog")
        self.setWindowTitle("Keyboard shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        table = QWidget()
        grid = QGridLayout(table)
        grid.setContentsMargins(24, 16, 24, 16)
        grid.setHorizontalSpacing(32)
        grid.setVerticalSpacing(6)
        groups: dict[str, list[QAction]] = {}
        for action in actions:
            if shortcut_text(action):
                groups.setdefault(group_of(action), []).append(action)
        for name, members in groups.items():
            heading = QLabel(name)
            heading.setProperty("role", "title")
            heading.setContentsMargins(0, 12, 0, 0)
            grid.addWidget(heading, grid.rowCount(), 0, 1, 2)
            for action in members:
                row = grid.rowCount()
                grid.addWidget(QLabel(plain_text(action)), row, 0)
                keys = QLabel(shortcut_text(action))
                keys.setProperty("role", "quiet")
                grid.addWidget(keys, row, 1)
        grid.setColumnStretch(0, 1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(table)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        buttons.setContentsMargins(24, 0, 24, 16)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll, 1)
        layout.addWidget(buttons)
        self.resize(440, 560)


def show_about(parent: QWidget) -> None:
    """The program's name and purpose."""
    box = QMessageBox(parent)
    box.setObjectName("about")
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowTitle("About NN Studio")
    box.setText(f"<b>NN Studio {nnstudio.__version__}</b>")
    box.setInformativeText(
        "A desktop laboratory for neural networks: draw, design, train and look inside. "
        "Every number and picture comes from the real engine and the real weights."
    )
    box.open()
