"""Reports and problems, with the words that the designer shows."""

from __future__ import annotations

import pytest
from hypothesis import given

from nnstudio.network import NetworkSpec, check
from nnstudio.network.check import Severity
from nnstudio.network.layers.activation import ReLU
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.linear_output import LinearOutput
from nnstudio.network.layers.merge import Concatenate
from nnstudio.network.layers.pooling import CountPooling, MaxPooling
from nnstudio.network.layers.sigmoid_output import SigmoidOutput
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.presets import chain, lenet5
from tests.network.broken import broken_networks


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


@given(broken_networks())
def test_whoever_runs_a_network_hears_of_the_same_errors(spec: NetworkSpec) -> None:
    whole, bare = check(spec), check(spec, advice=False)
    assert bare.layers == whole.layers
    assert not any(problem.repair for problem in bare.problems)
    assert bare.ok == whole.ok
    assert whole.ok or list(map(str, bare.problems)) == list(map(str, whole.problems))


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


def test_a_picture_as_an_answer_must_be_like_the_one_given() -> None:
    layers = [INPUT, Convolution(filters=2, kernel=3), ReLU()]
    assert problems(chain("x", [*layers, SigmoidOutput()])) == [
        ("output1", (
            "output1: The network answers with a picture of 2×3×3 and is given one of 1×5×5: "
            "make them the same size, or insert a Flatten layer before the output"
        ))
    ]  # fmt: skip
    for output in (SigmoidOutput(), LinearOutput()):
        assert check(chain("x", [INPUT, Convolution(filters=1, kernel=3, padding=1), output])).ok
        assert check(chain("x", [*layers, Flatten(), output])).ok


COUNT, LEARNS = CountPooling(kernel=2), Convolution(filters=2, kernel=2)


def test_nothing_before_a_layer_without_slope_can_learn() -> None:
    spec = chain("x", [INPUT, LEARNS, ReLU(), COUNT, Flatten(), Dense(), OUTPUT])
    report = check(spec)
    assert report.ok, "it is a warning"
    assert [str(problem) for problem in report.problems] == [
        (
            "pool1: Count pooling has no slope, so nothing before it can learn: "
            "put it before all layers with weights, or choose another"
        )
    ]
    assert [problem.severity for problem in report.problems] == [Severity.WARNING]
    both = check(chain("x", [INPUT, LEARNS, COUNT, CountPooling(kernel=1), Flatten(), Dense(), OUTPUT]))
    assert [problem.node for problem in both.problems] == ["pool1", "pool2"]


def test_a_layer_without_slope_is_fine_where_nobody_waits_for_a_gradient() -> None:
    assert not check(chain("x", [INPUT, COUNT, Flatten(), Dense(), OUTPUT])).problems
    around = chain("x", [INPUT, LEARNS, ReLU(), COUNT, Concatenate(), Flatten(), Dense(), OUTPUT])
    around = around.add(MaxPooling(kernel=2, stride=2), "other").connect("relu1", "other")
    around = around.connect("other", "concat1", 1)
    assert check(around).ok
    assert not check(around).problems


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
