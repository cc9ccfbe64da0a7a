"""The functions of the NumPy scripts: each script holds the source of those that it uses.

Pictures are (N, channels, height, width), vectors (N, values), filters (filters, channels of a group, height, width).
"""

from __future__ import annotations

import numpy as np

Array = np.ndarray
Pair = tuple[int, int]


def padded(x: Array, padding: Pair, value: float = 0.0) -> Array:
    """Pictures with rows of ``value`` added above and below, and columns left and right."""
    rows, columns = padding
    return np.pad(x, ((0, 0), (0, 0), (rows, rows), (columns, columns)), constant_values=value)


def windows_of(x: Array, kernel: Pair, stride: Pair, dilation: Pair = (1, 1)) -> Array:
    """A view of all places of a sliding window: ``[n, c, row, column, i, j]`` is what it shows at ``i, j`` there."""
    span = (dilation[0] * (kernel[0] - 1) + 1, dilation[1] * (kernel[1] - 1) + 1)
    everywhere = np.lib.stride_tricks.sliding_window_view(x, span, axis=(2, 3))
    return everywhere[:, :, :: stride[0], :: stride[1], :: dilation[0], :: dilation[1]]


def conv2d(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Pair = (1, 1),
    padding: Pair = (0, 0),
    dilation: Pair = (1, 1),
    groups: int = 1,
) -> Array:
    """Each filter weighs what it sees in the channels of its group, at every place of the picture."""
    filters, _, *kernel = weight.shape
    windows = windows_of(padded(x, padding), (kernel[0], kernel[1]), stride, dilation)
    count, _, height, width, _, _ = windows.shape
    seen = windows.transpose(0, 1, 4, 5, 2, 3).reshape(count, groups, -1, height * width)
    y = (weight.reshape(groups, filters // groups, -1) @ seen).reshape(count, filters, height, width)
    return y if bias is None else y + bias[:, np.newaxis, np.newaxis]


def transposed_conv2d(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Pair = (1, 1),
    padding: Pair = (0, 0),
    output_padding: Pair = (0, 0),
) -> Array:
    """Each value stamps the filters, times itself, into a larger picture, where the stamps add up."""
    count, _, height, width = x.shape
    _, filters, rows, columns = weight.shape
    tall = (height - 1) * stride[0] + rows + output_padding[0]
    wide = (width - 1) * stride[1] + columns + output_padding[1]
    y = np.zeros((count, filters, tall, wide), x.dtype)
    for i in range(rows):
        for j in range(columns):
            below = slice(i, i + (height - 1) * stride[0] + 1, stride[0])
            beside = slice(j, j + (width - 1) * stride[1] + 1, stride[1])
            y[:, :, below, beside] += np.einsum("nchw,cf->nfhw", x, weight[:, :, i, j], optimize=True)
    y = y[:, :, padding[0] : tall - padding[0], padding[1] : wide - padding[1]]
    return y if bias is None else y + bias[:, np.newaxis, np.newaxis]


def dense(x: Array, weight: Array, bias: Array) -> Array:
    """Every unit weighs all values, adds them up and adds its bias."""
    return x @ weight.T + bias


def max_pool2d(x: Array, kernel: Pair, stride: Pair, padding: Pair = (0, 0)) -> Array:
    """The largest value of each window; padding never wins."""
    return windows_of(padded(x, padding, -np.inf), kernel, stride).max(axis=(4, 5))


def min_pool2d(x: Array, kernel: Pair, stride: Pair, padding: Pair = (0, 0)) -> Array:
    """The smallest value of each window; padding never wins."""
    return windows_of(padded(x, padding, np.inf), kernel, stride).min(axis=(4, 5))


def average_pool2d(x: Array, kernel: Pair, stride: Pair, padding: Pair = (0, 0)) -> Array:
    """The mean of each window; the zeros of the padding count."""
    return windows_of(padded(x, padding), kernel, stride).mean(axis=(4, 5))


def sum_pool2d(x: Array, kernel: Pair, stride: Pair, padding: Pair = (0, 0)) -> Array:
    """The sum of each window."""
    return windows_of(padded(x, padding), kernel, stride).sum(axis=(4, 5))


def count_pool2d(x: Array, threshold: float, kernel: Pair, stride: Pair, padding: Pair = (0, 0)) -> Array:
    """How many values of each window are above the threshold; the zeros of the padding count."""
    return (windows_of(padded(x, padding), kernel, stride) > threshold).sum(axis=(4, 5)).astype(x.dtype)


def median_pool2d(x: Array, kernel: Pair, stride: Pair, padding: Pair = (0, 0)) -> Array:
    """The middle of those values of each window that lie in the picture, of an even number the lower one."""
    windows = windows_of(padded(x, padding, np.nan), kernel, stride)
    in_order = np.sort(windows.reshape(*windows.shape[:4], -1), axis=-1)  # NaN, which is the padding, comes last
    middle = ((~np.isnan(in_order)).sum(axis=-1, keepdims=True) - 1) // 2
    return np.take_along_axis(in_order, middle, axis=-1)[..., 0]


def upsampled(x: Array, factor: Pair) -> Array:
    """Pictures with ``factor`` times as many rows and columns, which blend their neighbours."""
    return stretched(stretched(x, factor[0], axis=2), factor[1], axis=3)


def stretched(x: Array, factor: int, axis: int) -> Array:
    """Place ``i`` has what lies at ``(i + 0.5) / factor - 0.5`` between two values; beyond an edge its value stays."""
    size = x.shape[axis]
    place = (np.arange(size * factor) + 0.5) / factor - 0.5
    before = np.floor(place).astype(int)
    share = (place - before).astype(x.dtype).reshape([-1 if each == axis else 1 for each in range(x.ndim)])
    low, high = (x.take(np.clip(index, 0, size - 1), axis) for index in (before, before + 1))
    return low + share * (high - low)


def leaky_relu(x: Array, slope: float) -> Array:
    """``x`` where positive, else ``slope x``."""
    return np.where(x > 0, x, slope * x)


def sigmoid(x: Array) -> Array:
    """``1 / (1 + exp(-x))``, in a form in which nothing overflows."""
    return 0.5 * (1 + np.tanh(0.5 * x))


def elu(x: Array, alpha: float) -> Array:
    """``x`` where positive, else ``alpha (exp(x) - 1)``."""
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def gelu(x: Array) -> Array:
    """``x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))``."""
    return 0.5 * x * (1 + np.tanh((2 / np.pi) ** 0.5 * (x + 0.044715 * x**3)))


def softmax(x: Array) -> Array:
    """Shares that add up to 1, over the values of a vector or the channels at each place of a picture."""
    grown = np.exp(x - x.max(axis=1, keepdims=True))
    return grown / grown.sum(axis=1, keepdims=True)


def batch_norm(
    x: Array, weight: Array, bias: Array, running_mean: Array, running_var: Array, epsilon: float = 1e-5
) -> Array:
    """Each channel with the mean and the spread that were found while training brought to 0 and 1, then scaled."""
    beside = (-1, *[1] * (x.ndim - 2))
    scale = (weight / np.sqrt(running_var + epsilon)).reshape(beside)
    return (x - running_mean.reshape(beside)) * scale + bias.reshape(beside)


def layer_norm(x: Array, weight: Array, bias: Array, epsilon: float = 1e-5) -> Array:
    """All values of an image brought to mean 0 and spread 1, then scaled."""
    axes = tuple(range(1, x.ndim))
    centred = x - x.mean(axis=axes, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=axes, keepdims=True) + epsilon) * weight + bias
