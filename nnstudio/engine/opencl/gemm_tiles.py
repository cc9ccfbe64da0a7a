"""How large a tile of results a work-group computes through local memory (``kernels/gemm.cl``): a model of what that
costs a GPU. Nobody has fitted it to measurements yet; the tuner measures what it thinks are the best."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from heapq import nsmallest
from itertools import product

from nnstudio.engine.opencl.forms import LocalMemory
from nnstudio.engine.opencl.tiles import CANDIDATES, Tile

CHUNK = 16
"""Values of k that lie in local memory at once; a block of images has whole chunks."""
_SIDES = (8, 16, 32, 64, 128)
_MOST_SUMS = 64
"""Registers for sums: some GPUs have 128 for all purposes, and those that have more run fewer work-items at once."""
_FEWEST_ITEMS = 64
"""A group fills a wavefront."""
_LOAD = 1.0
"""What a load from local memory costs in multiplications; up to four values beside each other are one load."""
_FETCH = 10.0
"""What it costs to find a value's address, load it and put it into local memory."""
_STEP = 1.5
"""What loop and barriers cost for each k."""


@lru_cache(maxsize=1024)
def gemm_tiles(rows: int, columns: int, shares: int, memory: LocalMemory, workers: int) -> tuple[Tile, ...]:
    """Tiles for ``shares`` products of ``rows`` × ``columns`` results, the best by the model first: (rows, columns) of a
    group and (rows, columns) of a work-item. None when the device has too little for any.

    As long as there are fewer work-items than ``workers``, which the device runs at once, small tiles cost nothing.
    """

    def cost(tile: Tile) -> float:
        group_rows, group_columns, item_rows, item_columns = tile
        items = items_of(tile)
        groups = -(-rows // group_rows) * -(-columns // group_columns) * shares
        reading = _LOAD * (item_columns + -(-item_rows // 4)) + _FETCH * (group_rows + group_columns) / items
        return max(1.0, groups * items / workers) * (item_rows * item_columns + reading + _STEP)

    return tuple(nsmallest(CANDIDATES, _tiles(memory), key=cost))


def items_of(tile: Tile) -> int:
    """The work-items of a group."""
    group_rows, group_columns, item_rows, item_columns = tile
    return group_rows // item_rows * (group_columns // item_columns)


def _tiles(memory: LocalMemory) -> Iterator[Tile]:
    """All tiles that a device can have, whose groups fill local memory in whole rounds."""
    for tile in product(_SIDES, _SIDES, (2, 4, 8), (1, 2, 4, 8)):
        group_rows, group_columns, item_rows, item_columns = tile
        whole = CHUNK * min(group_rows, group_columns) % items_of(tile) == 0
        enough = min(_FEWEST_ITEMS, memory.items) <= items_of(tile) <= memory.items
        if whole and enough and item_rows * item_columns <= _MOST_SUMS and local_bytes(tile) <= memory.bytes:
            yield tile


def local_bytes(tile: Tile) -> int:
    """Local memory of a group, padding included; see the kernel."""
    group_rows, group_columns, item_rows, _ = tile
    return 4 * CHUNK * (group_rows + item_rows + group_columns + 4)
