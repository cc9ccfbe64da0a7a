"""Every gesture on the canvas, with real mouse and keyboard events."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QListWidget, QMenu, QPushButton
from pytestqt.qtbot import QtBot

from nnstudio.gui.designer import DesignerPanel
from nnstudio.gui.designer.palette.insert_menu import InsertMenu
from nnstudio.gui.designer.palette.layer_list import LAYER_MIME
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.network import NetworkSpec
from nnstudio.network.layers.activation import ReLU
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.presets import lenet5
from tests.gui.designer.conftest import Mouse

# The offscreen platform about itself, when a menu opens.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support grabbing the keyboard", extend=True)

Names = Callable[[], list[str]]
LENET = [node.id for node in lenet5().nodes]


def insert_menu(designer: DesignerPanel) -> InsertMenu:
    return designer.findChild(InsertMenu, "insert_menu")


def moved(name: str, behind: str) -> list[str]:
    rest = [other for other in LENET if other != name]
    at = rest.index(behind) + 1
    return [*rest[:at], name, *rest[at:]]


# ---- selecting


def test_a_click_selects_and_a_click_on_nothing_deselects(designer: DesignerPanel, mouse: Mouse) -> None:
    mouse.click(mouse.block("conv2"))
    assert designer.selection.selected == "conv2"
    assert designer.scene.blocks["conv2"].selected
    mouse.click(mouse.block("pool1"))
    assert designer.selection.selected == "pool1"
    assert not designer.scene.blocks["conv2"].selected
    mouse.click(mouse.block("pool1") + QPointF(0, 200))
    assert designer.selection.selected is None


def test_arrows_walk_along_the_network(qtbot: QtBot, designer: DesignerPanel) -> None:
    walked = []
    for key in [Qt.Key.Key_Right] * 4 + [Qt.Key.Key_Left] * 2 + [Qt.Key.Key_Up]:
        qtbot.keyClick(designer.view, key)
        walked.append(designer.selection.selected)
    assert walked == ["input1", "conv1", "relu1", "pool1", "relu1", "conv1", "conv1"]


def test_up_and_down_go_to_another_branch(qtbot: QtBot, designer: DesignerPanel, network: NetworkModel) -> None:
    network.set_spec(network.spec.add(ReLU(), "branch").connect("pool1", "branch"))
    designer.selection.select("conv2")
    qtbot.keyClick(designer.view, Qt.Key.Key_Down)
    assert designer.selection.selected == "branch"
    qtbot.keyClick(designer.view, Qt.Key.Key_Up)
    assert designer.selection.selected == "conv2"


def test_screen_readers_hear_what_is_selected(designer: DesignerPanel, mouse: Mouse) -> None:
    mouse.click(mouse.block("conv1"))
    assert designer.view.accessibleDescription() == (
        "Layer 2 of 14: Convolution conv1; 6 × 5×5 pad 2×2; output 6×28×28; 156 parameters"
    )


# ---- moving


def test_dragging_a_block_onto_a_connection_moves_it_there(
    designer: DesignerPanel, mouse: Mouse, names: Names, network: NetworkModel
) -> None:
    target = mouse.wire("conv2", "relu2")
    mouse.lift(mouse.block("pool1"), target)
    marked = [place for place, wire in designer.scene.wires.items() if wire.marked]
    assert [(place.source, place.connection.target) for place in marked if place.connection] == [("conv2", "relu2")]
    assert list(designer.scene.ghosts) == ["pool1"]
    mouse.drop(target)
    assert names() == moved("pool1", "conv2")
    assert network.undo_stack.undoText() == "Move pool1"
    assert designer.selection.selected == "pool1"
    assert not designer.scene.ghosts
    assert not any(wire.marked for wire in designer.scene.wires.values())


def test_a_block_dropped_where_it_was_stays(designer: DesignerPanel, mouse: Mouse, network: NetworkModel) -> None:
    point = mouse.block("pool1")
    mouse.lift(point, mouse.wire("pool1", "conv2"))
    mouse.move(point)
    assert not any(wire.marked for wire in designer.scene.wires.values())
    mouse.drop(point)
    assert network.spec == lenet5()
    assert not network.undo_stack.canUndo()


def test_a_block_dropped_on_the_empty_canvas_is_placed_there(
    designer: DesignerPanel, mouse: Mouse, network: NetworkModel
) -> None:
    nowhere = mouse.wire("conv2", "relu2") + QPointF(0, 250)
    mouse.lift(mouse.block("pool1"), nowhere)
    assert not any(wire.marked for wire in designer.scene.wires.values())
    mouse.drop(nowhere)
    at = network.spec.node("pool1").at
    assert at is not None
    assert designer.scene.blocks["pool1"].pos().toTuple() == at
    assert at[1] > designer.scene.blocks["conv1"].y() + 200
    assert network.undo_stack.undoText() == "Place pool1"
    assert network.flat == lenet5()
    assert not designer.scene.ghosts
    assert designer.scene.blocks["pool1"].opacity() == 1


def test_escape_puts_a_carried_block_back(
    qtbot: QtBot, designer: DesignerPanel, mouse: Mouse, network: NetworkModel
) -> None:
    target = mouse.wire("dense1", "relu3")
    mouse.lift(mouse.block("pool1"), target)
    qtbot.keyClick(designer.view, Qt.Key.Key_Escape)
    assert not designer.scene.ghosts
    mouse.drop(target)
    assert network.spec == lenet5()


def test_the_input_can_be_placed_but_not_moved(designer: DesignerPanel, mouse: Mouse, network: NetworkModel) -> None:
    mouse.lift(mouse.block("input1"), mouse.wire("conv2", "relu2"))
    assert not any(wire.marked for wire in designer.scene.wires.values())
    mouse.drop(mouse.wire("conv2", "relu2"))
    assert network.flat == lenet5()
    assert network.spec.node("input1").at


def test_alt_and_arrows_move_by_one_place(qtbot: QtBot, designer: DesignerPanel, names: Names) -> None:
    designer.selection.select("relu1")
    qtbot.keyClick(designer.view, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert names() == moved("relu1", "pool1")
    qtbot.keyClick(designer.view, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    qtbot.keyClick(designer.view, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert names() == moved("relu1", "input1")
    qtbot.keyClick(designer.view, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert names() == moved("relu1", "input1"), "nothing goes in front of the input"


# ---- inserting


def test_the_plus_handle_opens_a_menu_that_inserts(
    qtbot: QtBot, designer: DesignerPanel, mouse: Mouse, names: Names, network: NetworkModel
) -> None:
    menu, handle = insert_menu(designer), mouse.wire("relu1", "pool1")
    mouse.hover(handle)
    mouse.click(handle)
    assert menu.isVisible()
    qtbot.keyClicks(menu.picker.search, "drop")
    qtbot.keyClick(menu.picker.search, Qt.Key.Key_Return)
    assert not menu.isVisible()
    at = LENET.index("relu1") + 1
    assert names() == [*LENET[:at], "dropout1", *LENET[at:]]
    assert network.undo_stack.undoText() == "Insert Dropout"
    assert designer.selection.selected == "dropout1"


def test_down_goes_on_in_the_insert_menu_and_escape_closes_it(
    qtbot: QtBot, designer: DesignerPanel, mouse: Mouse, network: NetworkModel
) -> None:
    menu = insert_menu(designer)
    mouse.click(mouse.wire("relu1", "pool1"))
    qtbot.keyClicks(menu.picker.search, "pooling")
    assert menu.picker.list.kind() == "max_pooling"
    qtbot.keyClick(menu.picker.search, Qt.Key.Key_Down)
    assert menu.picker.list.kind() == "average_pooling"
    qtbot.keyClick(menu.picker.search, Qt.Key.Key_Escape)
    assert not menu.isVisible()
    assert network.spec == lenet5()


def test_the_insert_key_opens_the_menu_behind_the_selected_layer(
    qtbot: QtBot, designer: DesignerPanel, names: Names
) -> None:
    designer.selection.select("flatten1")
    qtbot.keyClick(designer.view, Qt.Key.Key_Insert)
    menu = insert_menu(designer)
    qtbot.keyClicks(menu.picker.search, "dense")
    qtbot.keyClick(menu.picker.search, Qt.Key.Key_Return)
    assert names()[LENET.index("flatten1") + 1] == "dense4"


def test_the_open_end_of_a_network_takes_a_layer(
    qtbot: QtBot, designer: DesignerPanel, mouse: Mouse, network: NetworkModel, names: Names
) -> None:
    network.set_spec(network.spec.remove("output1"))
    mouse.click(mouse.wire("dense3"))
    menu = insert_menu(designer)
    qtbot.keyClicks(menu.picker.search, "softmax output")
    qtbot.keyClick(menu.picker.search, Qt.Key.Key_Return)
    assert names() == LENET
    assert network.check.ok


def test_a_network_with_an_open_end_can_be_opened(qtbot: QtBot) -> None:
    network = NetworkModel(lenet5().remove("output1"))
    panel = DesignerPanel(network, WeightsModel(network))
    qtbot.addWidget(panel)
    assert len(panel.scene.wires) == len(network.spec.connections) + 1


def drag(designer: DesignerPanel, kind: str, point: QPoint, *, drop: bool) -> None:
    """What the window system sends while something is dragged over the canvas."""
    data = QMimeData()
    data.setData(LAYER_MIME, kind.encode())
    viewport, copy = designer.view.viewport(), Qt.DropAction.CopyAction
    left, plain = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(viewport, QDragEnterEvent(point, copy, data, left, plain))
    QApplication.sendEvent(viewport, QDragMoveEvent(point, copy, data, left, plain))
    if drop:
        QApplication.sendEvent(viewport, QDropEvent(QPointF(point), copy, data, left, plain))


def test_a_layer_dropped_on_a_connection_is_inserted(
    designer: DesignerPanel, mouse: Mouse, network: NetworkModel, names: Names
) -> None:
    point = mouse.at(mouse.wire("dense1", "relu3"))
    drag(designer, "dropout", point, drop=False)
    assert [place.source for place, wire in designer.scene.wires.items() if wire.marked] == ["dense1"]
    QApplication.sendEvent(designer.view.viewport(), QDragLeaveEvent())
    assert not any(wire.marked for wire in designer.scene.wires.values())
    drag(designer, "dropout", point, drop=True)
    assert names()[LENET.index("dense1") + 1] == "dropout1"
    assert network.undo_stack.undoText() == "Insert Dropout"


def test_a_layer_dropped_behind_the_last_block_is_appended(
    designer: DesignerPanel, mouse: Mouse, network: NetworkModel, names: Names
) -> None:
    network.set_spec(network.spec.remove("output1"))
    drag(designer, "softmax_output", mouse.at(mouse.block("dense3") + QPointF(70, 30)), drop=True)
    assert names() == LENET


def test_what_is_no_layer_cannot_be_dropped(designer: DesignerPanel, network: NetworkModel) -> None:
    drag(designer, "no such layer", QPoint(300, 200), drop=True)
    assert network.spec == lenet5()


def test_an_input_dropped_anywhere_feeds_the_layer_that_waits_for_one(
    designer: DesignerPanel, network: NetworkModel
) -> None:
    network.set_spec(network.spec.remove("input1"))
    drag(designer, "input", QPoint(900, 200), drop=True)
    assert network.spec.targets("input1") == ("conv1",)
    assert network.check.ok


def test_an_empty_canvas_offers_a_start(qtbot: QtBot, designer: DesignerPanel, network: NetworkModel) -> None:
    network.set_spec(NetworkSpec())
    button = designer.findChild(QPushButton, "start_with_lenet5")
    assert button.isVisible()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert network.spec == lenet5()
    assert not button.isVisible()
    network.undo_stack.undo()
    assert button.isVisible()


def test_a_layer_can_be_dropped_on_an_empty_canvas(designer: DesignerPanel, network: NetworkModel) -> None:
    network.set_spec(NetworkSpec())
    drag(designer, "convolution", QPoint(300, 200), drop=True)
    assert [node.id for node in network.spec.nodes] == ["conv1"]


# ---- removing, duplicating, undo


@pytest.mark.parametrize("key", [Qt.Key.Key_Delete, Qt.Key.Key_Backspace])
def test_delete_removes_and_reconnects(
    qtbot: QtBot, designer: DesignerPanel, mouse: Mouse, network: NetworkModel, names: Names, key: Qt.Key
) -> None:
    mouse.click(mouse.block("relu1"))
    qtbot.keyClick(designer.view, key)
    assert names() == [name for name in LENET if name != "relu1"]
    assert network.spec.sources("pool1") == ("conv1",)
    assert designer.selection.selected == "conv1"
    assert "relu1" not in designer.scene.blocks
    assert network.undo_stack.undoText() == "Remove relu1"
    network.undo_stack.undo()
    assert network.spec == lenet5()
    assert "relu1" in designer.scene.blocks


def test_everything_can_be_removed(qtbot: QtBot, designer: DesignerPanel, network: NetworkModel) -> None:
    for _ in LENET:
        qtbot.keyClick(designer.view, Qt.Key.Key_Right)
        qtbot.keyClick(designer.view, Qt.Key.Key_Delete)
    assert network.spec.nodes == ()
    assert not designer.scene.blocks
    assert not designer.scene.wires
    while network.undo_stack.canUndo():
        network.undo_stack.undo()
    assert network.spec == lenet5()


def test_ctrl_d_duplicates(qtbot: QtBot, designer: DesignerPanel, network: NetworkModel, names: Names) -> None:
    designer.selection.select("conv2")
    qtbot.keyClick(designer.view, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert names()[LENET.index("conv2") + 1] == "conv3"
    assert network.spec.node("conv3").layer == network.spec.node("conv2").layer
    assert designer.selection.selected == "conv3"


def test_commands_are_enabled_when_they_would_do_something(designer: DesignerPanel) -> None:
    commands = designer.commands
    assert not commands.remove.isEnabled()
    designer.selection.select("input1")
    assert commands.remove.isEnabled()
    assert not commands.duplicate.isEnabled()
    designer.selection.select("conv1")
    assert commands.duplicate.isEnabled()
    assert not commands.back.isEnabled()
    assert commands.on.isEnabled()


# ---- problems and totals


def test_a_problem_stands_at_its_layer_and_in_the_list(
    qtbot: QtBot, designer: DesignerPanel, network: NetworkModel
) -> None:
    network.edit("Change conv2", network.spec.replace("conv2", Convolution(filters=16, kernel=(33, 33))))
    block = designer.scene.blocks["conv2"]
    assert [problem.message for problem in block.content.problems] == ["kernel 33×33 is larger than its input 14×14"]
    assert "use padding 10 or a kernel of at most 14" in block.toolTip()
    (note,) = designer.scene.notes
    assert note.node == "conv2"
    assert note.y() > block.y() + block.height / 2, "below its block"
    problems = designer.findChild(QListWidget, "problem_list")
    assert problems.isVisible()
    assert problems.item(0).text().startswith("conv2: kernel 33×33")
    row = problems.visualItemRect(problems.item(0)).center()
    qtbot.mouseClick(problems.viewport(), Qt.MouseButton.LeftButton, pos=row)
    assert designer.selection.selected == "conv2"
    network.undo_stack.undo()
    assert not designer.scene.notes
    assert not problems.isVisible()


def test_notes_of_neighbours_do_not_cover_each_other(designer: DesignerPanel, network: NetworkModel) -> None:
    spec = network.spec
    for name in ("conv1", "relu1", "pool1"):
        spec = spec.disconnect(name)
    network.set_spec(spec)
    rooms = [note.mapRectToScene(note.outline) for note in designer.scene.notes]
    blocks = [block.mapRectToScene(block.outline) for block in designer.scene.blocks.values()]
    assert len(rooms) >= 3
    assert not any(one.intersects(two) for index, one in enumerate(rooms) for two in rooms[index + 1 :])
    assert not any(room.intersects(block) for room in rooms for block in blocks)


def test_the_totals_follow_the_network_and_the_batch_size(designer: DesignerPanel, network: NetworkModel) -> None:
    totals = designer.findChild(type(designer._strip._totals), "network_totals")
    assert totals.text() == "61,706 parameters   ·   8.2 MiB at batch 64   ·   416.5 k multiply-adds an image"
    network.set_batch_size(128)
    assert "at batch 128" in totals.text()
    network.edit("Change", network.spec.replace("conv2", Convolution(kernel=(40, 40))))
    assert totals.text().startswith("known so far: 156 parameters")


def test_a_layer_put_into_a_trained_network_is_called_new(
    designer: DesignerPanel, network: NetworkModel, weights: WeightsModel
) -> None:
    blocks = designer.scene.blocks
    assert blocks["conv1"].content.parameters == "156 parameters"
    weights.replace(network.spec, weights.parameters, step=100)
    network.edit("Change conv2", network.spec.replace("conv2", Convolution(filters=12, kernel=(5, 5))))
    said = {name: blocks[name].content.parameters for name in ("conv1", "conv2", "dense1", "dense2")}
    assert said == {
        "conv1": "156 parameters",
        "conv2": "1,812 new parameters",
        "dense1": "36,120 new parameters",
        "dense2": "10,164 parameters",
    }
    network.undo_stack.undo()
    assert blocks["conv2"].content.parameters == "2,416 parameters"


# ---- zoom


def turn_wheel(designer: DesignerPanel, turn: int, modifier: Qt.KeyboardModifier) -> None:
    viewport = designer.view.viewport()
    point = QPointF(viewport.rect().center())
    event = QWheelEvent(
        point, viewport.mapToGlobal(point), QPoint(), QPoint(0, turn), Qt.MouseButton.NoButton, modifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(viewport, event)


def test_the_wheel_scrolls_along_the_network(designer: DesignerPanel) -> None:
    designer.view.set_zoom(2)
    bar = designer.view.horizontalScrollBar()
    bar.setValue(bar.minimum())
    turn_wheel(designer, -240, Qt.KeyboardModifier.NoModifier)
    assert bar.value() > bar.minimum()


def test_ctrl_wheel_zooms_and_f_fits_again(qtbot: QtBot, designer: DesignerPanel) -> None:
    view = designer.view
    fitted = view.zoom
    turn_wheel(designer, 240, Qt.KeyboardModifier.ControlModifier)
    assert view.zoom == pytest.approx(fitted * 1.44)
    qtbot.keyClick(view, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert view.zoom == 1
    qtbot.keyClick(view, Qt.Key.Key_F)
    assert view.zoom == pytest.approx(fitted)


def test_the_middle_button_pans(qtbot: QtBot, designer: DesignerPanel) -> None:
    view = designer.view
    view.set_zoom(2)
    bar = view.horizontalScrollBar()
    bar.setValue(500)
    qtbot.mousePress(view.viewport(), Qt.MouseButton.MiddleButton, pos=QPoint(400, 100))
    qtbot.mouseMove(view.viewport(), QPoint(300, 100))
    qtbot.mouseRelease(view.viewport(), Qt.MouseButton.MiddleButton, pos=QPoint(300, 100))
    assert bar.value() == 600


def test_the_zoom_follows_the_window_until_it_is_set(qtbot: QtBot, designer: DesignerPanel) -> None:
    view = designer.view
    designer.resize(1400, 600)
    smaller = view.zoom
    designer.resize(1800, 600)
    assert view.zoom > smaller
    view.set_zoom(0.5)
    designer.resize(1400, 600)
    assert view.zoom == 0.5


def test_the_right_button_opens_a_menu_of_what_can_be_done(designer: DesignerPanel) -> None:
    designer.selection.select("conv1")
    point = designer.view.mapFromScene(designer.scene.blocks["conv1"].pos())
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, point, designer.mapToGlobal(point))
    QApplication.sendEvent(designer, event)
    menu = designer.findChild(QMenu, "network_menu")
    assert menu.isVisible()
    offered = [action.text() for action in menu.actions() if not action.isSeparator() and action.isEnabled()]
    assert offered == [
        "Insert layer…",
        "Duplicate layers",
        "Remove layer",
        "Cut layers",
        "Copy layers",
        "Paste layers",
        "Mute",
        "Make a block",
        "Connect to…",
        "Disconnect…",
        "Move layer on",
    ]
    menu.close()
