"""What is drawn: ink on a square of paper, with undo."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QPointF, QRect, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPen, QUndoCommand, QUndoStack

from nnstudio.gui.models.stroke import Segment, Stroke

SIDE = 560
"""Pixels of the paper, whatever its size on the screen: twenty for each pixel of MNIST's pictures."""
_UNDO_LIMIT = 100
_INK, _PAPER = Qt.GlobalColor.white, Qt.GlobalColor.black


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
        self.revision = 0
        """Counts the changes, so that an answer can name the drawing it is about."""
        self._image = _blank()
        self._before = self._image
        self._stroke: Stroke | None = None
        self._erases = False

    @property
    def image(self) -> QImage:
        """The paper as 8-bit grey; to look at, not to paint on."""
        return self._image

    def ink(self) -> NDArray[np.uint8]:
        """A copy of the ink, (SIDE, SIDE)."""
        rows = np.frombuffer(self._image.constBits(), np.uint8).reshape(SIDE, self._image.bytesPerLine())
        return rows[:, :SIDE].copy()

    @property
    def empty(self) -> bool:
        return not self.ink().any()

    @property
    def drawing(self) -> bool:
        """Whether the pen is down."""
        return self._stroke is not None

    # ---- drawing

    def begin_stroke(self, point: QPointF, width: float, *, erase: bool = False) -> None:
        """Put the pen, or the eraser, down: this alone makes a dot."""
        self.end_stroke()
        self._before, self._erases = QImage(self._image), erase
        self._stroke = Stroke(point, width)
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
            self._keep("Erase" if self._erases else "Draw", self._before)

    def clear(self) -> None:
        """Take a fresh sheet; an empty one stays."""
        self.end_stroke()
        if not self.empty:
            before, self._image = self._image, _blank()
            self._keep("Clear", before)

    # ---- inside

    def _paint(self, segment: Segment) -> None:
        painter = QPainter(self._image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = _PAPER if self._erases else _INK
        round_cap, round_join = Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
        painter.setPen(QPen(colour, segment.width, Qt.PenStyle.SolidLine, round_cap, round_join))
        painter.drawPath(segment.path)
        painter.end()
        self._say(segment.bounds())

    def _keep(self, text: str, before: QImage) -> None:
        self.undo_stack.push(_Change(self, text, before, QImage(self._image)))

    def _show(self, image: QImage) -> None:
        self._image, self._stroke = QImage(image), None
        self._say(self._image.rect())

    def _say(self, part: QRect) -> None:
        self.revision += 1
        self.changed.emit(part)


class _Change(QUndoCommand):
    """From one picture to the next and back. Pictures are shared, so a step costs one of them: 0.3 MB."""

    def __init__(self, model: DrawingModel, text: str, before: QImage, after: QImage) -> None:
        super().__init__(text)
        self._before, self._after = before, after
        self._show = model._show  # noqa: SLF001 - the command is the model's other half

    def redo(self) -> None:
        self._show(self._after)

    def undo(self) -> None:
        self._show(self._before)


def _blank() -> QImage:
    image = QImage(SIDE, SIDE, QImage.Format.Format_Grayscale8)
    image.fill(0)
    return image
