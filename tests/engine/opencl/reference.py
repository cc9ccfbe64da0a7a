"""What the kernels must compute, as plain loops in float64. Pictures are NCHW, weights OIHW."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Pair = tuple[int, int]


def places(size: Pair, out: Pair, kernel: Pair, stride: Pair, padding: Pair) -> Iterator[tuple[int, ...]]:
    """All (output row, output column, kernel row, kernel column, input row, input column) that exist."""
    for y, x, ky, kx in product(*map(range, (*out, *kernel))):
        row, column = y * stride[0] + ky - padding[0], x * stride[1] + kx - padding[1]
        if 0 <= row < size[0] and 0 <= column < size[1]:
            yield y, x, ky, kx, row, column


def out_size(size: Pair, kernel: Pair, stride: Pair, padding: Pair) -> Pair:
    rows, columns = ((s + 2 * p - k) // t + 1 for s, k, t, p in zip(size, kernel, stride, padding, strict=True))
    return rows, columns


def convolution(X: Array, W: Array, b: Array, stride: Pair, padding: Pair) -> Array:
    size, kernel = X.shape[2:], W.shape[2:]
    out = out_size(size, kernel, stride, padding)
    Y = np.tile(b[:, None, None], (len(X), 1, *out))
    for y, x, ky, kx, row, column in places(size, out, kernel, stride, padding):
        Y[:, :, y, x] += X[:, :, row, column] @ W[:, :, ky, kx].T
    return Y


def convolution_gradients(X: Array, W: Array, dY: Array, stride: Pair, padding: Pair) -> tuple[Array, Array, Array]:
    """dX, dW, db."""
    size, kernel, out = X.shape[2:], W.shape[2:], dY.shape[2:]
    dX, dW = np.zeros_like(X), np.zeros_like(W)
    for y, x, ky, kx, row, column in places(size, out, kernel, stride, padding):
        dX[:, :, row, column] += dY[:, :, y, x] @ W[:, :, ky, kx]
        dW[:, :, ky, kx] += dY[:, :, y, x].T @ X[:, :, row, column]
    return dX, dW, dY.sum(axis=(0, 2, 3))


def maximum_pooling(X: Array, dY: Array, kernel: Pair, stride: Pair, padding: Pair) -> tuple[Array, Array]:
    """Y and dX; the first of equal values, row by row, gets the gradient."""
    out = dY.shape[2:]
    Y, dX = np.full(dY.shape, -np.inf), np.zeros_like(X)
    winner = np.zeros((*dY.shape, 2), int)
    for y, x, _, _, row, column in places(X.shape[2:], out, kernel, stride, padding):
        better = X[:, :, row, column] > Y[:, :, y, x]
        Y[:, :, y, x][better] = X[:, :, row, column][better]
        winner[:, :, y, x][better] = row, column
    for n, c, y, x in np.ndindex(dY.shape):
        row, column = winner[n, c, y, x]
        dX[n, c, row, column] += dY[n, c, y, x]
    return Y, dX


def average_pooling(X: Array, dY: Array, kernel: Pair, stride: Pair, padding: Pair) -> tuple[Array, Array]:
    """Y and dX; padding counts as zeros."""
    Y, dX = np.zeros(dY.shape), np.zeros_like(X)
    share = 1 / (kernel[0] * kernel[1])
    for y, x, _, _, row, column in places(X.shape[2:], dY.shape[2:], kernel, stride, padding):
        Y[:, :, y, x] += X[:, :, row, column] * share
        dX[:, :, row, column] += dY[:, :, y, x] * share
    return Y, dX


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
