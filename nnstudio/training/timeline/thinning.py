"""Which of many moments can be spared best."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import numpy as np

from nnstudio.training.timeline.kept import Kept


def least_missed(steps: Sequence[int], pinned: Collection[int] = ()) -> int | None:
    """The place in `steps` (ascending) of the one whose absence is noticed least; ``None`` when all must stay.

    What is noticed is the gap that it would leave, measured by how long ago that gap began. Taking away the smallest
    again and again makes gaps grow in proportion to age, which is geometrically: with n moments of T steps each is
    about 1 + ln(T)/n times as old as the next. The first, the newest and those `pinned` stay.
    """
    if len(steps) < 3:
        return None
    at = np.asarray(steps, np.float64)
    noticed = (at[2:] - at[:-2]) / (at[-1] - at[:-2])
    noticed[np.isin(at[1:-1], np.fromiter(pinned, np.float64))] = np.inf
    place = int(noticed.argmin())
    return None if np.isinf(noticed[place]) else place + 1


def spared(moments: Sequence[Kept], size: Callable[[Kept], int], budget: int, pinned: Collection[int]) -> list[Kept]:
    """Those that go so that all others fit into `budget` bytes, but never the newest: whoever made it has it anyway.

    Where even what must not be missed is too much, what is on disk goes first, then the oldest.
    """
    left, gone = list(moments), list[Kept]()
    used = sum(map(size, left))
    while used > budget and len(left) > 1:
        place = least_missed([moment.step for moment in left], pinned)
        if place is None:
            place = next((number for number, moment in enumerate(left[:-1]) if moment.name), 0)
        gone.append(left.pop(place))
        used -= size(gone[-1])
    return gone
