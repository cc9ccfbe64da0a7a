"""How large a tile of results a work-item computes: small models of what a tile costs, fitted to measurements.

A tile's cells are accumulators in registers. A last tile that would stick out is shifted back, so a tile that does
not divide its side only does some cells twice. Each function gives the best tiles by its model, the best one first;
the tuner measures them all (see ``tuner.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from heapq import nsmallest
from math import prod

Tile = tuple[int, ...]

CANDIDATES = 5
HOPELESS = 1.5
"""A tile that should cost so many times the best one is no candidate."""
NEAR = 0.5
"""What a load from the first-level cache costs in multiplications, when it does not come with one for free."""
FAR = 3
"""What a load from the second-level cache costs."""
NEAR_BYTES = 2**15


@lru_cache(maxsize=1024)
def product_tiles(rows: int, columns: int, registers: int) -> tuple[Tile, ...]:
    """Tiles of a product: each step loads a value for each of its rows and columns."""

    def cost(tile: Tile) -> float:
        height, width = tile
        return _count(rows, height) * _count(columns, width) * (height * width + NEAR * (height + width))

    return _best(_tiles(rows, columns, registers), cost)


@lru_cache(maxsize=1024)
def outer_tiles(rows: int, columns: int, registers: int, *, wide: int) -> tuple[Tile, ...]:
    """Tiles of rows × vectors of ``wide`` columns; each step loads a value for each row and a vector."""

    def cost(tile: Tile) -> float:
        height, width = tile
        return _count(rows, height) * _count(columns, width * wide) * (height * width + NEAR * (height + 2 * width))

    return _best(_tiles(rows, columns // wide, registers), cost)


@lru_cache(maxsize=1024)
def window_tiles(
    rows: int, columns: int, registers: int, *, kernel: int, multiple: int = 1, edges: bool = True
) -> tuple[Tile, ...]:
    """Tiles of channels × columns under a sliding window of ``kernel`` columns; columns are a ``multiple``.

    Each step multiplies ``kernel`` times for each cell, loads the columns under the window and ``kernel`` weights a
    row. With ``edges`` the first and the last tile of a row must ask for each column whether it exists. A tile as wide
    as the row need not, and may use more registers when it also divides the rows, since no address varies.
    """
    whole = _count(columns, multiple) * multiple

    def cost(tile: Tile) -> float:
        height, width = tile
        across = _count(columns, width)
        slower = 0.2 * min(2, across) / across if edges and across > 1 else 0.0
        slower += 0.05 if rows % height else 0.0
        step = height * width * kernel + FAR * (width + kernel - 1) + NEAR * height * kernel
        return _count(rows, height) * across * step * (1 + slower)

    tiles = [tile for tile in _tiles(rows, whole, registers) if tile[1] % multiple == 0]
    more = _tiles(rows, whole, registers * 7 // 5)
    tiles += [tile for tile in more if tile[1] == whole and rows % tile[0] == 0 and tile not in tiles]
    return _best(tiles or [(1, multiple)], cost)


@lru_cache(maxsize=1024)
def weight_tiles(
    filters: int, channels: int, kernel: tuple[int, int], stride: tuple[int, int], registers: int, *, plane: int
) -> tuple[Tile, ...]:
    """Tiles of filters × channels × kernel rows × kernel columns. Each step loads a value of each filter's gradient,
    whose ``plane`` has so many bytes, and what lies under the window, of which with a small ``stride`` little is new.
    Several channels only if all of a small kernel leaves registers for them."""

    def cost(tile: Tile) -> float:
        depth, wide, height, width = tile
        load = NEAR if depth * plane <= NEAR_BYTES else FAR
        tiles = _count(filters, depth) * _count(kernel[0], height) * _count(kernel[1], width) * _count(channels, wide)
        new = min(height, stride[0]) * min(width, stride[1])
        under = FAR * new + NEAR * (height * width - new)
        return tiles * (depth * wide * height * width + load * depth + wide * under)

    tiles = [
        (depth, 1, height, width)
        for depth in range(1, min(filters, registers) + 1)
        for height, width in _tiles(*kernel, registers // depth)
    ]
    more = _tiles(filters, channels, registers // prod(kernel))
    tiles += [(depth, wide, *kernel) for depth, wide in more if wide > 1]
    return _best(tiles, cost)


def _best(tiles: Iterable[Tile], cost: Callable[[Tile], float]) -> tuple[Tile, ...]:
    best = nsmallest(CANDIDATES, tiles, key=cost)
    return tuple(tile for tile in best if cost(tile) < HOPELESS * cost(best[0]))


def _count(size: int, tile: int) -> int:
    """How many tiles cover ``size``."""
    return -(-size // tile)


def _tiles(rows: int, columns: int, registers: int) -> Iterator[tuple[int, int]]:
    """All tiles that fit into ``registers``."""
    for height in range(1, min(rows, registers) + 1):
        for width in range(1, min(columns, registers // height) + 1):
            yield height, width
