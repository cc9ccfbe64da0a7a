"""The layers to build of."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QDrag
from PySide6.QtWidgets import QListWidgetItem
from pytestqt.qtbot import QtBot

from nnstudio.gui.designer import DesignerPanel, PalettePanel
from nnstudio.gui.designer.layer_list import dragged_kind
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.network import LAYERS, NetworkSpec
from nnstudio.network.presets import lenet5


def item(palette: PalettePanel, title: str) -> QListWidgetItem:
    found = palette.picker.list.findItems(title, Qt.MatchFlag.MatchExactly)
    return next(item for item in found if item.flags() & Qt.ItemFlag.ItemIsSelectable)


def shown(palette: PalettePanel) -> list[str]:
    rows = [palette.picker.list.item(row) for row in range(palette.picker.list.count())]
    return [row.text() for row in rows if not row.isHidden() and row.flags() & Qt.ItemFlag.ItemIsSelectable]


def test_every_declared_layer_is_there(palette: PalettePanel) -> None:
    assert sorted(shown(palette)) == sorted(layer.title for layer in LAYERS.values())


def test_the_search_finds_by_name_family_and_explanation(qtbot: QtBot, palette: PalettePanel) -> None:
    search = palette.picker.search
    qtbot.keyClicks(search, "global")
    assert shown(palette) == ["Global average pooling", "Global max pooling"]
    search.clear()
    qtbot.keyClicks(search, "merge")
    assert shown(palette) == ["Add", "Concatenate", "Multiply"]
    search.clear()
    qtbot.keyClicks(search, "negative")
    assert shown(palette) == ["ReLU", "Leaky ReLU", "ELU"]
    search.clear()
    qtbot.keyClicks(search, "nothing like it")
    assert shown(palette) == []
    qtbot.keyClick(search, Qt.Key.Key_Return)
    search.clear()
    assert len(shown(palette)) == len(LAYERS)


def test_enter_inserts_behind_the_selected_layer(
    qtbot: QtBot, designer: DesignerPanel, palette: PalettePanel, network: NetworkModel, names: Callable[[], list[str]]
) -> None:
    designer.selection.select("relu1")
    qtbot.keyClicks(palette.picker.search, "drop")
    qtbot.keyClick(palette.picker.search, Qt.Key.Key_Return)
    assert names()[3] == "dropout1"
    assert designer.selection.selected == "dropout1"
    assert network.undo_stack.undoText() == "Insert Dropout"


def test_a_double_click_inserts_in_front_of_the_output_when_nothing_is_selected(
    qtbot: QtBot, palette: PalettePanel, names: Callable[[], list[str]]
) -> None:
    view = palette.picker.list
    row = item(palette, "Dense")
    view.scrollToItem(row)
    where = view.visualItemRect(row).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=where)
    qtbot.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert names()[-2:] == ["dense4", "output1"]


def test_a_network_can_be_built_from_nothing_in_the_natural_order(
    qtbot: QtBot, palette: PalettePanel, network: NetworkModel
) -> None:
    network.set_spec(NetworkSpec())
    for title in ("softmax output", "input", "dense", "flatten"):
        qtbot.keyClicks(palette.picker.search, title)
        qtbot.keyClick(palette.picker.search, Qt.Key.Key_Return)
        palette.picker.search.clear()
    assert [node.layer.kind for node in network.spec.ordered()] == ["input", "dense", "flatten", "softmax_output"]


def test_dragging_a_layer_carries_its_kind(
    qtbot: QtBot, palette: PalettePanel, network: NetworkModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The window system's own loop cannot run in a test; all up to it does."""
    carried: list[str | None] = []

    def carry(drag: QDrag, *_: object) -> Qt.DropAction:
        carried.append(dragged_kind(drag.mimeData()))
        return Qt.DropAction.IgnoreAction

    monkeypatch.setattr(QDrag, "exec", carry)
    view = palette.picker.list
    where = view.visualItemRect(item(palette, "Max pooling")).center()
    qtbot.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=where)
    for step in (QPoint(8, 0), QPoint(30, 0), QPoint(60, 0)):
        qtbot.mouseMove(view.viewport(), where + step)
    qtbot.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert carried[:1] == ["max_pooling"]
    assert network.spec == lenet5()


def test_explanations_have_the_room_that_they_need(qtbot: QtBot, palette: PalettePanel) -> None:
    view = palette.picker.list
    wide = view.visualItemRect(item(palette, "Convolution")).height()
    palette.resize(180, 600)
    qtbot.waitUntil(lambda: view.visualItemRect(item(palette, "Convolution")).height() > wide)
    assert view.horizontalScrollBar().maximum() == 0
