"""Warnings with the words and numbers that people see, the customs that get none, and what the repairs make."""

from __future__ import annotations

import pytest

from nnstudio.network import Layer, NetworkSpec, Problem, check
from nnstudio.network.check import Severity
from nnstudio.network.layers.activation import GELU, ReLU, Sigmoid, Softmax, Tanh
from nnstudio.network.layers.convolution import Convolution, DepthwiseConvolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.dropout import Dropout
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.linear_output import LinearOutput
from nnstudio.network.layers.merge import Add
from nnstudio.network.layers.normalization import BatchNormalization
from nnstudio.network.layers.pooling import AveragePooling, GlobalAveragePooling, MaxPooling
from nnstudio.network.layers.sigmoid_output import SigmoidOutput
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.presets import PRESETS, Builder, alexnet, chain, lenet5, preset
from tests.network.test_repairs import assert_repaired

PICTURE = Input(channels=3, height=12, width=12)
C3 = Convolution(filters=8, kernel=3, padding=1)
END = (Flatten(), Dense(), SoftmaxOutput())


def net(*layers: Layer) -> NetworkSpec:
    return chain("x", [PICTURE, *layers, *END])


def scores(*layers: Layer) -> NetworkSpec:
    """The layers stand right before a softmax output."""
    return chain("x", [PICTURE, Flatten(), Dense(), *layers, SoftmaxOutput()])


def kinds(spec: NetworkSpec) -> list[str]:
    return [node.layer.kind for node in spec.ordered()]


def only(spec: NetworkSpec, **known: int) -> Problem:
    (problem,) = check(spec, **known).problems
    assert problem.severity is Severity.WARNING
    return problem


@pytest.mark.parametrize(
    ("spec", "node", "message", "repair"),
    [
        (net(C3, C3, ReLU()), "conv2",
         "No activation between conv1 and conv2: two linear layers in a row can do no more than one",
         "Insert ReLU behind conv1"),
        (chain("x", [PICTURE, Flatten(), Dense(units=30), Dropout(), *END[1:]]), "dense2",
         "No activation between dense1 and dense2: two linear layers in a row can do no more than one",
         "Insert ReLU behind dense1"),
        (net(C3.model_copy(update={"bias": False}), BatchNormalization(), AveragePooling(), C3, ReLU()), "conv2",
         "No activation between conv1 and conv2: two linear layers in a row can do no more than one",
         "Insert ReLU behind norm1"),
        (net(C3, ReLU(), Tanh()), "tanh1", "ReLU relu1 comes right before: nothing is learned between two activations",
         "Remove tanh1"),
        (net(C3, ReLU(), Dropout(rate=0)), "dropout1", "Dropout changes nothing here", "Remove dropout1"),
        (net(C3, ReLU(), MaxPooling(kernel=1, stride=1)), "pool1", "Max pooling changes nothing here", "Remove pool1"),
        (chain("x", [PICTURE, Flatten(), *END]), "flatten2", "Flatten changes nothing here", "Remove flatten2"),
        (scores(Softmax()), "softmax1", "Softmax right before the Softmax output: no probability gets above 23%",
         "Remove softmax1"),
        (scores(Tanh()), "tanh1", "Tanh right before the Softmax output: no probability gets above 45%",
         "Remove tanh1"),
        (scores(ReLU()), "relu1", "ReLU right before the Softmax output: negative scores are cut off", "Remove relu1"),
        (chain("x", [PICTURE, C3, ReLU(), Convolution(filters=3, kernel=1), ReLU(), SigmoidOutput()]), "relu2",
         "ReLU right before the Sigmoid output: no probability gets below 50%", "Remove relu2"),
        (chain("x", [PICTURE, Flatten(), Dense(), Sigmoid(), SigmoidOutput()]), "sigmoid1",
         "Sigmoid right before the Sigmoid output: probabilities stay between 50% and 73%", "Remove sigmoid1"),
        (scores(Dropout()), "dropout1",
         "Dropout behind the last layer with weights, dense1, disturbs the scores themselves", "Remove dropout1"),
        (scores(BatchNormalization()), "norm1",
         "Batch normalization behind the last layer with weights, dense1, disturbs the scores themselves",
         "Remove norm1"),
        (chain("x", [PICTURE, Flatten(), Dense(units=1), SoftmaxOutput()]), "output1",
         "Softmax output over a single value always gives 1", "Use a Sigmoid output"),
        (chain("x", [PICTURE, Flatten(), Dense(units=2), ReLU(), *END[1:]]), "dense1",
         "Only 2 values of an image are left here to tell 10 classes apart", "Give it 10 outputs"),
        (net(Convolution(filters=8, kernel=1, stride=2), ReLU()), "conv1",
         "kernel 1×1 with stride 2×2 never looks at 70% of its input", "Set the kernel to 3×3 with padding 1×1"),
        (net(C3, ReLU(), MaxPooling(kernel=2, stride=3)), "pool1",
         "kernel 2×2 with stride 3×3 never looks at 47% of its input", "Set the kernel to 4×4 with padding 1×1"),
        (net(C3, ReLU(), MaxPooling(kernel=12, stride=12), C3, ReLU()), "pool1",
         "1×1 pixels are left too early: conv2 with kernel 3×3 behind it looks at one pixel and padding",
         "Remove pool1"),
        (net(Convolution(filters=8, kernel=4, padding=2), ReLU()), "conv1",
         "12×12 pixels become 13×13: an even kernel has no middle, so no padding keeps the size",
         "Set the kernel to 5×5"),
        (net(C3, BatchNormalization(), ReLU()), "conv1", "Batch normalization behind it takes its bias away again",
         "Turn the bias off"),
        (net(C3, ReLU(), Dropout(), BatchNormalization()), "dropout1",
         "Dropout right before norm1 spoils the statistics that it normalizes by", "Move it behind norm1"),
        (net(C3, Sigmoid(), C3, Sigmoid(), C3, Sigmoid()), "sigmoid3",
         "3 activations that squash (sigmoid) one behind the other: at most 1/64 of a gradient passes them",
         "Use ReLU instead of all of them"),
        (chain("x", [PICTURE, C3, ReLU(), GlobalAveragePooling(), Dense(), SoftmaxOutput()]), "pool1",
         "Each value that it sums up has seen 3×3 pixels of 12×12: how larger things lie is lost", None),
        (chain("x", [Input(channels=3, height=32, width=32), Convolution(filters=32, kernel=3), ReLU(), Flatten(),
                     Dense(units=128), ReLU(), Dense(), SoftmaxOutput()]), "dense1",
         "It has 3,686,528 of the network's 3,688,714 parameters (99.9%), because it reads 28,800 values",
         "Use Global average pooling instead of flatten1"),
    ],
)  # fmt: skip
def test_warnings_in_words(spec: NetworkSpec, node: str, message: str, repair: str | None) -> None:
    problem = only(spec)
    assert (problem.node, problem.message) == (node, message)
    assert (problem.repair.title if problem.repair else None) == repair
    if problem.repair:
        assert check(assert_repaired(spec, problem)).ok


