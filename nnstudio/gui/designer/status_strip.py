"""The line under the canvas: whether the network is sound, and what it costs."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from nnstudio.gui.designer.block import GRID, problem_icon
from nnstudio.gui.designer.texts import bytes_text, counted, short_count
from nnstudio.gui.icons import SIZE, icon
from nnstudio.gui.theme import tabular
from nnstudio.network import Check
from nnstudio.network.check import Severity


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
        layout.addWidget(self._totals)

    def show_check(self, check: Check, batch_size: int) -> None:
        """Say how the network stands."""
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
        totals = (
            counted(check.parameter_count, "parameter"),
            f"{short_count(check.multiply_adds)} multiply-adds an image",
            f"{bytes_text(check.bytes)} at batch {batch_size}",
        )
        self._totals.setText("   ·   ".join(totals))
        self._totals.setToolTip(
            f"{check.multiply_adds:,} multiplications with addition for one image going forward.\n"
            f"Memory for parameters and one batch of {batch_size} images, with their gradients."
        )
