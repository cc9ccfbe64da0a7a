"""A repair that is offered ends its problem and makes no other."""

from __future__ import annotations

from typing import ClassVar, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnstudio.network import Check, Family, Layer, LayerError, NetworkSpec, Problem, Shape, SpecError, check, expand
from nnstudio.network.check import Severity
from nnstudio.network.layers.activation import ReLU
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.linear_output import LinearOutput
from nnstudio.network.layers.merge import Add, Concatenate
from nnstudio.network.layers.multiply import Multiply
from nnstudio.network.layers.pooling import GlobalAveragePooling, MaxPooling
from nnstudio.network.layers.remedies import ChangeSettings
from nnstudio.network.layers.reshape import Reshape
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.layers.transposed_convolution import TransposedConvolution
from nnstudio.network.presets import Builder, chain
from tests.network.broken import broken_networks


def told(report: Check) -> set[tuple[str | None, str]]:
    return {(problem.node, problem.message) for problem in report.problems}


def unseen(spec: NetworkSpec) -> set[str | None]:
    """Designed layers whose problems could not be seen, because what is before them is broken; ``None`` when even the
    network as a whole could not be looked at."""
    try:
        expansion = expand(spec)
        expansion.spec.ordered()
    except SpecError:
        return {None, *(node.id for node in spec.nodes)}
    reports = check(spec).layers
    return {expansion.origin[node.id] for node in expansion.spec.nodes if node.id not in reports}


def assert_repaired(spec: NetworkSpec, problem: Problem, classes: int | None = None) -> NetworkSpec:
    assert problem.repair
    edited = problem.repair.edit(spec)
    before, after = check(spec, classes=classes), check(edited, classes=classes)
    assert (problem.node, problem.message) not in told(after), problem.repair.title
    hidden = unseen(spec) - {problem.node if problem.node else ""}
    new = [
        str(other)
        for other in after.problems
        if other.severity is Severity.ERROR and other.node not in hidden
        if (other.node, other.message) not in told(before)
    ]
    assert not new, problem.repair.title
    return edited


@settings(max_examples=150)
@given(broken_networks(), st.sampled_from([None, 2, 10]))
def test_repairs_of_broken_networks(spec: NetworkSpec, classes: int | None) -> None:
    for problem in check(spec, classes=classes).problems:
        if problem.repair:
            assert_repaired(spec, problem, classes)


INPUT, OUTPUT = Input(channels=3, height=5, width=5), SoftmaxOutput()
END = (Flatten(), Dense(), OUTPUT)
CONV = Convolution(filters=4, kernel=3)
SOUND = chain("x", [INPUT, CONV, ReLU(), *END])


def merged(merge: Layer, first: list[Layer], second: list[Layer], *behind: Layer) -> NetworkSpec:
    """Two paths from the input that meet."""
    network = Builder("x")
    start = network.put(INPUT)
    ends = network.path(first, start), network.path(second, start)
    network.put(merge, *ends)
    network.path([*behind, *END])
    return network.spec


