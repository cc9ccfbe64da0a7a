"""Where pictures come in, paths join, and values take another form."""

from __future__ import annotations

import numpy as np

from nnstudio.gui.designer.signs.layer_pictures.sketch import Sketch, draws
from nnstudio.network import Layer
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.merge import Add, Concatenate, Merge
from nnstudio.network.layers.multiply import Multiply
from nnstudio.network.layers.reshape import Reshape

_SEVEN = ("       ", " ##### ", "     # ", "    #  ", "   #   ", "   #   ", "   #   ")
_SHADES = np.linspace(1, 0.1, 9)
_JOIN = (24.0, 16.0)


@draws(Input)
def digit(sketch: Sketch, _layer: type[Layer]) -> None:
    """A picture is a grid of numbers."""
    sketch.cells(6.5, 2.5, [[float(cell == "#") for cell in row] for row in _SEVEN])


@draws(Merge)
def join(sketch: Sketch, _layer: type[Layer]) -> None:
    """Two paths become one."""
    x, y = _JOIN
    for start in (7.5, 24.5):
        sketch.line((4, start), (13, start), (x - 5, y + (start - y) * 0.4), strong=False)
    sketch.arrow(x + 7, y)
    sketch.ring(x, y, 7)


@draws(Add)
def plus(sketch: Sketch, _layer: type[Layer]) -> None:
    """Two paths are added."""
    join(sketch, _layer)
    sketch.plus(*_JOIN, 3.5)


@draws(Multiply)
def times(sketch: Sketch, _layer: type[Layer]) -> None:
    """Two paths are multiplied."""
    join(sketch, _layer)
    sketch.cross(*_JOIN, 2.6)


@draws(Concatenate)
def stack(sketch: Sketch, _layer: type[Layer]) -> None:
    """The channels of two paths side by side."""
    shades = (1.0, 1.0, 0.5, 0.5, 0.5)
    for number, share in enumerate(shades):
        sketch.slab(4 + 3 * (number - 2 * (number > 1)), 4 if number < 2 else 18, share)
        sketch.slab(23 + 3 * number, 11, share)
    sketch.line((11, 9), (15, 9), (21, 14), strong=False)
    sketch.line((14, 23), (15, 23), (21, 18), strong=False)


@draws(Flatten)
def unroll(sketch: Sketch, _layer: type[Layer]) -> None:
    """A grid becomes a row of values."""
    sketch.cells(4, 9, _SHADES.reshape(3, 3), 4)
    sketch.arrow(20, 16)
    _column(sketch, 30)


@draws(Reshape)
def roll_up(sketch: Sketch, _layer: type[Layer]) -> None:
    """A row of values becomes a grid."""
    _column(sketch, 6)
    sketch.arrow(13, 16)
    sketch.cells(21, 9, _SHADES.reshape(3, 3), 4)


def _column(sketch: Sketch, x: float) -> None:
    sketch.cells(x, 2.5, _SHADES.reshape(9, 1), 2)
