"""The networks to start from: their shapes, parameters and multiply-adds are those of the papers."""

from __future__ import annotations

from itertools import groupby

import pytest

from nnstudio.errors import NNStudioError
from nnstudio.network import NetworkSpec, Shape, check
from nnstudio.network.layers.activation import ReLU
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.merge import Add, Concatenate
from nnstudio.network.presets import PRESETS, Builder, chain, preset


def costs(spec: NetworkSpec) -> tuple[int, int]:
    report = check(spec)
    return report.parameter_count, report.multiply_adds


def shapes(spec: NetworkSpec) -> list[Shape]:
    """What the layers give, in order, without repetitions."""
    layers = check(spec).layers
    return [shape for shape, _ in groupby(layers[node.id].output for node in spec.ordered())]


# Of each block of MobileNet-small: channels before, filters, places after.
SEPARABLE = ((16, 32, 1024), (32, 64, 256), (64, 64, 256), (64, 128, 64), (128, 128, 64), (128, 256, 64))


@pytest.mark.parametrize(
    ("name", "parameters", "multiply_adds"),
    [
        ("lenet5", 61_706, 416_520),
        ("convnet", 16 * 10 + 32 * (16 * 9 + 1) + 64 * (32 * 49 + 1) + 10 * 65,
         16 * 9 * 784 + 32 * 16 * 9 * 196 + 64 * 32 * 49 + 640),
        ("mlp", 128 * 785 + 10 * 129, 128 * 784 + 10 * 128),
        ("perceptron", 10 * 785, 10 * 784),
        ("lenet5-1998", 156 + 12 + 2_416 + 32 + 48_120 + 10_164 + 850,
         6 * 25 * 784 + 6 * 196 + 16 * 6 * 25 * 100 + 16 * 25 + 120 * 400 + 84 * 120 + 10 * 84),
        ("autoencoder", (16 * 10) + (32 * 145) + 32 * 1569 + 1568 * 33 + (32 * 16 * 16 + 16) + (16 * 16 + 1),
         16 * 9 * 196 + 32 * 16 * 9 * 49 + 2 * 32 * 1568 + 1568 * 16 * 16 + 16 * 196 * 16),
        ("rosenblatt", 3, 2),
        ("xor", 2 * 3 + 3, 2 * 2 + 2),
        ("points", 32 * 3 + 2 * 33, 32 * 2 + 2 * 32),
        ("vgg-small", 550_570, 38_896_896),
        ("resnet20", 272_474, 40_813_184),
        ("mobilenet-small",
         3 * 16 * 9 + 2 * 16 + sum(11 * c + c * f + 2 * f for c, f, _ in SEPARABLE) + 10 * 257,
         3 * 16 * 9 * 1024 + sum((9 * c + c * f) * places for c, f, places in SEPARABLE) + 10 * 256),
        ("alexnet", 61_100_840, 714_188_480),
        ("vgg16", 138_357_544, 15_470_264_320),
    ],
)  # fmt: skip
def test_parameters_and_multiply_adds(name: str, parameters: int, multiply_adds: int) -> None:
    assert costs(preset(name)) == (parameters, multiply_adds)


def test_all_presets_are_checked_here() -> None:
    (mark,) = (mark for mark in test_parameters_and_multiply_adds.pytestmark if mark.name == "parametrize")
    assert [case[0] for case in mark.args[1]] == list(PRESETS)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_sound_and_says_what_it_is(name: str) -> None:
    spec, report = preset(name), check(preset(name))
    assert report.ok
    assert not report.problems
    promised = (PRESETS[name].__doc__ or "").partition(" parameters.")[0].rpartition(": ")[2]
    if promised.replace(",", "").isdigit():
        assert int(promised.replace(",", "")) == report.parameter_count
    assert len({preset(other).name for other in PRESETS}) == len(PRESETS)
    assert spec.name


def test_vgg16_stage_by_stage() -> None:
    assert shapes(preset("vgg16")) == [
        (3, 224, 224), (64, 224, 224), (64, 112, 112), (128, 112, 112), (128, 56, 56), (256, 56, 56), (256, 28, 28),
        (512, 28, 28), (512, 14, 14), (512, 7, 7), (25_088,), (4096,), (1000,),
    ]  # fmt: skip


def test_alexnet_layer_by_layer() -> None:
    assert shapes(preset("alexnet")) == [
        (3, 224, 224), (64, 55, 55), (64, 27, 27), (192, 27, 27), (192, 13, 13), (384, 13, 13), (256, 13, 13),
        (256, 6, 6), (9216,), (4096,), (1000,),
    ]  # fmt: skip


def test_resnet20_has_three_stages_and_a_shortcut_past_every_block() -> None:
    spec = preset("resnet20")
    assert shapes(spec) == [(3, 32, 32), (16, 32, 32), (32, 16, 16), (64, 8, 8), (64,), (10,)]
    kernels = [node.layer.kernel for node in spec.nodes if isinstance(node.layer, Convolution)]
    assert (kernels.count((3, 3)), kernels.count((1, 1))) == (19, 2)
    for number in range(1, 10):
        learned, shortcut = (spec.node(source).layer.kind for source in spec.sources(f"add{number}"))
        assert learned == "batch_normalization"
        assert shortcut == ("batch_normalization" if number in (4, 7) else "relu")


def test_mobilenet_small_and_the_autoencoder_stage_by_stage() -> None:
    assert shapes(preset("mobilenet-small")) == [
        (3, 32, 32), (16, 32, 32), (32, 32, 32), (32, 16, 16), (64, 16, 16), (64, 8, 8), (128, 8, 8), (256, 8, 8),
        (256,), (10,),
    ]  # fmt: skip
    assert shapes(preset("autoencoder")) == [
        (1, 28, 28), (16, 14, 14), (32, 7, 7), (1568,), (32,), (1568,), (32, 7, 7), (16, 14, 14), (1, 28, 28),
    ]  # fmt: skip


def test_an_unknown_preset() -> None:
    with pytest.raises(NNStudioError, match=r"“lenet6”.*lenet5, convnet, mlp, perceptron"):
        preset("lenet6")


def test_paths_part_and_meet_again() -> None:
    builder = Builder("a fork")
    start = builder.put(Input(channels=2, height=4, width=4))
    long = builder.path([Convolution(filters=2, kernel=(1, 1)), ReLU()])
    assert builder.path([], source=start) == start
    both = builder.put(Add(), long, start)
    builder.put(Concatenate(), both, start, long)
    assert builder.spec.sources("concat1") == ("add1", "input1", "relu1")
    assert builder.spec.sources("add1") == ("relu1", "input1")
    assert check(builder.spec).layers["concat1"].output == (6, 4, 4)


def test_a_chain_may_be_empty() -> None:
    assert chain("nothing", []) == NetworkSpec(name="nothing")
    assert [node.id for node in chain("two", [Input(), ReLU()]).nodes] == ["input1", "relu1"]
