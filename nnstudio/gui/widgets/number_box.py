"""A spin box for whole and real numbers that steps as people think: 0.001, 0.002, 0.005, 0.01."""

from __future__ import annotations

from math import floor, log10

from PySide6.QtCore import Qt
from PySide6.QtGui import QValidator, QWheelEvent
from PySide6.QtWidgets import QDoubleSpinBox, QWidget

_DECIMALS = 12
_SMALLEST = 1e-6
"""One step up from 0, and the last before it."""
_LADDER = (1, 2, 5, 10)


class NumberBox(QDoubleSpinBox):
    """Numbers from `minimum` to `maximum`. Real ones are written without needless zeros and may be typed as ``1e-3``.

    The value changes when Enter is pressed, the focus leaves or an arrow is used, not while typing; the wheel turns
    it only with the focus, so that scrolling a form changes nothing.
    """

    def __init__(self, minimum: float, maximum: float, *, whole: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._whole = whole
        self.setDecimals(0 if whole else _DECIMALS)
        self.setRange(minimum, maximum)
        self.setKeyboardTracking(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumWidth(72)
        self.lineEdit().setTextMargins(6, 0, 0, 0)  # a style sheet cannot give it a padding

    def number(self) -> int | float:
        """The value as the declaration wants it."""
        return round(self.value()) if self._whole else self.value()

    def textFromValue(self, value: float) -> str:
        return f"{value:.0f}" if self._whole else f"{value:.9g}"

    def valueFromText(self, text: str) -> float:
        return _parse(self._bare(text)) or 0.0

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        bare = self._bare(text)
        value = _parse(bare)
        if value is not None and self.minimum() <= value <= self.maximum() and not (self._whole and value % 1):
            state = QValidator.State.Acceptable
        elif all(letter in ("-0123456789" if self._whole else "-+0123456789.,eE") for letter in bare):
            state = QValidator.State.Intermediate
        else:
            state = QValidator.State.Invalid
        return state, text, position

    def stepBy(self, steps: int) -> None:
        if self._whole:
            super().stepBy(steps)
            return
        value = self.value()
        for _ in range(abs(steps)):
            value = step_share(value, steps > 0) if self.maximum() <= 1 else step_ladder(value, steps > 0)
        self.setValue(value)
        self.selectAll()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def _bare(self, text: str) -> str:
        return text.removesuffix(self.suffix()).strip()


def step_ladder(value: float, up: bool) -> float:
    """The next of …, 0.1, 0.2, 0.5, 1, 2, 5, … above or below `value`; below the smallest comes 0."""
    if value < 0:
        return -step_ladder(-value, not up)
    if value < _SMALLEST * (1 if up else 1 + 1e-9):
        return _SMALLEST if up else 0.0
    exponent = floor(log10(value) + 1e-9)
    unit = 10.0**exponent
    mantissa = value / unit
    if up:
        return round(next(rung for rung in _LADDER if rung > mantissa + 1e-9) * unit, _DECIMALS)
    below = [rung for rung in _LADDER if rung < mantissa - 1e-9]
    return round((below[-1] if below else 0.5) * unit, _DECIMALS)


def step_share(value: float, up: bool) -> float:
    """Shares from 0 to 1 go by 0.05 in the middle and by the ladder of their distance near either end."""
    end = value if value <= 0.5 else 1 - value
    outwards = up == (value > 0.5)
    if end > 0.1 + 1e-9 or (end > 0.1 - 1e-9 and not outwards):
        return round(value + (0.05 if up else -0.05), _DECIMALS)
    moved = step_ladder(end, not outwards)
    return round(moved if value <= 0.5 else 1 - moved, _DECIMALS)


def _parse(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None
