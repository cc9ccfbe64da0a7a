"""From a network to ops, tensors and slots."""

from __future__ import annotations

from itertools import pairwise

import pytest

from nnstudio.engine.losses import CrossEntropy
from nnstudio.engine.plan import ALIGNMENT, PlanError, compile_plan
from nnstudio.network import Family, NetworkSpec
from nnstudio.network.layers.activation import ReLU, Sigmoid, Tanh
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.pooling import MaxPooling
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.presets import PRESETS, chain, lenet5


def test_lenet_op_by_op() -> None:
    plan = compile_plan(lenet5())
    assert [(op.kind, op.node, op.activation and op.activation.kind) for op in plan.ops] == [
        ("convolution", "relu1", "relu"), ("max_pooling", "pool1", None),
        ("convolution", "relu2", "relu"), ("max_pooling", "pool2", None), ("flatten", "flatten1", None),
        ("dense", "relu3", "relu"), ("dense", "relu4", "relu"), ("dense", "dense3", None),
        ("softmax_output", "output1", None),
    ]  # fmt: skip
    assert [tensor.shape for tensor in plan.tensors] == [
        (1, 28, 28), (6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5), (400,), (120,), (84,), (10,), (10,)
    ]  # fmt: skip
    assert [tensor.index for tensor in plan.tensors] == list(range(10))
    assert [tensor.view_of for tensor in plan.tensors if tensor.view_of is not None] == [4]
    assert plan.parameter_count == 61_706
    assert (plan.input.node, plan.output.node, plan.loss) == ("input1", "output1", CrossEntropy())
    assert plan.tensor_of["pool2"].shape == (16, 5, 5)
    assert "conv1" not in plan.tensor_of


def test_what_learns_and_what_needs_a_gradient() -> None:
    spec = chain("late", [Input(height=4, width=4), Sigmoid(), Flatten(), Dense(units=3), Tanh(), SoftmaxOutput()])
    plan = compile_plan(spec)
    assert [op.layer_node for op in plan.ops] == ["sigmoid1", "flatten1", "dense1", "output1"]
    assert [op.node for op in plan.ops] == ["sigmoid1", "flatten1", "tanh1", "output1"]
    assert [op.output in plan.learned for op in plan.ops] == [False, False, True, True]
    assert [plan.needs_gradient(op) for op in plan.ops] == [False, False, False, True]


def test_slots_are_named_after_their_node_and_never_share_a_vector() -> None:
    plan = compile_plan(lenet5())
    assert [slot.name for slot in plan.slots][:4] == ["conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias"]
    assert plan.ops[0].parameters == plan.slots[:2]
    assert plan.slots[0].offset == 0
    assert all(slot.offset % ALIGNMENT == 0 for slot in plan.slots)
    assert all(slot.end <= following.offset < slot.end + ALIGNMENT for slot, following in pairwise(plan.slots))
    assert plan.flat_size % ALIGNMENT == 0
    assert plan.flat_size >= plan.slots[-1].end
    assert plan.slot("conv2.weight").shape == (16, 6, 5, 5)


def small(*layers: object) -> NetworkSpec:
    return chain("small", [Input(height=6, width=6), *layers, Flatten(), Dense(units=3), SoftmaxOutput()])


def kinds(spec: NetworkSpec, keep: tuple[str, ...] = ()) -> list[tuple[str, str | None]]:
    plan = compile_plan(spec, keep=keep)
    return [(op.kind, op.activation.kind if op.activation else None) for op in plan.ops][:-3]


def test_only_the_first_activation_behind_weights_is_fused() -> None:
    assert kinds(small(Convolution(), Tanh(), ReLU())) == [("convolution", "tanh"), ("relu", None)]
    assert kinds(small(Convolution(kernel=(2, 2)), MaxPooling(), Sigmoid())) == [
        ("convolution", None), ("max_pooling", None), ("sigmoid", None)
    ]  # fmt: skip
    assert kinds(small(ReLU())) == [("relu", None)]


def test_what_shall_be_kept_is_not_fused_away() -> None:
    spec = small(Convolution(), Tanh())
    assert kinds(spec, keep=("conv1",)) == [("convolution", None), ("tanh", None)]
    assert "conv1" in compile_plan(spec, keep=["conv1"]).tensor_of


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_compiles_kept_and_fused(name: str) -> None:
    spec = PRESETS[name]()
    fused, kept = compile_plan(spec), compile_plan(spec, keep=[node.id for node in spec.nodes])
    assert len(kept.ops) == len(spec.nodes) - 1
    assert [slot.name for slot in fused.slots] == [slot.name for slot in kept.slots]
    for plan in (fused, kept):
        written = {0}
        for op in plan.ops:
            assert set(op.inputs) <= written, "an op reads what is not there yet"
            assert op.output not in written
            written.add(op.output)
        assert plan.ops[-1].layer.family is Family.OUTPUT


def test_a_network_with_a_problem_is_refused_with_its_reason() -> None:
    with pytest.raises(PlanError, match="kernel 7×7 is larger than its input 6×6"):
        compile_plan(small(Convolution(kernel=(7, 7))))
    with pytest.raises(PlanError, match="empty"):
        compile_plan(NetworkSpec())
