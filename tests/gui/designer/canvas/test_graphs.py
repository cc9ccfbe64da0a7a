"""Branches and joins: how they are drawn, and every way to make and take connections by mouse and keyboard."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from nnstudio.gui.designer import DesignerPanel, PalettePanel
from nnstudio.gui.designer.blocks.painter import OVERVIEW, Offer
from nnstudio.gui.designer.canvas.connecting import ThreadItem
from nnstudio.gui.designer.canvas.scene import NetworkScene
from nnstudio.gui.designer.editing import edits
from nnstudio.gui.designer.panel.node_menu import NodeMenu
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.selection_model import SelectionModel
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.network import Connection, NetworkSpec
from nnstudio.network.layers.activation import ReLU
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.merge import Add, Concatenate
from nnstudio.network.presets import PRESETS, chain, lenet5
from tests.gui.designer.conftest import Mouse

# The offscreen platform about itself, when a menu opens.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support grabbing the keyboard", extend=True)


def shortcut() -> NetworkSpec:
    """conv1, relu1, conv2, and an Add that waits for its second input; then an output side that is sound."""
    spec = lenet5()
    spec = spec.replace("conv1", Convolution(filters=6, kernel=(3, 3), padding=(1, 1)))
    spec = spec.insert_after("relu1", Convolution(filters=6, kernel=(3, 3), padding=(1, 1)), "conv3")
    return spec.insert_after("conv3", Add(), "add1")


@pytest.fixture
def branched(network: NetworkModel, designer: DesignerPanel) -> NetworkModel:
    """The network above on the desk, at its natural size, its left part in sight."""
    network.set_spec(shortcut())
    designer.view.set_zoom(1)
    designer.view.ensureVisible(designer.scene.blocks["input1"])
    return network


def output_of(designer: DesignerPanel, name: str) -> QPointF:
    return designer.scene.blocks[name].output_port


def input_of(designer: DesignerPanel, name: str, port: int = 0) -> QPointF:
    return designer.scene.blocks[name].input_port(port)


def pull(mouse: Mouse, start: QPointF, end: QPointF) -> None:
    mouse.lift(start, end)
    mouse.drop(end)


# ---- drawing


def crossings(scene: NetworkScene) -> list[tuple[Connection | None, str]]:
    """Every connection that runs behind a block, with that block."""
    rooms = {
        name: block.mapRectToScene(block.outline).adjusted(0.5, 0.5, -0.5, -0.5) for name, block in scene.blocks.items()
    }
    found = []
    for place, wire in scene.wires.items():
        points = [wire.curve.pointAtPercent(step / 200) for step in range(201)]
        for name, room in rooms.items():
            if any(room.contains(point) for point in points):
                found.append((place.connection, name))
    return found


def scene_of(spec: NetworkSpec) -> NetworkScene:
    network = NetworkModel(spec)
    return NetworkScene(network, SelectionModel(network), WeightsModel(network))


@pytest.mark.parametrize("name", PRESETS)
def test_no_connection_of_a_preset_runs_behind_a_block(qtbot: QtBot, name: str) -> None:
    assert crossings(scene_of(PRESETS[name]())) == []


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=20), st.data())
def test_no_connection_runs_behind_a_block(
    qapp: QApplication, pairs: list[tuple[int, int]], data: st.DataObject
) -> None:
    """Blocks of all widths, connected at random."""
    spec = NetworkSpec()
    for index in range(10):
        layer = data.draw(st.sampled_from([ReLU(), Concatenate(), Convolution(filters=128, kernel=(11, 11))]))
        spec = spec.add(layer, f"n{index}" + "x" * data.draw(st.integers(0, 20)))
    ids = [node.id for node in spec.nodes]
    for one, two in {(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]}:
        spec = edits.connect(spec, ids[one], ids[two])
    assert crossings(scene_of(spec)) == []


def test_the_longest_path_is_straight_whichever_branch_is_listed_first() -> None:
    spec = chain("", [Input(), ReLU()]).add(ReLU(), "short").connect("relu1", "short")
    spec = spec.add(ReLU(), "long1").connect("relu1", "long1").add(ReLU(), "long2").connect("long1", "long2")
    spec = spec.add(Add(), "join").connect("short", "join", 0).connect("long2", "join", 1)
    cells = edits_cells(spec)
    assert {cells[name][1] for name in ("input1", "relu1", "long1", "long2", "join")} == {0}
    assert cells["short"][1] != 0


def edits_cells(spec: NetworkSpec) -> dict[str, tuple[int, int]]:
    return dict(scene_of(spec).cells)


def test_a_merge_shows_its_inputs_and_a_free_one(designer: DesignerPanel, branched: NetworkModel) -> None:
    block = designer.scene.blocks["add1"]
    assert block.content.inputs == (True, False)
    branched.edit("Connect", branched.spec.connect("relu1", "add1", 1))
    assert designer.scene.blocks["add1"].content.inputs == (True, True, False)
    assert designer.scene.blocks["relu1"].content.inputs == (True,)
    assert designer.scene.blocks["input1"].content.inputs == ()
    assert not designer.scene.blocks["output1"].content.gives
    heights = [block.input_port(port).y() for port in range(3)]
    assert heights == sorted(heights)
    assert (
        block.mapRectToScene(block.outline).top()
        < heights[0]
        < heights[-1]
        < block.mapRectToScene(block.outline).bottom()
    )


def test_many_inputs_have_room(qtbot: QtBot) -> None:
    spec = chain("", [Input(), ReLU()]).add(Concatenate(), "join")
    for _ in range(30):
        spec = edits.connect(spec, "relu1", "join")
    scene = scene_of(spec)
    block = scene.blocks["join"]
    ports = [block.input_port(port).y() for port in range(31)]
    assert all(two - one >= 12 for one, two in pairwise(ports))
    assert ports[-1] < block.mapRectToScene(block.outline).bottom()


def test_connections_end_at_the_ports_they_belong_to(designer: DesignerPanel, branched: NetworkModel) -> None:
    branched.edit("Connect", branched.spec.connect("relu1", "add1", 1))
    for place, wire in designer.scene.wires.items():
        if place.connection:
            end = wire.curve.pointAtPercent(1)
            port = input_of(designer, place.connection.target, place.connection.port)
            assert (end - port).manhattanLength() < 6
            assert (wire.curve.pointAtPercent(0) - output_of(designer, place.source)).manhattanLength() < 6


# ---- by mouse


def test_a_pull_from_output_to_input_connects(designer: DesignerPanel, mouse: Mouse, branched: NetworkModel) -> None:
    assert not branched.check.ok
    start, end = output_of(designer, "relu1"), input_of(designer, "add1", 1)
    mouse.lift(start, end)
    blocks = designer.scene.blocks
    assert (blocks["add1"].offer, blocks["add1"].offered_port) == (Offer.CHOSEN, 1)
    assert blocks["conv2"].offer is Offer.POSSIBLE
    assert blocks["conv1"].offer is Offer.IMPOSSIBLE
    assert any(isinstance(item, ThreadItem) for item in designer.scene.items())
    mouse.drop(end)
    assert branched.spec.sources("add1") == ("conv3", "relu1")
    assert branched.undo_stack.undoText() == "Connect relu1 to add1"
    assert branched.check.ok
    assert all(block.offer is Offer.NOTHING for block in designer.scene.blocks.values())
    assert not any(isinstance(item, ThreadItem) for item in designer.scene.items())
    branched.undo_stack.undo()
    assert branched.spec == shortcut()


def test_dropped_on_a_block_it_takes_the_free_input(
    designer: DesignerPanel, mouse: Mouse, branched: NetworkModel
) -> None:
    pull(mouse, output_of(designer, "relu1"), mouse.block("add1"))
    assert branched.spec.sources("add1") == ("conv3", "relu1")
    pull(mouse, output_of(designer, "conv1"), mouse.block("add1"))
    assert branched.spec.sources("add1") == ("conv3", "relu1", "conv1")


def test_a_pull_from_a_free_input_to_a_layer_connects_it(
    designer: DesignerPanel, mouse: Mouse, branched: NetworkModel
) -> None:
    pull(mouse, input_of(designer, "add1", 1), mouse.block("relu1"))
    assert branched.spec.sources("add1") == ("conv3", "relu1")


def test_a_layer_with_one_input_is_fed_by_the_new_source_instead(
    designer: DesignerPanel, mouse: Mouse, branched: NetworkModel
) -> None:
    pull(mouse, output_of(designer, "conv1"), mouse.block("conv3"))
    assert branched.spec.sources("conv3") == ("conv1",)


def test_a_loop_is_refused_with_words(
    qtbot: QtBot, designer: DesignerPanel, mouse: Mouse, branched: NetworkModel
) -> None:
    with qtbot.waitSignal(designer.refused) as refused:
        pull(mouse, output_of(designer, "conv3"), mouse.block("conv1"))
    assert refused.args == ["“conv3” cannot feed “conv1”, which comes before it: that would be a loop."]
    assert branched.spec == shortcut()
    assert not branched.undo_stack.canUndo()
    with qtbot.waitSignal(designer.refused) as refused:
        pull(mouse, output_of(designer, "conv1"), mouse.block("input1"))
    assert refused.args == ["Input “input1” takes no input."]


def test_a_connection_pulled_off_and_dropped_is_gone(
    designer: DesignerPanel, mouse: Mouse, branched: NetworkModel
) -> None:
    nowhere = mouse.block("relu1") + QPointF(0, 160)
    mouse.lift(input_of(designer, "relu1"), nowhere)
    hidden = [place.source for place, wire in designer.scene.wires.items() if not wire.isVisible()]
    assert hidden == ["conv1"]
    mouse.drop(nowhere)
    assert branched.spec.sources("relu1") == ()
    assert branched.undo_stack.undoText() == "Disconnect conv1 from relu1"
    assert [problem.message for problem in branched.check.problems_of("relu1")] == ["ReLU has no input"]


def test_a_connections_end_is_taken_to_another_input_in_one_step(
    designer: DesignerPanel, mouse: Mouse, branched: NetworkModel
) -> None:
    branched.edit("Connect", branched.spec.connect("relu1", "add1", 1))
    before = branched.undo_stack.count()
    pull(mouse, input_of(designer, "add1", 1), mouse.block("conv2"))
    assert branched.spec.sources("conv2") == ("relu1",)
    assert branched.spec.sources("add1") == ("conv3",)
    assert branched.undo_stack.count() == before + 1


def test_an_end_that_is_put_back_changes_nothing(designer: DesignerPanel, mouse: Mouse, branched: NetworkModel) -> None:
    pull(mouse, input_of(designer, "relu1"), mouse.block("relu1") + QPointF(0, 30))
    assert branched.spec == shortcut()
    assert not branched.undo_stack.canUndo()


def test_escape_lets_a_connection_go(
    qtbot: QtBot, designer: DesignerPanel, mouse: Mouse, branched: NetworkModel
) -> None:
    mouse.lift(input_of(designer, "relu1"), mouse.block("add1"))
    qtbot.keyClick(designer.view, Qt.Key.Key_Escape)
    assert not designer.scene.pulling
    assert all(wire.isVisible() for wire in designer.scene.wires.values())
    mouse.drop(mouse.block("add1"))
    assert branched.spec == shortcut()


@pytest.mark.parametrize("key", [Qt.Key.Key_Delete, Qt.Key.Key_Backspace])
def test_a_line_is_selected_by_a_click_and_removed_by_a_key(
    qtbot: QtBot, designer: DesignerPanel, mouse: Mouse, branched: NetworkModel, key: Qt.Key
) -> None:
    branched.edit("Connect", branched.spec.connect("relu1", "add1", 1))
    link = Connection(source="relu1", target="add1", port=1)
    wire = next(wire for place, wire in designer.scene.wires.items() if place.connection == link)
    mouse.click(wire.curve.pointAtPercent(0.4))
    assert designer.selection.connection == link
    assert designer.selection.selected is None
    assert wire.selected
    assert designer.view.accessibleDescription() == "Connection from relu1 to input 2 of add1"
    qtbot.keyClick(designer.view, key)
    assert branched.spec.sources("add1") == ("conv3",)
    assert designer.selection.connection is None
    branched.undo_stack.undo()
    assert branched.spec.sources("add1") == ("conv3", "relu1")


def test_a_click_on_a_fed_input_selects_its_connection(
    designer: DesignerPanel, mouse: Mouse, branched: NetworkModel
) -> None:
    mouse.click(input_of(designer, "conv3"))
    assert designer.selection.connection == Connection(source="relu1", target="conv3")
    mouse.click(output_of(designer, "conv3"))
    assert designer.selection.connection is None
    assert designer.selection.selected == "conv3"


def test_arrows_go_on_from_a_selected_connection(qtbot: QtBot, designer: DesignerPanel, branched: NetworkModel) -> None:
    for key, name in ((Qt.Key.Key_Left, "relu1"), (Qt.Key.Key_Right, "conv3")):
        designer.selection.select_connection(Connection(source="relu1", target="conv3"))
        qtbot.keyClick(designer.view, key)
        assert designer.selection.selected == name


def test_in_the_overview_a_press_near_a_port_means_the_block(
    designer: DesignerPanel, mouse: Mouse, branched: NetworkModel
) -> None:
    designer.view.set_zoom(OVERVIEW * 0.9)
    mouse.click(input_of(designer, "conv3") + QPointF(3, 0))
    assert designer.selection.selected == "conv3"


def test_the_plus_handle_between_two_ports_still_inserts(
    qtbot: QtBot, designer: DesignerPanel, mouse: Mouse, branched: NetworkModel
) -> None:
    with qtbot.waitSignal(designer.scene.insertAsked):
        mouse.click(mouse.wire("conv1", "relu1"))


# ---- by keyboard


def menu(designer: DesignerPanel, name: str) -> NodeMenu:
    return designer.findChild(NodeMenu, f"{name}_menu")


def offered(menu: NodeMenu) -> list[str]:
    rows = [menu.list.item(row) for row in range(menu.list.count())]
    return [row.text() for row in rows if not row.isHidden()]


def test_connect_to_asks_for_the_target(qtbot: QtBot, designer: DesignerPanel, branched: NetworkModel) -> None:
    designer.selection.select("relu1")
    qtbot.keyClick(designer.view, Qt.Key.Key_C)
    asked = menu(designer, "connect")
    assert asked.isVisible()
    assert offered(asked)[0] == "add1  ·  Add, input 2", "what waits for an input comes first"
    assert not any(text.startswith(("input1", "conv1", "relu1")) for text in offered(asked)), "none that makes a loop"
    qtbot.keyClicks(asked.search, "pool1")
    assert offered(asked) == ["pool1  ·  Max pooling, in place of add1"]
    asked.search.clear()
    qtbot.keyClick(asked.search, Qt.Key.Key_Return)
    assert not asked.isVisible()
    assert branched.spec.sources("add1") == ("conv3", "relu1")
    assert branched.check.ok


def test_down_goes_through_the_targets(qtbot: QtBot, designer: DesignerPanel, branched: NetworkModel) -> None:
    designer.selection.select("conv1")
    qtbot.keyClick(designer.view, Qt.Key.Key_C)
    asked = menu(designer, "connect")
    assert not any(text.startswith("relu1") for text in offered(asked)), "it feeds that already"
    qtbot.keyClick(asked.search, Qt.Key.Key_Down)
    qtbot.keyClick(asked.search, Qt.Key.Key_Return)
    assert branched.undo_stack.undoText() == "Connect conv1 to conv3"


def test_disconnect_asks_which(qtbot: QtBot, designer: DesignerPanel, branched: NetworkModel) -> None:
    branched.edit("Connect", branched.spec.connect("relu1", "add1", 1))
    designer.selection.select("add1")
    qtbot.keyClick(designer.view, Qt.Key.Key_C, Qt.KeyboardModifier.ShiftModifier)
    asked = menu(designer, "disconnect")
    assert offered(asked) == ["conv3  →  add1, input 1", "relu1  →  add1, input 2", "add1  →  pool1, input 1"]
    qtbot.keyClicks(asked.search, "relu1")
    qtbot.keyClick(asked.search, Qt.Key.Key_Return)
    assert branched.spec.sources("add1") == ("conv3",)
    assert designer.selection.selected == "add1"


def test_commands_know_whether_they_can(designer: DesignerPanel, branched: NetworkModel) -> None:
    commands = designer.commands
    assert not commands.connect_to.isEnabled()
    designer.selection.select("output1")
    assert not commands.connect_to.isEnabled()
    assert commands.disconnect_from.isEnabled()
    designer.selection.select("conv1")
    assert commands.connect_to.isEnabled()
    designer.selection.select_connection(Connection(source="conv1", target="relu1"))
    assert commands.remove.isEnabled()
    assert commands.remove.text() == "Remove connection"
    assert not commands.connect_to.isEnabled()


# ---- inserting and removing


def test_a_merge_put_on_a_connection_says_what_it_waits_for(
    qtbot: QtBot, designer: DesignerPanel, palette: PalettePanel, network: NetworkModel
) -> None:
    designer.selection.select("relu1")
    qtbot.keyClicks(palette.picker.search, "add")
    qtbot.keyClick(palette.picker.search, Qt.Key.Key_Return)
    assert network.spec.sources("pool1") == ("add1",)
    assert network.spec.sources("add1") == ("relu1",)
    (problem,) = network.check.problems
    assert problem.message == "Add needs at least 2 inputs and has 1"
    assert designer.scene.blocks["add1"].content.inputs == (True, False)


def test_removing_a_merge_goes_on_from_its_first_input(
    qtbot: QtBot, designer: DesignerPanel, branched: NetworkModel
) -> None:
    branched.edit("Connect", branched.spec.connect("relu1", "add1", 1))
    designer.selection.select("add1")
    qtbot.keyClick(designer.view, Qt.Key.Key_Delete)
    assert branched.spec.sources("pool1") == ("conv3",)
    assert branched.check.ok
    branched.undo_stack.undo()
    assert branched.spec.sources("add1") == ("conv3", "relu1")


def test_removing_the_layers_of_a_branch_leaves_a_shortcut(
    qtbot: QtBot, designer: DesignerPanel, branched: NetworkModel
) -> None:
    spec = branched.spec.add(Convolution(filters=6, kernel=(1, 1)), "side").connect("relu1", "side")
    branched.set_spec(spec.connect("side", "add1", 1))
    assert branched.check.ok
    designer.selection.select("side")
    qtbot.keyClick(designer.view, Qt.Key.Key_Delete)
    assert branched.spec.sources("add1") == ("conv3", "relu1")
    assert branched.check.ok


def test_a_new_layer_goes_before_the_output_wherever_that_is_listed() -> None:
    spec = shortcut().add(ReLU(), "late").connect("conv3", "late").connect("late", "add1", 1)
    place = edits.natural_place(spec, None, ReLU())
    assert place == edits.Place("dense3", Connection(source="dense3", target="output1"))


def test_a_merge_is_full_at_256_inputs() -> None:
    spec = chain("", [Input(), ReLU()]).add(Add(), "join")
    for port in range(256):
        spec = spec.connect("relu1", "join", port)
    assert edits.input_ports(Add(), range(256)) == 256
    assert edits.natural_port(spec, "join") == 0, "then a new one takes the first one's place"


def test_the_scene_has_room_for_lanes(designer: DesignerPanel, branched: NetworkModel) -> None:
    branched.edit("Connect", branched.spec.connect("relu1", "add1", 1))
    lane = next(w for place, w in designer.scene.wires.items() if place.connection and place.connection.port == 1)
    assert designer.scene.sceneRect().contains(QRectF(lane.curve.boundingRect()))
