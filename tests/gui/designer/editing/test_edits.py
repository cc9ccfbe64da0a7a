"""Edits without a window: places, moving, and random sequences of edits, undo and redo."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtWidgets import QApplication

from nnstudio.gui.designer import DesignerPanel, PropertiesPanel
from nnstudio.gui.designer.editing import edits
from nnstudio.gui.designer.editing.editor import NetworkEditor
from nnstudio.gui.designer.editing.edits import Place
from nnstudio.gui.designer.layout.arrangement import arrange
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.selection_model import SelectionModel
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.network import LAYERS, Connection, NetworkSpec, SpecError
from nnstudio.network.layers.activation import ReLU
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.dropout import Dropout
from nnstudio.network.presets import PRESETS, lenet5


def place(source: str, target: str) -> Place:
    return Place(source, Connection(source=source, target=target))


def forked() -> NetworkSpec:
    """conv1 feeds relu1 and a second ReLU."""
    return lenet5().add(ReLU(), "branch").connect("conv1", "branch")


def test_a_layer_put_on_one_branch_leaves_the_other_alone() -> None:
    spec = edits.insert(forked(), Dropout(), place("conv1", "branch"))
    assert spec.sources("branch") == ("dropout1",)
    assert spec.sources("dropout1") == ("conv1",)
    assert spec.sources("relu1") == ("conv1",)


def test_moving_takes_out_and_puts_in() -> None:
    spec = edits.move(lenet5(), "relu1", place("pool1", "conv2"))
    assert (spec.sources("pool1"), spec.sources("relu1"), spec.sources("conv2")) == (("conv1",), ("pool1",), ("relu1",))
    back = edits.move(spec, "relu1", place("conv1", "pool1"))
    assert back.nodes == lenet5().nodes
    assert set(back.connections) == set(lenet5().connections)


def test_moving_to_where_it_is_changes_nothing() -> None:
    assert edits.move(lenet5(), "relu1", place("conv1", "relu1")) == lenet5()
    assert edits.move(lenet5(), "relu1", place("relu1", "pool1")) == lenet5()


def test_no_place_is_behind_an_output() -> None:
    assert edits.place_behind(lenet5(), "output1") is None
    assert edits.natural_place(lenet5(), "output1", Dense()) == place("dense3", "output1")


def test_a_full_network_says_so() -> None:
    spec = NetworkSpec(nodes=tuple({"id": f"relu{i}", "layer": {"kind": "relu"}} for i in range(2000)))  # type: ignore[arg-type]
    with pytest.raises(SpecError, match="already has 2,000 layers"):
        edits.insert(spec, ReLU(), None)


@pytest.mark.parametrize("name", ["", "1a", "a b", "é", "x" * 65, "conv2"])
def test_a_bad_name_has_a_reason(name: str) -> None:
    assert edits.name_problem(lenet5(), "conv1", name)


def test_a_good_name_has_none() -> None:
    assert not edits.name_problem(lenet5(), "conv1", "First_filters")
    assert not edits.name_problem(lenet5(), "conv1", "conv1")


# ---- arrangement


CHAINS = [name for name, make in PRESETS.items() if len(make().connections) == len(make().nodes) - 1]


@pytest.mark.parametrize("preset", CHAINS)
def test_a_chain_stands_in_one_row(preset: str) -> None:
    spec = PRESETS[preset]()
    cells = [arrange(spec).cells[node.id] for node in spec.ordered()]
    assert cells == [(column, 0) for column in range(len(spec.nodes))]


def test_a_connection_that_jumps_gets_a_lane_free_of_blocks() -> None:
    spec = lenet5().connect("pool1", "dense1", 1)
    arrangement = arrange(spec)
    (lane,) = arrangement.lanes.values()
    assert len(set(lane)) == 1
    assert lane[0] not in {row for _, row in arrangement.cells.values()}


def test_a_loop_is_drawn_too() -> None:
    spec = lenet5().connect("relu2", "conv1")
    assert len(set(arrange(spec).cells.values())) == len(spec.nodes)


@given(st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=30))
def test_no_two_blocks_share_a_cell_and_connections_go_right(pairs: list[tuple[int, int]]) -> None:
    links = {(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]}
    spec = NetworkSpec()
    for index in range(12):
        spec = spec.add(ReLU(), f"n{index}")
    for port, (source, target) in enumerate(sorted(links)):
        spec = spec.connect(f"n{source}", f"n{target}", port)
    arrangement = arrange(spec)
    cells = arrangement.cells
    lanes = [
        (column, row)
        for link, lane in arrangement.lanes.items()
        for column, row in enumerate(lane, cells[link.source][0] + 1)
    ]
    assert len({*cells.values(), *lanes}) == len(spec.nodes) + len(lanes)
    assert all(cells[link.source][0] < cells[link.target][0] for link in spec.connections)


# ---- random work

_STEP = st.tuples(
    st.sampled_from(
        [
            "insert",
            "insert_at",
            "remove",
            "move",
            "step",
            "duplicate",
            "rename",
            "change",
            "connect",
            "disconnect",
            "paste",
            "cut",
            "mute",
            "group",
            "ungroup",
            "repeat",
            "rename_group",
            "place",
            "arrange",
            "undo",
            "redo",
        ]
    ),
    st.integers(0, 99),
    st.integers(0, 99),
)


def work(editor: NetworkEditor, what: str, one: int, two: int) -> None:
    """One random edit, as a hand would make it."""
    network, spec, kinds = editor.network, editor.network.spec, list(LAYERS)
    names = [node.id for node in spec.nodes]
    places = edits.places(spec)
    editor.selection.select(names[one % len(names)] if names and one % 7 else None)
    selected = editor.selection.selected
    if what == "insert":
        editor.insert_kind(kinds[two % len(kinds)])
    elif what == "insert_at" and places:
        editor.insert_kind(kinds[one % len(kinds)], places[two % len(places)])
    elif what == "remove":
        editor.remove()
    elif what == "duplicate":
        editor.duplicate()
    elif what == "step":
        editor.step(1 if two % 2 else -1)
    elif what == "move" and selected and places:
        editor.move(selected, places[two % len(places)])
    elif what == "rename" and selected and not edits.name_problem(spec, selected, f"layer{two}"):
        editor.rename(selected, f"layer{two}")
    elif what == "change" and selected and isinstance(spec.node(selected).layer, Dense):
        editor.change(selected, Dense(units=two + 1))
    elif what == "connect" and len(names) > 1:
        editor.connect_layers(names[one % len(names)], names[two % len(names)], two % 3 if one % 2 else None)
    elif what == "disconnect" and spec.connections:
        editor.selection.select_connection(spec.connections[two % len(spec.connections)])
        editor.remove()
    elif what in ("paste", "cut", "mute", "group") and names:
        editor.selection.select_all(names[min(one, two) % len(names) : max(one, two) % len(names) + 1])
        editor.copy()
        getattr(editor, what)()
    elif what == "place" and names:
        editor.place(dict.fromkeys(names[one % len(names) :][:2], (8 * one, 8 * two)))
    elif what == "arrange":
        editor.arrange()
    elif what in ("ungroup", "repeat", "rename_group") and spec.groups:
        group = spec.groups[two % len(spec.groups)]
        editor.selection.select_group(group.id)
        if what == "ungroup":
            editor.ungroup()
        elif what == "repeat":
            editor.change_group(group.id, repeat=1 + one % 4)
        elif not edits.group_name_problem(spec, group.id, f"block{two}"):
            editor.change_group(group.id, new_id=f"block{two}")
    elif what == "undo":
        network.undo_stack.undo()
    elif what == "redo":
        network.undo_stack.redo()


@given(st.sampled_from(list(PRESETS)), st.lists(_STEP, max_size=40))
def test_undo_restores_every_network_on_the_way(
    qapp: QApplication, preset: str, steps: list[tuple[str, int, int]]
) -> None:
    start = PRESETS[preset]()
    network = NetworkModel(start)
    editor = NetworkEditor(network, SelectionModel(network))
    for step in steps:
        work(editor, *step)
        names = {node.id for node in network.spec.nodes}
        assert editor.selection.selected is None or editor.selection.selected in names
    assert NetworkSpec.from_json(network.spec.to_json()) == network.spec
    stack = network.undo_stack
    while stack.canRedo():
        stack.redo()
    seen = [network.spec]
    while stack.canUndo():
        stack.undo()
        seen.append(network.spec)
    assert seen[-1] == start
    assert all(one != two for one, two in pairwise(seen)), "a step that changes nothing is no step"
    for spec in reversed(seen):
        assert network.spec == spec
        stack.redo()


@given(st.lists(_STEP, max_size=15))
def test_the_panels_show_any_network_on_the_way(qapp: QApplication, steps: list[tuple[str, int, int]]) -> None:
    network = NetworkModel(lenet5())
    designer = DesignerPanel(network, WeightsModel(network))
    properties = PropertiesPanel(network, designer.selection)
    editor = NetworkEditor(network, designer.selection)
    for step in steps:
        work(editor, *step)
        scene, selection = designer.scene, designer.selection
        if step[2] % 3 == 0 and selection.group:
            scene.toggle_group(selection.group)
        assert set(scene.blocks) == {scene.drawing.shown(node.id) for node in network.spec.nodes}
        chosen = {selection.group} if selection.group else {scene.drawing.shown(name) for name in selection.nodes}
        assert {name for name, block in scene.blocks.items() if block.selected} == chosen & scene.blocks.keys()
        wired = [link for wire in scene.wires.values() for link in wire.connections]
        assert len(wired) == len(set(wired))
        assert designer.scene.sceneRect().isValid()
    properties.deleteLater()
    designer.deleteLater()
