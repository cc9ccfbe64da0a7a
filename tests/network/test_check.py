"""Reports and problems, with the words that the designer shows."""

from __future__ import annotations

import pytest

from nnstudio.errors import NNStudioError
from nnstudio.network import NetworkSpec, check
from nnstudio.network.layers.activation import ReLU
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.pooling import MaxPooling
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.presets import PRESETS, chain, lenet5, preset


def problems(spec: NetworkSpec) -> list[tuple[str | None, str]]:
    return [(problem.node, str(problem)) for problem in check(spec).problems]


def test_lenet_layer_by_layer() -> None:
    report = check(lenet5(), batch_size=64)
    assert report.ok
    assert not report.problems
    assert {name: layer.output for name, layer in report.layers.items()} == {
        "input1": (1, 28, 28), "conv1": (6, 28, 28), "relu1": (6, 28, 28), "pool1": (6, 14, 14),
        "conv2": (16, 10, 10), "relu2": (16, 10, 10), "pool2": (16, 5, 5), "flatten1": (400,),
        "dense1": (120,), "relu3": (120,), "dense2": (84,), "relu4": (84,), "dense3": (10,), "output1": (10,),
    }  # fmt: skip
    learned = {name: layer.parameter_count for name, layer in report.layers.items() if layer.parameter_count}
    assert learned == {"conv1": 156, "conv2": 2_416, "dense1": 48_120, "dense2": 10_164, "dense3": 850}
    assert report.parameter_count == 61_706
    assert report.multiply_adds == 117_600 + 240_000 + 48_000 + 10_080 + 840


def test_bytes_count_values_and_gradients_of_a_batch() -> None:
    report = check(lenet5(), batch_size=10).layers["conv1"]
    assert report.bytes == 2 * 4 * (156 + 10 * 6 * 28 * 28)
    assert check(lenet5(), 20).bytes > check(lenet5(), 10).bytes


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("lenet5", 61_706),
        ("convnet", 16 * 10 + 32 * (16 * 9 + 1) + 64 * (32 * 49 + 1) + 10 * 65),
        ("mlp", 128 * 785 + 10 * 129),
        ("perceptron", 10 * 785),
    ],
)
def test_presets(name: str, parameters: int) -> None:
    report = check(preset(name))
    assert report.ok
    assert not report.problems
    assert report.parameter_count == parameters
    assert report.layers[preset(name).nodes[-1].id].output == (10,)


def test_all_presets_are_checked_here() -> None:
    assert set(PRESETS) == {"lenet5", "convnet", "mlp", "perceptron"}
    assert preset("convnet").name == "4-layer ConvNet"


def test_an_unknown_preset() -> None:
    with pytest.raises(NNStudioError, match=r"“lenet6”.*lenet5, convnet, mlp, perceptron"):
        preset("lenet6")


INPUT, OUTPUT = Input(height=5, width=5), SoftmaxOutput()


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (NetworkSpec(), [(None, "The network is empty: add an Input layer, or start from a preset")]),
        (chain("x", [INPUT]), [("input1", "input1: The network has no output: add a Softmax output layer at its end")]),
        (chain("x", [INPUT, Convolution(kernel=7), Flatten(), Dense(), OUTPUT]),
         [("conv1", "conv1: kernel 7×7 is larger than its input 5×5: use padding 1 or a kernel of at most 5")]),
        (chain("x", [INPUT, Dense(), OUTPUT]),
         [("dense1", "dense1: Dense needs a vector but gets a picture of 1×5×5: insert a Flatten layer before it")]),
        (chain("x", [INPUT, Flatten(), MaxPooling(), Dense(), OUTPUT]),
         [("pool1", (
             "pool1: Max pooling needs a picture (channels×height×width) but gets a vector of 25 values: "
             "move it before the Flatten or Dense layer"
         ))]),
        (chain("x", [INPUT, Flatten(), Dense(), OUTPUT, ReLU()]),
         [("output1", "output1: A layer follows the output: move the output layer to the end")]),
        (chain("x", [INPUT, Flatten(), Dense(), OUTPUT]).disconnect("flatten1"),
         [("flatten1", "flatten1: Flatten has no input: connect a layer to it"),
          ("input1", "input1: Nothing uses the output of Input: connect it onwards or remove it")]),
        (chain("x", [INPUT, Flatten(), Dense(), OUTPUT]).connect("input1", "dense1", 1),
         [("dense1", "dense1: Dense takes one input but has 2: remove the surplus connection")]),
        (chain("x", [INPUT, Flatten(), Dense(), OUTPUT]).connect("input1", "input1"),
         [(None, "The layers input1 → input1 form a loop: remove one of their connections")]),
        (chain("x", [Flatten(), Dense(), OUTPUT]),
         [("flatten1", "flatten1: Flatten has no input: connect a layer to it"),
          (None, "The network has no input: add an Input layer at its start")]),
        (chain("x", [INPUT, Flatten(), Dense(units=65536), Dense(units=65536), OUTPUT]),
         [("dense2", (
             "dense2: Dense would have 4,295,032,832 parameters: "
             "at most 268,435,456 fit: make its input or its size smaller"
         ))]),
    ],
)  # fmt: skip
def test_problems_in_words(spec: NetworkSpec, expected: list[tuple[str | None, str]]) -> None:
    assert problems(spec) == expected
    assert not check(spec).ok


def test_a_layer_behind_a_broken_one_is_not_blamed() -> None:
    report = check(chain("x", [INPUT, Convolution(kernel=9), ReLU(), Dense(), OUTPUT]))
    assert [problem.node for problem in report.problems] == ["conv1"]
    assert set(report.layers) == {"input1"}
    assert report.problems_of("conv1") == report.problems
    assert report.problems_of("relu1") == ()


def test_too_many_values() -> None:
    spec = chain("x", [Input(channels=64, height=4096, width=4096), Flatten(), Dense(units=1), OUTPUT])
    assert [problem.node for problem in check(spec).problems] == ["input1"]
    assert "values for each image" in problems(spec)[0][1]


def test_two_inputs_and_two_outputs() -> None:
    spec = chain("x", [INPUT, Flatten(), Dense(), OUTPUT]).add(Input(), "again").add(SoftmaxOutput(), "more")
    found = problems(spec.connect("dense1", "more"))
    assert ("again", "again: There is more than one input: keep one Input layer") in found
    assert ("more", "more: There is more than one output: keep one output layer") in found
