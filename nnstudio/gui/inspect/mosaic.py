"""Weights as a mosaic: every kernel a tile, assembled in one go. Without Qt."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, log10, sqrt

import numpy as np
from numpy.typing import NDArray

from nnstudio.network import Check, Family, NetworkSpec

GAP = 1
"""Cells between two tiles."""


@dataclass(frozen=True)
class Source:
    """A parameter that can be seen as kernels: (outputs, inputs, height, width) once reshaped to `shape`."""

    node: str
    title: str
    shape: tuple[int, int, int, int]

    @property
    def parameter(self) -> str:
        return f"{self.node}.weight"


def sources(spec: NetworkSpec, check: Check) -> list[Source]:
    """Convolutions, and dense layers right behind a flattened picture: their weights are pictures too."""
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
            found.append(Source(node.id, f"{node.id}: {o} × {i} × {h}×{w}", (o, i, h, w)))
    return found


@dataclass(frozen=True)
class Mosaic:
    """How kernels (outputs, inputs, height, width) lie in a picture.

    With several inputs there is a row for each output and a column for each input; with one, the outputs fill a grid.
    """

    shape: tuple[int, int, int, int]

    @property
    def columns(self) -> int:
        outputs, inputs, height, width = self.shape
        return inputs if inputs > 1 else min(outputs, ceil(sqrt(outputs * 1.6 * height / width)))

    @property
    def rows(self) -> int:
        outputs, inputs, *_ = self.shape
        return outputs if inputs > 1 else ceil(outputs / self.columns)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in cells, gaps included."""
        _, _, height, width = self.shape
        return self.rows * (height + GAP) - GAP, self.columns * (width + GAP) - GAP

    def assemble(self, kernels: NDArray[np.floating], empty: float = np.nan) -> NDArray[np.float32]:
        """One picture of all kernels; gaps and unused places are `empty`."""
        _, _, height, width = self.shape
        tiles = np.full((self.rows * self.columns, height + GAP, width + GAP), empty, np.float32)
        tiles[: self.shape[0] * self.shape[1], :height, :width] = kernels.reshape(-1, height, width)
        picture = tiles.reshape(self.rows, self.columns, height + GAP, width + GAP).swapaxes(1, 2)
        rows, columns = self.size
        return picture.reshape(self.rows * (height + GAP), -1)[:rows, :columns]

    def locate(self, row: int, column: int) -> tuple[int, int, int, int] | None:
        """Output, input, row and column of the weight in a cell of the picture; ``None`` in a gap or outside."""
        outputs, inputs, height, width = self.shape
        (tile_row, y), (tile_column, x) = divmod(row, height + GAP), divmod(column, width + GAP)
        tile = tile_row * self.columns + tile_column
        inside = 0 <= row < self.size[0] and 0 <= column < self.size[1] and y < height and x < width
        return (*divmod(tile, inputs), y, x) if inside and tile < outputs * inputs else None


def nice_limit(values: NDArray[np.floating]) -> float:
    """The largest absolute value, rounded up to half a leading digit, so that a live scale mostly stands still."""
    largest = float(np.max(np.abs(values), initial=0.0, where=np.isfinite(values)))
    if largest <= 0:
        return 1.0
    unit = 10.0 ** floor(log10(largest)) / 2
    return float(f"{ceil(largest / unit * (1 - 1e-9)) * unit:.3g}")
