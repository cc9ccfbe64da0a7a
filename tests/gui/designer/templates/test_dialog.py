"""The gallery of networks to start from, used by hand."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QListWidget, QPushButton, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from nnstudio.gui.designer.templates.dialog import NewNetworkDialog
from nnstudio.gui.theme import apply_theme, current_theme
from nnstudio.network import NetworkSpec
from nnstudio.network.presets import TEMPLATES, convnet, lenet5, resnet20, xor_network


@pytest.fixture
def dialog(qtbot: QtBot) -> Iterator[NewNetworkDialog]:
    parent = QWidget()
    qtbot.addWidget(parent)
    made = NewNetworkDialog(parent)
    made.open()
    qtbot.waitExposed(made)
    yield made


def cards(dialog: NewNetworkDialog) -> QListWidget:
    return dialog.findChild(QListWidget, "new_list")


def titles(dialog: NewNetworkDialog) -> list[str]:
    shown = cards(dialog)
    return [shown.item(row).text() for row in range(shown.count()) if not shown.item(row).isHidden()]


def text(dialog: NewNetworkDialog, name: str) -> str:
    return dialog.findChild(QLabel, name).text()


def test_every_template_has_a_card(dialog: NewNetworkDialog) -> None:
    assert titles(dialog) == [*(template.title for template in TEMPLATES), "Trained LeNet-5", "Empty network"]


def test_return_takes_the_network_once(qtbot: QtBot, dialog: NewNetworkDialog) -> None:
    chosen: list[NetworkSpec | None] = []
    dialog.chosen.connect(chosen.append)
    qtbot.keyClick(cards(dialog), Qt.Key.Key_Right)
    qtbot.keyClick(cards(dialog), Qt.Key.Key_Return)
    assert chosen == [convnet()]
    assert not dialog.isVisible()


def test_arrow_keys_go_through_the_grid(qtbot: QtBot, dialog: NewNetworkDialog) -> None:
    shown = cards(dialog)
    qtbot.keyClick(shown, Qt.Key.Key_Down)
    assert shown.currentRow() == 3
    qtbot.keyClick(shown, Qt.Key.Key_Up)
    qtbot.keyClick(shown, Qt.Key.Key_End)
    assert shown.currentItem().text() == "Empty network"
    assert text(dialog, "new_title") == "Empty network"


def test_a_double_click_takes_a_network(qtbot: QtBot, dialog: NewNetworkDialog) -> None:
    shown = cards(dialog)
    place = shown.visualItemRect(shown.item(4)).center()
    with qtbot.waitSignal(dialog.chosen) as taken:
        qtbot.mouseClick(shown.viewport(), Qt.MouseButton.LeftButton, pos=place)
        qtbot.mouseDClick(shown.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert taken.args[0].name == "LeNet-5 of 1998"


def test_details_follow_the_card(qtbot: QtBot, dialog: NewNetworkDialog) -> None:
    shown = cards(dialog)
    qtbot.mouseClick(shown.viewport(), Qt.MouseButton.LeftButton, pos=shown.visualItemRect(shown.item(5)).center())
    template = TEMPLATES[5]
    assert text(dialog, "new_title") == template.title
    assert text(dialog, "new_summary") == template.summary
    assert text(dialog, "new_history") == template.history
    assert text(dialog, "new_fact_Parameters") == "115,217"
    assert text(dialog, "new_fact_Data") == "Built-in handwriting, MNIST"
    assert text(dialog, "new_fact_Effort") == template.effort


def test_search_then_create(qtbot: QtBot, dialog: NewNetworkDialog) -> None:
    search = dialog.findChild(QLineEdit, "new_search")
    search.setFocus()
    qtbot.keyClicks(search, "he 2015")
    assert titles(dialog) == ["ResNet-20"]
    assert text(dialog, "new_title") == "ResNet-20"
    with qtbot.waitSignal(dialog.chosen) as taken:
        qtbot.mouseClick(dialog.findChild(QPushButton, "new_create"), Qt.MouseButton.LeftButton)
    assert taken.args == [resnet20()]


def test_return_in_the_search_creates_what_was_found(qtbot: QtBot, dialog: NewNetworkDialog) -> None:
    search = dialog.findChild(QLineEdit, "new_search")
    search.setFocus()
    qtbot.keyClicks(search, "minsky")
    assert titles(dialog) == ["Rosenblatt's perceptron", "XOR network"]
    qtbot.keyClick(search, Qt.Key.Key_Down)
    with qtbot.waitSignal(dialog.chosen) as taken:
        qtbot.keyClick(search, Qt.Key.Key_Return)
    assert taken.args == [xor_network()]


def test_a_search_without_a_find(qtbot: QtBot, dialog: NewNetworkDialog) -> None:
    search, create = dialog.findChild(QLineEdit, "new_search"), dialog.findChild(QPushButton, "new_create")
    qtbot.keyClicks(search, "transformer")
    assert titles(dialog) == []
    assert dialog.findChild(QLabel, "new_nothing").isVisible()
    assert not create.isEnabled()
    qtbot.keyClick(search, Qt.Key.Key_Return)
    assert dialog.isVisible()
    search.clear()
    assert create.isEnabled()
    assert text(dialog, "new_title") == "LeNet-5"


def test_categories(qtbot: QtBot, dialog: NewNetworkDialog) -> None:
    tabs = dialog.findChild(QTabBar, "new_categories")
    qtbot.mouseClick(tabs, Qt.MouseButton.LeftButton, pos=tabs.tabRect(3).center())
    assert titles(dialog) == ["VGG-small", "ResNet-20", "MobileNet-small", "Empty network"]
    assert text(dialog, "new_title") == "VGG-small"
    tabs.setFocus()
    qtbot.keyClick(tabs, Qt.Key.Key_Left)
    assert titles(dialog)[0] == "Rosenblatt's perceptron"


@pytest.mark.parametrize(("title", "spec"), [("Trained LeNet-5", None), ("Empty network", NetworkSpec())])
def test_the_trained_network_and_none_at_all(
    qtbot: QtBot, dialog: NewNetworkDialog, title: str, spec: NetworkSpec | None
) -> None:
    (item,) = cards(dialog).findItems(title, Qt.MatchFlag.MatchExactly)
    cards(dialog).setCurrentItem(item)
    with qtbot.waitSignal(dialog.chosen) as taken:
        qtbot.keyClick(cards(dialog), Qt.Key.Key_Return)
    assert taken.args == [spec]


def test_escape_and_cancel_take_nothing(qtbot: QtBot, dialog: NewNetworkDialog) -> None:
    with qtbot.assertNotEmitted(dialog.chosen):
        qtbot.keyClick(cards(dialog), Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_it_fits_a_small_screen_and_everything_has_a_name(dialog: NewNetworkDialog) -> None:
    assert dialog.width() <= 1280
    assert dialog.height() <= 720
    controls = [
        control
        for control in dialog.findChildren(QWidget)
        if control.focusPolicy() & Qt.FocusPolicy.TabFocus and not control.objectName().startswith("qt_")
    ]
    assert len(controls) >= 5
    assert not [control for control in controls if not control.objectName() or not control.accessibleName()]


def family_colours(image: QImage) -> set[str]:
    """Those of the theme's colours for families that are in a picture."""
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1) & 0xFFFFFF
    present = set(np.unique(pixels).tolist())
    return {colour for colour in current_theme().families.values() if int(colour[1:], 16) in present}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pictures_in_both_themes(qapp: QApplication, dialog: NewNetworkDialog, scheme: str) -> None:
    before = current_theme().name
    apply_theme(qapp, "dark" if scheme == "dark" else "light")
    try:
        shown = cards(dialog)
        card = shown.viewport().grab(shown.visualItemRect(shown.item(0))).toImage()
        families = {node.layer.family for node in lenet5().nodes}
        assert family_colours(card) >= {current_theme().families[family] for family in families}
        picture = dialog.findChild(QWidget, "new_picture").grab().toImage()
        assert len(family_colours(picture)) >= 5
    finally:
        apply_theme(qapp, before)
