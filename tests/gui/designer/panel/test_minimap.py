"""The map of the network: when it is there, what it shows, and that it moves the canvas."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from pytestqt.qtbot import QtBot

from nnstudio.gui.designer import DesignerPanel
from nnstudio.gui.designer.panel.minimap import Minimap
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.theme import LIGHT
from nnstudio.network import Family
from nnstudio.network.presets import lenet5, resnet20


@pytest.fixture
def minimap(qtbot: QtBot, designer: DesignerPanel, network: NetworkModel) -> Minimap:
    """Of a network that is longer than the canvas is wide."""
    minimap = designer.findChild(Minimap) or Minimap(designer.view, designer.scene)
    network.set_spec(resnet20())
    qtbot.waitUntil(minimap.isVisible)
    return minimap


def sight(designer: DesignerPanel) -> QPointF:
    """The middle of what is in sight."""
    return designer.view.mapToScene(designer.view.viewport().rect().center())


def test_it_is_there_only_when_not_all_is_in_sight(
    qtbot: QtBot, designer: DesignerPanel, network: NetworkModel, minimap: Minimap
) -> None:
    designer.view.fit()
    qtbot.waitUntil(minimap.isHidden)
    designer.view.set_zoom(1)
    qtbot.waitUntil(minimap.isVisible)
    minimap.set_wanted(False)
    assert minimap.isHidden()
    minimap.set_wanted(True)
    assert minimap.isVisible()
    network.set_spec(lenet5())
    designer.view.fit()
    qtbot.waitUntil(minimap.isHidden)


def test_it_stands_in_the_lower_right_corner(qtbot: QtBot, designer: DesignerPanel, minimap: Minimap) -> None:
    designer.resize(900, 500)
    qtbot.waitUntil(lambda: 0 <= designer.view.viewport().geometry().right() - minimap.geometry().right() <= 8)
    canvas = designer.view.viewport().geometry()
    assert canvas.contains(minimap.geometry())
    assert canvas.bottom() - minimap.geometry().bottom() <= 8
    assert minimap.accessibleName()
    assert minimap.focusPolicy() is Qt.FocusPolicy.NoFocus


def test_the_frame_is_what_is_in_sight(designer: DesignerPanel, minimap: Minimap) -> None:
    bar = designer.view.horizontalScrollBar()
    bar.setValue(bar.minimum())
    assert minimap.frame().left() == pytest.approx(0, abs=2)
    bar.setValue(bar.maximum())
    assert minimap.frame().right() == pytest.approx(minimap.width(), abs=2)
    seen = designer.view.viewport().width() / designer.view.zoom
    assert minimap.frame().width() == pytest.approx(minimap.width() * seen / designer.view.sceneRect().width(), abs=1)


def test_a_click_goes_there(qtbot: QtBot, designer: DesignerPanel, minimap: Minimap) -> None:
    for share in (0.8, 0.3):
        qtbot.mouseClick(
            minimap, Qt.MouseButton.LeftButton, pos=QPoint(round(share * minimap.width()), minimap.height() // 2)
        )
        space = designer.view.sceneRect()
        assert sight(designer).x() == pytest.approx(space.left() + share * space.width(), abs=space.width() / 50)


def test_dragging_the_frame_takes_the_canvas_along(qtbot: QtBot, designer: DesignerPanel, minimap: Minimap) -> None:
    designer.view.centerOn(designer.view.sceneRect().center())
    start, before = minimap.frame().center().toPoint() + QPoint(4, 0), sight(designer)
    qtbot.mousePress(minimap, Qt.MouseButton.LeftButton, pos=start)
    assert sight(designer).x() == pytest.approx(before.x(), abs=60), "it is held where it was taken"
    for step in range(1, 6):
        qtbot.mouseMove(minimap, start + QPoint(8 * step, 0))
    qtbot.mouseRelease(minimap, Qt.MouseButton.LeftButton, pos=start + QPoint(40, 0))
    scale = designer.view.sceneRect().width() / minimap.width()
    assert sight(designer).x() - before.x() == pytest.approx(40 * scale, abs=2 * scale)


def test_blocks_have_their_familys_colour(minimap: Minimap) -> None:
    image = minimap.grab().toImage()
    found = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}
    assert {LIGHT.families[family] for family in (Family.CONVOLUTION, Family.ACTIVATION)} <= found
    assert LIGHT.accent in found


def test_it_is_drawn_when_the_network_changes_and_not_when_the_canvas_moves(
    qtbot: QtBot, designer: DesignerPanel, network: NetworkModel, minimap: Minimap, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[int] = []
    draw = minimap._draw
    monkeypatch.setattr(minimap, "_draw", lambda: (drawn.append(1), draw())[1])
    minimap.grab()
    before = len(drawn)
    bar = designer.view.horizontalScrollBar()
    for value in range(bar.minimum(), bar.minimum() + 100, 20):
        bar.setValue(value)
        minimap.grab()
    assert len(drawn) == before
    network.edit("Remove", network.spec.remove("relu1"))
    qtbot.waitUntil(lambda: minimap._map is None or len(drawn) > before)
    minimap.grab()
    assert len(drawn) > before
