"""What the kernels must compute, as plain loops in float64. Pictures are NCHW, weights OIHW."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Pair = tuple[int, int]


def places(
    size: Pair, out: Pair, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair = (1, 1)
) -> Iterator[tuple[int, ...]]:
    """All (output row, output column, kernel row, kernel column, input row, input column) that exist."""
    for y, x, ky, kx in product(*map(range, (*out, *kernel))):
        row = y * stride[0] + ky * dilation[0] - padding[0]
        column = x * stride[1] + kx * dilation[1] - padding[1]
        if 0 <= row < size[0] and 0 <= column < size[1]:
            yield y, x, ky, kx, row, column


def out_size(size: Pair, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair) -> Pair:
    axes = zip(size, kernel, stride, padding, dilation, strict=True)
    rows, columns = ((s + 2 * p - d * (k - 1) - 1) // t + 1 for s, k, t, p, d in axes)
    return rows, columns


def groups_of(channels: int, filters: int, groups: int) -> list[tuple[slice, slice]]:
    """The channels and the filters of each group."""
    c, f = channels // groups, filters // groups
    return [(slice(g * c, g * c + c), slice(g * f, g * f + f)) for g in range(groups)]


def convolution(X: Array, W: Array, stride: Pair, padding: Pair, dilation: Pair = (1, 1), groups: int = 1) -> Array:
    """Y without a bias."""
    size, kernel = X.shape[2:], W.shape[2:]
    out = out_size(size, kernel, stride, padding, dilation)
    Y = np.zeros((len(X), len(W), *out))
    for y, x, ky, kx, row, column in places(size, out, kernel, stride, padding, dilation):
        for c, f in groups_of(X.shape[1], len(W), groups):
            Y[:, f, y, x] += X[:, c, row, column] @ W[f, :, ky, kx].T
    return Y


def convolution_gradients(
    X: Array, W: Array, dY: Array, stride: Pair, padding: Pair, dilation: Pair = (1, 1), groups: int = 1
) -> tuple[Array, Array]:
    """dX, dW."""
    size, kernel, out = X.shape[2:], W.shape[2:], dY.shape[2:]
    dX, dW = np.zeros_like(X), np.zeros_like(W)
    for y, x, ky, kx, row, column in places(size, out, kernel, stride, padding, dilation):
        for c, f in groups_of(X.shape[1], len(W), groups):
            dX[:, c, row, column] += dY[:, f, y, x] @ W[f, :, ky, kx]
            dW[f, :, ky, kx] += dY[:, f, y, x].T @ X[:, c, row, column]
    return dX, dW


def softmax_loss(z: Array, labels: NDArray[np.integer], loss: str) -> tuple[Array, Array, Array]:
    """Probabilities, loss of each image, and gradient of the mean loss by the scores (by central differences)."""

    def losses(scores: Array) -> tuple[Array, Array]:
        shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
        P = shifted / shifted.sum(axis=1, keepdims=True)
        if loss == "cross_entropy":
            return P, -np.log(P[np.arange(len(P)), labels])
        return P, ((P - np.eye(P.shape[1])[labels]) ** 2).mean(axis=1)

    gradient, step = np.zeros_like(z), 1e-5
    for u in range(z.shape[1]):
        offset = step * (np.arange(z.shape[1]) == u)
        gradient[:, u] = (losses(z + offset)[1] - losses(z - offset)[1]) / (2 * step) / len(z)
    return *losses(z), gradient
