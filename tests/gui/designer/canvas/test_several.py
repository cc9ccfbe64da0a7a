"""Several layers at once: selected, copied, muted, made a block, placed on the canvas."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from nnstudio.gui.designer import DesignerPanel
from nnstudio.gui.designer.palette.insert_menu import InsertMenu
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.network import NetworkSpec, check
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.presets import lenet5, resnet20
from tests.gui.designer.conftest import Mouse

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support grabbing the keyboard", extend=True)
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture(autouse=True)
def empty_clipboard(designer: DesignerPanel) -> Iterator[None]:
    QGuiApplication.clipboard().clear()
    yield
    QGuiApplication.clipboard().clear()


def press(qtbot: QtBot, designer: DesignerPanel, key: Qt.Key, keys: Qt.KeyboardModifier | None = None) -> None:
    qtbot.keyClick(designer.view, key, keys or Qt.KeyboardModifier.NoModifier)


# ---- selecting


def test_ctrl_and_a_click_adds_a_layer_and_takes_it_out(designer: DesignerPanel, mouse: Mouse) -> None:
    mouse.click(mouse.block("conv1"))
    mouse.click(mouse.block("pool1"), keys=CTRL)
    assert designer.selection.nodes == ("conv1", "pool1")
    assert designer.selection.selected == "pool1"
    assert {name for name, block in designer.scene.blocks.items() if block.selected} == {"conv1", "pool1"}
    mouse.click(mouse.block("pool1"), keys=CTRL)
    assert designer.selection.nodes == ("conv1",)
    mouse.click(mouse.block("relu2"))
    assert designer.selection.nodes == ("relu2",)


def test_shift_and_a_drag_selects_what_the_frame_touches(designer: DesignerPanel, mouse: Mouse) -> None:
    start = mouse.block("conv1") - QPointF(0, 150)
    end = mouse.block("pool1") + QPointF(0, 150)
    mouse.lift(start, end, SHIFT)
    mouse.drop(end)
    assert designer.selection.nodes == ("conv1", "relu1", "pool1")
    assert not designer.scene.dragging


def test_arrows_with_shift_select_more_and_ctrl_a_selects_all(qtbot: QtBot, designer: DesignerPanel) -> None:
    designer.selection.select("conv1")
    press(qtbot, designer, Qt.Key.Key_Right, SHIFT)
    press(qtbot, designer, Qt.Key.Key_Right, SHIFT)
    assert designer.selection.nodes == ("conv1", "relu1", "pool1")
    assert designer.view.accessibleDescription() == "3 layers selected, last pool1"
    press(qtbot, designer, Qt.Key.Key_A, CTRL)
    assert len(designer.selection.nodes) == len(lenet5().nodes)


def test_delete_removes_all_selected_and_their_neighbours_stay_connected(
    qtbot: QtBot, designer: DesignerPanel, network: NetworkModel
) -> None:
    designer.selection.select_all(["relu1", "pool1", "conv2"])
    press(qtbot, designer, Qt.Key.Key_Delete)
    assert network.spec.targets("conv1") == ("relu2",)
    assert network.undo_stack.undoText() == "Remove 3 layers"
    network.undo_stack.undo()
    assert network.spec == lenet5()


# ---- the clipboard


def test_copied_layers_are_json_and_come_back_behind_the_selected_one(
    qtbot: QtBot, designer: DesignerPanel, network: NetworkModel
) -> None:
    designer.selection.select_all(["conv1", "relu1"])
    press(qtbot, designer, Qt.Key.Key_C, CTRL)
    document = json.loads(QGuiApplication.clipboard().text())
    assert [node["id"] for node in document["nodes"]] == ["conv1", "relu1"]
    designer.selection.select("pool2")
    press(qtbot, designer, Qt.Key.Key_V, CTRL)
    assert designer.selection.nodes == ("conv3", "relu5")
    assert network.spec.sources("conv3") == ("pool2",)
    assert network.spec.targets("relu5") == ("flatten1",)
    assert network.check.ok
    assert network.undo_stack.undoText() == "Paste 2 layers"


def test_layers_are_pasted_into_a_selected_connection(
    qtbot: QtBot, designer: DesignerPanel, mouse: Mouse, network: NetworkModel
) -> None:
    designer.selection.select("relu1")
    press(qtbot, designer, Qt.Key.Key_C, CTRL)
    designer.selection.select_connection(network.spec.incoming("dense2")[0])
    press(qtbot, designer, Qt.Key.Key_V, CTRL)
    assert network.spec.sources("dense2") == ("relu5",)


def test_cut_layers_are_gone_and_can_be_pasted_under_their_own_names(
    qtbot: QtBot, designer: DesignerPanel, network: NetworkModel
) -> None:
    designer.selection.select_all(["relu2", "pool2"])
    press(qtbot, designer, Qt.Key.Key_X, CTRL)
    assert network.spec.targets("conv2") == ("flatten1",)
    designer.selection.select("conv2")
    press(qtbot, designer, Qt.Key.Key_V, CTRL)
    assert [node.id for node in network.spec.ordered()] == [node.id for node in lenet5().ordered()]


def test_a_whole_network_is_pasted_beside_the_present_one(
    qtbot: QtBot, designer: DesignerPanel, network: NetworkModel
) -> None:
    QGuiApplication.clipboard().setText(resnet20().to_json())
    press(qtbot, designer, Qt.Key.Key_V, CTRL)
    assert len(network.spec.nodes) == len(lenet5().nodes) + len(resnet20().nodes)
    assert not network.check.ok  # there are two of everything now
    network.undo_stack.undo()
    assert network.spec == lenet5()


@pytest.mark.parametrize(
    "text", ["", "hello", "{}", '{"format": "nnstudio-network", "format_version": 99}', "[" * 9999]
)
def test_what_is_no_network_is_not_pasted(
    qtbot: QtBot, designer: DesignerPanel, network: NetworkModel, text: str
) -> None:
    QGuiApplication.clipboard().setText(text)
    with qtbot.waitSignal(designer.refused) as refused:
        press(qtbot, designer, Qt.Key.Key_V, CTRL)
    assert refused.args is not None
    assert refused.args[0].startswith("The clipboard holds no layers.")
    assert network.spec == lenet5()


def test_duplicates_stand_behind_what_they_are_copies_of(
    qtbot: QtBot, designer: DesignerPanel, network: NetworkModel
) -> None:
    designer.selection.select_all(["conv2", "relu2"])
    press(qtbot, designer, Qt.Key.Key_D, CTRL)
    assert designer.selection.nodes == ("conv3", "relu5")
    assert network.spec.sources("conv3") == ("relu2",)
    assert network.spec.targets("relu5") == ("pool2",)


# ---- muting


def test_m_skips_a_layer_and_takes_it_in_again(qtbot: QtBot, designer: DesignerPanel, network: NetworkModel) -> None:
    designer.selection.select("relu1")
    press(qtbot, designer, Qt.Key.Key_M)
    assert network.spec.node("relu1").muted
    assert "relu1" not in [node.id for node in network.flat.nodes]
    assert designer.commands.mute.text() == "Unmute"
    press(qtbot, designer, Qt.Key.Key_M)
    assert network.flat == lenet5()


def test_the_ends_of_a_network_are_not_muted(designer: DesignerPanel) -> None:
    for name in ("input1", "output1"):
        designer.selection.select(name)
        assert not designer.commands.mute.isEnabled()


# ---- blocks


@pytest.fixture
def block(qtbot: QtBot, designer: DesignerPanel, network: NetworkModel) -> str:
    """relu1 and pool1 as a block."""
    designer.selection.select_all(["relu1", "pool1"])
    designer.commands.group.trigger()
    assert designer.selection.group == "block1"
    return "block1"


def test_layers_become_a_block_that_stands_for_them(designer: DesignerPanel, network: NetworkModel, block: str) -> None:
    assert network.spec.group(block).members == ("relu1", "pool1")
    assert set(designer.scene.blocks) == {node.id for node in lenet5().nodes} - {"relu1", "pool1"} | {block}
    assert len(designer.scene.blocks[block].content.members) == 2
    assert designer.scene.blocks[block].content.output == "6×14×14"
    assert network.flat == lenet5()
    assert designer.view.accessibleDescription() == "Block block1 of 2 layers, closed"


def test_a_block_is_opened_and_closed_by_double_click_by_enter_and_by_o(
    qtbot: QtBot, designer: DesignerPanel, mouse: Mouse, block: str
) -> None:
    mouse.double_click(mouse.block(block))
    assert {"relu1", "pool1"} <= set(designer.scene.blocks)
    assert designer.scene.frames[block].outline.contains(designer.scene.blocks["pool1"].pos())
    mouse.click(designer.scene.frames[block].header.center())
    assert designer.selection.group == block
    mouse.double_click(designer.scene.frames[block].header.center())
    assert block in designer.scene.blocks
    for key in (Qt.Key.Key_Return, Qt.Key.Key_O):
        press(qtbot, designer, key)
        assert block not in designer.scene.blocks
        press(qtbot, designer, key)
        assert block in designer.scene.blocks


def test_arrows_walk_over_a_closed_block(qtbot: QtBot, designer: DesignerPanel, block: str) -> None:
    designer.selection.select("conv1")
    press(qtbot, designer, Qt.Key.Key_Right)
    assert designer.selection.group == block
    press(qtbot, designer, Qt.Key.Key_Right)
    assert designer.selection.selected == "conv2"


def test_a_layer_is_inserted_before_and_behind_a_closed_block(
    qtbot: QtBot, designer: DesignerPanel, mouse: Mouse, network: NetworkModel, block: str
) -> None:
    mouse.lift(mouse.block("relu3"), mouse.wire("pool1", "conv2"))
    mouse.drop(mouse.wire("pool1", "conv2"))
    assert network.spec.sources("relu3") == ("pool1",)
    assert network.spec.group(block).members == ("relu1", "pool1")


def test_a_block_is_ungrouped(qtbot: QtBot, designer: DesignerPanel, network: NetworkModel, block: str) -> None:
    press(qtbot, designer, Qt.Key.Key_G, CTRL | SHIFT)
    assert network.spec == lenet5()
    assert designer.selection.nodes == ("relu1", "pool1")
    network.undo_stack.undo()
    assert network.spec.group(block)


def test_ctrl_g_makes_a_block(qtbot: QtBot, designer: DesignerPanel, network: NetworkModel) -> None:
    designer.selection.select_all(["relu1", "pool1"])
    press(qtbot, designer, Qt.Key.Key_G, CTRL)
    assert designer.selection.group == "block1"
    assert network.spec.group("block1").members == ("relu1", "pool1")


def test_layers_with_another_between_them_are_no_block(
    qtbot: QtBot, designer: DesignerPanel, network: NetworkModel
) -> None:
    designer.selection.select_all(["relu1", "conv2"])
    with qtbot.waitSignal(designer.refused) as refused:
        press(qtbot, designer, Qt.Key.Key_G, CTRL)
    assert refused.args == ["“pool1” lies between them, so it must belong to the block too."]
    assert not network.spec.groups


def test_a_residual_block_is_drawn_with_one_way_in(
    qtbot: QtBot, designer: DesignerPanel, network: NetworkModel
) -> None:
    network.set_spec(resnet20())
    members = ["conv2", "norm2", "relu2", "conv3", "norm3", "add1", "relu3"]
    network.edit("Group", network.spec.join(members, "residual", repeat=4))
    (into,) = [
        wire
        for wire in designer.scene.wires.values()
        if wire.drawn.connection and wire.drawn.connection.target == "residual"
    ]
    assert {link.target for link in into.connections} == {"conv2", "add1"}
    designer._editor.insert_kind("relu", into.place)
    inserted = network.spec.sources("conv2")[0]
    assert network.spec.sources("add1")[-1] == inserted
    assert network.spec.sources(inserted) == ("relu1",)
    assert inserted not in network.spec.group("residual").members


def test_a_repeated_block_is_counted_in_full(designer: DesignerPanel, network: NetworkModel) -> None:
    same = Convolution(filters=6, kernel=(3, 3), padding=(1, 1))
    spec = lenet5().insert_after("pool1", same, "same").join(["same"], "deep", repeat=3)
    network.edit("Repeat", spec)
    assert check(spec).ok
    assert designer.scene.blocks["deep"].content.parameters == f"{3 * (6 * 6 * 9 + 6):,} parameters"


# ---- the canvas


def test_a_carried_block_comes_to_rest_in_line_with_others(
    designer: DesignerPanel, mouse: Mouse, network: NetworkModel
) -> None:
    start = mouse.block("pool1")
    over = start + QPointF(0, 300)
    mouse.lift(start, over)
    mouse.drop(over)
    start = mouse.block("relu2")
    near = start + QPointF(3, 300 + 3)
    mouse.lift(start, near)
    assert designer.scene._guides is not None
    assert designer.scene._guides._lines
    mouse.drop(near)
    one, two = network.spec.node("pool1").at, network.spec.node("relu2").at
    assert one is not None
    assert two is not None
    assert one[1] == two[1]


def test_several_blocks_are_carried_together_and_placed_by_one_step(
    designer: DesignerPanel, mouse: Mouse, network: NetworkModel
) -> None:
    designer.selection.select_all(["relu1", "pool1"])
    before = {name: designer.scene.blocks[name].pos() for name in ("relu1", "pool1")}
    start = mouse.block("pool1")
    end = start + QPointF(40, 320)
    mouse.lift(start, end)
    assert set(designer.scene.ghosts) == {"pool1", "relu1"}
    mouse.drop(end)
    ways = {name: designer.scene.blocks[name].pos() - before[name] for name in before}
    assert ways["relu1"] == ways["pool1"]
    assert designer.selection.nodes == ("relu1", "pool1")
    network.undo_stack.undo()
    assert network.spec == lenet5()


def test_ctrl_and_arrows_nudge_and_l_arranges_again(
    qtbot: QtBot, designer: DesignerPanel, network: NetworkModel
) -> None:
    designer.selection.select("pool1")
    x = designer.scene.blocks["pool1"].x()
    for _ in range(3):
        press(qtbot, designer, Qt.Key.Key_Right, CTRL)
    assert designer.scene.blocks["pool1"].x() == x + 24
    assert network.undo_stack.count() == 1
    press(qtbot, designer, Qt.Key.Key_L)
    assert network.spec == lenet5()
    assert designer.scene.blocks["pool1"].x() == x


def test_blocks_are_aligned_in_a_row_and_in_a_column(
    qtbot: QtBot, designer: DesignerPanel, network: NetworkModel
) -> None:
    network.edit("Place", network.spec.place({"relu1": (200, 300), "pool1": (400, 340)}))
    designer.selection.select_all(["relu1", "pool1"])
    press(qtbot, designer, Qt.Key.Key_R, SHIFT)
    assert network.spec.node("relu1").at == (200, 340)
    press(qtbot, designer, Qt.Key.Key_L, SHIFT)
    assert network.spec.node("relu1").at == (400, 340)


def test_a_double_click_on_the_empty_canvas_adds_a_layer_there(
    qtbot: QtBot, designer: DesignerPanel, mouse: Mouse, network: NetworkModel
) -> None:
    point = mouse.block("conv2") + QPointF(0, 250)
    mouse.double_click(point)
    menu = designer.findChild(InsertMenu)
    assert menu is not None
    assert menu.isVisible()
    qtbot.keyClicks(menu.picker.search, "batch")
    qtbot.keyClick(menu.picker.search, Qt.Key.Key_Return)
    assert network.spec.node("norm1").at == pytest.approx(point.toTuple(), abs=2)
    assert not network.spec.sources("norm1")


def test_motion_leads_blocks_to_their_places(qtbot: QtBot, designer: DesignerPanel, network: NetworkModel) -> None:
    motion = designer.scene.motion
    motion.wanted = True
    designer.selection.select("pool1")
    before = designer.scene.blocks["conv2"].x()
    with qtbot.waitSignal(motion._clock.finished):
        press(qtbot, designer, Qt.Key.Key_Delete)
        assert motion.moving
        assert designer.scene.blocks["conv2"].x() == pytest.approx(before, abs=5)
    assert designer.scene.blocks["conv2"].x() < before - 50
    assert NetworkSpec.from_json(network.spec.to_json()) == network.spec


def test_what_is_selected_comes_into_sight_though_it_is_still_on_its_way(
    qtbot: QtBot, designer: DesignerPanel, network: NetworkModel
) -> None:
    designer.scene.motion.wanted = True
    designer.resize(600, 500)
    network.set_spec(resnet20())
    designer.selection.select("add5")
    assert designer.scene.motion.moving
    with qtbot.waitSignal(designer.scene.motion._clock.finished):
        pass
    block = designer.scene.blocks["add5"]
    seen = designer.view.mapToScene(designer.view.viewport().rect()).boundingRect()
    assert seen.contains(block.mapRectToScene(block.outline))
