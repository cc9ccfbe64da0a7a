"""The line under the canvas: whether the network is sound, and what it costs."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from nnstudio.gui.designer.block import GRID, problem_icon
from nnstudio.gui.designer.texts import counted
from nnstudio.gui.icons import SIZE, icon
from nnstudio.gui.theme import tabular
from nnstudio.network import Check
from nnstudio.network.check import Severity
from nnstudio.units import bytes_text, short_count

_SEPARATOR = "   ·   "


class StatusStrip(QWidget):
    """Left the verdict, right the totals."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sign = QLabel()
        self._verdict = QLabel()
        self._verdict.setObjectName("network_verdict")
        self._totals = QLabel()
        self._totals.setObjectName("network_totals")
        self._totals.setFont(tabular(self.font()))
        self._totals.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        layout.setSpacing(GRID)
        layout.addWidget(self._sign)
        layout.addWidget(self._verdict)
        layout.addStretch(1)
        layout.addSpacing(2 * GRID)
        layout.addWidget(self._totals)
        self._figures: list[str] = []

    def show_check(self, check: Check, batch_size: int, layers: int) -> None:
        """Say how a network of so many layers stands."""
        errors = sum(problem.severity is Severity.ERROR for problem in check.problems)
        warnings = len(check.problems) - errors
        if check.problems:
            severity = Severity.ERROR if errors else Severity.WARNING
            found = [counted(errors, "error")] if errors else []
            found += [counted(warnings, "warning")] if warnings else []
            glyph, role, text = problem_icon(severity), severity.value, ", ".join(found)
        else:
            glyph, role, text = "check-circle", "good", "Ready to train"
        self._sign.setPixmap(icon(glyph, role).pixmap(SIZE, SIZE))
        self._verdict.setText(text)
        known = "" if len(check.layers) == layers else "known so far: "
        self._figures = [
            known + counted(check.parameter_count, "parameter"),
            f"{bytes_text(check.bytes)} at batch {batch_size}",
            f"{short_count(check.multiply_adds)} multiply-adds an image",
        ]
        self._totals.setToolTip(
            f"{check.parameter_count:,} parameters.\n"
            f"{bytes_text(check.bytes)} of memory for them and one batch of {batch_size} images, with all gradients.\n"
            f"{check.multiply_adds:,} multiplications with addition for one image going forward."
        )
        self._show_totals()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_totals()

    def _show_totals(self) -> None:
        """As many figures as there is room for; the tooltip has them all."""
        room = self.width() - self._verdict.sizeHint().width() - SIZE - 8 * GRID
        shown = len(self._figures)
        while shown > 1 and self._totals.fontMetrics().horizontalAdvance(_SEPARATOR.join(self._figures[:shown])) > room:
            shown -= 1
        self._totals.setText(_SEPARATOR.join(self._figures[:shown]))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())
