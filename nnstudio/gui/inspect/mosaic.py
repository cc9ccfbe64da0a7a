"""Weights as a mosaic: every kernel a tile, all that are seen painted in one go. Without Qt."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, log10, prod

import numpy as np
from numpy.typing import NDArray

from nnstudio.network import Check, Family, NetworkSpec
from nnstudio.network.layers.transposed_convolution import TransposedConvolution

MIN_SCALE, MAX_SCALE = 3, 64
"""Pixels a weight is wide, at least so that it can be told from its neighbour."""


@dataclass(frozen=True)
class Source:
    """A parameter that can be seen as kernels (outputs, inputs, height, width), of which `shape` has the sizes."""

    node: str
    title: str
    shape: tuple[int, int, int, int]
    inputs_first: bool = False
    """As a transposed convolution has its weights."""

    @property
    def parameter(self) -> str:
        return f"{self.node}.weight"

    def kernels(self, weights: NDArray[np.floating]) -> NDArray[np.floating] | None:
        """The parameter's values as kernels; ``None`` when they are another network's."""
        if weights.size != prod(self.shape):
            return None
        outputs, inputs, height, width = self.shape
        if self.inputs_first:
            return weights.reshape(inputs, outputs, height, width).swapaxes(0, 1)
        return weights.reshape(self.shape)


def sources(spec: NetworkSpec, check: Check) -> list[Source]:
    """Convolutions of all kinds, and dense layers right behind a flattened picture: their weights are pictures too."""
    found = []
    for node in spec.nodes:
        report = check.layers.get(node.id)
        if report is None:
            continue
        shape = next((p.shape for p in report.parameters if p.role == "weight"), ())
        if node.layer.family is Family.DENSE:
            before = spec.sources(node.id)[0]
            flattened = check.layers[before].inputs if spec.node(before).layer.family is Family.RESHAPE else ()
            shape = (shape[0], *flattened[0]) if flattened and len(flattened[0]) == 3 else ()
        if len(shape) == 4:
            o, i, h, w = shape
            inputs_first = isinstance(node.layer, TransposedConvolution)
            if inputs_first:
                o, i = i, o
            found.append(Source(node.id, f"{node.id}: {o} × {i} × {h}×{w}", (o, i, h, w), inputs_first))
    return found


@dataclass(frozen=True)
class Mosaic:
    """How kernels (outputs, inputs, height, width) lie on the screen: `columns` side by side, `scale` pixels a weight.

    With several inputs there must be a column for each, and every output has a row.
    """

    shape: tuple[int, int, int, int]
    columns: int
    scale: int

    @classmethod
    def fitting(cls, shape: tuple[int, int, int, int], width: int, height: int) -> Mosaic:
        """As large as it can be in `width` × `height` pixels, within reason; with one input the outputs fill a grid."""
        outputs, inputs, *_ = shape
        choices = [inputs] if inputs > 1 else range(1, outputs + 1)
        return max((cls(shape, columns, _scale(shape, columns, width, height)) for columns in choices), key=_preference)

    @property
    def gap(self) -> int:
        """Pixels between the frames of two tiles; a frame is one pixel wide."""
        return max(1, self.scale // 3)

    @property
    def rows(self) -> int:
        return ceil(self.shape[0] * self.shape[1] / self.columns)

    @property
    def pitch(self) -> tuple[int, int]:
        """Pixels from one tile to the next, down and to the right."""
        _, _, height, width = self.shape
        return height * self.scale + 2 + self.gap, width * self.scale + 2 + self.gap

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        down, right = self.pitch
        return self.rows * down - self.gap, self.columns * right - self.gap

    def paint(self, colours: NDArray[np.uint32], frame: int, rows: range, columns: range) -> NDArray[np.uint32]:
        """The tiles in these rows and columns as pixels. `colours` has one for each weight; gaps are transparent."""
        outputs, inputs, height, width = self.shape
        index = np.add.outer(np.arange(rows.start, rows.stop) * self.columns, np.arange(columns.start, columns.stop))
        tiles = colours.reshape(-1, height, width)[np.minimum(index, outputs * inputs - 1)]
        down, right = self.pitch
        framed = np.full((*index.shape, down - self.gap, right - self.gap), frame, np.uint32)
        framed[:, :, 1:-1, 1:-1] = tiles.repeat(self.scale, axis=2).repeat(self.scale, axis=3)
        framed[index >= outputs * inputs] = 0
        picture = np.zeros((len(rows), down, len(columns), right), np.uint32)
        picture[:, : -self.gap, :, : -self.gap] = framed.swapaxes(1, 2)
        return picture.reshape(len(rows) * down, len(columns) * right)

    def seen(self, top: int, left: int, bottom: int, right: int) -> tuple[range, range]:
        """Rows and columns of the tiles that lie, at least in part, between these pixels."""
        pitch_down, pitch_right = self.pitch
        rows = range(max(0, top // pitch_down), min(self.rows, bottom // pitch_down + 1))
        return rows, range(max(0, left // pitch_right), min(self.columns, right // pitch_right + 1))

    def locate(self, y: int, x: int) -> tuple[int, int, int, int] | None:
        """Output, input, row and column of the weight at a pixel; ``None`` in a gap or outside."""
        outputs, inputs, height, width = self.shape
        (tile_row, y), (tile_column, x) = divmod(y, self.pitch[0]), divmod(x, self.pitch[1])
        row, column, tile = (y - 1) // self.scale, (x - 1) // self.scale, tile_row * self.columns + tile_column
        known = 0 <= tile_column < self.columns and 0 <= tile < outputs * inputs
        return (*divmod(tile, inputs), row, column) if known and 0 <= row < height and 0 <= column < width else None


def _scale(shape: tuple[int, int, int, int], columns: int, width: int, height: int) -> int:
    """The largest scale at which the mosaic fits, but neither too small to tell weights nor absurdly large."""
    for scale in range(MAX_SCALE, MIN_SCALE, -1):
        mosaic = Mosaic(shape, columns, scale)
        if mosaic.size[0] <= height and mosaic.size[1] <= width:
            return scale
    return MIN_SCALE


def _preference(mosaic: Mosaic) -> tuple[int, float]:
    """Large weights first, then a shape like the screen's."""
    height, width = mosaic.size
    return mosaic.scale, -abs(log10(width / height / 1.5))


def nice_limit(values: NDArray[np.floating]) -> float:
    """The largest absolute value, rounded up to half a leading digit, so that a live scale mostly stands still."""
    largest = float(np.max(np.abs(values), initial=0.0, where=np.isfinite(values)))
    if largest <= 0:
        return 1.0
    unit = 10.0 ** floor(log10(largest)) / 2
    return float(f"{ceil(largest / unit * (1 - 1e-9)) * unit:.3g}")
