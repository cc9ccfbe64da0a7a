"""Which values a sliding window touches, along one axis."""

from __future__ import annotations

from collections.abc import Iterator


def taps(size: int, places: int, kernel: int, stride: int, padding: int) -> Iterator[tuple[int, slice, slice]]:
    """For each position ``k`` in the window: ``k``, the places where it lies inside the picture, the values it meets.

    Place ``o`` meets value ``o * stride + k - padding``; there are ``size`` values and ``places`` places.
    """
    for k in range(kernel):
        shift = k - padding
        first = max(0, -(shift // stride))
        last = min(places - 1, (size - 1 - shift) // stride)
        if first <= last:
            yield k, slice(first, last + 1), slice(first * stride + shift, last * stride + shift + 1, stride)
