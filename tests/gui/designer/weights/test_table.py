"""Weights as numbers: read, changed by hand, undone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from nnstudio.gui.designer.weights.items import number_text, parsed
from nnstudio.gui.designer.weights.summary import summary
from nnstudio.gui.designer.weights.table import WeightsTable
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.selection_model import SelectionModel
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.gui.widgets.number_box import NumberBox
from nnstudio.network.layers.dense import Dense


@pytest.fixture
def selection(network: NetworkModel) -> SelectionModel:
    return SelectionModel(network)


@pytest.fixture
def table(
    qtbot: QtBot, network: NetworkModel, weights: WeightsModel, selection: SelectionModel
) -> Iterator[WeightsTable]:
    table = WeightsTable(network, weights, selection)
    qtbot.addWidget(table)
    table.resize(560, 400)
    table.show()
    qtbot.waitExposed(table)
    selection.select("conv2")
    yield table
    table.wait()


def told(table: WeightsTable) -> str:
    return table.findChild(QLabel, "weights_told").text()


def refusal(table: WeightsTable) -> str:
    label = table.findChild(QLabel, "weights_refusal")
    return label.text() if label.isVisible() else ""


def choice(table: WeightsTable) -> QComboBox:
    return table.findChild(QComboBox, "weights_parameter")


def plane(table: WeightsTable, number: int) -> NumberBox:
    return table.findChild(NumberBox, f"weights_plane_{number}")


def choose_plane(qtbot: QtBot, table: WeightsTable, number: int, text: str) -> None:
    box = plane(table, number)
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, text)
    qtbot.keyClick(box, Qt.Key.Key_Return)


def editor(qtbot: QtBot, table: WeightsTable) -> QLineEdit:
    qtbot.waitUntil(lambda: isinstance(QApplication.focusWidget(), QLineEdit))
    field = QApplication.focusWidget()
    assert isinstance(field, QLineEdit)
    assert table.view.isAncestorOf(field)
    return field


def finish(qtbot: QtBot, field: QLineEdit) -> None:
    """Press Enter; Qt takes over what was typed when it comes back to its events."""
    with qtbot.waitSignal(field.destroyed):
        qtbot.keyClick(field, Qt.Key.Key_Return)


def type_into(qtbot: QtBot, table: WeightsTable, row: int, column: int, text: str) -> None:
    """Double-click a cell and write."""
    place = table.view.visualRect(table.items.index(row, column)).center()
    qtbot.mouseClick(table.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(table.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    field = editor(qtbot, table)
    field.selectAll()
    qtbot.keyClicks(field, text)
    finish(qtbot, field)


def test_a_kernel_is_chosen_and_read(qtbot: QtBot, table: WeightsTable, weights: WeightsModel) -> None:
    assert [choice(table).itemText(row) for row in range(2)] == ["conv2.weight", "conv2.bias"]
    assert (table.items.rowCount(), table.items.columnCount()) == (5, 5)
    choose_plane(qtbot, table, 0, "7")
    choose_plane(qtbot, table, 1, "3")
    index = table.items.index(1, 4)
    assert index.data() == number_text(float(weights.parameters["conv2.weight"][7, 3, 1, 4]))
    assert index.data(Qt.ItemDataRole.ToolTipRole).startswith("conv2.weight[7, 3, 1, 4] = ")
    assert "16×6×5×5  ·  2,400 values from" in told(table)


def test_every_shape_has_its_table(qtbot: QtBot, table: WeightsTable, selection: SelectionModel) -> None:
    choice(table).setFocus()
    qtbot.keyClick(choice(table), Qt.Key.Key_Down)
    assert (table.items.rowCount(), table.items.columnCount()) == (16, 1)
    assert not plane(table, 0).isVisible()
    selection.select("dense3")
    assert (table.items.rowCount(), table.items.columnCount()) == (10, 84)
    assert not plane(table, 0).isVisible()
    selection.select("conv1")
    assert plane(table, 0).isVisible()
    assert plane(table, 1).maximum() == 0


def test_a_weight_is_changed_with_the_mouse_and_undone(
    qtbot: QtBot, table: WeightsTable, network: NetworkModel, weights: WeightsModel
) -> None:
    before = weights.parameters
    choose_plane(qtbot, table, 0, "2")
    type_into(qtbot, table, 1, 1, "0,5")
    assert weights.parameters["conv2.weight"][2, 0, 1, 1] == 0.5
    assert network.undo_stack.undoText() == "Change conv2.weight[2, 0, 1, 1] to 0.5"
    assert table.items.index(1, 1).data() == "0.5000"
    assert not refusal(table)
    network.undo_stack.undo()
    for name, values in before.items():
        np.testing.assert_array_equal(weights.parameters[name], values)


def test_a_weight_is_changed_with_the_keyboard(qtbot: QtBot, table: WeightsTable, weights: WeightsModel) -> None:
    table.view.setFocus()
    table.view.setCurrentIndex(table.items.index(0, 0))
    qtbot.keyClick(table.view, Qt.Key.Key_Down)
    qtbot.keyClick(table.view, Qt.Key.Key_Right)
    qtbot.keyClick(table.view, Qt.Key.Key_F2)
    field = editor(qtbot, table)
    field.selectAll()
    qtbot.keyClicks(field, "-1e-3")
    finish(qtbot, field)
    assert weights.parameters["conv2.weight"][0, 0, 1, 1] == np.float32(-0.001)


def test_leaving_a_cell_as_it_is_changes_nothing(qtbot: QtBot, table: WeightsTable, network: NetworkModel) -> None:
    table.view.setFocus()
    table.view.setCurrentIndex(table.items.index(0, 0))
    qtbot.keyClick(table.view, Qt.Key.Key_F2)
    finish(qtbot, editor(qtbot, table))
    assert not network.undo_stack.canUndo()


@pytest.mark.parametrize("text", ["nan", "inf", "-infinity", "many", "1e99", "", "0.5.5"])
def test_what_is_no_weight_is_refused(qtbot: QtBot, table: WeightsTable, network: NetworkModel, text: str) -> None:
    type_into(qtbot, table, 0, 0, text or " ")
    assert refusal(table)
    assert not network.undo_stack.canUndo()
    type_into(qtbot, table, 0, 0, "0.25")
    assert not refusal(table)


def test_while_training_runs_nothing_is_changed(
    qtbot: QtBot, table: WeightsTable, network: NetworkModel, weights: WeightsModel
) -> None:
    weights.held = True
    type_into(qtbot, table, 0, 0, "0.25")
    assert refusal(table) == "Training is changing the weights itself. Pause it first."
    assert not network.undo_stack.canUndo()


def test_it_follows_training(table: WeightsTable, network: NetworkModel, weights: WeightsModel) -> None:
    table.view.setCurrentIndex(table.items.index(2, 2))
    weights.replace(network.flat, {name: np.full_like(old, 0.125) for name, old in weights.parameters.items()}, 5)
    assert table.items.index(0, 0).data() == "0.1250"
    assert table.view.currentIndex().row() == 2, "the cursor stays"
    assert "mean 0.1250  ·  standard deviation 0.0000  ·  0.0%\xa0zeros" in told(table)


def test_where_there_is_nothing_it_says_what_to_do(
    table: WeightsTable, selection: SelectionModel, network: NetworkModel
) -> None:
    selection.select("relu1")
    assert told(table).startswith("“relu1” has no weights.")
    assert not table.view.isVisible()
    selection.select(None)
    assert told(table).startswith("Select a layer")
    selection.select("conv2")
    network.edit("Mute", network.spec.mute("relu1"))
    assert table.view.isVisible()
    network.edit("Rename", network.spec.rename("conv2", "eyes"))
    assert choice(table).currentText() == "eyes.weight"


def test_copies_of_a_repeated_layer_have_weights_of_their_own(
    table: WeightsTable, selection: SelectionModel, network: NetworkModel
) -> None:
    spec = network.spec.replace("dense2", Dense(units=120)).join(["dense2", "relu4"], "deep", repeat=3)
    network.edit("Repeat", spec)
    assert network.check.ok
    selection.select("dense2")
    names = [choice(table).itemText(row) for row in range(choice(table).count())]
    assert names == [f"dense2{copy}.{role}" for copy in ("", "_2", "_3") for role in ("weight", "bias")]


def test_a_million_weights_open_at_once(
    qtbot: QtBot,
    table: WeightsTable,
    selection: SelectionModel,
    network: NetworkModel,
    weights: WeightsModel,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network.edit("Units", network.spec.replace("dense1", Dense(units=2500)))
    qtbot.waitUntil(lambda: weights.ready)
    asked: list[object] = []
    of_a_cell = table.items.data
    monkeypatch.setattr(table.items, "data", lambda *cell: asked.append(cell) or of_a_cell(*cell))
    selection.select("dense1")
    table.view.grab()
    assert 0 < len(asked) < 100_000, "only cells in sight are asked for"
    assert (table.items.rowCount(), table.items.columnCount()) == (2500, 400)
    qtbot.waitUntil(lambda: "standard deviation" in told(table))
    last = table.items.index(2499, 399)
    table.view.scrollTo(last)
    assert last.data() == number_text(float(weights.parameters["dense1.weight"][2499, 399]))


def test_weights_that_are_no_longer_finite(table: WeightsTable, network: NetworkModel, weights: WeightsModel) -> None:
    broken = {name: np.full_like(old, np.nan) for name, old in weights.parameters.items()}
    broken["conv2.weight"][0, 0, 0, :3] = 1.0, np.inf, -np.inf
    weights.replace(network.flat, broken, 5)
    table.view.grab()
    assert [table.items.index(0, column).data() for column in range(4)] == ["1.0000", "∞", "−∞", "NaN"]
    assert told(table).endswith("2,399 of them not finite")


def test_summary_by_hand() -> None:
    found = summary(np.array([[0.0, 1.0], [-1.0, 0.0]], np.float32))
    assert found.text == (
        "2×2  ·  4 values from −1.0000 to 1.0000  ·  mean 0.0000  ·  standard deviation 0.7071  ·  50.0%\xa0zeros"
    )
    assert found.limit == 1.0


@pytest.mark.parametrize(
    ("text", "number"), [(" 0.25 ", 0.25), ("−1,5", -1.5), ("1e-3", 0.001), ("nan", None), ("∞", None), ("", None)]
)
def test_what_is_typed(text: str, number: float | None) -> None:
    assert parsed(text) == number


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0.0000"), (-0.12345, "−0.1235"), (1e-5, "1.00e−05"), (123456.0, "1.23e+05")]
)
def test_figures_that_say_something(value: float, text: str) -> None:
    assert number_text(value) == text


def test_an_index_that_is_none_has_no_data(table: WeightsTable) -> None:
    assert table.items.data(QModelIndex()) is None
    assert not table.items.setData(QModelIndex(), "1")
