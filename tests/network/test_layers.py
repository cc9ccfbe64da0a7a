"""Every layer's rules: shapes, parameters, costs, and what it says when its input does not fit."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from nnstudio.network import LAYERS, Family, Layer, LayerError
from nnstudio.network.layers import Shape, shape_text
from nnstudio.network.layers.activation import ELU, GELU, Activation, HardStep, LeakyReLU, ReLU, SiLU, Softmax, Softplus
from nnstudio.network.layers.convolution import Convolution, DepthwiseConvolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.dropout import Dropout, SpatialDropout
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.noise import GaussianNoise
from nnstudio.network.layers.pooling import (
    AveragePooling,
    CountPooling,
    GlobalAveragePooling,
    GlobalMaxPooling,
    MaxPooling,
    MedianPooling,
    MinPooling,
    Pooling,
    SumPooling,
)
from nnstudio.network.layers.reshape import Reshape
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.layers.transposed_convolution import TransposedConvolution
from nnstudio.network.layers.upsampling import Upsampling


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
        (Convolution(filters=33, kernel=(3, 5), stride=(2, 1), padding=(4, 2), dilation=(3, 1)), (16, 50, 100),
         (33, 26, 100)),
        (Convolution(filters=32, kernel=3, padding=1, groups=4), (16, 9, 8), (32, 9, 8)),
        (DepthwiseConvolution(stride=2, padding=1), (32, 112, 112), (32, 56, 56)),
        (DepthwiseConvolution(kernel=3, multiplier=2, dilation=2), (5, 9, 8), (10, 5, 4)),
        # of ConvTranspose2d
        (TransposedConvolution(filters=33, kernel=3, stride=2), (16, 50, 100), (33, 101, 201)),
        (TransposedConvolution(filters=33, kernel=(3, 5), stride=(2, 1), padding=(4, 2)), (16, 50, 100), (33, 93, 100)),
        (TransposedConvolution(filters=16, kernel=3, stride=2, padding=1, output_padding=1), (16, 6, 6), (16, 12, 12)),
        (TransposedConvolution(), (64, 7, 5), (6, 14, 10)),
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
        (MedianPooling(), (3, 9, 8), (3, 4, 3)),
        (MinPooling(kernel=3, stride=1, padding=1), (2, 9, 8), (2, 9, 8)),
        (SumPooling(), (2, 9, 8), (2, 4, 4)),
        (CountPooling(kernel=(1, 8)), (2, 9, 8), (2, 5, 1)),
        (GlobalAveragePooling(), (512, 7, 7), (512,)),
        (GlobalMaxPooling(), (5, 1, 1), (5,)),
        (Upsampling(), (3, 8, 9), (3, 16, 18)),
        (Upsampling(factor=(3, 1), mode="bilinear"), (3, 8, 9), (3, 24, 9)),
        (Reshape(channels=2, height=3, width=4), (24,), (2, 3, 4)),
        (Reshape(channels=24), (2, 3, 4), (24, 1, 1)),
        (GELU(), (3, 4, 5), (3, 4, 5)),
        (HardStep(), (7,), (7,)),
        (Softmax(), (3, 4, 5), (3, 4, 5)),
        (Softmax(), (7,), (7,)),
        (GaussianNoise(), (7,), (7,)),
        (SpatialDropout(), (3, 4, 5), (3, 4, 5)),
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
        (Convolution(filters=256, kernel=5, padding=2, groups=2), (96, 27, 27), 307_456, 223_948_800),  # AlexNet's
        (Convolution(filters=64, kernel=3, padding=2, dilation=2, bias=False), (64, 8, 8), 36_864, 2_359_296),
        (DepthwiseConvolution(padding=1, bias=False), (32, 112, 112), 288, 3_612_672),  # MobileNet's
        (TransposedConvolution(filters=32), (64, 16, 16), 8_224, 2_097_152),
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
    (weight,) = Convolution(filters=8, kernel=(3, 5), groups=2, bias=False).parameters([(4, 9, 9)])
    assert (weight.shape, weight.fan_in, weight.fan_out) == ((8, 2, 3, 5), 30, 60)
    weight, bias = DepthwiseConvolution(kernel=3, multiplier=2).parameters([(4, 9, 9)])
    assert (weight.shape, weight.fan_in, weight.fan_out, bias.shape) == ((8, 1, 3, 3), 9, 18, (8,))
    weight, bias = TransposedConvolution(filters=8, kernel=(4, 6), stride=(2, 3)).parameters([(5, 9, 9)])
    assert (weight.shape, weight.fan_in, weight.fan_out, bias.shape) == ((5, 8, 4, 6), 20, 192, (8,))
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
        (Convolution(kernel=3, dilation=(2, 3)), (1, 5, 5),
         "kernel 3×3 with dilation 2×3 covers 5×7 and its input is 5×5", "use a smaller dilation or kernel"),
        (Convolution(filters=6, kernel=1, groups=3), (4, 5, 5),
         "its channels (=4) must be divisible by its groups (=3)", "use a number of groups that divides 4"),
        (Convolution(filters=6, kernel=1, groups=4), (4, 5, 5),
         "its filters (=6) must be divisible by its groups (=4)", "or another number of filters"),
        (TransposedConvolution(output_padding=(1, 2)), (1, 5, 5),
         "its output padding (=1×2) must be smaller than its stride (=2×2)", "use a smaller output padding"),
        (TransposedConvolution(padding=5), (1, 5, 5), "its padding 5×5 cuts everything off", "use less padding"),
        (TransposedConvolution(), (10,), "Transposed convolution needs a picture", "before the Flatten or Dense layer"),
        (MaxPooling(), (6, 1, 4), "kernel 2×2 is larger than its input 1×4", "at most 1"),
        (Convolution(), (10,), "Convolution needs a picture", "before the Flatten or Dense layer"),
        (MaxPooling(), (10,), "Max pooling needs a picture", "before the Flatten"),
        (Dense(), (6, 5, 5), "Dense needs a vector but gets a picture of 6×5×5", "insert a Flatten layer before it"),
        (SoftmaxOutput(), (6, 5, 5), "needs a vector", "Flatten"),
        (MedianPooling(), (6, 2, 4), "kernel 3×3 is larger than its input 2×4", "at most 2"),
        (GlobalAveragePooling(), (10,), "Global average pooling needs a picture", "before the Flatten"),
        (GlobalMaxPooling(), (10,), "Global max pooling needs a picture", "before the Flatten"),
        (Upsampling(), (10,), "Upsampling needs a picture", "before the Flatten"),
        (SpatialDropout(), (10,), "Spatial dropout needs a picture", "before the Flatten"),
        (Reshape(channels=2, height=3, width=4), (5, 5), "Reshape to 2×3×4 needs 24 values but gets 25 (5×5)",
         "choose a shape with 25 values"),
        (Reshape(channels=1000), (1, 20, 60), "Reshape to 1000×1×1 needs 1,000 values but gets 1,200 (1×20×60)",
         "choose a shape with 1,200 values"),
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


@given(WINDOW, WINDOW, WINDOW, st.tuples(st.integers(0, 3), st.integers(0, 3)), WINDOW)
def test_windows_are_counted_as_they_slide(
    size: Shape, kernel: Shape, stride: Shape, padding: Shape, dilation: Shape
) -> None:
    layer = Convolution(filters=1, kernel=kernel, stride=stride, padding=padding, dilation=dilation)
    places = [
        sum(1 for start in range(0, s + 2 * p - d * (k - 1), t))
        for s, k, t, p, d in zip(size, kernel, stride, padding, dilation, strict=True)
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
        (Convolution(filters=6, kernel=3, dilation=2, groups=2), "6 × 3×3 dil 2×2 in 2 groups"),
        (DepthwiseConvolution(multiplier=2, padding=1), "2 × 3×3 pad 1×1"),
        (TransposedConvolution(filters=8, padding=1), "8 × 2×2 /2×2 pad 1×1"),
        (MaxPooling(), "2×2"),
        (MaxPooling(kernel=3, stride=2), "3×3 /2×2"),
        (Dense(units=1200), "1,200 units"),
        (Dropout(rate=0.25), "25%"),
        (LeakyReLU(slope=0.1), "slope 0.1"),
        (ELU(alpha=0.5), "alpha 0.5"),
        (HardStep(gradient="straight_through"), "straight-through"),
        (CountPooling(threshold=0.25), "2×2 > 0.25"),
        (MedianPooling(kernel=5, stride=1), "5×5 /1×1"),
        (Upsampling(factor=(2, 3), mode="bilinear"), "2×3 bilinear"),
        (Reshape(channels=2, height=3, width=4), "2×3×4"),
        (SpatialDropout(rate=0.2), "20%"),
        (GaussianNoise(deviation=0.3), "σ 0.3"),
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
        (Convolution, {"groups": 0}),
        (Convolution, {"dilation": 0}),
        (DepthwiseConvolution, {"multiplier": 0}),
        (TransposedConvolution, {"output_padding": -1}),
        (Dense, {"units": -1}),
        (Dropout, {"rate": 1.0}),
        (Dropout, {"rate": float("nan")}),
        (LeakyReLU, {"slope": 0}),
        (Input, {"channels": 0}),
        (MaxPooling, {"kernel": 2, "padding": 2}),
        (ReLU, {"slope": 0.1}),
        (ELU, {"alpha": 0}),
        (HardStep, {"gradient": "none"}),
        (MedianPooling, {"kernel": 10}),
        (CountPooling, {"threshold": float("inf")}),
        (GaussianNoise, {"deviation": -0.1}),
        (SpatialDropout, {"rate": 1}),
        (Upsampling, {"mode": "bicubic"}),
        (Upsampling, {"factor": 0}),
        (Reshape, {"height": 0}),
    ],
)
def test_settings_out_of_range(kind: type[Layer], settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        kind(**settings)


@pytest.mark.parametrize("kind", [MaxPooling, AveragePooling, MinPooling, MedianPooling, SumPooling, CountPooling])
def test_padding_beyond_half_a_window_is_explained(kind: type[Pooling]) -> None:
    with pytest.raises(ValidationError, match=r"`padding` \(=1×2\) must be at most half of `kernel` \(=3×3\)"):
        kind(kernel=3, padding=(1, 2))


def test_a_median_of_too_many_values_is_explained() -> None:
    assert MedianPooling(kernel=9).settings_text() == "9×9 /2×2"
    with pytest.raises(ValidationError, match=r"`kernel` \(=2×41\) must have at most 81 values"):
        MedianPooling(kernel=(2, 41))


def test_which_derivatives_follow_from_the_output() -> None:
    """Such an activation can be fused into the layer before it."""
    activations = [layer for layer in LAYERS.values() if issubclass(layer, Activation)]
    from_input = {layer for layer in activations if not layer.from_output}
    assert from_input == {GELU, SiLU, HardStep}
    assert {ReLU, LeakyReLU, ELU, Softplus} < set(activations) - from_input


def test_gradients_end_at_a_count_alone() -> None:
    assert [layer for layer in LAYERS.values() if not layer.differentiable] == [CountPooling]


def test_layers_are_values() -> None:
    assert Convolution(kernel=3) == Convolution(kernel=(3, 3))
    with pytest.raises(ValidationError):
        Dense().units = 3  # type: ignore[misc]


@given(
    size=st.integers(1, 12), kernel=st.integers(1, 5), stride=st.integers(1, 4), padding=st.integers(0, 3),
    dilation=st.integers(1, 3),
)  # fmt: skip
def test_products_with_padding_are_not_needed(size: int, kernel: int, stride: int, padding: int, dilation: int) -> None:
    assume(dilation * (kernel - 1) < size + 2 * padding)
    layer = Convolution(
        filters=3, kernel=(kernel, 1), stride=(stride, 1), padding=(padding, 0), dilation=(dilation, 1)
    )
    _, out, _ = layer.output_shape([(2, size, 1)])
    inside = sum(0 <= y * stride + k * dilation - padding < size for y in range(out) for k in range(kernel))
    assert layer.needed_multiply_adds([(2, size, 1)]) == 3 * 2 * inside
    assert Dense(units=3).needed_multiply_adds([(5,)]) == Dense(units=3).multiply_adds([(5,)])


@given(
    size=st.integers(1, 12), kernel=st.integers(1, 5), stride=st.integers(1, 4), padding=st.integers(0, 3),
)  # fmt: skip
def test_stamps_that_are_cut_off_are_not_needed(size: int, kernel: int, stride: int, padding: int) -> None:
    assume((size - 1) * stride + kernel > 2 * padding)
    layer = TransposedConvolution(filters=3, kernel=(kernel, 1), stride=(stride, 1), padding=(padding, 0))
    _, out, _ = layer.output_shape([(2, size, 1)])
    inside = sum(0 <= y * stride + k - padding < out for y in range(size) for k in range(kernel))
    assert layer.needed_multiply_adds([(2, size, 1)]) == 3 * 2 * inside
    assert layer.multiply_adds([(2, size, 1)]) == 3 * 2 * size * kernel