def test_repairs_put_things_where_they_belong() -> None:
    def mended(spec: NetworkSpec) -> list[str]:
        repair = only(spec).repair
        assert repair
        return kinds(repair.edit(spec))[1:-3]

    normalized = (C3.model_copy(update={"bias": False}), BatchNormalization())
    assert mended(net(*normalized, AveragePooling(), C3, ReLU())) == [
        "convolution", "batch_normalization", "relu", "average_pooling", "convolution", "relu",
    ]  # fmt: skip
    assert mended(net(C3, ReLU(), Dropout(), BatchNormalization())) == [
        "convolution", "relu", "batch_normalization", "dropout",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "layers",
    [
        [Convolution(filters=64, kernel=1), ReLU(), Convolution(filters=4, kernel=1), Convolution(filters=64, kernel=1),
         ReLU()],
        [DepthwiseConvolution(padding=1), Convolution(filters=16, kernel=1), ReLU()],
        [Convolution(filters=8, kernel=(3, 1)), Convolution(filters=8, kernel=(1, 3)), ReLU()],
        [C3, GELU(), C3, Softmax(), C3, ReLU()],
        [C3, Tanh(), C3, Tanh(), C3, Tanh(), C3, Tanh()],
        [C3, MaxPooling(), C3, ReLU()],
        [C3, ReLU(), MaxPooling(kernel=5, stride=5), Convolution(filters=8, kernel=2), ReLU()],
        [Convolution(filters=8, kernel=2, stride=2, padding=1), ReLU()],
        [Convolution(filters=8, kernel=4, padding=1, stride=2), ReLU(), Dropout(rate=0.2)],
        [C3, ReLU(), MaxPooling(kernel=12, stride=12), Convolution(filters=20, kernel=1), ReLU()],
    ],
    ids=["bottleneck", "separable", "rows then columns", "softmax inside", "four tanh", "max pooling bends",
         "to the end", "shrinks", "dropout before the end", "1×1 kernels on 1×1 pixels"],
)  # fmt: skip
def test_customs_get_no_warning(layers: list[Layer]) -> None:
    assert [str(problem) for problem in check(net(*layers)).problems] == []


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_what_an_expert_would_build(name: str) -> None:
    assert [str(problem) for problem in check(preset(name)).problems] == []


