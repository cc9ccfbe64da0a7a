"""How large a tile of results a work-group computes through local memory (``kernels/gemm.cl``): a model of what that
costs a GPU. Nobody has fitted it to measurements yet; the tuner measures what it thinks are the best."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from heapq import nsmallest
from itertools import product

from nnstudio.engine.opencl.forms import Form
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
def gemm_tiles(rows: int, columns: int, shares: int, form: Form) -> tuple[Tile, ...]:
    """Tiles for ``shares`` products of ``rows`` × ``columns`` results, the best by the model first: rows and columns of
    a group, rows and columns of a work-item.

    As long as the device has room for more work-items (``workers``), more and smaller tiles cost nothing.
    """

    def cost(tile: Tile) -> float:
        group_rows, group_columns, item_rows, item_columns = tile
        items = items_of(tile)
        rounds = max(1.0, groups_of(tile, rows, columns) * shares * items / form.workers)
        reading = _LOAD * (item_columns + -(-item_rows // 4)) + _FETCH * (group_rows + group_columns) / items
        return rounds * (item_rows * item_columns + reading + _STEP)

    return tuple(nsmallest(CANDIDATES, _tiles(form), key=cost))


def items_of(tile: Tile) -> int:
    """The work-items of a group."""
    group_rows, group_columns, item_rows, item_columns = tile
    return group_rows // item_rows * (group_columns // item_columns)


def groups_of(tile: Tile, rows: int, columns: int) -> int:
    """How many groups have ``rows`` × ``columns`` results."""
    return -(-rows // tile[0]) * -(-columns // tile[1])


def local_bytes(tile: Tile) -> int:
    """Local memory of a group, padding included; see the kernel."""
    group_rows, group_columns, item_rows, _ = tile
    return 4 * CHUNK * (group_rows + item_rows + group_columns + 4)


def _tiles(form: Form) -> Iterator[Tile]:
    """All tiles that a device can have, whose groups fill local memory in whole rounds."""
    fewest = min(_FEWEST_ITEMS, 2 ** (form.local_group.bit_length() - 1))
    for tile in product(_SIDES, _SIDES, (2, 4, 8), (1, 2, 4, 8)):
        group_rows, group_columns, item_rows, item_columns = tile
        whole = CHUNK * min(group_rows, group_columns) % items_of(tile) == 0
        enough = fewest <= items_of(tile) <= form.local_group
        if whole and enough and item_rows * item_columns <= _MOST_SUMS and local_bytes(tile) <= form.local:
            yield tile
