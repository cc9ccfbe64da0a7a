"""What layers say about themselves: every number is one that the layer's own rules give."""

from __future__ import annotations

import re
from math import floor, prod
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nnstudio.network import LAYERS, Layer, LayerError
from nnstudio.network.layers import Shape
from nnstudio.network.layers.activation import ELU, LeakyReLU, ReLU
from nnstudio.network.layers.convolution import Convolution, DepthwiseConvolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.dropout import Dropout
from nnstudio.network.layers.explanation import Explanation, Reckoning
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.merge import Add, Concatenate
from nnstudio.network.layers.multiply import Multiply
from nnstudio.network.layers.noise import GaussianNoise
from nnstudio.network.layers.normalization import BatchNormalization, LayerNormalization
from nnstudio.network.layers.pooling import (
    AveragePooling,
    CountPooling,
    GlobalAveragePooling,
    GlobalMaxPooling,
    MaxPooling,
)
from nnstudio.network.layers.reshape import Reshape
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.layers.transposed_convolution import TransposedConvolution
from nnstudio.network.layers.upsampling import Upsampling
from tests.network.strategies import LAYER

SIZE = st.integers(1, 12)
SHAPES = st.tuples(SIZE, SIZE, SIZE) | st.tuples(SIZE)


def evaluated(numbers: str) -> float:
    """What a reckoning comes to for somebody with a pocket calculator."""
    text = numbers.replace("·", "*").replace("−", "-").replace(",", "").replace("⌊", "floor(").replace("⌋", ")")
    return float(eval(text, {"__builtins__": {}, "floor": floor}))  # noqa: S307 - a text of our own


def figures(explanation: Explanation) -> dict[str, int]:
    assert len({reckoning.what for reckoning in explanation.reckonings}) == len(explanation.reckonings)
    return {reckoning.what: reckoning.value for reckoning in explanation.reckonings}


def assert_agrees(layer: Layer, inputs: list[Shape]) -> None:
    explanation = layer.explain(inputs)
    for reckoning in explanation.reckonings:
        assert evaluated(reckoning.numbers) == reckoning.value, str(reckoning)
    said, output, parameters = figures(explanation), layer.output_shape(inputs), layer.parameters(inputs)
    assert said.pop("parameters", 0) == sum(p.size for p in parameters if p.learned)
    assert said.pop("running statistics", 0) == sum(p.size for p in parameters if not p.learned)
    assert said.pop("multiply-adds", 0) == layer.multiply_adds(inputs)
    true = dict(zip(("channels", "height", "width"), output, strict=False)) if len(output) == 3 else {}
    assert said
    assert said.items() <= {**true, "values": prod(output)}.items()


@given(LAYER, st.lists(SHAPES, min_size=1, max_size=4))
def test_every_figure_is_the_layers_own(layer: Layer, inputs: list[Shape]) -> None:
    takes = layer.takes + layer.takes_more * (len(inputs) % 3)
    inputs = [inputs[port % len(inputs)] for port in range(takes)]
    try:
        layer.output_shape(inputs)
    except LayerError:
        assume(False)
    assert_agrees(layer, inputs)


@pytest.mark.parametrize("kind", LAYERS)
@given(data=st.data())
def test_every_layer_has_figures(kind: str, data: st.DataObject) -> None:
    """Random settings seldom fit: those by default fit any picture that is large enough, or a vector."""
    layer, inputs = LAYERS[kind](), list[Shape]()
    if isinstance(layer, Reshape):
        shape = data.draw(st.tuples(SIZE, SIZE, SIZE))
        layer, inputs = Reshape(channels=shape[0], height=shape[1], width=shape[2]), [(prod(shape),)]
    else:
        side = st.integers(6, 30)
        vector = kind in ("dense", "softmax_output")
        inputs = [data.draw(st.tuples(SIZE) if vector else st.tuples(SIZE, side, side))] * layer.takes
    assert_agrees(layer, inputs)


