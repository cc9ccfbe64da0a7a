"""The form a kernel takes on a device: how many images a vector holds, and how large a tile a work-item computes.

A CPU core is one work-item wide and has vector registers, so a work-item computes a tile of vectors of images. A GPU
runs work-items side by side, so neighbours take neighbouring images and each computes a small tile. The kernels are
the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import product


@dataclass(frozen=True)
class Form:
    """``vector`` images are one OpenCL vector; ``block`` images lie side by side in memory (see ``layout.py``); a
    tile has at most ``registers`` accumulators; an elementwise work-item handles ``chunk`` vectors; work without
    images side by side runs in work-groups of ``group``; ``workers`` is how many work-items are needed to keep the
    device busy."""

    vector: int
    block: int
    registers: int
    chunk: int
    group: int
    workers: int

    def __post_init__(self) -> None:
        if self.vector not in (1, 2, 4, 8, 16):
            raise ValueError(f"`vector` (={self.vector}) must be 1, 2, 4, 8 or 16, the widths OpenCL has")
        if self.block % self.vector:
            raise ValueError(f"`block` (={self.block}) must be a multiple of `vector` (={self.vector})")

    @property
    def lanes(self) -> int:
        """Work-items that share a block."""
        return self.block // self.vector


def cpu_form(vector: int, cores: int) -> Form:
    """One vector of images a block; with 512-bit vectors there are 32 registers, otherwise 16."""
    return Form(vector, block=vector, registers=24 if vector == 16 else 12, chunk=64, group=1, workers=4 * cores)


def gpu_form(vector: int, compute_units: int) -> Form:
    """64 images a block, which is a whole number of warps or wavefronts as long as the vector is short."""
    return Form(vector, block=64, registers=max(4, 16 // vector), chunk=1, group=64, workers=256 * compute_units)


@lru_cache(maxsize=1024)
def tile(rows: int, columns: int, registers: int, *, reload: float = 0.5, multiple: int = 1) -> tuple[int, int]:
    """The tile that covers ``rows`` × ``columns`` with the least work, when each of its cells is an accumulator.

    A tile costs its cells plus ``reload`` for each row and column, which must be loaded. A last tile that would stick
    out is shifted back, so tiles that do not divide only do some cells twice. Columns are a ``multiple``.
    """
    widest = -(-columns // multiple) * multiple
    choices = (
        (height, width)
        for height, width in product(range(1, min(rows, registers) + 1), range(multiple, widest + 1, multiple))
        if height * width <= max(registers, multiple)
    )

    def cost(choice: tuple[int, int]) -> tuple[float, int]:
        height, width = choice
        tiles = -(-rows // height) * -(-columns // width)
        return tiles * (height * width + reload * (height + width)), abs(height - width)

    return min(choices, key=cost)
