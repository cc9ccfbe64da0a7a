"""Counted randomness: one hash that NumPy and OpenCL C compute alike."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_GOLDEN = np.uint32(0x9E3779B9)


def mix(value: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Spread 32 bits over 32 bits (the ``lowbias32`` integer hash of Chris Wellons; public domain)."""
    value = value ^ (value >> np.uint32(16))
    value = value * np.uint32(0x7FEB352D)
    value = value ^ (value >> np.uint32(15))
    value = value * np.uint32(0x846CA68B)
    return value ^ (value >> np.uint32(16))


def stream(seed: int, step: int, op: int) -> np.uint32:
    """The key of one op's random numbers in one step."""
    key = np.array([seed & 0xFFFFFFFF], np.uint32)
    for part in (step, op):
        key = mix(key + np.uint32(part & 0xFFFFFFFF) + _GOLDEN)
    return np.uint32(key[0])


def random_bits(key: np.uint32, count: int) -> NDArray[np.uint32]:
    """Random number ``i`` of a stream, for every ``i`` below ``count``: ``mix(mix(i) ^ key)``."""
    return mix(mix(np.arange(count, dtype=np.uint32)) ^ key)


def threshold(rate: float) -> int:
    """``rate`` as a share of 2**32: a number below it is a hit."""
    return min(round(rate * 2**32), 2**32 - 1)
