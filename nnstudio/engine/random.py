"""Counted randomness: one hash that NumPy and OpenCL C compute alike."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_GOLDEN = np.uint32(0x9E3779B9)


def mix(value: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Spread 32 bits over 32 bits (the ``lowbias32`` integer hash of Chris Wellons; public domain)."""
    mixed = value.copy()
    mix_in_place(mixed, np.empty_like(mixed))
    return mixed


def mix_in_place(value: NDArray[np.uint32], scratch: NDArray[np.uint32]) -> None:
    """``mix`` without a new array; ``scratch`` has the shape of ``value``."""
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B), (16, 1)):
        np.right_shift(value, np.uint32(shift), out=scratch)
        np.bitwise_xor(value, scratch, out=value)
        np.multiply(value, np.uint32(factor), out=value)


def stream(seed: int, step: int, op: int) -> np.uint32:
    """The key of one op's random numbers in one step."""
    key = mix(np.array([seed & 0xFFFFFFFF], np.uint32))
    for part in (step, op):
        key = mix(key + np.uint32(part & 0xFFFFFFFF) + _GOLDEN)
    return np.uint32(key[0])


def random_bits(key: np.uint32, count: int) -> NDArray[np.uint32]:
    """Random number ``i`` of a stream, for every ``i`` below ``count``: ``mix(mix(i) ^ key)``."""
    return mix(mix(np.arange(count, dtype=np.uint32)) ^ key)


def threshold(rate: float) -> int:
    """``rate`` as a share of 2**32: a number below it is a hit."""
    return min(round(rate * 2**32), 2**32 - 1)