def test_a_strided_shortcut_beside_a_full_path_is_fine() -> None:
    network = Builder("x")
    start = network.path([PICTURE, C3, ReLU()])
    long = network.path([Convolution(filters=8, kernel=3, stride=2, padding=1), ReLU(), C3], start)
    short = network.path([Convolution(filters=8, kernel=1, stride=2)], start)
    network.put(Add(), long, short)
    network.path([ReLU(), *END])
    assert not check(network.spec).problems


def test_a_normalization_or_a_shortcut_keeps_a_gradient() -> None:
    bias_free = C3.model_copy(update={"bias": False})
    assert not check(net(*[bias_free, BatchNormalization(), Sigmoid()] * 4)).problems
    network = Builder("x")
    network.path([PICTURE, C3, ReLU()])
    for _ in range(4):
        start = network.end
        network.put(Add(), network.path([C3, Sigmoid()]), start)
    network.path(END)
    assert not check(network.spec).problems


# ---- what the data and the batch have to say


def test_as_many_units_as_classes() -> None:
    assert not check(lenet5(), classes=10).problems
    problem = only(lenet5(), classes=4)
    assert problem.message == "The data has 4 classes and the network answers with 10"
    assert problem.repair
    assert problem.repair.title == "Make the last layer 4 units for 4 classes"
    mended = assert_repaired(lenet5(), problem, classes=4)
    assert mended.node("dense3").layer == Dense(units=4)


def test_classes_where_no_layer_has_units_to_change() -> None:
    spec = chain("x", [Input(channels=1, height=2, width=2), Flatten(), SoftmaxOutput()])
    problem = only(spec, classes=3)
    assert problem.repair
    assert problem.repair.title == "Insert Dense with 3 units before it"
    assert not check(problem.repair.edit(spec), classes=3).problems


@pytest.mark.parametrize(("output", "classes"), [(SigmoidOutput(), 2), (LinearOutput(), 2)])
def test_one_value_tells_two_classes_apart(output: Layer, classes: int) -> None:
    spec = chain("x", [PICTURE, Flatten(), Dense(units=1), output])
    assert not check(spec, classes=classes).problems
    assert "answers with 2" in only(spec, classes=3).message


def test_a_network_that_answers_with_pictures_knows_no_classes() -> None:
    assert not check(preset("autoencoder"), classes=10).problems


def test_batches_of_one_and_batches_too_large() -> None:
    spec = chain("x", [PICTURE, Flatten(), Dense(units=20), BatchNormalization(), ReLU(), *END[1:]])
    assert not check(spec, batch_size=2).problems
    assert only(spec, batch_size=1).message.startswith("Batch normalization has one value of each channel")
    huge = only(alexnet(), batch_size=20_000)
    assert (huge.node, huge.repair) == (None, None)
    fits = int(huge.hint.rpartition(" ")[2].replace(",", ""))
    assert not check(alexnet(), batch_size=fits).problems
    assert check(alexnet(), batch_size=fits + 1).problems


# ---- manners


def test_no_advice_while_something_is_broken() -> None:
    spec = net(C3, C3).replace("dense1", Dense(units=65536)).remove("flatten1")
    assert {problem.severity for problem in check(spec).problems} == {Severity.ERROR}


def test_the_copies_of_a_layer_get_one_warning() -> None:
    spec = net(C3, BatchNormalization(), ReLU())
    spec = spec.replace("conv1", Convolution(filters=3, kernel=3, padding=1))
    spec = spec.join(["conv1", "norm1", "relu1"], repeat=3)
    problem = only(spec)
    assert (problem.node, problem.message) == ("conv1", "Batch normalization behind it takes its bias away again")
    assert_repaired(spec, problem)


def test_a_layer_and_its_copy_need_an_activation() -> None:
    spec = net(Convolution(filters=3, kernel=3, padding=1)).join(["conv1"], repeat=2)
    problem = check(spec).problems[0]
    assert "between conv1 and its next copy" in problem.message
    mended = assert_repaired(spec, problem)
    assert mended.groups[0].members == ("conv1", "relu1")
