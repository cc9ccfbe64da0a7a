"""A line that says how much memory the next run needs, and when that is too much, what would fit."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from nnstudio.engine.backend import MemoryNeed, smaller_batch_hint
from nnstudio.gui.icons import SIZE, icon
from nnstudio.gui.models.memory_model import Estimate, MemoryModel
from nnstudio.gui.theme import tabular, theme_source
from nnstudio.units import bytes_text


class MemoryLine(QWidget):
    """Quiet while all is well. Empty while nothing is known, and as high as one line, so that nothing jumps."""

    def __init__(self, memory: MemoryModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("memory_line")
        self._memory = memory
        self._sign = QLabel()
        self._text = QLabel()
        self._text.setObjectName("memory_text")
        self._text.setFont(tabular(self._text.font()))
        self._text.setWordWrap(True)
        self._smaller = QPushButton()
        self._smaller.setObjectName("memory_smaller")
        self._smaller.setAccessibleName("Use the largest batch size that fits")
        self._smaller.clicked.connect(lambda _=False: memory.use_smaller_batch())
        words = QHBoxLayout()
        words.setSpacing(8)
        words.addWidget(self._sign)
        words.addWidget(self._text, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(words)
        layout.addWidget(self._smaller)
        memory.changed.connect(self._show)
        theme_source.themeChanged.connect(self._show)
        self._show()

    def _show(self) -> None:
        estimate = self._memory.estimate
        fits = estimate is None or estimate.need.fits
        self._text.setText("" if estimate is None else _sentence(estimate))
        self._text.setProperty("role", "quiet" if fits else "")
        self._text.setToolTip("" if estimate is None else _details(estimate))
        self._text.style().polish(self._text)
        self._sign.setVisible(not fits)
        if not fits:
            self._sign.setPixmap(icon("alert-outline", "warning").pixmap(SIZE, SIZE))
        smaller = estimate.smaller_batch if estimate else 0
        self._smaller.setVisible(bool(smaller))
        self._smaller.setText(f"Use batches of {smaller:,} images")


def _sentence(estimate: Estimate) -> str:
    need = estimate.need
    if need.fits:
        more = "" if estimate.pictures else ", and the pictures"
        of = f" of {bytes_text(need.available)}" if need.available else ""
        return f"Memory: {bytes_text(need.total)}{of}{more}"
    reason = need.obstacle or (
        f"Training needs {bytes_text(need.total)} of memory, and {estimate.device} has room for "
        f"{bytes_text(need.available)}."
    )
    return reason if estimate.smaller_batch else f"{reason} {smaller_batch_hint(0)}"


def _details(estimate: Estimate) -> str:
    """What it is needed for."""
    return f"On {estimate.device}:\n" + "\n".join(f"{bytes_text(size)} {what}" for size, what in _parts(estimate.need))


def _parts(need: MemoryNeed) -> list[tuple[int, str]]:
    return [
        (need.parameters, "for weights, their gradients and the optimizer"),
        (need.activations, "for what a batch makes of each layer"),
        (need.samples, "for the pictures to learn from"),
        (need.other, "for judging, and other things"),
    ]
