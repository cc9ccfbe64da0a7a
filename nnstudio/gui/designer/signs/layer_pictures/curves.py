"""Activations and outputs by their curves, computed from their formulas."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnstudio.gui.designer.signs.layer_pictures.sketch import HEIGHT, WIDTH, Sketch, draws
from nnstudio.network import Layer
from nnstudio.network.layers import activation as layers
from nnstudio.network.layers.linear_output import LinearOutput
from nnstudio.network.layers.sigmoid_output import SigmoidOutput
from nnstudio.network.layers.softmax_output import SoftmaxOutput

Values = NDArray[np.float64]
_MARGIN = 4
LEAK = 0.15
"""The usual slope of a leaky ReLU is too small to be seen."""


@dataclass(frozen=True)
class Curve:
    """A function, and between which values of x it is interesting."""

    function: Callable[[Values], Values]
    start: float
    end: float


def sigmoid(x: Values) -> Values:
    return 1 / (1 + np.exp(-x))


def softmax(x: Values) -> Values:
    return np.exp(x) / np.exp(x).sum()


CURVES: dict[type[Layer], Curve] = {
    layers.ReLU: Curve(lambda x: np.maximum(x, 0), -3, 2.5),
    layers.LeakyReLU: Curve(lambda x: np.maximum(x, LEAK * x), -3, 2.5),
    layers.Sigmoid: Curve(sigmoid, -5, 5),
    layers.Tanh: Curve(np.tanh, -3, 3),
    layers.ELU: Curve(lambda x: np.maximum(x, 0) + np.expm1(np.minimum(x, 0)), -3, 2),
    layers.Softplus: Curve(lambda x: np.logaddexp(0, x), -3, 2.5),
    layers.GELU: Curve(lambda x: x / 2 * (1 + np.tanh((2 / np.pi) ** 0.5 * (x + 0.044715 * x**3))), -3, 1.5),
    layers.SiLU: Curve(lambda x: x * sigmoid(x), -5, 1.5),
    layers.HardStep: Curve(lambda x: np.heaviside(x, 1), -1, 1),
    SigmoidOutput: Curve(sigmoid, -5, 5),
    LinearOutput: Curve(lambda x: x, -1, 1),
}


@draws(*CURVES)
def curve(sketch: Sketch, layer: type[Layer]) -> None:
    """The graph of the function between its axes."""
    chosen = next(CURVES[base] for base in layer.__mro__ if base in CURVES)
    x = np.sort(np.append(np.linspace(chosen.start, chosen.end, 97), (-1e-9, 0)))  # a step at 0 stands upright
    y = chosen.function(x)
    low, high = min(0.0, float(y.min())), max(0.0, float(y.max()))
    across = _MARGIN + (x - chosen.start) / (chosen.end - chosen.start) * (WIDTH - 2 * _MARGIN)
    scale = (HEIGHT - 2 * _MARGIN - 2) / (high - low)
    down = HEIGHT - _MARGIN - 1 - (y - low) * scale
    origin = round(float(np.interp(0, x, across))) + 0.5, round(HEIGHT - _MARGIN - 1 + low * scale) + 0.5
    sketch.line((_MARGIN, origin[1]), (WIDTH - _MARGIN, origin[1]), strong=False)
    sketch.line((origin[0], _MARGIN), (origin[0], HEIGHT - _MARGIN), strong=False)
    sketch.line(*zip(across.tolist(), down.tolist(), strict=True))


@draws(layers.Softmax)
def shares(sketch: Sketch, _layer: type[Layer]) -> None:
    """Scores become shares of one: the largest stands out."""
    scores = np.array([1.2, 2.6, 0.4])
    for number, (score, share) in enumerate(zip(scores / 3, softmax(scores), strict=True)):
        for x, size, strong in ((5, score, False), (24, share, True)):
            height = max(1, round(20 * float(size)))
            sketch.bar(x + 4 * number, 26 - height, 3, height, strong=strong)
    sketch.line((4, 26.5), (17, 26.5), strong=False)
    sketch.line((23, 26.5), (36, 26.5), strong=False)
    sketch.arrow(17.5, 16, 4)


@draws(SoftmaxOutput)
def answer(sketch: Sketch, _layer: type[Layer]) -> None:
    """A probability for each class, as the bars beside the drawing."""
    shares = softmax(np.array([0.9, 2.2, 0.1, 0.5]))
    for number, share in enumerate(shares):
        sketch.bar(10, 4 + 6.5 * number, max(2, round(34 * float(share))), 4, strong=share == shares.max())
        sketch.dot(6, 6 + 6.5 * number, 1.5, strong=share == shares.max())
