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
    members: dict[Name, list[Name]] = {}
    for name in sorted(sizes, key=lambda name: -sizes[name]):
        # Pieces were made in the order of their size, so that the smallest comes first from behind.
        free = (piece for piece in reversed(members) if all(lives[name].isdisjoint(lives[m]) for m in members[piece]))
        members.setdefault(next(free, name), []).append(name)
    return {name: piece for piece, names in members.items() for name in names}


def _lives(sizes: Mapping[Name, int], runs: Iterable[Run[Name]]) -> dict[Name, set[tuple[int, int]]]:
    """The (run, step) pairs in which each buffer is needed."""
    lives: dict[Name, set[tuple[int, int]]] = {name: set() for name in sizes}
    for number, run in enumerate(runs):
        for name, life in lives.items():
            steps = [step for step, names in enumerate(run) if name in names]
            life.update((number, step) for step in range(min(steps, default=0), max(steps, default=-1) + 1))
    return lives
