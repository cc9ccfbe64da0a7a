"""How this backend lays arrays out: pictures (height, channels, width, batch), vectors (units, batch).

With the batch innermost every operation works on long contiguous runs. With whole rows outermost, the rows under a
kernel lie one behind the other, so a convolution can be a matrix product over *views* (see ``ops/convolution.py``). Its
weights OIHW are stored OHIW for the same reason. Outside it is always NCHW and OIHW.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from nnstudio.network import Shape

Value = TypeVar("Value", bound=np.generic)


def inner_shape(shape: Shape, count: int) -> tuple[int, ...]:
    """The shape of ``count`` images' worth of a tensor."""
    if len(shape) == 3:
        channels, height, width = shape
        return height, channels, width, count
    return (*shape, count)


def to_inner(values: NDArray[Value]) -> NDArray[Value]:
    """(N, C, H, W) as (H, C, W, N), or (N, U) as (U, N): a view."""
    return values.transpose(2, 1, 3, 0) if values.ndim == 4 else values.T


def to_outer(values: NDArray[Value]) -> NDArray[Value]:
    """The way back: a view of shape (N, C, H, W) or (N, U)."""
    return values.transpose(3, 1, 0, 2) if values.ndim == 4 else values.T


def swap_weight(values: NDArray[Value]) -> NDArray[Value]:
    """OIHW as OHIW and back again; other parameters as they are: a view."""
    return values.transpose(0, 2, 1, 3) if values.ndim == 4 else values


def swapped_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of ``swap_weight``'s result."""
    return (shape[0], shape[2], shape[1], shape[3]) if len(shape) == 4 else shape
