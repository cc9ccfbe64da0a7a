"""The program with a window."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from nnstudio.gui.diagnostics import Diagnostics
from nnstudio.gui.garbage import GarbageCollector
from nnstudio.gui.icons import icon
from nnstudio.gui.main_window import MainWindow
from nnstudio.gui.models.document import trained_model
from nnstudio.gui.preferences import Preferences
from nnstudio.gui.theme import apply_theme

_SWITCH_SECONDS = 0.001
"""How long a working thread may keep Python to itself while the window wants it (Python's default is 0.005)."""
_LATER_MS = 200
_WANTED_LATER = (
    "nnstudio.gui.train.plots_panel",
    "nnstudio.gui.xray.panel",
    "nnstudio.training.trainer",
    "nnstudio.data.catalog",
)
"""Modules that take long to import and are not needed for the first picture."""


def main(argv: Sequence[str] | None = None) -> int:
    """Open the window and return the exit status when it is closed; `argv` may name a project to open."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    app = QApplication([sys.argv[0], *arguments])
    app.setApplicationName("nnstudio")
    app.setApplicationDisplayName("NN Studio")
    app.setDesktopFileName("nnstudio")
    sys.setswitchinterval(_SWITCH_SECONDS)
    GarbageCollector(app)
    diagnostics = Diagnostics()
    diagnostics.install()
    preferences = Preferences()
    apply_theme(app, preferences.scheme)
    app.setWindowIcon(icon("graph-outline", "accent"))
    window = MainWindow(preferences, diagnostics)
    window.show()
    QTimer.singleShot(0, lambda: open_first(window, arguments))
    QTimer.singleShot(_LATER_MS, import_later)
    QTimer.singleShot(_LATER_MS, window.find_devices)
    QTimer.singleShot(_LATER_MS, window.recovery.look)
    return app.exec()


def open_first(window: MainWindow, arguments: Sequence[str]) -> None:
    """The project that was asked for, or the trained network, so that the first drawn digit is recognised."""
    if arguments:
        window.document.open(Path(arguments[0]))
    elif trained_model().is_file():
        window.document.open_trained()
    else:
        window.banner.show_message(
            "warning",
            "The trained network is missing from this copy, so LeNet-5 starts with random weights.",
            "Press Train: in a minute it has learned to read digits.",
        )


def import_later() -> None:
    """Import what the first picture did without, while its reader looks at it."""
    threading.Thread(
        target=lambda: [import_module(name) for name in _WANTED_LATER], name="imports", daemon=True
    ).start()


if __name__ == "__main__":
    sys.exit(main())
