"""Networks as values: editing, JSON, and what damaged files and senseless edits lead to."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnstudio.network import LAYERS, Connection, NetworkSpec, Node, SpecError, check
from nnstudio.network.graph import MAX_NODES
from nnstudio.network.layers.activation import ReLU, Tanh
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.presets import PRESETS, chain, lenet5
from tests.network.strategies import Edit, edits


def links(spec: NetworkSpec) -> set[tuple[str, str, int]]:
    return {(link.source, link.target, link.port) for link in spec.connections}


def assert_sound(spec: NetworkSpec) -> None:
    ids = [node.id for node in spec.nodes]
    assert len(set(ids)) == len(ids)
    assert all(link.source in ids and link.target in ids for link in spec.connections)
    ports = [(link.target, link.port) for link in spec.connections]
    assert len(set(ports)) == len(ports)


# ---- editing

SMALL = chain("small", [Input(), Flatten(), Dense(units=4)])


def test_chain_connects_one_after_another() -> None:
    assert [node.id for node in SMALL.nodes] == ["input1", "flatten1", "dense1"]
    assert links(SMALL) == {("input1", "flatten1", 0), ("flatten1", "dense1", 0)}


def test_every_edit_leaves_the_old_network_alone() -> None:
    before = SMALL.to_json()
    SMALL.add(ReLU())
    SMALL.remove("flatten1")
    SMALL.rename("dense1", "out")
    SMALL.replace("dense1", Dense(units=9))
    SMALL.disconnect("dense1")
    assert SMALL.to_json() == before


def test_add_leaves_a_layer_unconnected() -> None:
    assert links(SMALL.add(ReLU())) == links(SMALL)
    assert SMALL.add(ReLU()).nodes[-1].id == "relu1"


def test_insert_takes_over_what_its_source_fed() -> None:
    spec = SMALL.insert_after("input1", ReLU())
    assert [node.id for node in spec.nodes] == ["input1", "relu1", "flatten1", "dense1"]
    assert links(spec) == {("input1", "relu1", 0), ("relu1", "flatten1", 0), ("flatten1", "dense1", 0)}


def test_insert_takes_over_every_branch_and_keeps_ports() -> None:
    branched = SMALL.add(ReLU(), "side").connect("input1", "side").connect("input1", "dense1", 1)
    spec = branched.insert_after("input1", Tanh(), "new")
    assert links(spec) == {
        ("input1", "new", 0), ("new", "flatten1", 0), ("new", "side", 0), ("new", "dense1", 1),
        ("flatten1", "dense1", 0),
    }  # fmt: skip


def test_remove_joins_the_neighbours() -> None:
    assert links(SMALL.remove("flatten1")) == {("input1", "dense1", 0)}
    assert links(SMALL.remove("input1")) == {("flatten1", "dense1", 0)}
    assert links(SMALL.remove("dense1")) == {("input1", "flatten1", 0)}


def test_inserting_and_removing_is_the_identity() -> None:
    spec = lenet5()
    for node in spec.nodes[:-1]:
        again = spec.insert_after(node.id, Tanh(), "new").remove("new")
        assert (again.nodes, links(again)) == (spec.nodes, links(spec))


def test_move_keeps_the_name() -> None:
    spec = lenet5().move_after("pool1", "conv2")
    assert spec.sources("pool1") == ("conv2",)
    assert spec.targets("pool1") == ("relu2",)
    assert spec.sources("conv2") == ("relu1",)
    assert SMALL.move_after("dense1", "dense1") == SMALL


def test_replace_and_rename_keep_place_and_connections() -> None:
    spec = SMALL.replace("flatten1", ReLU()).rename("flatten1", "bend")
    assert [node.id for node in spec.nodes] == ["input1", "bend", "dense1"]
    assert spec.node("bend").layer == ReLU()
    assert links(spec) == {("input1", "bend", 0), ("bend", "dense1", 0)}
    assert SMALL.rename("dense1", "dense1") == SMALL


def test_connect_replaces_what_fed_the_port() -> None:
    spec = SMALL.connect("input1", "dense1")
    assert links(spec) == {("input1", "flatten1", 0), ("input1", "dense1", 0)}
    assert links(spec.disconnect("dense1").disconnect("dense1")) == {("input1", "flatten1", 0)}


def test_sources_come_in_port_order() -> None:
    spec = SMALL.connect("input1", "dense1", 2).connect("dense1", "dense1", 1)
    assert spec.sources("dense1") == ("flatten1", "dense1", "input1")


def test_free_names_skip_those_taken() -> None:
    spec = SMALL.add(Dense(), "dense2").add(Dense(), "dense4")
    assert spec.free_id(Dense()) == "dense3"


def test_order_follows_connections_then_the_list() -> None:
    spec = NetworkSpec(
        nodes=tuple(Node(id=name, layer=ReLU()) for name in "dcba"),
        connections=(Connection(source="a", target="c"), Connection(source="c", target="d")),
    )
    assert [node.id for node in spec.ordered()] == ["b", "a", "c", "d"]


def test_a_loop_is_named() -> None:
    looped = lenet5().connect("pool1", "conv1")
    with pytest.raises(SpecError, match=r"(conv1|relu1|pool1) → .* form a loop"):
        looped.ordered()
    assert not check(looped).ok


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda: SMALL.node("ghost"), "no layer named “ghost”"),
        (lambda: SMALL.remove("ghost"), "ghost"),
        (lambda: SMALL.insert_after("ghost", ReLU()), "ghost"),
        (lambda: SMALL.move_after("dense1", "ghost"), "ghost"),
        (lambda: SMALL.rename("dense1", "flatten1"), "same name “flatten1”"),
        (lambda: SMALL.rename("dense1", "1st"), "“1st” is not possible.*starts with no digit"),
        (lambda: SMALL.rename("dense1", ""), "not possible"),
        (lambda: SMALL.rename("dense1", "x" * 65), "at most 64"),
        (lambda: SMALL.add(ReLU(), "two words"), "letters, digits and _"),
        (lambda: SMALL.add(ReLU(), "dense1\n"), "letters, digits and _"),
        (lambda: SMALL.add(ReLU(), "dense1"), "same name"),
        (lambda: SMALL.connect("input1", "ghost"), "ghost"),
        (lambda: SMALL.connect("input1", "dense1", -1), "not possible"),
        (lambda: SMALL.connect("input1", "dense1", 256), "not possible"),
        (lambda: chain("long", [ReLU()] * 3)._with(nodes=SMALL.nodes * MAX_NODES), f"at most {MAX_NODES:,}"),
    ],
)
def test_what_cannot_be_is_explained(edit, words: str) -> None:
    with pytest.raises(SpecError, match=words):
        edit()


@settings(max_examples=150)
@given(st.sampled_from(list(PRESETS)), st.lists(edits(), max_size=25))
def test_random_edits_never_corrupt(preset: str, sequence: list[Edit]) -> None:
    spec = PRESETS[preset]()
    for edit in sequence:
        before = spec
        try:
            spec = edit(before)
        except SpecError:
            assert spec is before
        assert_sound(spec)
        check(spec)
        assert NetworkSpec.from_json(spec.to_json()) == spec


# ---- JSON


@pytest.mark.parametrize("name", PRESETS)
def test_json_is_readable_and_comes_back(name: str) -> None:
    spec = PRESETS[name]()
    text = spec.to_json()
    document = json.loads(text)
    assert (document["format"], document["format_version"]) == ("nnstudio-network", 2)
    assert "\n  " in text
    assert NetworkSpec.from_json(text) == spec
    assert NetworkSpec.from_json(text.encode()) == spec


def test_names_in_any_language() -> None:
    spec = NetworkSpec(name="Netz für Ziffern 数字")
    assert "数字" in spec.to_json()
    assert NetworkSpec.from_json(spec.to_json()) == spec


@pytest.mark.parametrize("kind", LAYERS)
def test_layers_come_back_as_what_they_were(kind: str) -> None:
    spec = NetworkSpec().add(LAYERS[kind]())
    again = NetworkSpec.from_json(spec.to_json())
    assert type(again.nodes[0].layer) is LAYERS[kind]
    assert again == spec


GOOD = json.loads(SMALL.to_json())


def changed(**parts: object) -> str:
    return json.dumps({**GOOD, **parts})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not readable JSON"),
        ("{", "not readable JSON"),
        ("[" * 100_000, "not readable JSON"),
        (b"\xff\xfe\x00", "not readable JSON"),
        ("9" * 5000, "not readable JSON"),
        ("null", "not a network file of NN Studio"),
        ("[]", "not a network file of NN Studio"),
        ("{}", "not a network file of NN Studio"),
        (changed(format="onnx"), "not a network file of NN Studio"),
        (changed(format_version=3), "format version 3.*up to 2.*Update"),
        (changed(format_version=0), "no valid format version"),
        (changed(format_version="1"), "no valid format version"),
        (changed(format_version=True), "no valid format version"),
        (changed(format_version=None), "no valid format version"),
        (changed(name=7), "damaged at “name”"),
        (changed(name="x" * 201), "damaged at “name”"),
        (changed(colour="red"), "damaged at “colour”"),
        (changed(nodes=[{"id": "a"}]), "damaged at “nodes.0.layer”"),
        (changed(nodes=[{"id": "a", "layer": 5}]), "damaged at “nodes.0.layer”"),
        (changed(nodes=[{"id": "a", "layer": {"kind": "lstm"}}]), "no layer of kind 'lstm'.*known are input, conv"),
        (changed(nodes=[{"id": "a", "layer": {"kind": ["relu"]}}]), "no layer of kind"),
        (changed(nodes=[{"id": "a", "layer": {}}]), "no layer of kind None"),
        (changed(nodes=[{"id": "a b", "layer": {"kind": "relu"}}]), "damaged at “nodes.0.id”: a layer's name"),
        (changed(nodes=[{"id": "a", "layer": {"kind": "dense", "units": 0}}]), "greater than or equal to 1"),
        (changed(nodes=[{"id": "a", "layer": {"kind": "relu", "slope": 1}}]), "damaged at “nodes.0.layer.*slope"),
        (changed(nodes=GOOD["nodes"] * 2), "same name"),
        (changed(connections=[{"source": "x", "target": "dense1"}]), "names the layer “x”"),
        (changed(connections=GOOD["connections"] * 2), "two connections"),
        (changed(connections=[{"source": "input1"}]), "damaged at “connections.0.target”"),
    ],
)
def test_damaged_files_are_explained(text: str | bytes, words: str) -> None:
    with pytest.raises(SpecError, match=words):
        NetworkSpec.from_json(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.data())
def test_any_value_in_any_place_is_read_or_explained(data: st.DataObject) -> None:
    """Some value in the document is replaced by another."""
    document = json.loads(lenet5().to_json())
    place: object = document
    while isinstance(place, (dict, list)) and place:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], (dict, list)) or data.draw(st.integers(0, 3)) == 0:
            place[key] = data.draw(JSON)
            break
        place = place[key]
    try:
        spec = NetworkSpec.from_json(json.dumps(document))
    except SpecError as error:
        assert error.message
    else:
        assert_sound(spec)
        assert NetworkSpec.from_json(spec.to_json()) == spec
        check(spec)


@given(st.binary(max_size=60), st.integers(0, 10_000), st.integers(0, 50))
def test_any_bytes_anywhere_are_read_or_explained(piece: bytes, at: int, dropped: int) -> None:
    text = SMALL.to_json().encode()
    at %= len(text)
    try:
        spec = NetworkSpec.from_json(text[:at] + piece + text[at + dropped :])
    except SpecError as error:
        assert error.message
    else:
        assert_sound(spec)


def test_one_number_stands_for_both_sides() -> None:
    document = {"kind": "convolution", "kernel": 3, "stride": [2, 1], "padding": 1}
    spec = NetworkSpec.from_json(changed(nodes=[{"id": "a", "layer": document}], connections=[]))
    assert spec.node("a").layer == Convolution(kernel=(3, 3), stride=(2, 1), padding=(1, 1))
