"""How large a tile of results a work-item computes: a small model of what a tile costs, fitted to measurements.

A tile's cells are accumulators in registers. A last tile that would stick out is shifted back, so a tile that does
not divide its side only does some cells twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

Tile = tuple[int, int]


@lru_cache(maxsize=1024)
def tile(rows: int, columns: int, registers: int) -> Tile:
    """The best tile of a product: each step loads a value for each of its rows and columns."""

    def cost(choice: Tile) -> float:
        height, width = choice
        return _count(rows, height) * _count(columns, width) * (height * width + 0.5 * (height + width))

    return min(_tiles(rows, columns, registers), key=cost)


@lru_cache(maxsize=1024)
def window_tile(rows: int, columns: int, registers: int, *, kernel: int, multiple: int = 1, edges: bool = True) -> Tile:
    """The best tile of channels × columns under a sliding window of ``kernel`` columns; columns are a
    ``multiple``.

    Each step multiplies ``kernel`` times for each cell, loads the columns under the window (from the second-level
    cache: each costs as much as 3 multiplications) and ``kernel`` weights a row. With ``edges`` the first and the
    last tile of a row must ask for each column whether it exists. A tile as wide as the row need not, and may use
    more registers, since no address varies.
    """
    whole = _count(columns, multiple) * multiple

    def cost(choice: Tile) -> float:
        height, width = choice
        across = _count(columns, width)
        slower = 0.2 * min(2, across) / across if edges and across > 1 else 0.0
        step = height * width * kernel + 3 * (width + kernel - 1) + 0.5 * height * kernel
        return _count(rows, height) * across * step * (1 + slower)

    choices = [choice for choice in _tiles(rows, whole, registers) if choice[1] % multiple == 0]
    choices += [choice for choice in _tiles(rows, whole, registers * 7 // 5) if choice[1] == whole]
    return min(choices or [(1, multiple)], key=cost)


def _count(size: int, tile: int) -> int:
    """How many tiles cover ``size``."""
    return -(-size // tile)


def _tiles(rows: int, columns: int, registers: int) -> Iterator[Tile]:
    """All tiles that fit into ``registers``."""
    for height in range(1, min(rows, registers) + 1):
        for width in range(1, min(columns, registers // height) + 1):
            yield height, width
