"""Layers that slide windows over pictures: the cells are what they really compute of each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from nnstudio.gui.designer.signs.layer_pictures.sketch import Sketch, draws, rescaled
from nnstudio.network import Layer
from nnstudio.network.layers import convolution, pooling
from nnstudio.network.layers.transposed_convolution import TransposedConvolution
from nnstudio.network.layers.upsampling import Upsampling

_LEVELS = (0.35, 0.9, 0.6, 0.15)
_THRESHOLD = 0.5
_WINDOWS: dict[type[Layer], Callable[[Sequence[float]], float]] = {
    pooling.MaxPooling: max,
    pooling.MinPooling: min,
    pooling.AveragePooling: lambda values: sum(values) / len(values),
    pooling.MedianPooling: lambda values: sorted(values)[(len(values) - 1) // 2],
}
"""What stands for a window."""


@draws(convolution.SlidingFilters)
def slide(sketch: Sketch, _layer: type[Layer]) -> None:
    """A window on a grid gives one value of a smaller grid: here a diagonal that looks for itself."""
    given, filter_ = np.fliplr(np.eye(5)), np.fliplr(np.eye(3))
    answers = [[(given[y : y + 3, x : x + 3] * filter_).sum() for x in range(3)] for y in range(3)]
    sketch.cells(3, 6, given)
    sketch.cells(26, 10, rescaled(np.array(answers)))
    sketch.line((14.5, 13.5), (25.5, 17.5), strong=False)
    sketch.line((14.5, 25.5), (25.5, 21.5), strong=False)
    sketch.frame(2.5, 13.5, 12, 12)


@draws(convolution.DepthwiseConvolution)
def channel_by_channel(sketch: Sketch, _layer: type[Layer]) -> None:
    """Each channel goes through a filter of its own."""
    for number, share in enumerate((1.0, 0.7, 0.4)):
        y = 3 + 9 * number
        sketch.plane(4, y, 8, share)
        sketch.line((13, y + 4), (29, y + 4), strong=False)
        sketch.plane(18, y + 1, 6, share)
        sketch.cells(19, y + 2, [[0.1, 0.1], [0.1, 0.1]], 1.5)
        sketch.plane(29, y, 8, share)


@draws(TransposedConvolution)
def stamp(sketch: Sketch, _layer: type[Layer]) -> None:
    """Each value stamps a filter; where stamps overlap they add up."""
    given = np.array([[1.0, 0.5], [0.5, 0.25]])
    sum_ = np.zeros((5, 5))
    for (row, column), value in np.ndenumerate(given):
        sum_[2 * row : 2 * row + 3, 2 * column : 2 * column + 3] += value
    sketch.cells(3, 11, given, 4)
    sketch.cells(18, 6, sum_ / sum_.max())
    sketch.line((7, 11), (17.5, 5.5), strong=False)
    sketch.line((7, 15), (17.5, 17.5), strong=False)
    sketch.frame(17.5, 5.5, 12, 12)


@draws(Upsampling)
def repeat(sketch: Sketch, _layer: type[Layer]) -> None:
    """Each value becomes four."""
    given = np.array([[0.25, 1.0], [0.6, 0.0]])
    sketch.cells(4, 11, given, 4)
    sketch.arrow(14, 16, 4)
    sketch.cells(20, 8, given.repeat(2, 0).repeat(2, 1))


@draws(pooling.Pooling)
def pool(sketch: Sketch, layer: type[Layer]) -> None:
    """Four values become one: the highest, the mean, ..."""
    for number, level in enumerate(_LEVELS):
        sketch.gauge(4 + 9 * (number % 2), 7 + 9 * (number // 2), level)
    sketch.arrow(22, 16)
    rule = next((_WINDOWS[base] for base in layer.__mro__ if base in _WINDOWS), None)
    sketch.gauge(29, 12, 1.0 if rule is None else rule(_LEVELS))


@draws(pooling.SumPooling)
def add_up(sketch: Sketch, _layer: type[Layer]) -> None:
    """Four values on top of each other."""
    for number, level in enumerate(_LEVELS):
        sketch.gauge(4 + 9 * (number % 2), 7 + 9 * (number // 2), level)
    sketch.arrow(22, 16)
    sketch.gauge(29, 5, sum(_LEVELS) / 3, height=22)


@draws(pooling.CountPooling)
def count(sketch: Sketch, _layer: type[Layer]) -> None:
    """How many of four reach over a line."""
    for number, level in enumerate(_LEVELS):
        x, y = 4 + 9 * (number % 2), 7 + 9 * (number // 2)
        sketch.gauge(x, y, level)
        sketch.line((x - 0.5, y + 8 * (1 - _THRESHOLD)), (x + 8.5, y + 8 * (1 - _THRESHOLD)), strong=False)
    sketch.arrow(22, 16)
    above = sum(level > _THRESHOLD for level in _LEVELS)
    for number in range(len(_LEVELS)):
        sketch.dot(33, 6.5 + 6.3 * number, 2.2, strong=number >= len(_LEVELS) - above)


@draws(pooling.GlobalPooling)
def channel_to_value(sketch: Sketch, layer: type[Layer]) -> None:
    """A whole channel becomes one value: its mean, or the largest."""
    values = np.array([[0.1, 0.3, 0.2], [0.2, 1.0, 0.6], [0.0, 0.5, 0.4]])
    largest = issubclass(layer, pooling.GlobalMaxPooling)
    sketch.plane(9, 4, 17, 0.3)
    sketch.plane(6, 7, 17, 0.3)
    sketch.plane(3, 10, 17, 0.12)
    sketch.cells(4, 11, values, 4.5)
    if largest:
        sketch.frame(8.5, 15.5, 6, 6)
    sketch.arrow(24.5, 18, 4)
    sketch.cells(31, 15, [[values.max() if largest else values.mean()]], 6)
    sketch.line((30.5, 14.5), (37.5, 14.5), (37.5, 21.5), (30.5, 21.5), (30.5, 14.5), strong=False)
