"""The network as a table, edited with keys and mouse."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QCoreApplication, QItemSelectionModel, QModelIndex, QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from nnstudio.gui.designer.palette.insert_menu import InsertMenu
from nnstudio.gui.designer.table.columns import (
    BLOCK,
    COLUMNS,
    INPUTS,
    LAYER,
    MULTIPLY_ADDS,
    MUTED,
    NAME,
    OUTPUT,
    PARAMETERS,
    PROBLEMS,
    SETTINGS,
    SHARE,
)
from nnstudio.gui.designer.table.fields import CellField, KindField
from nnstudio.gui.designer.table.view import NetworkTable
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.selection_model import SelectionModel
from nnstudio.network import NetworkSpec
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.merge import Add
from nnstudio.network.layers.pooling import AveragePooling
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.presets import lenet5

Key = Qt.Key
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support grabbing the keyboard", extend=True)


class Hand:
    """Types and clicks into a table as a person does."""

    def __init__(self, qtbot: QtBot, table: NetworkTable) -> None:
        self._qtbot, self.table, self.view = qtbot, table, table.view

    def cell(self, name: str, column: int) -> QModelIndex:
        row = self.table.model.row_of(name)
        assert row is not None
        return self.table.model.index(row, column)

    def text(self, name: str, column: int) -> str:
        return str(self.cell(name, column).data())

    def go(self, name: str, column: int) -> None:
        """Click on a cell."""
        cell = self.cell(name, column)
        self.view.scrollTo(cell)
        where = self.view.visualRect(cell).center()
        self._qtbot.mouseClick(self.view.viewport(), Qt.MouseButton.LeftButton, pos=where)

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """A key goes to the field that is open, or to the table; a field that Enter closes does so a moment later."""
        self._qtbot.keyClick(self.field() or self.view, key, modifier)
        QCoreApplication.sendPostedEvents()

    def type(self, text: str) -> None:
        for letter in text:
            self._qtbot.keyClicks(self.field() or self.view, letter)

    def field(self) -> QWidget | None:
        """The field of the cell that is being edited."""
        return self.view.indexWidget(self.view.currentIndex())

    def edit(self, name: str, column: int, text: str) -> None:
        """Click on a cell, type and press Enter."""
        self.go(name, column)
        self.type(text)
        self.press(Key.Key_Return)

    def message(self) -> str:
        return self.table.findChild(QLabel, "table_message").text()


@pytest.fixture
def selection(network: NetworkModel) -> SelectionModel:
    return SelectionModel(network)


@pytest.fixture
def table(qtbot: QtBot, network: NetworkModel, selection: SelectionModel) -> NetworkTable:
    panel = NetworkTable(network, selection)
    qtbot.addWidget(panel)
    panel.resize(1500, 600)
    with qtbot.waitActive(panel):
        panel.show()
        panel.activateWindow()
    panel.view.setFocus()
    return panel


@pytest.fixture
def hand(qtbot: QtBot, table: NetworkTable) -> Hand:
    return Hand(qtbot, table)


def joined() -> NetworkSpec:
    """A convolution beside a shortcut."""
    spec = NetworkSpec().append(Input(channels=4)).append(Convolution(filters=4, kernel=(3, 3), padding=(1, 1)))
    return spec.append(Add()).connect("input1", "add1", 1)


# ---- reading


def test_every_layer_has_a_row_with_its_figures(hand: Hand, network: NetworkModel) -> None:
    assert [row.name for row in hand.table.model.rows] == [node.id for node in network.spec.nodes]
    shown = [hand.text("conv1", column) for column in (NAME, LAYER, INPUTS, OUTPUT, PARAMETERS, MULTIPLY_ADDS, SHARE)]
    assert shown == ["conv1", "Convolution", "input1", "6×28×28", "156", "117,600", "0.3%"]
    assert hand.text("conv1", SETTINGS) == "filters=6 kernel=5x5 stride=1x1 padding=2x2 dilation=1x1 bias=yes groups=1"
    totals = hand.table.findChild(QLabel, "table_totals").text()
    assert totals.split("   ·   ") == ["14 layers", "61,706 parameters", "416,520 multiply-adds an image"]


def test_figures_of_a_repeated_block_are_those_of_all_its_copies(hand: Hand, network: NetworkModel) -> None:
    network.set_spec(
        NetworkSpec().append(Input()).append(Convolution(filters=4, kernel=(3, 3))).join(["conv1"], "stage", 3)
    )
    first, others = 4 * (1 * 9 + 1), 4 * (4 * 9 + 1)
    assert hand.text("conv1", PARAMETERS) == str(first + 2 * others)
    assert hand.text("conv1", SHARE) == "100.0%"
    assert hand.text("conv1", BLOCK) == "stage ×3"
    assert hand.text("conv1", OUTPUT) == "4×22×22"


def test_layers_in_a_loop_stand_as_they_are_listed(hand: Hand, network: NetworkModel) -> None:
    looped = joined().connect("add1", "conv1", 0)
    network.set_spec(looped)
    assert [row.name for row in hand.table.model.rows] == [node.id for node in looped.nodes]
    assert hand.text("conv1", OUTPUT) == "–"
    hand.edit("conv1", INPUTS, "input1")
    assert network.spec.sources("conv1") == ("input1",)
    assert hand.text("conv1", OUTPUT) == "4×28×28"


def test_every_cell_says_its_column_and_a_name_what_is_wrong(hand: Hand, network: NetworkModel) -> None:
    network.edit("Break", lenet5().replace("conv2", Convolution(kernel=(33, 33))))
    for number, column in enumerate(COLUMNS):
        spoken = hand.cell("conv2", number).data(Qt.ItemDataRole.AccessibleTextRole)
        assert spoken.startswith(f"{column.title}: ")
    assert "error: kernel 33×33 is larger than its input 14×14" in hand.cell("conv2", NAME).data(
        Qt.ItemDataRole.AccessibleTextRole
    )
    assert hand.text("conv2", PROBLEMS).startswith("kernel 33×33 is larger")
    assert hand.text("pool2", PARAMETERS) == "–"
    assert "known so far" in hand.table.findChild(QLabel, "table_totals").text()


def test_every_control_has_a_name_and_tab_leads_out_of_the_table(qtbot: QtBot, hand: Hand) -> None:
    controls = [
        control
        for control in hand.table.findChildren(QWidget)
        if control.focusPolicy() & Qt.FocusPolicy.TabFocus and not control.objectName().startswith("qt_")
    ]
    assert all(control.objectName() and control.accessibleName() for control in controls)
    hand.go("conv1", NAME)
    hand.press(Key.Key_Tab)
    assert not hand.view.hasFocus()
    assert hand.field() is None


# ---- typing into cells


def test_a_name_is_typed(hand: Hand, network: NetworkModel, selection: SelectionModel) -> None:
    hand.edit("conv1", NAME, "features")
    assert network.spec == lenet5().rename("conv1", "features")
    assert network.undo_stack.undoText() == "Rename conv1 to features"
    assert network.undo_stack.count() == 1
    assert selection.selected == "features"
    assert hand.view.currentIndex() == hand.cell("features", NAME)
    network.undo_stack.undo()
    assert hand.view.currentIndex() == hand.cell("conv1", NAME)


def test_a_name_that_is_taken_stays_in_its_field_until_it_is_mended(hand: Hand, network: NetworkModel) -> None:
    hand.edit("conv1", NAME, "conv2")
    assert isinstance(hand.field(), CellField)
    assert "already a layer" in hand.message()
    assert hand.message() == hand.field().accessibleDescription()
    hand.type("b")
    assert hand.message() == ""
    hand.press(Key.Key_Return)
    assert network.spec == lenet5().rename("conv1", "conv2b")


def test_escape_leaves_a_cell_as_it_was(hand: Hand, network: NetworkModel) -> None:
    hand.go("conv1", SETTINGS)
    hand.type("filters=0")
    assert hand.message() == "filters (=0) must be at least 1."
    hand.press(Key.Key_Escape)
    assert hand.field() is None
    assert hand.message() == ""
    assert network.spec == lenet5()
    assert not hand.view.editing


def test_what_cannot_be_is_not_taken_by_a_click_elsewhere_and_the_reason_stays(
    qtbot: QtBot, hand: Hand, network: NetworkModel
) -> None:
    hand.go("conv1", SETTINGS)
    hand.type("kernel=5x99")
    with qtbot.waitSignal(hand.table.refused) as refused:
        hand.table.findChild(QToolButton, "table_insert").setFocus()
    assert refused.args == ["kernel (=5x99) must be at most 64."]
    assert hand.message() == "kernel (=5x99) must be at most 64."
    assert network.spec == lenet5()


def test_settings_are_typed_by_name_and_those_left_out_stay(hand: Hand, network: NetworkModel) -> None:
    hand.edit("conv1", SETTINGS, "filters=12 kernel=3")
    assert network.spec.node("conv1").layer == Convolution(filters=12, kernel=(3, 3), padding=(2, 2))
    assert network.undo_stack.undoText() == "Change conv1 filters, kernel"
    assert hand.text("conv1", OUTPUT) == "12×30×30"
    hand.edit("conv1", SETTINGS, "filters=14")
    assert network.undo_stack.count() == 2
    network.undo_stack.undo()
    assert hand.text("conv1", SETTINGS).startswith("filters=12 kernel=3x3")


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("filters=0", "filters (=0) must be at least 1."),
        ("kernel=1x2x3", "kernel (=1x2x3) must be one number, or two such as 5x5."),
        ("bias=maybe", "bias (=maybe) must be yes or no."),
        ("units=3", "Convolution has no setting “units”. It has filters, kernel,"),
        ("12", "“12” is no setting. Write each setting as name=value"),
        ("filters=6 filters=7", "filters is named twice."),
        ("filters=", "filters has no value. Write it behind the =, as in filters=6."),
    ],
)
def test_a_refused_setting_is_named_with_its_value_and_the_rule(
    hand: Hand, network: NetworkModel, typed: str, reason: str
) -> None:
    hand.edit("conv1", SETTINGS, typed)
    assert hand.message().startswith(reason)
    assert hand.field() is not None
    assert network.spec == lenet5()


def test_begun_words_are_completed_where_only_one_is_meant(hand: Hand, network: NetworkModel) -> None:
    hand.go("conv1", SETTINGS)
    hand.type("fil")
    field = hand.field()
    assert isinstance(field, CellField)
    assert (field.text(), field.selectedText()) == ("filters=", "ters=")
    hand.press(Key.Key_End)
    hand.type("8 b")
    hand.press(Key.Key_End)
    hand.type("n")
    assert field.text() == "filters=8 bias=no"
    hand.press(Key.Key_Backspace)
    assert field.text() == "filters=8 bias=n"
    hand.type("o")
    hand.press(Key.Key_Return)
    assert network.spec.node("conv1").layer == Convolution(filters=8, padding=(2, 2), bias=False)


def test_tab_goes_on_to_the_next_cell_that_can_be_edited(hand: Hand, network: NetworkModel) -> None:
    hand.go("conv1", SETTINGS)
    hand.type("filters=8")
    hand.press(Key.Key_Tab)
    assert hand.view.currentIndex() == hand.cell("conv1", INPUTS)
    assert isinstance(hand.field(), CellField)
    hand.press(Key.Key_Tab)
    assert hand.view.currentIndex() == hand.cell("conv1", BLOCK)
    hand.press(Key.Key_Tab)
    assert hand.view.currentIndex() == hand.cell("relu1", NAME)
    hand.press(Key.Key_Backtab)
    assert hand.view.currentIndex() == hand.cell("conv1", BLOCK)
    hand.press(Key.Key_Escape)
    assert network.undo_stack.count() == 1


def test_enter_and_a_double_click_open_a_cell_with_its_text(qtbot: QtBot, hand: Hand, network: NetworkModel) -> None:
    hand.go("dense1", SETTINGS)
    hand.press(Key.Key_Return)
    hand.press(Key.Key_End)
    hand.press(Key.Key_Backspace)
    hand.press(Key.Key_Return)
    assert network.spec.node("dense1").layer == Dense(units=12)
    where = hand.view.visualRect(hand.cell("dense1", OUTPUT)).center()
    qtbot.mouseDClick(hand.view.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert hand.field() is None  # it follows from the network


def test_a_field_keeps_what_is_typed_when_other_cells_change(hand: Hand, network: NetworkModel) -> None:
    hand.go("dense1", SETTINGS)
    hand.type("units=77")
    network.edit("Change conv1", network.spec.replace("conv1", Convolution(filters=7, padding=(2, 2))))
    field = hand.field()
    assert isinstance(field, CellField)
    assert field.text() == "units=77"
    hand.press(Key.Key_Return)
    assert network.spec.node("dense1").layer == Dense(units=77)


# ---- kinds, inputs, muting, blocks


def test_another_kind_is_chosen_by_keyboard_and_keeps_the_settings_that_fit(hand: Hand, network: NetworkModel) -> None:
    network.edit("Prepare", lenet5().replace("pool1", AveragePooling(kernel=(3, 3), stride=(2, 2), padding=(1, 1))))
    hand.go("pool1", LAYER)
    hand.press(Key.Key_F2)
    assert isinstance(hand.field(), KindField)
    hand.press(Key.Key_Down)
    hand.press(Key.Key_Return)
    assert network.spec.node("pool1").layer.settings_text() == "3×3 /2×2"
    assert network.spec.node("pool1").layer.kind == "min_pooling"
    assert network.spec.node("pool1").layer.padding == (1, 1)
    assert network.undo_stack.undoText() == "Change pool1 to Min pooling"
    assert network.undo_stack.count() == 2


def test_another_kind_is_chosen_in_the_list_that_a_double_click_opens(
    qtbot: QtBot, hand: Hand, network: NetworkModel
) -> None:
    where = hand.view.visualRect(hand.cell("relu1", LAYER)).center()
    hand.go("relu1", LAYER)
    qtbot.mouseDClick(hand.view.viewport(), Qt.MouseButton.LeftButton, pos=where)
    field = hand.field()
    assert isinstance(field, KindField)
    assert field.view().isVisible()
    qtbot.keyClick(field.view(), Key.Key_Down)
    qtbot.keyClick(field.view(), Key.Key_Return)
    assert network.spec.node("relu1").layer.kind == "leaky_relu"
    assert hand.field() is None


def test_inputs_are_typed_in_port_order(hand: Hand, network: NetworkModel) -> None:
    network.set_spec(joined())
    assert hand.text("add1", INPUTS) == "conv1, input1"
    hand.edit("add1", INPUTS, "input1, conv1")
    assert network.spec.sources("add1") == ("input1", "conv1")
    assert network.undo_stack.count() == 1
    hand.edit("add1", INPUTS, "-, conv1")
    assert hand.text("add1", INPUTS) == "–, conv1"
    assert "needs at least 2 inputs" in hand.text("add1", PROBLEMS)
    hand.edit("add1", INPUTS, "conv1, in")  # completed
    assert network.spec.sources("add1") == ("conv1", "input1")


@pytest.mark.parametrize(
    ("layer", "typed", "reason"),
    [
        ("add1", "conv1, conv9", "There is no layer named “conv9”."),
        ("conv1", "add1", "“add1” cannot feed “conv1”, which comes before it: that would be a loop."),
        ("conv1", "input1, input1", "Convolution “conv1” takes at most 1 of these 2 inputs."),
        ("input1", "conv1", "Input “input1” takes no input."),
    ],
)
def test_inputs_that_cannot_be_are_refused(
    hand: Hand, network: NetworkModel, layer: str, typed: str, reason: str
) -> None:
    network.set_spec(joined())
    hand.edit(layer, INPUTS, typed)
    assert hand.message() == reason
    assert network.spec == joined()


def test_space_and_a_click_on_the_box_mute_a_layer(qtbot: QtBot, hand: Hand, network: NetworkModel) -> None:
    hand.go("relu1", NAME)
    hand.view.setCurrentIndex(hand.cell("relu1", MUTED))
    hand.press(Key.Key_Space)
    assert network.spec == lenet5().mute("relu1")
    assert network.undo_stack.undoText() == "Mute relu1"
    assert hand.cell("relu1", MUTED).data(Qt.ItemDataRole.AccessibleTextRole) == "Muted: yes"
    assert hand.text("relu1", OUTPUT) == "–"
    room = hand.view.visualRect(hand.cell("relu1", MUTED))
    where = QPoint(room.left() + 12, room.center().y())
    qtbot.mouseClick(hand.view.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert network.spec == lenet5()
    hand.view.setCurrentIndex(hand.cell("input1", MUTED))
    hand.press(Key.Key_Space)
    assert network.spec == lenet5()  # an end of the network cannot be skipped


def test_a_layer_is_put_into_a_block_and_taken_out(hand: Hand, network: NetworkModel) -> None:
    hand.edit("conv2", BLOCK, "stage")
    hand.edit("relu2", BLOCK, "sta")  # completed
    assert network.spec.group("stage").members == ("conv2", "relu2")
    hand.edit("relu2", BLOCK, "stage x2")
    assert network.spec.group("stage").repeat == 2
    assert hand.text("conv2", BLOCK) == "stage ×2"
    hand.go("relu2", BLOCK)
    hand.press(Key.Key_Return)
    hand.press(Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    hand.press(Key.Key_Backspace)
    hand.press(Key.Key_Return)
    assert network.spec.group("stage").members == ("conv2",)
    hand.edit("input1", BLOCK, "stage")
    assert hand.message() == "“input1” is an end of the network and belongs to no block."
    hand.press(Key.Key_Escape)
    for _ in range(network.undo_stack.count()):
        network.undo_stack.undo()
    assert network.spec == lenet5()


# ---- rows


def test_a_layer_is_inserted_through_the_picker(qtbot: QtBot, hand: Hand, network: NetworkModel) -> None:
    hand.go("relu1", NAME)
    hand.press(Key.Key_Insert)
    menu = hand.table.findChild(InsertMenu)
    qtbot.keyClicks(menu.picker.search, "dropout")
    qtbot.keyClick(menu.picker.search, Key.Key_Return)
    assert [row.name for row in hand.table.model.rows][2:5] == ["relu1", "dropout1", "pool1"]
    assert hand.view.currentIndex() == hand.cell("dropout1", NAME)
    network.undo_stack.undo()
    assert network.spec == lenet5()


def test_layers_are_removed_and_duplicated_by_key_and_by_button(
    qtbot: QtBot, hand: Hand, network: NetworkModel, selection: SelectionModel
) -> None:
    hand.go("relu1", NAME)
    hand.press(Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert network.spec.sources("pool1") == (selection.selected,)
    assert selection.selected != "relu1"
    hand.press(Key.Key_Delete)
    assert [node.id for node in network.spec.nodes] == [node.id for node in lenet5().nodes]
    hand.go("conv1", NAME)
    hand.press(Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert selection.nodes == ("conv1", "relu1")
    qtbot.mouseClick(hand.table.findChild(QToolButton, "table_remove"), Qt.MouseButton.LeftButton)
    assert network.spec.sources("pool1") == ("input1",)
    assert network.undo_stack.undoText() == "Remove 2 layers"
    network.undo_stack.undo()
    assert network.spec.sources("pool1") == ("relu1",)


def test_delete_in_a_field_deletes_a_letter_only(hand: Hand, network: NetworkModel) -> None:
    hand.go("dense1", SETTINGS)
    hand.press(Key.Key_F2)
    hand.press(Key.Key_End)
    hand.press(Key.Key_Left)
    hand.press(Key.Key_Delete)
    hand.press(Key.Key_Return)
    assert network.spec.node("dense1").layer == Dense(units=12)
    assert len(network.spec.nodes) == len(lenet5().nodes)


def test_alt_and_arrows_move_a_layer_and_the_current_cell_goes_with_it(hand: Hand, network: NetworkModel) -> None:
    hand.go("relu1", SETTINGS)
    hand.press(Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert [row.name for row in hand.table.model.rows][1:4] == ["conv1", "pool1", "relu1"]
    assert hand.view.currentIndex() == hand.cell("relu1", SETTINGS)
    assert hand.view.selectionModel().isRowSelected(3)
    hand.press(Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert network.spec.sources("relu1") == ("conv1",)
    assert hand.table.back.isEnabled()
    hand.go("input1", NAME)
    assert not hand.table.back.isEnabled()


def test_copied_rows_are_text_for_spreadsheets(hand: Hand) -> None:
    hand.go("conv1", NAME)
    hand.press(Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    hand.press(Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = [line.split("\t") for line in QGuiApplication.clipboard().text().splitlines()]
    assert lines[0] == [column.title for column in COLUMNS]
    assert [line[NAME] for line in lines[1:]] == ["conv1", "relu1"]
    assert lines[1][MULTIPLY_ADDS] == "117600"
    assert float(lines[1][SHARE]) == pytest.approx(156 / 61706)


# ---- the selection, both ways


def test_what_is_selected_is_selected_everywhere(hand: Hand, network: NetworkModel, selection: SelectionModel) -> None:
    hand.go("pool1", OUTPUT)
    assert selection.selected == "pool1"
    selection.select("dense2")
    assert hand.view.currentIndex() == hand.cell("dense2", OUTPUT)
    selection.select_all(["conv1", "pool2"])
    assert [hand.table.model.rows[i.row()].name for i in hand.view.selectionModel().selectedRows()] == [
        "conv1", "pool2",
    ]  # fmt: skip
    assert hand.view.currentIndex() == hand.cell("pool2", OUTPUT)
    selection.select_connection(network.spec.connections[0])
    assert not hand.view.selectionModel().hasSelection()
    assert selection.connection == network.spec.connections[0]
    hand.press(Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert len(selection.nodes) == 14


def test_a_selected_block_stays_one_when_the_network_changes(
    hand: Hand, network: NetworkModel, selection: SelectionModel
) -> None:
    network.edit("Block", lenet5().join(["conv2", "relu2"], "stage"))
    selection.select_group("stage")
    assert len(hand.view.selectionModel().selectedRows()) == 2
    network.edit("Change", network.spec.replace("conv1", Convolution(filters=9, padding=(2, 2))))
    assert selection.group == "stage"


def test_rows_of_another_network_come_without_a_reset(
    qtbot: QtBot, hand: Hand, network: NetworkModel, selection: SelectionModel
) -> None:
    with qtbot.assertNotEmitted(hand.table.model.modelReset):
        hand.go("pool2", NAME)
        network.edit("Remove", network.spec.remove("relu1"))
        assert hand.view.currentIndex() == hand.cell("pool2", NAME)
        network.set_spec(joined())
        assert [row.name for row in hand.table.model.rows] == ["input1", "conv1", "add1"]
        network.set_spec(NetworkSpec())
        assert hand.table.model.rowCount() == 0
        network.set_spec(lenet5())
    hand.view.selectionModel().setCurrentIndex(hand.cell("conv1", NAME), QItemSelectionModel.SelectionFlag.NoUpdate)
    assert selection.selected is None  # a current cell alone selects nothing


def long_chain(layers: int) -> NetworkSpec:
    spec = NetworkSpec().append(Input(height=64, width=64))
    for _ in range(layers - 3):
        spec = spec.append(Convolution(filters=8, kernel=(3, 3), padding=(1, 1)))
    return spec.append(Convolution(filters=8)).append(SoftmaxOutput())


def test_an_edit_of_200_layers_tells_of_changed_rows_only(network: NetworkModel, table: NetworkTable) -> None:
    """Whoever shows the table has little to paint anew, however long it is."""
    network.set_spec(long_chain(200))
    told: list[tuple[int, int]] = []
    resets: list[None] = []
    table.model.dataChanged.connect(lambda first, last: told.append((first.row(), last.row())))
    table.model.modelReset.connect(lambda: resets.append(None))
    network.edit("Change", network.spec.replace("conv100", Convolution(filters=9, kernel=(3, 3), padding=(1, 1))))
    assert not resets
    assert any(first <= 100 <= last for first, last in told)
    assert table.model.rows[100].settings.startswith("filters=9 ")