VECTOR = [GlobalAveragePooling(), Dense(units=7)]
CASES = [
    (NetworkSpec(), "Add an Input, a Dense layer and a Softmax output"),
    (chain("x", [CONV, *END]), "Add an Input"),
    (chain("x", [INPUT]), "Add Flatten, Dense and a Softmax output"),
    (chain("x", [INPUT, Flatten(), Dense()]), "Add a Softmax output"),
    (chain("x", [INPUT, Dense(), OUTPUT]), "Insert Flatten before it"),
    (chain("x", [INPUT, CONV, OUTPUT]), "Insert Flatten before it"),
    (chain("x", [INPUT, CONV, LinearOutput()]), "Insert Flatten before it"),
    (chain("x", [INPUT, Flatten(), MaxPooling(), *END[1:]]), "Move it before flatten1"),
    (chain("x", [INPUT, Convolution(kernel=7), *END]), "Set padding 1"),
    (chain("x", [INPUT, Convolution(kernel=3, dilation=3), *END]), "Set the dilation to 1×1"),
    (chain("x", [INPUT, MaxPooling(kernel=8), *END]), "Set the window to 5×5"),
    (chain("x", [INPUT, CONV, MaxPooling(kernel=3), MaxPooling(), *END]), "Remove pool2"),
    (chain("x", [INPUT, Convolution(filters=6, kernel=3, groups=2), *END]), "Use 1 group"),
    (chain("x", [INPUT, Convolution(filters=9, kernel=3, groups=8), *END]), "Use 3 groups"),
    (chain("x", [INPUT, Flatten(), Reshape(height=5, width=5), *END]), "Reshape to 3×5×5"),
    (chain("x", [INPUT, TransposedConvolution(output_padding=2), *END]), "Set the output padding to 1×1"),
    (chain("x", [INPUT, TransposedConvolution(padding=9), *END]), "Set padding 0"),
    (SOUND.disconnect("relu1"), "Connect conv1 to it"),
    (SOUND.connect("input1", "relu1", 1), "Remove the surplus connection"),
    (SOUND.connect("input1", "input1"), "Remove the connection input1 → input1"),
    (SOUND.add(ReLU(), "spare").connect("conv1", "spare"), "Remove spare"),
    (SOUND.add(Input(), "again"), "Use input1 instead"),
    (SOUND.add(OUTPUT, "more").connect("dense1", "more"), "Remove more"),
    (SOUND.add(ReLU(), "late").connect("output1", "late"), "Move it behind late"),
    (SOUND.join(["input1", "conv1"], "block", repeat=2), "Repeat block only once"),
    (chain("x", [INPUT, ReLU(), Add(), *END]), "Connect input1 to it"),
    (chain("x", [INPUT, Flatten(), Dense(), Add(), OUTPUT]), "Remove add1"),
    (merged(Add(), [CONV], []), "Insert Convolution to make it 4×3×3"),
    (merged(Add(), VECTOR, [GlobalAveragePooling()]), "Insert Dense to make it 3"),
    (merged(Concatenate(), [], [MaxPooling(kernel=5)]), "Insert Max pooling to make it 3×1×1"),
    (merged(Concatenate(), [], VECTOR), "Insert Flatten before it"),
    (merged(Multiply(), [], [CONV.model_copy(update={"filters": 3})]), "Insert Global average pooling before it"),
    (merged(Multiply(), [], VECTOR), "Insert Dense with 3 units before it"),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "title"), CASES, ids=[title for _, title in CASES])
def test_errors_that_a_click_mends(spec: NetworkSpec, title: str) -> None:
    offered = {problem.repair.title: problem for problem in check(spec).problems if problem.repair}
    assert title in offered
    mended = assert_repaired(spec, offered[title])
    if len(check(spec).problems) == 1:
        assert check(mended).ok


def test_a_repair_outside_of_a_block_and_within() -> None:
    """What arrives at a repeated block needs one layer before it; what its copies hand on needs one inside."""
    outside = chain("x", [INPUT, Dense(), ReLU(), OUTPUT]).join(["dense1", "relu1"], "block", repeat=2)
    (problem,) = check(outside).problems
    assert assert_repaired(outside, problem).group("block").members == ("dense1", "relu1")
    seam = chain("x", [INPUT, Flatten(), Dense(units=9), Reshape(height=3, width=3), *END])
    seam = seam.join(["dense1", "reshape1"], "block", repeat=2)
    (problem,) = check(seam).problems
    assert set(assert_repaired(seam, problem).group("block").members) == {"dense1", "reshape1", "flatten3"}


def test_errors_come_first() -> None:
    spec = SOUND.replace("conv1", Convolution(filters=4, kernel=9)).disconnect("dense1")
    severities = [problem.severity for problem in check(spec).problems]
    assert severities == sorted(severities, key=list(Severity).index)


def test_a_large_network_gets_repairs_for_its_first_problems() -> None:
    """Each repair is tried before it is offered, and there is not time to try them for all."""
    spec = chain("x", [INPUT, *[ReLU()] * 150, *END])
    for number in range(2, 150, 10):
        spec = spec.disconnect(f"relu{number}")
    offered = [problem.repair is not None for problem in check(spec).problems]
    assert offered[0]
    assert not offered[-1]


class Picky(Layer):
    """A layer of a kind that nobody knows of; not in the palette, since that has been made already."""

    kind: Literal["picky"] = "picky"
    level: int = 1
    title: ClassVar[str] = "Picky"
    family: ClassVar[Family] = Family.ACTIVATION
    prefix: ClassVar[str] = "picky"

    def output_shape(self, inputs: list[Shape]) -> Shape:  # type: ignore[override]
        if self.level < inputs[0][0]:
            wanted = ChangeSettings("Raise the level", {"level": inputs[0][0]})
            raise LayerError("its level is too low", f"raise it to {inputs[0][0]}", wanted)
        return inputs[0]


def test_a_new_layer_brings_its_repairs_along() -> None:
    spec = chain("x", [INPUT, Picky(), *END])
    (problem,) = check(spec).problems
    assert problem.repair
    assert problem.repair.title == "Raise the level"
    assert assert_repaired(spec, problem).node("picky1").layer == Picky(level=3)
