"""Counted randomness in this backend's layout (see ``engine/random.py``)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.numpy.layout import to_inner
from nnstudio.engine.random import mix
from nnstudio.network import Shape

Bits = NDArray[np.uint32]


def counted_hashes(first_image: int, count: int, shape: Shape) -> Bits:
    """``mix(i * size + f)`` for each of ``count`` images ``i`` from ``first_image`` on and each value ``f`` of its
    ``shape``."""
    size = int(np.prod(shape))
    numbers = np.arange(first_image * size, (first_image + count) * size, dtype=np.uint32)
    return np.ascontiguousarray(to_inner(mix(numbers).reshape(count, *shape)))
