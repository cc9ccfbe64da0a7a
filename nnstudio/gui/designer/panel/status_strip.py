"""The line under the canvas: whether the network is sound, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from nnstudio.gui.designer.signs.problems import problem_icon
from nnstudio.gui.icons import SIZE, icon
from nnstudio.gui.models.speed_model import Speed
from nnstudio.gui.theme import GRID, tabular
from nnstudio.network import Check
from nnstudio.network.check import Severity
from nnstudio.units import bytes_text, counted, few_digits, short_count

_SEPARATOR = "   ·   "


@dataclass(frozen=True)
class _Figure:
    """One of the totals: written out, in short, and as a sentence."""

    text: str
    short: str
    told: str


def _speed_figure(speed: Speed) -> _Figure:
    """An estimate has two digits and says that it is one."""
    if speed.measured:
        figure = f"{few_digits(speed.images_per_second, 3):,.0f} images/s"
        return _Figure(f"{figure} measured", figure, f"{figure} in training on {speed.device}, as the last run was.")
    figure = f"≈ {few_digits(speed.images_per_second, 2):,.0f} images/s"
    told = f"About {figure[2:]} in training on {speed.device}, estimated from what was measured of it."
    return _Figure(figure, figure, told)


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
        self._figures: list[_Figure] = []
        self._speed: _Figure | None = None

    def show_speed(self, speed: Speed | None) -> None:
        """Say how fast it trains; nothing while that is not known."""
        self._speed = _speed_figure(speed) if speed else None
        self._show_totals()

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
        parameters = counted(check.parameter_count, "parameter")
        memory, multiply_adds = bytes_text(check.bytes), short_count(check.multiply_adds)
        self._figures = [
            _Figure(known + parameters, short_count(check.parameter_count) + " parameters", f"{parameters}."),
            _Figure(
                f"{memory} at batch {batch_size}",
                memory,
                f"{memory} of memory for them and one batch of {batch_size} images, with all gradients.",
            ),
            _Figure(
                f"{multiply_adds} multiply-adds an image",
                f"{multiply_adds} mult-adds",
                f"{check.multiply_adds:,} multiplications with addition for one image going forward.",
            ),
        ]
        self._show_totals()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_totals()

    def _show_totals(self) -> None:
        """Written out if there is room, else in short, else as many as there is room for; the tooltip has them all."""
        figures = [*self._figures[:2], *([self._speed] if self._speed else []), *self._figures[2:]]
        room = self.width() - self._verdict.sizeHint().width() - SIZE - 8 * GRID
        rows = [[figure.text for figure in figures]]
        rows += [[figure.short for figure in figures[:count]] for count in range(len(figures), 0, -1)]
        measure = self._totals.fontMetrics().horizontalAdvance
        texts = [_SEPARATOR.join(row) for row in rows]
        self._totals.setText(next((text for text in texts if measure(text) <= room), texts[-1]))
        self._totals.setToolTip("\n".join(figure.told for figure in figures))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())
