"""Where a carried block comes to rest: in line with a block nearby, or on the grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRectF

from nnstudio.gui.theme import GRID

NEAR = 6
"""Pixels within which edges and middles draw each other into line."""


@dataclass(frozen=True)
class Snapped:
    """How far to shift a carried block, and the lines to show because it is in line with others."""

    shift: QPointF
    lines: tuple[QLineF, ...]


def snap(carried: QRectF, others: Sequence[QRectF]) -> Snapped:
    """Middles draw each other into a row and left edges into a column; what is near to none goes onto the grid."""
    row = min(others, key=lambda other: abs(other.center().y() - carried.center().y()), default=None)
    column = min(others, key=lambda other: abs(other.left() - carried.left()), default=None)
    if row is not None and abs(row.center().y() - carried.center().y()) > NEAR:
        row = None
    if column is not None and abs(column.left() - carried.left()) > NEAR:
        column = None
    x = _on_grid(carried.left()) if column is None else column.left()
    y = _on_grid(carried.center().y()) if row is None else row.center().y()
    shift = QPointF(x - carried.left(), y - carried.center().y())
    rested = carried.translated(shift)
    lines = [QLineF((rested | row).left(), y, (rested | row).right(), y)] if row else []
    lines += [QLineF(x, (rested | column).top(), x, (rested | column).bottom())] if column else []
    return Snapped(shift, tuple(lines))


def _on_grid(value: float) -> float:
    return GRID * round(value / GRID)
