"""The layers to build of."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QDrag, QImage, QPainter
from PySide6.QtWidgets import QListWidgetItem
from pytestqt.qtbot import QtBot

from nnstudio.engine.numpy.ops.activation import FUNCTIONS
from nnstudio.gui.designer import DesignerPanel, PalettePanel
from nnstudio.gui.designer.palette.layer_list import dragged_kind
from nnstudio.gui.designer.signs.layer_pictures import HEIGHT, WIDTH, paint_picture, picture, picture_of
from nnstudio.gui.designer.signs.layer_pictures.curves import CURVES, LEAK
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.theme import DARK, LIGHT, theme_source
from nnstudio.network import LAYERS, Family, Layer, NetworkSpec
from nnstudio.network.layers.activation import Activation, LeakyReLU
from nnstudio.network.layers.pooling import MaxPooling
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
    palette.resize(420, 600)
    qtbot.waitUntil(lambda: view.viewport().width() > 380)
    wide = view.visualItemRect(item(palette, "Convolution")).height()
    palette.resize(100, 600)
    qtbot.waitUntil(lambda: view.visualItemRect(item(palette, "Convolution")).height() > wide)
    assert view.horizontalScrollBar().maximum() == 0


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("conv", "Convolution"), ("fc", "Dense"), ("linear", "Dense"), ("bn", "Batch normalization"), ("relu", "ReLU"),
        ("maxpool", "Max pooling"), ("skip", "Add"), ("residual", "Add"), ("dropout2d", "Spatial dropout"),
        ("concat", "Concatenate"), ("swish", "SiLU"), ("max", "Max pooling"),
    ],
)  # fmt: skip
def test_enter_inserts_what_others_call_so(
    qtbot: QtBot, palette: PalettePanel, network: NetworkModel, typed: str, title: str
) -> None:
    qtbot.keyClicks(palette.picker.search, typed)
    qtbot.keyClick(palette.picker.search, Qt.Key.Key_Return)
    assert network.undo_stack.undoText() == f"Insert {title}"


# ---- folding


def heading(palette: PalettePanel, title: str) -> QListWidgetItem:
    found = palette.picker.list.findItems(title, Qt.MatchFlag.MatchExactly)
    return next(item for item in found if not item.flags() & Qt.ItemFlag.ItemIsSelectable)


def test_a_click_on_a_heading_folds_its_group_and_a_search_finds_its_layers_all_the_same(
    qtbot: QtBot, palette: PalettePanel, network: NetworkModel
) -> None:
    view = palette.picker.list
    where = view.visualItemRect(heading(palette, "Convolution")).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert "Convolution" not in shown(palette)
    assert "folded" in heading(palette, "Convolution").data(Qt.ItemDataRole.AccessibleTextRole)
    qtbot.keyClicks(palette.picker.search, "transposed")
    assert shown(palette) == ["Transposed convolution"]
    palette.picker.search.clear()
    assert "Convolution" not in shown(palette)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert "Convolution" in shown(palette)
    assert network.spec == lenet5()


def test_left_and_right_fold_by_keyboard_and_nothing_is_inserted_by_a_heading(
    qtbot: QtBot, palette: PalettePanel, network: NetworkModel
) -> None:
    view = palette.picker.list
    view.setFocus()
    view.setCurrentItem(item(palette, "Tanh"))
    qtbot.keyClick(view, Qt.Key.Key_Left)
    assert view.currentItem() is heading(palette, "Activation")
    assert "Tanh" not in shown(palette)
    qtbot.keyClick(view, Qt.Key.Key_Up)
    assert view.currentItem().text() == "Dense"  # the layer above
    qtbot.keyClick(view, Qt.Key.Key_Down)
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert "Tanh" in shown(palette)
    for folded in (True, False):
        qtbot.keyClick(view, Qt.Key.Key_Return)
        assert view.folded(Family.ACTIVATION) is folded
    assert network.spec == lenet5()


# ---- pictures


def painted(layer: type[Layer], ratio: float = 2) -> QImage:
    return picture(layer, ratio).toImage()


def test_every_layer_has_a_picture_of_its_own() -> None:
    pictures = [painted(layer) for layer in LAYERS.values()]
    assert all(picture_of(layer) for layer in LAYERS.values())
    assert all(one.width() == 2 * WIDTH and one.height() == 2 * HEIGHT for one in pictures)
    assert len({bytes(one.constBits()) for one in pictures}) == len(LAYERS)


def test_pictures_follow_the_theme_and_are_painted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    light = picture(MaxPooling, 1)
    assert picture(MaxPooling, 1) is light
    monkeypatch.setattr(theme_source, "theme", DARK if theme_source.theme is LIGHT else LIGHT)
    assert picture(MaxPooling, 1).toImage() != light.toImage()


def test_a_layer_that_is_not_known_has_its_familys_sign_and_a_derived_one_the_picture_of_its_base() -> None:
    class Unknown(Activation):
        """Not declared: it has no kind."""

    class Stronger(MaxPooling):
        """Nor has this one a kind of its own."""

    assert picture_of(Unknown) is None
    sheet = QImage(WIDTH, HEIGHT, QImage.Format.Format_ARGB32)
    sheet.fill(Qt.GlobalColor.transparent)
    with QPainter(sheet) as painter:
        paint_picture(painter, QRectF(0, 0, WIDTH, HEIGHT), Unknown)
    colours = {sheet.pixelColor(x, y).name() for x in range(WIDTH) for y in range(HEIGHT)}
    assert theme_source.theme.families[Family.ACTIVATION] in colours
    assert picture_of(Stronger) is picture_of(MaxPooling)


@pytest.mark.parametrize("layer", FUNCTIONS, ids=lambda layer: layer.title)
def test_curves_are_those_that_the_engine_computes(layer: type[Activation]) -> None:
    x = np.linspace(CURVES[layer].start, CURVES[layer].end, 50)
    y = np.empty_like(x)
    declared = layer(slope=LEAK) if layer is LeakyReLU else layer()
    FUNCTIONS[layer](declared, x).forward(x.copy(), y)
    np.testing.assert_allclose(CURVES[layer].function(x), y, atol=1e-12)
