"""The form a kernel takes on a device: how many images a vector holds, and how large a tile a work-item computes.

A CPU core is one work-item wide and has vector registers, so a work-item computes a tile of vectors of images. A GPU
runs work-items side by side, so neighbours take neighbouring images. The kernels are the same but for the products of
convolutions and dense layers, where neighbours on a GPU share what they load (see ``gemm.py``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

LEAST_LOCAL, LEAST_GROUP = 2**12, 16
MOST_LOCAL, MOST_GROUP = 2**14, 256
"""Bytes and work-items that a tile needs, and that it may take: several groups shall run on a compute unit at once."""


@dataclass(frozen=True)
class Form:
    """How kernels are cut for a device.

    ``vector`` images are one OpenCL vector; ``block`` images lie side by side in memory (see ``layout.py``). A tile
    has at most ``registers`` accumulators. An elementwise work-item handles ``chunk`` vectors. Work without images
    side by side runs in work-groups of ``group``, less when there would not be ``groups`` of them. ``workers`` is how
    many work-items keep the device busy, and ``cores`` how many do where each has a core of its own (0: on a GPU).
    ``cache`` is how many bytes a core has close by, 0 where that plays no part. Convolutions and dense layers go
    through ``local`` bytes of local memory, by work-groups of at most ``local_group``; 0: directly.
    """

    vector: int
    block: int
    registers: int
    chunk: int
    group: int
    groups: int
    workers: int
    cache: int
    cores: int
    local: int = 0
    local_group: int = MOST_GROUP

    def __post_init__(self) -> None:
        if self.vector not in (1, 2, 4, 8, 16):
            raise ValueError(f"`vector` (={self.vector}) must be 1, 2, 4, 8 or 16, the widths OpenCL has")
        if self.block % self.vector:
            raise ValueError(f"`block` (={self.block}) must be a multiple of `vector` (={self.vector})")
        if self.local and (self.vector > 1 or self.block % 16):
            raise ValueError(f"`local` needs `vector` (={self.vector}) 1 and `block` (={self.block}) a multiple of 16")
        if self.local and (self.local < LEAST_LOCAL or self.local_group < LEAST_GROUP):
            raise ValueError(
                f"`local` (={self.local}) and `local_group` (={self.local_group}) must be at least {LEAST_LOCAL} and "
                f"{LEAST_GROUP}, else no tile fits"
            )

    @property
    def lanes(self) -> int:
        """Work-items that share a block."""
        return self.block // self.vector

    def group_for(self, items: int) -> int:
        """The size of the work-groups for so many work-items."""
        return max(1, min(self.group, items // self.groups))

    def with_smaller_groups(self) -> Form:
        """Half as large through local memory, or at last none."""
        if self.local_group < 2 * LEAST_GROUP:
            return replace(self, local=0)
        return replace(self, local_group=self.local_group // 2)


def cpu_form(vector: int, cores: int) -> Form:
    """One vector of images a block. With 512-bit vectors there are 32 registers, otherwise 16, not all for
    accumulators.

    A work-group costs some 20 ns, so small work-items come several to a group, as long as all cores get their share.
    """
    registers = 20 if vector == 16 else 10
    return Form(
        vector, block=vector, registers=registers, chunk=64,
        group=8, groups=32 * cores, workers=4 * cores, cache=2**20, cores=cores,
    )  # fmt: skip


def gpu_form(vector: int, compute_units: int, local: int = 0, local_group: int = MOST_GROUP) -> Form:
    """64 images a block, which is a whole number of warps or wavefronts as long as the vector is short."""
    return Form(
        vector, block=64, registers=max(4, 16 // vector), chunk=1,
        group=64, groups=1, workers=256 * compute_units, cache=0, cores=0, local=local, local_group=local_group,
    )  # fmt: skip
