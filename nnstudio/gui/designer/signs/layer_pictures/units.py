"""Layers of neurons, and what is done to values one by one: dense, normalization, regularisation."""

from __future__ import annotations

import numpy as np

from nnstudio.gui.designer.signs.layer_pictures.sketch import WIDTH, Sketch, draws
from nnstudio.network import Layer
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.dropout import Dropout, SpatialDropout
from nnstudio.network.layers.noise import GaussianNoise
from nnstudio.network.layers.normalization import BatchNormalization, LayerNormalization

_FLOOR = 26.5


@draws(Dense)
def fan(sketch: Sketch, _layer: type[Layer]) -> None:
    """Every neuron looks at every value."""
    left, right = [(8, y) for y in (4.5, 12, 20, 27.5)], [(32, y) for y in (8, 16, 24)]
    for target in right:
        for source in left:
            sketch.line(source, target, strong=False)
    for source in left:
        sketch.line(source, right[1])
    for x, y in left + right:
        sketch.dot(x, y)


@draws(BatchNormalization)
def centre(sketch: Sketch, _layer: type[Layer]) -> None:
    """Bells of any place and width become the one around 0."""
    x = np.linspace(-3.4, 3.4, 80)
    across = 4 + (x + 3.4) / 6.8 * (WIDTH - 8)
    for mean, spread, strong in ((-1.9, 0.45, False), (1.6, 0.7, False), (0.0, 0.8, True)):
        height = 18 * np.exp(-(((x - mean) / spread) ** 2) / 2) * min(1.0, 0.6 / spread + 0.25 * strong)
        sketch.line(*zip(across.tolist(), (_FLOOR - height).tolist(), strict=True), strong=strong)
    sketch.line((4, _FLOOR), (WIDTH - 4, _FLOOR), strong=False)
    sketch.line((20, _FLOOR - 2), (20, _FLOOR + 2.5), strong=False)


@draws(LayerNormalization)
def level(sketch: Sketch, _layer: type[Layer]) -> None:
    """The values of one image, then the same around 0."""
    values = np.array([0.55, 0.9, 0.7, 0.45, 1.0])
    scaled = (values - values.mean()) / values.std()
    for number, (value, around) in enumerate(zip(values, scaled, strict=True)):
        height = round(20 * float(value))
        sketch.bar(3 + 3 * number, 26 - height, 2, height, strong=False)
        reach = round(6 * float(around)) or 1
        sketch.bar(23 + 3 * number, 16 - max(reach, 0), 2, abs(reach))
    sketch.line((3, _FLOOR), (17, _FLOOR), strong=False)
    sketch.line((22, 16), (38, 16), strong=False)
    sketch.arrow(17.5, 16, 3.5)


@draws(Dropout)
def switch_off(sketch: Sketch, _layer: type[Layer]) -> None:
    """Some units are crossed out."""
    off = {(0, 1), (1, 2), (2, 0), (3, 1), (1, 0)}
    for column in range(4):
        for row in range(3):
            x, y = 6.5 + 9 * column, 7 + 9 * row
            if (column, row) in off:
                sketch.ring(x, y, 3, strong=False)
                sketch.cross(x, y, 1.8)
            else:
                sketch.dot(x, y, 3.2)


@draws(SpatialDropout)
def switch_channel_off(sketch: Sketch, _layer: type[Layer]) -> None:
    """One whole channel of three is crossed out."""
    for number, share in enumerate((0.9, 0.2, 0.9)):
        x = 3 + 12 * number
        sketch.plane(x, 11, 10, share)
        if number == 1:
            edge = ((x, 11), (x + 10, 11), (x + 10, 21), (x, 21), (x, 11))
            sketch.line(*edge, strong=False)
            sketch.cross(x + 5, 16, 3.5)


@draws(GaussianNoise)
def shake(sketch: Sketch, _layer: type[Layer]) -> None:
    """Values that are almost the same."""
    x = np.linspace(4, WIDTH - 4, 17)
    smooth = 16 - 7 * np.sin((x - 4) / 32 * 2 * np.pi)
    noise = np.random.default_rng(4).normal(0, 2.0, x.size)
    sketch.line(*zip(x.tolist(), smooth.tolist(), strict=True), strong=False)
    sketch.line(*zip(x.tolist(), (smooth + noise).tolist(), strict=True))
