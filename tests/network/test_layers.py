"""Every layer's rules: shapes, parameters, costs, and what it says when its input does not fit."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from nnstudio.network import LAYERS, Family, Layer, LayerError
from nnstudio.network.layers import Shape, shape_text
from nnstudio.network.layers.activation import LeakyReLU, ReLU
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.dropout import Dropout
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.pooling import AveragePooling, MaxPooling, Pooling
from nnstudio.network.layers.softmax_output import SoftmaxOutput


@pytest.mark.parametrize(
    ("layer", "shape", "output"),
    [
        # the examples of PyTorch's documentation of Conv2d, and LeNet's
        (Convolution(filters=33, kernel=3, stride=2), (16, 50, 100), (33, 24, 49)),
        (Convolution(filters=33, kernel=(3, 5), stride=(2, 1), padding=(4, 2)), (16, 50, 100), (33, 28, 100)),
        (Convolution(filters=6, kernel=5, padding=2), (1, 28, 28), (6, 28, 28)),
        (Convolution(filters=64, kernel=7, stride=2, padding=3), (3, 224, 224), (64, 112, 112)),
        (Convolution(filters=64, kernel=11, stride=4, padding=2), (3, 224, 224), (64, 55, 55)),
        (Convolution(filters=1, kernel=1, padding=3), (1, 1, 1), (1, 7, 7)),
        # of MaxPool2d and AvgPool2d
        (MaxPooling(kernel=3, stride=2), (16, 50, 32), (16, 24, 15)),
        (MaxPooling(kernel=(3, 2), stride=(2, 1)), (16, 50, 32), (16, 24, 31)),
        (AveragePooling(kernel=(3, 2), stride=(2, 1)), (16, 50, 32), (16, 24, 31)),
        (MaxPooling(kernel=3, stride=2, padding=1), (64, 112, 112), (64, 56, 56)),
        (MaxPooling(), (6, 5, 7), (6, 2, 3)),
        (Flatten(), (16, 5, 5), (400,)),
        (Flatten(), (9,), (9,)),
        (Dense(units=30), (20,), (30,)),
        (SoftmaxOutput(), (10,), (10,)),
        (Dropout(), (3, 4, 5), (3, 4, 5)),
        (ReLU(), (7,), (7,)),
    ],
    ids=lambda value: value.kind if isinstance(value, Layer) else shape_text(value),
)
def test_output_shape(layer: Layer, shape: Shape, output: Shape) -> None:
    assert layer.output_shape([shape]) == output


def test_input_gives_what_it_declares() -> None:
    assert Input(channels=3, height=32, width=30).output_shape([]) == (3, 32, 30)
    assert Input().takes == 0


@pytest.mark.parametrize(
    ("layer", "shape", "weights", "multiply_adds"),
    [
        (Convolution(filters=6, kernel=5, padding=2), (1, 28, 28), 156, 117_600),
        (Convolution(filters=16, kernel=5), (6, 14, 14), 2_416, 240_000),
        (Convolution(filters=64, kernel=11, stride=4, padding=2), (3, 224, 224), 23_296, 70_276_800),
        (Dense(units=120), (400,), 48_120, 48_000),
        (Dense(units=1000), (4096,), 4_097_000, 4_096_000),
        (MaxPooling(), (6, 28, 28), 0, 0),
        (Dropout(), (6, 28, 28), 0, 0),
        (ReLU(), (6, 28, 28), 0, 0),
    ],
)
def test_parameters_and_cost(layer: Layer, shape: Shape, weights: int, multiply_adds: int) -> None:
    assert sum(parameter.size for parameter in layer.parameters([shape])) == weights
    assert layer.multiply_adds([shape]) == multiply_adds


def test_shapes_and_fans_of_parameters() -> None:
    weight, bias = Convolution(filters=8, kernel=(3, 5)).parameters([(4, 9, 9)])
    assert (weight.role, weight.shape, weight.fan_in, weight.fan_out) == ("weight", (8, 4, 3, 5), 60, 120)
    assert (bias.role, bias.shape) == ("bias", (8,))
    weight, bias = Dense(units=3).parameters([(7,)])
    assert (weight.shape, weight.fan_in, weight.fan_out, bias.shape) == ((3, 7), 7, 3, (3,))


@pytest.mark.parametrize(
    ("layer", "shape", "message", "hint"),
    [
        (Convolution(kernel=7), (1, 5, 5), "kernel 7×7 is larger than its input 5×5",
         "use padding 1 or a kernel of at most 5"),
        (Convolution(kernel=(2, 6)), (1, 5, 5), "kernel 2×6 is larger than its input 5×5",
         "use padding 1 or a kernel of at most 5"),
        (Convolution(kernel=9, padding=1), (1, 5, 5), "kernel 9×9 is larger than its input 5×5",
         "use padding 2 or a kernel of at most 7"),
        (MaxPooling(), (6, 1, 4), "kernel 2×2 is larger than its input 1×4", "at most 1"),
        (Convolution(), (10,), "Convolution needs a picture", "before the Flatten or Dense layer"),
        (MaxPooling(), (10,), "Max pooling needs a picture", "before the Flatten"),
        (Dense(), (6, 5, 5), "Dense needs a vector but gets a picture of 6×5×5", "insert a Flatten layer before it"),
        (SoftmaxOutput(), (6, 5, 5), "needs a vector", "Flatten"),
    ],
)  # fmt: skip
def test_an_input_that_does_not_fit(layer: Layer, shape: Shape, message: str, hint: str) -> None:
    with pytest.raises(LayerError) as caught:
        layer.output_shape([shape])
    assert message in caught.value.message
    assert hint in caught.value.hint


WINDOW = st.tuples(st.integers(1, 6), st.integers(1, 6))


@given(WINDOW, WINDOW, WINDOW)
def test_the_advice_for_a_kernel_that_is_too_large_helps(size: Shape, kernel: Shape, stride: Shape) -> None:
    layer = Convolution(filters=1, kernel=kernel, stride=stride)
    try:
        layer.output_shape([(1, *size)])
    except LayerError as error:
        padding, largest = (int(word) for word in error.hint.split() if word.isdigit())
        layer.model_copy(update={"padding": (padding, padding)}).output_shape([(1, *size)])
        smaller = (min(kernel[0], largest), min(kernel[1], largest))
        layer.model_copy(update={"kernel": smaller}).output_shape([(1, *size)])


@given(WINDOW, WINDOW, WINDOW, st.tuples(st.integers(0, 3), st.integers(0, 3)))
def test_windows_are_counted_as_they_slide(size: Shape, kernel: Shape, stride: Shape, padding: Shape) -> None:
    layer = Convolution(filters=1, kernel=kernel, stride=stride, padding=padding)
    places = [
        sum(1 for start in range(0, s + 2 * p - k + 1, t))
        for s, k, t, p in zip(size, kernel, stride, padding, strict=True)
    ]
    if all(places):
        assert layer.output_shape([(1, *size)]) == (1, *places)
    else:
        with pytest.raises(LayerError):
            layer.output_shape([(1, *size)])


# ---- declarations


@pytest.mark.parametrize("kind", LAYERS)
def test_every_layer_declares_itself_in_full(kind: str) -> None:
    layer = LAYERS[kind]
    assert layer.model_fields["kind"].default == kind
    assert layer.title
    assert layer.summary.endswith(".")
    assert isinstance(layer.family, Family)
    assert layer.prefix.isidentifier()
    assert layer().settings_text() is not None
    for name, field in layer.model_fields.items():
        if name != "kind":
            assert field.title, f"{kind}.{name} needs a title"
            assert field.description, f"{kind}.{name} needs a description"


def test_palette_order_is_by_rank() -> None:
    ranks = [layer.rank for layer in LAYERS.values()]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) == len(ranks)


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (Convolution(filters=6, kernel=5, padding=2), "6 × 5×5 pad 2×2"),
        (Convolution(filters=6, kernel=(3, 5), stride=(2, 1)), "6 × 3×5 /2×1"),
        (MaxPooling(), "2×2"),
        (MaxPooling(kernel=3, stride=2), "3×3 /2×2"),
        (Dense(units=1200), "1,200 units"),
        (Dropout(rate=0.25), "25%"),
        (LeakyReLU(slope=0.1), "slope 0.1"),
    ],
)
def test_settings_on_a_block(layer: Layer, text: str) -> None:
    assert layer.settings_text() == text


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        (Convolution, {"filters": 0}),
        (Convolution, {"kernel": 0}),
        (Convolution, {"kernel": (3, 65)}),
        (Convolution, {"kernel": True}),
        (Convolution, {"kernel": (3, 3, 3)}),
        (Convolution, {"padding": -1}),
        (Convolution, {"stride": 1.5}),
        (Dense, {"units": -1}),
        (Dropout, {"rate": 1.0}),
        (Dropout, {"rate": float("nan")}),
        (LeakyReLU, {"slope": 0}),
        (Input, {"channels": 0}),
        (MaxPooling, {"kernel": 2, "padding": 2}),
        (ReLU, {"slope": 0.1}),
    ],
)
def test_settings_out_of_range(kind: type[Layer], settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        kind(**settings)


@pytest.mark.parametrize("kind", [MaxPooling, AveragePooling])
def test_padding_beyond_half_a_window_is_explained(kind: type[Pooling]) -> None:
    with pytest.raises(ValidationError, match=r"`padding` \(=1×2\) must be at most half of `kernel` \(=3×3\)"):
        kind(kernel=3, padding=(1, 2))


def test_layers_are_values() -> None:
    assert Convolution(kernel=3) == Convolution(kernel=(3, 3))
    with pytest.raises(ValidationError):
        Dense().units = 3  # type: ignore[misc]


@given(
    size=st.integers(1, 12), kernel=st.integers(1, 5), stride=st.integers(1, 4), padding=st.integers(0, 3),
)  # fmt: skip
def test_products_with_padding_are_not_needed(size: int, kernel: int, stride: int, padding: int) -> None:
    assume(kernel <= size + 2 * padding)
    layer = Convolution(filters=3, kernel=(kernel, 1), stride=(stride, 1), padding=(padding, 0))
    _, out, _ = layer.output_shape([(2, size, 1)])
    inside = sum(0 <= y * stride + k - padding < size for y in range(out) for k in range(kernel))
    assert layer.needed_multiply_adds([(2, size, 1)]) == 3 * 2 * inside
    assert Dense(units=3).needed_multiply_adds([(5,)]) == Dense(units=3).multiply_adds([(5,)])
