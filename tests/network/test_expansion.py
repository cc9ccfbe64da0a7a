"""Muted layers, repeated blocks: the flat network that they stand for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.network import Connection, Group, NetworkSpec, SpecError, check, expand
from nnstudio.network.graph import MAX_NODES
from nnstudio.network.layers.activation import ReLU
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.merge import Add
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.presets import Builder, chain, lenet5

SAME = Convolution(filters=8, kernel=(3, 3), padding=(1, 1))


def residual(blocks: int) -> NetworkSpec:
    """A small residual network with its blocks written out by hand."""
    net = Builder("Residual")
    entry = net.path([Input(height=8, width=8), SAME])
    for _ in range(blocks):
        entry = net.put(Add(), net.path([ReLU(), SAME], entry), entry)
    net.path([Flatten(), Dense(units=10), SoftmaxOutput()])
    return net.spec


def shapes(spec: NetworkSpec) -> list[tuple[object, ...]]:
    """What a network computes, without the names."""
    flat = expand(spec).spec
    place = {node.id: index for index, node in enumerate(flat.ordered())}
    return [(node.layer, [place[source] for source in flat.sources(node.id)]) for node in flat.ordered()]


def test_a_network_without_shortcuts_stays_as_it_is() -> None:
    spec = lenet5()
    assert expand(spec).spec == spec
    assert dict(expand(spec).origin) == {node.id: node.id for node in spec.nodes}


@pytest.mark.parametrize("times", [1, 2, 5])
def test_a_repeated_block_is_the_same_as_the_block_written_out(times: int) -> None:
    short = residual(1).join(["relu1", "conv2", "add1"], "residual", repeat=times)
    assert shapes(short) == shapes(residual(times))
    assert check(short).ok
    assert check(short).parameter_count == check(residual(times)).parameter_count
    assert check(short).multiply_adds == check(residual(times)).multiply_adds


def test_the_first_copy_keeps_its_name_and_the_others_say_which_they_are() -> None:
    spec = residual(1).join(["relu1", "conv2", "add1"], "residual", repeat=3)
    expansion = expand(spec)
    names = [node.id for node in expansion.spec.nodes]
    assert [name for name in names if name.startswith("conv2")] == ["conv2", "conv2_2", "conv2_3"]
    assert expansion.origin["conv2_3"] == "conv2"
    assert expansion.spec.sources("flatten1") == ("add1_3",)


def test_a_copy_finds_a_name_where_its_own_is_taken() -> None:
    spec = residual(1).rename("dense1", "conv2_2").join(["relu1", "conv2", "add1"], "residual", repeat=2)
    assert "conv2__2" in [node.id for node in expand(spec).spec.nodes]
    assert check(spec).ok


def test_the_longest_names_are_cut_and_not_too_long() -> None:
    long = "a" * 64
    spec = residual(1).rename("conv2", long).join(["relu1", long, "add1"], "residual", repeat=12)
    assert max(len(node.id) for node in expand(spec).spec.nodes) == 64
    assert check(spec).ok


def test_a_muted_layer_is_skipped() -> None:
    spec = lenet5().mute("relu2")
    flat = expand(spec).spec
    assert "relu2" not in [node.id for node in flat.nodes]
    before, after = spec.sources("relu2")[0], spec.targets("relu2")[0]
    assert Connection(source=before, target=after) in flat.connections
    assert "relu2" not in check(spec).layers
    assert expand(spec.mute("relu2", False)).spec == lenet5()


def test_muted_layers_in_a_row_are_all_skipped_and_a_join_passes_its_first_input_on() -> None:
    spec = residual(1).mute("add1").mute("relu1")
    assert expand(spec).spec.sources("flatten1") == ("conv2",)
    assert expand(spec).spec.sources("conv2") == ("conv1",)


def test_a_muted_layer_without_an_input_leaves_what_follows_without_one() -> None:
    spec = NetworkSpec().add(ReLU()).append(ReLU()).mute("relu1")
    assert expand(spec).spec.connections == ()


def test_muted_layers_in_a_loop_end() -> None:
    spec = NetworkSpec().add(ReLU()).append(ReLU()).connect("relu2", "relu1").add(ReLU()).connect("relu2", "relu3")
    assert expand(spec.mute("relu1").mute("relu2")).spec.connections == ()


def test_a_block_with_two_ways_in_or_out_is_not_repeated() -> None:
    spec = residual(1)
    two_out = spec.join(["conv1", "relu1"], "stem", repeat=2)
    with pytest.raises(SpecError, match="one layer must feed it"):
        expand(two_out)
    assert not check(two_out).ok
    assert check(spec.join(["conv1", "relu1"], "stem")).ok  # once is no trouble


def test_a_block_repeated_too_often_is_refused_before_it_is_built() -> None:
    spec = chain("Long", [Input(), *[ReLU()] * 30])
    block = spec.join([node.id for node in spec.nodes[1:]], "block", repeat=100)
    with pytest.raises(SpecError, match=f"{MAX_NODES:,}"):
        expand(block)


def test_problems_in_a_repeated_block_name_the_designed_layer_once() -> None:
    spec = residual(1).replace("conv2", SAME.model_copy(update={"filters": 4}))
    problems = check(spec.join(["relu1", "conv2", "add1"], "residual", repeat=4)).problems
    assert {problem.node for problem in problems if problem.node} == {"add1"}
    assert len(problems) == len(set(problems))


def test_places_on_the_canvas_change_nothing_that_is_computed() -> None:
    spec = lenet5().place({"conv1": (40, -8)})
    assert expand(spec).spec == lenet5()
    assert NetworkSpec.from_json(spec.to_json()) == spec


def test_blocks_follow_edits() -> None:
    spec = residual(1).join(["relu1", "conv2", "add1"], "residual", repeat=3)
    assert spec.rename("conv2", "second").group("residual").members == ("relu1", "second", "add1")
    assert spec.remove("conv2").group("residual").members == ("relu1", "add1")
    assert spec.insert_after("relu1", ReLU()).group("residual").members == ("relu1", "relu2", "conv2", "add1")
    assert spec.remove("relu1").remove("conv2").remove("add1").groups == ()
    assert spec.ungroup("residual") == residual(1)
    assert spec.join(["conv2"], "other").group("residual").members == ("relu1", "add1")
    assert spec.change_group("residual", new_id="block", repeat=2).groups == (
        Group(id="block", members=("relu1", "conv2", "add1"), repeat=2),
    )


@pytest.mark.parametrize(
    ("group", "words"),
    [
        ({"id": "b", "members": ("nobody",)}, "does not exist"),
        ({"id": "conv1", "members": ("relu1",)}, "same name"),
        ({"id": "b", "members": ("relu1", "relu1")}, "named twice"),
    ],
)
def test_impossible_blocks_are_refused(group: dict[str, object], words: str) -> None:
    with pytest.raises(SpecError, match=words):
        NetworkSpec(nodes=lenet5().nodes, connections=lenet5().connections, groups=(Group.model_validate(group),))


@given(data=st.data())
def test_expanding_twice_is_expanding_once(data: st.DataObject) -> None:
    spec = residual(data.draw(st.integers(1, 3)))
    for name in data.draw(st.sets(st.sampled_from([node.id for node in spec.nodes[1:-1]]), max_size=4)):
        spec = spec.mute(name)
    start = data.draw(st.integers(1, len(spec.nodes) - 3))
    stop = data.draw(st.integers(start + 1, len(spec.nodes) - 1))
    spec = spec.join([node.id for node in spec.nodes[start:stop]], "block", data.draw(st.integers(1, 4)))
    try:
        flat = expand(spec).spec
    except SpecError:
        assert not check(spec).ok
        return
    assert expand(flat).spec == flat
    assert not flat.groups
    assert not any(node.muted for node in flat.nodes)
    assert NetworkSpec.from_json(spec.to_json()) == spec
