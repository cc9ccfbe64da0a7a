"""From cells to points: where each block and each bend of a connection comes to lie."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from PySide6.QtCore import QPointF, QSizeF

from nnstudio.gui.designer.layout.arrangement import Arrangement
from nnstudio.network import Connection

GAP = 32
"""Between neighbouring columns, wide enough for two ports, an arrow and the + handle."""
ROW_GAP = 32
LANE = 32
"""Height of a row in which only connections travel."""


@dataclass(frozen=True)
class Geometry:
    """The middle of each block's left edge, where each block's column ends, and the points between the ends of each
    long connection."""

    positions: Mapping[str, QPointF]
    edges: Mapping[str, float]
    """From here on to the right there is no block of the same column: a connection may turn."""
    bends: Mapping[Connection, tuple[QPointF, ...]]


def place_blocks(arrangement: Arrangement, sizes: Mapping[str, QSizeF], below: Mapping[str, float]) -> Geometry:
    """Columns as wide as their widest block; rows as high as their highest, with the space asked for ``below``."""
    widths: dict[int, float] = defaultdict(float)
    heights: dict[int, float] = defaultdict(lambda: LANE)
    feet: dict[int, float] = defaultdict(float)
    for name, (column, row) in arrangement.cells.items():
        widths[column] = max(widths[column], sizes[name].width())
        heights[row] = max(heights[row], sizes[name].height() + ROW_GAP)
        feet[row] += below.get(name, 0.0)
    for lane in arrangement.lanes.values():
        for row in lane:
            heights.setdefault(row, LANE)

    left, x = {}, 0.0
    for column in sorted(widths):
        left[column] = x
        x += widths[column] + GAP
    middle, y = {}, 0.0
    for row in sorted(heights):
        middle[row] = y + heights[row] / 2
        y += heights[row] + feet[row]

    positions = {name: QPointF(left[column], middle[row]) for name, (column, row) in arrangement.cells.items()}
    edges = {name: left[column] + widths[column] for name, (column, _) in arrangement.cells.items()}
    bends: dict[Connection, tuple[QPointF, ...]] = {}
    for link, lane in arrangement.lanes.items():
        first = arrangement.cells[link.source][0] + 1
        points: list[QPointF] = []
        for row, run in groupby(enumerate(lane, first), key=lambda passage: passage[1]):
            passed = [column for column, _ in run]
            begin, end = passed[0], passed[-1]
            points += QPointF(left[begin], middle[row]), QPointF(left[end] + widths[end], middle[row])
        bends[link] = tuple(points)
    return Geometry(positions, edges, bends)
