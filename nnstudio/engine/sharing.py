"""Which buffers may take turns in one piece of memory: those that are never needed at the same time.

"Greedy by size for shared objects" of Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference"
(2020): the largest buffer first, each goes into the smallest piece in which it meets nobody. Nothing is ever larger
than the largest of those that share it, so that a device's limit for one allocation stays respected.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

Name = TypeVar("Name", bound=Hashable)
Run = Sequence[Collection[Name]]
"""What the steps of a run name, in order: a buffer is needed from the first step that names it to the last."""


def share(sizes: Mapping[Name, int], runs: Iterable[Run[Name]]) -> dict[Name, Name]:
    """For each buffer the one whose memory it uses: its own name, or that of a buffer at least as large.

    A run starts with nothing in any buffer. Names that have no size are ignored.
    """
    lives = _lives(sizes, runs)
    shared: dict[Name, Name] = {}
    taken: dict[Name, int] = {}
    for name in sorted(sizes, key=lambda name: -sizes[name]):
        # Pieces were made in the order of their size, so that the smallest comes first from behind.
        piece = next((piece for piece in reversed(taken) if not taken[piece] & lives[name]), name)
        taken[piece] = taken.get(piece, 0) | lives[name]
        shared[name] = piece
    return shared


def _lives(sizes: Mapping[Name, int], runs: Iterable[Run[Name]]) -> dict[Name, int]:
    """When each buffer is needed: a number with a bit for every step of every run."""
    lives, start = dict.fromkeys(sizes, 0), 0
    for run in runs:
        first: dict[Name, int] = {}
        for step, names in enumerate(run, start):
            for name in lives.keys() & set(names):
                lives[name] |= (2 << step) - (1 << first.setdefault(name, step))
        start += len(run)
    return lives
