"""Counted randomness: one hash that NumPy and OpenCL C compute alike."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_GOLDEN = np.uint32(0x9E3779B9)
SECOND = 2**24
"""More than a network has ops."""


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


def second_stream(seed: int, step: int, op: int) -> np.uint32:
    """The key of another stream for an op that needs two."""
    return stream(seed, step, op + SECOND)


def random_bits(key: np.uint32, count: int) -> NDArray[np.uint32]:
    """Random number ``i`` of a stream, for every ``i`` below ``count``: ``mix(mix(i) ^ key)``."""
    return numbered_bits(key, np.arange(count, dtype=np.uint32))


def numbered_bits(key: np.uint32, numbers: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """The random numbers of a stream that have these ``numbers``."""
    return mix(mix(numbers) ^ key)


def symmetric(bits: NDArray[np.uint32]) -> NDArray[np.float64]:
    """Random numbers as reals from -1 to (not quite) 1: multiples of 2**-23, which a ``float`` has exactly."""
    return (bits >> np.uint32(8)).astype(np.float64) * 2.0**-23 - 1


def whole(bits: NDArray[np.uint32], count: NDArray[np.integer] | int) -> NDArray[np.int64]:
    """Random numbers as whole ones below ``count``: the upper half of a product."""
    return ((bits.astype(np.uint64) * np.asarray(count, np.uint64)) >> np.uint64(32)).astype(np.int64)


def normal(first: NDArray[np.uint32], second: NDArray[np.uint32], dtype: np.dtype[np.floating]) -> NDArray[np.floating]:
    """Two random numbers as one that is normally distributed, with mean 0 and deviation 1, at most 5.8 (Box and Muller,
    1958): ``sqrt(-2 ln u) cos(2 pi v)`` with ``u`` above 0 and up to 1, ``v`` from 0 to 1."""
    number, cosine = np.empty(first.shape, dtype), np.empty(first.shape, dtype)
    normal_into(number, cosine, first.copy(), second.copy())
    return number


def normal_into(
    number: NDArray[np.floating], cosine: NDArray[np.floating], first: NDArray[np.uint32], second: NDArray[np.uint32]
) -> None:
    """``normal`` without a new array: ``number`` is written, ``cosine`` and the random numbers are lost."""
    np.right_shift(first, np.uint32(8), out=first)
    np.add(first, np.uint32(1), out=first)
    np.copyto(number, first, casting="same_kind")
    np.multiply(number, 2.0**-24, out=number)
    np.log(number, out=number)
    np.multiply(number, -2, out=number)
    np.sqrt(number, out=number)
    np.right_shift(second, np.uint32(8), out=second)
    np.copyto(cosine, second, casting="same_kind")
    np.multiply(cosine, 2 * np.pi / 2**24, out=cosine)
    np.cos(cosine, out=cosine)
    np.multiply(number, cosine, out=number)


def threshold(rate: float) -> int:
    """``rate`` as a share of 2**32: a number below it is a hit."""
    return min(round(rate * 2**32), 2**32 - 1)