def test_no_two_layers_say_the_same() -> None:
    for words in ("purpose", "tip", "formula"):
        said = [getattr(layer, words) for layer in LAYERS.values()]
        twins = {text for text in said if said.count(text) > 1}
        assert twins == set(), words
    for layer in LAYERS.values():
        assert layer.purpose.endswith((".", "?")), layer
        assert layer.tip.endswith("."), layer
        assert layer.where.endswith("."), layer
        assert layer.purpose != layer.summary
        assert all(len(text) < 300 for text in (layer.purpose, layer.tip)), layer


def letters(formula: str) -> set[str]:
    """Its variables; what stands in words is none."""
    return set(re.findall(r"(?<![^\W\d_])[^\W\d_](?![^\W\d_])", formula)) - set("eΣπ")


INDICES = set("cijkmnoruv")


@pytest.mark.parametrize("kind", LAYERS)
def test_what_letters_stand_for_is_said(kind: str) -> None:
    layer = LAYERS[kind]
    assert letters(layer.formula) - INDICES - set("HW") <= letters(layer.where)
    assert "{" not in layer.where


def test_lenets_first_convolution() -> None:
    explanation = Convolution(filters=6, kernel=5).explain([(1, 28, 28)])
    assert [str(reckoning) for reckoning in explanation.reckonings] == [
        "channels = F = 6",
        "height = ⌊(H + 2p − k)/s⌋ + 1 = (28 + 2·0 − 5)/1 + 1 = 24",
        "width = ⌊(W + 2p − k)/s⌋ + 1 = (28 + 2·0 − 5)/1 + 1 = 24",
        "parameters = F·(C·k·k + 1) = 6·(1·5·5 + 1) = 156",
        "multiply-adds = F·height·width·C·k·k = 6·24·24·1·5·5 = 86,400",
    ]
    assert explanation.filled == (
        "y_{o}[i, j] = b_{o} + Σ_{c=0}^{0} Σ_{u=0}^{4} Σ_{v=0}^{4} W_{o,c}[u, v] · x_{c}[i + u, j + v]"
    )


