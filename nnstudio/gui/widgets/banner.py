"""A message that lies over the window without stopping anybody's work."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from nnstudio.gui.icons import SIZE, icon
from nnstudio.gui.widgets.floating import MARGIN, Floating

_ICONS = {"good": "check-circle-outline", "warning": "alert-outline", "error": "alert-circle-outline"}
_GOOD_FOR_MS = 8000
"""Good news leaves by itself; bad news waits for its reader."""
_WIDTH = 560


class Banner(Floating):
    """What happened, what to do, and for errors a way to copy the diagnostics. The newest message replaces the last."""

    copyDiagnostics = Signal()

    def __init__(self, window: QWidget, above: QWidget) -> None:
        super().__init__(window, _WIDTH, lambda height: window.height() - above.height() - MARGIN - height)
        self.setObjectName("banner")
        self._icon = QLabel()
        self._text = QLabel()
        self._text.setObjectName("banner_text")
        self._hint = QLabel()
        self._hint.setObjectName("banner_hint")
        self._hint.setProperty("role", "quiet")
        for label in (self._text, self._hint):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._copy = QPushButton("Copy diagnostics")
        self._copy.setObjectName("banner_copy")
        self._copy.setAccessibleDescription("Copy versions, device and log, to send along with a report")
        self._copy.clicked.connect(self.copyDiagnostics)
        self._close = QToolButton()
        self._close.setObjectName("banner_close")
        self._close.setAccessibleName("Close the message")
        self._close.setToolTip("Close")
        self._close.clicked.connect(self.hide)
        self._arrange()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        self.hide()

    def show_message(self, severity: str, text: str, hint: str = "") -> None:
        """`severity` is ``good``, ``warning`` or ``error``."""
        self._icon.setPixmap(icon(_ICONS[severity], severity).pixmap(SIZE, SIZE))
        self._close.setIcon(icon("close", "quiet"))
        self._text.setText(text)
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))
        self._copy.setVisible(severity == "error")
        self.setAccessibleName(f"{severity}: {text} {hint}".strip())
        if severity == "good":
            self._timer.start(_GOOD_FOR_MS)
        else:
            self._timer.stop()
        self.bring_up()

    def _arrange(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(self._text)
        words.addWidget(self._hint)
        self.row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        self.row.addLayout(words, 1)
        self.row.addWidget(self._copy, 0, Qt.AlignmentFlag.AlignTop)
        self.row.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
