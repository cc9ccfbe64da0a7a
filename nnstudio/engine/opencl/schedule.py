"""What a plan becomes before it meets a device: pieces of a program, buffers, and kernel launches. Plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nnstudio.engine.backend import Phase

Size = tuple[int, int, int]
Constants = Mapping[str, int | float | str]

STEP, SETTINGS, RANGES = "step", "settings", "ranges"
"""Arguments by value that may change with each step: ``Step`` in ``kernels/prelude.cl``, ``Settings`` in
``optimizers.cl``, what ``augment.cl`` says."""
SEED = "seed"
"""An argument by value that never changes. All other arguments are buffers."""
PARAMETERS, GRADIENTS = "parameters", "gradients"
LABELS, LOSSES, HITS = "labels", "losses", "hits"
USED_LOSSES, USED_HITS = "used_losses", "used_hits"
"""In place of ``LOSSES`` and ``HITS`` when the network is only used, so that training's are not disturbed."""


MOST_WORK, WORK_A_UNIT = 2**29, 2**25
"""Multiply-adds of one launch, and for each compute unit of a large device: a watchdog kills launches of seconds, and
slow devices do some 10**10 a second."""

MOST_GROUPS = 2**31 - 1, 2**16 - 1, 2**16 - 1
"""Work-groups along each axis that NVIDIA's devices can count."""


@dataclass(frozen=True)
class Section:
    """One file of ``kernels/`` with constants and macros (``name(arguments) text``). Its kernel ``K`` is called
    ``prefix_K``."""

    file: str
    prefix: str
    constants: Constants
    macros: tuple[str, ...] = ()


@dataclass(frozen=True)
class Launch:
    """A kernel, its global and local size, and its arguments by name; ``work`` is about its multiply-adds.

    It belongs to a ``phase`` of a ``node``. One that is ``by_image`` reads and writes, of all that has images, only
    what belongs to its own block of images; one ``for_update`` writes what only the optimizer reads. A chain does the
    work of its ``links``. The kernel of an ``exact`` one can have no other local size.
    """

    kernel: str
    size: Size
    local: Size
    arguments: tuple[str, ...]
    work: int = 0
    by_image: bool = False
    for_update: bool = False
    node: str = ""
    phase: Phase = Phase.FORWARD
    links: tuple[Launch, ...] = ()
    exact: bool = False


@dataclass(frozen=True)
class Piece:
    """One op lowered. ``buffers`` are bytes by name. ``backward`` makes parameter gradients, ``input_gradient`` the
    rest: one launch for each input where there are several. ``sums`` come before both, and both may need them."""

    sections: tuple[Section, ...]
    forward: tuple[Launch, ...]
    backward: tuple[Launch, ...] = ()
    input_gradient: tuple[Launch, ...] = ()
    buffers: Mapping[str, int] = field(default_factory=dict)
    sums: tuple[Launch, ...] = ()


@dataclass(frozen=True)
class Schedule:
    """A whole plan lowered. ``training`` is a step without gather and optimizer, and makes only the gradients that a
    parameter needs; ``forward`` and ``backward`` are for using the network, and ``backward`` goes back to the
    input: launches for each op of the plan, in its order."""

    sections: tuple[Section, ...]
    buffers: Mapping[str, int]
    training: tuple[Launch, ...]
    forward: tuple[Launch, ...]
    backward: tuple[tuple[Launch, ...], ...]

    @property
    def bytes(self) -> int:
        return sum(self.buffers.values())


def split(launch: Launch, most: int) -> list[tuple[Size, Size]]:
    """Global sizes and offsets that cover ``launch`` with at most ``most`` multiply-adds each, so that a watchdog never
    finds a launch too long. The longest axis is cut, at multiples of the local size, and before it has more groups than
    GPUs can count there."""
    axis = max(range(3), key=lambda i: launch.size[i] // launch.local[i])
    groups = launch.size[axis] // launch.local[axis]
    each = -(-groups // min(groups, max(1, -(-launch.work // most))))
    each = min(each, MOST_GROUPS[axis]) * launch.local[axis]
    cuts = []
    for start in range(0, launch.size[axis], each):
        size, offset = list(launch.size), [0, 0, 0]
        size[axis], offset[axis] = min(each, launch.size[axis] - start), start
        cuts.append(((size[0], size[1], size[2]), (offset[0], offset[1], offset[2])))
    return cuts