@pytest.mark.parametrize(
    ("layer", "inputs", "filled"),
    [
        (Input(channels=3, height=4, width=5), [], "x_{c}[i, j] with c < 3, i < 4, j < 5"),
        (Convolution(filters=8, kernel=3, stride=(2, 1), padding=(1, 0), dilation=(1, 2), groups=2, bias=False),
         [(6, 9, 9)],
         "y_{o}[i, j] = Σ_{c=0}^{2} Σ_{u=0}^{2} Σ_{v=0}^{2} W_{o,c}[u, v] · x_{3·⌊o/4⌋ + c}[2·i + u − 1, j + 2·v]"),
        (DepthwiseConvolution(kernel=(3, 1)), [(6, 9, 9)],
         "y_{o}[i, j] = b_{o} + Σ_{u=0}^{2} Σ_{v=0}^{0} W_{o}[u, v] · x_{o}[i + u, j + v]"),
        (DepthwiseConvolution(multiplier=2, bias=False), [(6, 9, 9)],
         "y_{o}[i, j] = Σ_{u=0}^{2} Σ_{v=0}^{2} W_{o}[u, v] · x_{⌊o/2⌋}[i + u, j + v]"),
        (TransposedConvolution(kernel=4, stride=(2, 1), padding=(1, 0)), [(3, 5, 7)],
         "y_{o}[m, n] = b_{o} + Σ_{c=0}^{2} Σ_{i=0}^{4} Σ_{j=0}^{6} W_{c,o}[m + 1 − 2·i, n − j] · x_{c}[i, j]"),
        (MaxPooling(), [(6, 8, 8)], "y_{c}[i, j] = max_{u<2, v<2} x_{c}[2·i + u, 2·j + v]"),
        (AveragePooling(kernel=(2, 3), stride=1, padding=(1, 0)), [(6, 8, 8)],
         "y_{c}[i, j] = (1/(2·3)) Σ_{u=0}^{1} Σ_{v=0}^{2} x_{c}[i + u − 1, j + v]"),
        (CountPooling(threshold=-0.5), [(6, 8, 8)],
         "y_{c}[i, j] = Σ_{u=0}^{1} Σ_{v=0}^{1} 1 if x_{c}[2·i + u, 2·j + v] > −0.5, else 0"),
        (GlobalAveragePooling(), [(6, 8, 9)], "y_{c} = (1/(8·9)) Σ_{i=0}^{7} Σ_{j=0}^{8} x_{c}[i, j]"),
        (GlobalMaxPooling(), [(6, 8, 9)], "y_{c} = max_{i<8, j<9} x_{c}[i, j]"),
        (Upsampling(factor=(2, 3)), [(6, 8, 9)], "y_{c}[i, j] = x_{c}[⌊i/2⌋, ⌊j/3⌋]"),
        (Upsampling(mode="bilinear"), [(6, 8, 9)],
         "y at row i, column j: x at row (i + 0.5)/2 − 0.5, column (j + 0.5)/2 − 0.5"),
        (Dense(units=3), [(400,)], "y_{i} = b_{i} + Σ_{j=0}^{399} W_{i,j} · x_{j}"),
        (ReLU(), [(4,)], ""),
        (LeakyReLU(slope=0.1), [(4,)], "y = x for x > 0, otherwise 0.1·x"),
        (ELU(), [(4,)], "y = x for x > 0, otherwise 1·(e^{x} − 1)"),
        (Dropout(rate=0.25), [(4,)], "y = x/0.75 with probability 0.75, otherwise 0"),
        (GaussianNoise(), [(4,)], "y = x + 0.1·n"),
        (BatchNormalization(), [(4,)], "y = w_{c}·(x − μ_{c})/√(v_{c} + 0.00001) + b_{c}"),
        (LayerNormalization(epsilon=0.001), [(4,)], "y_{k} = w_{k}·(x_{k} − μ)/√(v + 0.001) + b_{k}"),
        (Flatten(), [(16, 5, 6)], "y[(c·5 + i)·6 + j] = x_{c}[i, j]"),
        (Flatten(), [(16,)], ""),
        (Reshape(channels=2, height=3, width=4), [(24,)], "y_{c}[i, j] = x[(c·3 + i)·4 + j]"),
        (Add(), [(4,)] * 3, "y = x_{1} + x_{2} + x_{3}"),
        (Concatenate(), [(4,)] * 9, "y = (x_{1}, x_{2}, …, x_{9})"),
        (Multiply(), [(4, 5, 6), (4,)], "y_{c}[i, j] = x_{c}[i, j]·g_{c}"),
        (SoftmaxOutput(), [(10,)], "p_{i} = exp(x_{i})/Σ_{j=0}^{9} exp(x_{j})"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Layer) else "",
)  # fmt: skip
def test_formulas_filled_in(layer: Layer, inputs: list[Shape], filled: str) -> None:
    assert layer.explain(inputs).filled == filled


@pytest.mark.parametrize("kind", LAYERS)
def test_nothing_is_left_open_in_a_filled_formula(kind: str) -> None:
    """What is a setting has become a number: only values, weights and their places are letters still."""
    inputs: list[Any] = [(4, 8, 8)] * LAYERS[kind].takes
    if kind in ("dense", "softmax_output", "flatten"):
        inputs = [(6,)]
    layer = Reshape(channels=8, height=4, width=8) if kind == "reshape" else LAYERS[kind]()
    filled = layer.explain(inputs).filled
    assert letters(filled) <= set("ijcouvmnkxyWbwgpμ")
    assert "Σ_{" not in re.sub(r"Σ_\{\w=0\}\^", "", filled)


def test_numbers_of_shared_arithmetic() -> None:
    assert str(Reckoning("height", "f·H", "2·14", 28)) == "height = f·H = 2·14 = 28"
    dilated = Convolution(kernel=3, dilation=2, stride=2, padding=1).explain([(1, 12, 11)])
    assert [reckoning.numbers for reckoning in dilated.reckonings[1:3]] == [
        "⌊(12 + 2·1 − 2·(3 − 1) − 1)/2⌋ + 1",
        "(11 + 2·1 − 2·(3 − 1) − 1)/2 + 1",
    ]


def test_a_layer_that_does_not_fit_says_why_instead() -> None:
    with pytest.raises(LayerError, match="Dense needs a vector"):
        Dense().explain([(1, 28, 28)])
