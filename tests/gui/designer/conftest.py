"""LeNet-5 on the desk, in each panel."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from pytestqt.qtbot import QtBot

from nnstudio.gui.designer import DesignerPanel, PalettePanel, PropertiesPanel
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.network.presets import lenet5


class Mouse:
    """The hand on a designer's canvas; points are the scene's."""

    def __init__(self, qtbot: QtBot, panel: DesignerPanel) -> None:
        self._qtbot, self._panel = qtbot, panel

    def at(self, point: QPointF) -> QPoint:
        return self._panel.view.mapFromScene(point)

    def block(self, name: str) -> QPointF:
        block = self._panel.scene.blocks[name]
        return block.pos() + block.outline.center()

    def wire(self, source: str, target: str | None = None) -> QPointF:
        wires = self._panel.scene.wires
        return next(
            wire.middle
            for place, wire in wires.items()
            if place.source == source and (place.connection.target if place.connection else None) == target
        )

    def click(
        self,
        point: QPointF,
        button: Qt.MouseButton = Qt.MouseButton.LeftButton,
        keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
    ) -> None:
        self._qtbot.mouseClick(self._panel.view.viewport(), button, keys, self.at(point))

    def double_click(self, point: QPointF) -> None:
        self._qtbot.mouseDClick(self._panel.view.viewport(), Qt.MouseButton.LeftButton, pos=self.at(point))

    def hover(self, point: QPointF) -> None:
        self._qtbot.mouseMove(self._panel.view.viewport(), self.at(point))

    def lift(self, start: QPointF, end: QPointF, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press and carry, without letting go."""
        viewport = self._panel.view.viewport()
        self._qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, keys, self.at(start))
        for share in (0.3, 0.6, 1.0):
            self._qtbot.mouseMove(viewport, self.at(start + share * (end - start)))

    def move(self, point: QPointF) -> None:
        """Carry what is held on to another point."""
        self._qtbot.mouseMove(self._panel.view.viewport(), self.at(point))

    def drop(self, point: QPointF) -> None:
        self._qtbot.mouseRelease(self._panel.view.viewport(), Qt.MouseButton.LeftButton, pos=self.at(point))


@pytest.fixture
def network() -> NetworkModel:
    return NetworkModel(lenet5())


@pytest.fixture
def weights(network: NetworkModel) -> WeightsModel:
    return WeightsModel(network)


@pytest.fixture
def designer(qtbot: QtBot, network: NetworkModel, weights: WeightsModel) -> DesignerPanel:
    panel = DesignerPanel(network, weights)
    qtbot.addWidget(panel)
    panel.resize(1800, 600)
    panel.show()
    qtbot.waitExposed(panel)
    panel.view.setFocus()
    return panel


@pytest.fixture
def mouse(qtbot: QtBot, designer: DesignerPanel) -> Mouse:
    return Mouse(qtbot, designer)


@pytest.fixture
def palette(qtbot: QtBot, network: NetworkModel, designer: DesignerPanel) -> PalettePanel:
    panel = PalettePanel(network, designer.selection)
    qtbot.addWidget(panel)
    panel.resize(260, 600)
    panel.show()
    return panel


@pytest.fixture
def properties(qtbot: QtBot, network: NetworkModel, designer: DesignerPanel) -> PropertiesPanel:
    panel = PropertiesPanel(network, designer.selection)
    qtbot.addWidget(panel)
    panel.resize(320, 600)
    panel.show()
    return panel


@pytest.fixture
def names(network: NetworkModel) -> Callable[[], list[str]]:
    """The layers in the order in which pictures pass them."""
    return lambda: [node.id for node in network.spec.ordered()]
