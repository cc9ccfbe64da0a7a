"""Parallel coordinates: an axis for each thing that differs between runs, and each run a line across all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QToolTip, QWidget

from nnstudio.gui.runs.parallel_axes import Axis
from nnstudio.gui.runs.parallel_painter import Geometry, ParallelPainter
from nnstudio.gui.theme import theme_source

GESTURES = (
    "Drag along an axis: show only the runs that pass there · click a line: select its run · Tab: next axis · "
    "↑ ↓: move the choice on it, with Shift: make it larger or smaller · ← →: next run · Esc: show all"
)
_ON_AXIS, _ON_LINE = 12.0, 7.0
"""Pixels from which an axis or a line is meant."""
_DRAG = 4.0
_FIRST = (0.375, 0.625)
"""What the keyboard chooses first on an axis."""
_STEP = 0.05
_THIN = 0.02


@dataclass(frozen=True)
class Line:
    """A run: one value for each axis, ``None`` where there is none yet; `result` gives its colour."""

    key: str
    name: str
    values: tuple[Any, ...]
    result: float | None = None
    best: bool = False


Brush = tuple[float, float]
"""What is chosen on an axis, from and to as places on it."""


class ParallelPlot(QWidget):
    """Lines are coloured by their `result`; what passes outside of a brush is faint and cannot be selected."""

    selected = Signal(str)
    """The key of a line that a person has chosen."""
    brushed = Signal(object)
    """The keys of the lines that pass through all brushes, as a frozenset."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("parallel_plot")
        self.setAccessibleName("Parallel coordinates of the runs")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip("")
        self.axes: tuple[Axis, ...] = ()
        self.lines: tuple[Line, ...] = ()
        self.brushes: dict[int, Brush] = {}
        self.focused = 0
        """The axis that keys are about."""
        self.key: str | None = None
        """Of the selected line."""
        self._result, self._better_low = Axis("", (), numeric=True), False
        self._pressed: QPointF | None = None
        self._dragged: int | None = None
        theme_source.themeChanged.connect(self._repaint)

    def sizeHint(self) -> QSize:
        return QSize(720, 280)

    def minimumSizeHint(self) -> QSize:
        return QSize(320, 160)

    # ---- what is shown

    def show_lines(self, axes: Sequence[Axis], lines: Sequence[Line], result: Axis, *, better_low: bool) -> None:
        """Draw these; `result` is what colours stand for, of which little is best with `better_low`."""
        if [axis.title for axis in axes] != [axis.title for axis in self.axes]:
            self.brushes, self.focused = {}, 0
        self.axes, self.lines = tuple(axes), tuple(lines)
        self._result, self._better_low = result, better_low
        if self.key not in {line.key for line in lines}:
            self.key = None
        self._tell()

    def select(self, key: str | None) -> None:
        """Show which run is selected elsewhere."""
        if key != self.key:
            self.key = key
            self._tell()

    @property
    def passing(self) -> frozenset[str]:
        """The keys of the lines that pass through all brushes."""
        return frozenset(line.key for line in self.lines if self._passes(line))

    @property
    def geometry_now(self) -> Geometry:
        """Where everything is in the widget as it is now."""
        return Geometry(QRectF(self.rect()), len(self.axes), self.fontMetrics().height())

    def clear(self) -> None:
        """Let all lines pass."""
        self._brush({})

    def _passes(self, line: Line) -> bool:
        for number, (low, high) in self.brushes.items():
            place = self.axes[number].place(line.values[number])
            if place is None or not low - 1e-9 <= place <= high + 1e-9:
                return False
        return True

    def _brush(self, brushes: dict[int, Brush]) -> None:
        self.brushes = brushes
        self.brushed.emit(self.passing)
        self._tell()

    def _choose(self, key: str) -> None:
        self.key = key
        self.selected.emit(key)
        self._tell()

    def _tell(self) -> None:
        """Say in words what the picture shows, and draw it."""
        words = [f"{len(self.passing)} of {len(self.lines)} runs pass"]
        if self.axes:
            words.insert(0, f"Axis {self.axes[self.focused].title}")
        words += [f"selected: {line.name}" for line in self.lines if line.key == self.key]
        self.setAccessibleDescription(", ".join(words))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        focused = self.focused if self.hasFocus() else None
        ParallelPainter(self, self.geometry_now, self._result, self._better_low).paint(
            self.axes, self.lines, self.passing, self.brushes, self.key, focused
        )

    def _repaint(self) -> None:
        self.update()

    # ---- the mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._pressed, self._dragged = event.position(), self._axis_at(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None or self._dragged is None:
            return
        if abs(event.position().y() - self._pressed.y()) < _DRAG and self._dragged not in self.brushes:
            return
        ends = sorted(self.geometry_now.place(at.y()) for at in (self._pressed, event.position()))
        self.focused = self._dragged
        self._brush({**self.brushes, self._dragged: (ends[0], ends[1])})

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, axis, self._pressed, self._dragged = self._pressed, self._dragged, None, None
        if pressed is None or (event.position() - pressed).manhattanLength() >= _DRAG:
            return
        if line := self._line_at(event.position()):
            self._choose(line.key)
        elif axis is not None:
            self.focused = axis
            self._brush({number: brush for number, brush in self.brushes.items() if number != axis})

    def _axis_at(self, at: QPointF) -> int | None:
        shape = self.geometry_now
        near = [number for number in range(len(self.axes)) if abs(shape.x(number) - at.x()) <= _ON_AXIS]
        return near[0] if near and shape.reaches(at.y()) else None

    def _line_at(self, at: QPointF) -> Line | None:
        """The nearest of those that pass, if it is meant."""
        shape, passing = self.geometry_now, self.passing
        found = [
            (distance, line)
            for line in self.lines
            if line.key in passing
            for distance in [shape.distance(at, self.axes, line.values)]
            if distance is not None and distance <= _ON_LINE
        ]
        return min(found, key=lambda each: each[0])[1] if found else None

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            line = self._line_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), line.name if line else GESTURES.replace(" · ", "\n"), self)
            return True
        return super().event(event)

    # ---- the keyboard

    def focusNextPrevChild(self, following: bool) -> bool:
        """Tab goes from axis to axis before it leaves."""
        number = self.focused + (1 if following else -1)
        if not 0 <= number < len(self.axes):
            return super().focusNextPrevChild(following)
        self.focused = number
        self._tell()
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, shift = event.key(), bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if key == Qt.Key.Key_Escape and self.brushes:
            self.clear()
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and self.axes:
            self._move_brush(_STEP if key == Qt.Key.Key_Up else -_STEP, resize=shift)
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and self.passing:
            self._step(1 if key == Qt.Key.Key_Right else -1)
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._brush({number: brush for number, brush in self.brushes.items() if number != self.focused})
        else:
            super().keyPressEvent(event)

    def _move_brush(self, by: float, *, resize: bool) -> None:
        if self.focused not in self.brushes:
            low, high = _FIRST
        else:
            low, high = self.brushes[self.focused]
            if resize:
                low, high = low - by / 2, high + by / 2
                low, high = (low, high) if high - low >= _THIN else self.brushes[self.focused]
            else:
                by = max(-low, min(by, 1 - high))
                low, high = low + by, high + by
        self._brush({**self.brushes, self.focused: (max(0.0, low), min(1.0, high))})

    def _step(self, by: int) -> None:
        """Select the next of the lines that pass."""
        keys = [line.key for line in self.lines if line.key in self.passing]
        at = keys.index(self.key) + by if self.key in keys else (0 if by > 0 else -1)
        self._choose(keys[at % len(keys)])
