"""What is drawn: ink on a square of paper, with undo."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QPointF, QRect, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from nnstudio.gui.models.stroke import Segment, Stroke

SIDE = 560
"""Pixels of the paper, whatever its size on the screen: twenty for each pixel of MNIST's pictures."""
_UNDO_LIMIT = 100

Ink = NDArray[np.uint8]


class DrawingModel(QObject):
    """Ink from 0 (paper) to 255, `SIDE` × `SIDE` pixels. Points and widths are in these pixels, from the top left.

    A stroke is one step of undo, and so is clearing.
    """

    changed = Signal(QRect)
    """The part of the paper that looks different now."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.undo_stack = QUndoStack(self)
        self.undo_stack.setUndoLimit(_UNDO_LIMIT)
        self.ink: Ink = _blank()
        """(SIDE, SIDE); to look at, and to copy for whoever wants to keep it."""
        self.revision = 0
        """Counts the changes, so that an answer can name the drawing it is about."""
        self._kept = _blank()
        """How undo knows the paper: `ink` without the stroke in progress. Never changed, only replaced."""
        self._stroke: Stroke | None = None
        self._erases = False

    @property
    def empty(self) -> bool:
        return not self.ink.any()

    def begin_stroke(self, point: QPointF, width: float, *, erase: bool = False) -> None:
        """Put the pen, or the eraser, down: this alone makes a dot."""
        self.end_stroke()
        self._stroke, self._erases = Stroke(point, width), erase
        self._paint(self._stroke.dot())

    def extend_stroke(self, point: QPointF, width: float) -> None:
        """Move the pen; without one on the paper nothing happens."""
        if self._stroke is not None:
            self._paint(self._stroke.extend(point, width))

    def end_stroke(self) -> None:
        """Lift the pen."""
        if self._stroke is not None:
            self._paint(self._stroke.finish())
            self._stroke = None
            self._keep("Erase" if self._erases else "Draw", self.ink.copy())

    def clear(self) -> None:
        """Take a fresh sheet; an empty one stays."""
        self.end_stroke()
        self._keep("Clear", _blank())

    def _paint(self, segment: Segment) -> None:
        """Pieces of one stroke overlap, so ink does not add up: the most of it counts."""
        part = segment.bounds() & QRect(0, 0, SIDE, SIDE)
        if not part.isEmpty():
            here = self.ink[part.top() : part.bottom() + 1, part.left() : part.right() + 1]
            covered = segment.coverage(part)
            if self._erases:
                np.minimum(here, 255 - covered, out=here)
            else:
                np.maximum(here, covered, out=here)
            self._say(part)

    def _keep(self, text: str, ink: Ink) -> None:
        if not np.array_equal(self._kept, ink):
            self.undo_stack.push(_Change(self, text, self._kept, ink))

    def _show(self, ink: Ink) -> None:
        self._kept, self.ink, self._stroke = ink, ink.copy(), None
        self._say(QRect(0, 0, SIDE, SIDE))

    def _say(self, part: QRect) -> None:
        self.revision += 1
        self.changed.emit(part)


class _Change(QUndoCommand):
    """From one picture to the next and back. Neighbours share a picture, so a step costs one: 0.3 MB."""

    def __init__(self, model: DrawingModel, text: str, before: Ink, after: Ink) -> None:
        super().__init__(text)
        self._before, self._after = before, after
        self._show = model._show  # noqa: SLF001 - the command is the model's other half

    def redo(self) -> None:
        self._show(self._after)

    def undo(self) -> None:
        self._show(self._before)


def _blank() -> Ink:
    return np.zeros((SIDE, SIDE), np.uint8)
