"""Where weights wait whose layers are away: muted, removed, or of another size for a while."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.floating[Any]]
MOST_BYTES = 2**28


class Shelf:
    """Tensors by name and shape, the newest last; the oldest give way when all together are above `MOST_BYTES`."""

    def __init__(self, tensors: Mapping[tuple[str, tuple[int, ...]], Values] | None = None) -> None:
        self.tensors = dict(tensors or {})

    def put(self, old: Mapping[str, Values], new: Mapping[str, Values]) -> None:
        """Keep what of `old` has no place among `new`; what has one needs none here any more."""
        for name, values in old.items():
            if name not in new or new[name].shape != values.shape:
                self.tensors.pop((name, values.shape), None)
                self.tensors[name, values.shape] = values
        if self.tensors:
            for name, values in new.items():
                self.tensors.pop((name, values.shape), None)
            self._make_room()

    def _make_room(self) -> None:
        size = sum(values.nbytes for values in self.tensors.values())
        while size > MOST_BYTES:
            oldest = next(iter(self.tensors))
            size -= self.tensors.pop(oldest).nbytes

    def items(self) -> Iterator[tuple[str, Values]]:
        """Names and values, the newest last."""
        for (name, _), values in self.tensors.items():
            yield name, values

    def clear(self) -> None:
        self.tensors.clear()

    def copy(self) -> Shelf:
        """For another thread."""
        return Shelf(self.tensors)
