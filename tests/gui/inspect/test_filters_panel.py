"""The filters on the screen are the weights."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QToolButton
from pytestqt.qtbot import QtBot

from nnstudio.gui.inspect.filter_view import FilterView
from nnstudio.gui.inspect.filters_panel import FiltersPanel
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.gui.theme import current_theme
from nnstudio.gui.widgets.color_bar import ColorBar
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.presets import PRESETS, autoencoder, two_layer_perceptron, vgg16


@pytest.fixture
def panel(qtbot: QtBot, network: NetworkModel, weights: WeightsModel) -> FiltersPanel:
    panel = FiltersPanel(network, weights)
    panel.resize(500, 500)
    qtbot.addWidget(panel)
    with qtbot.waitExposed(panel):
        panel.show()
    return panel


@pytest.fixture
def known(network: NetworkModel, weights: WeightsModel, panel: FiltersPanel) -> FiltersPanel:
    """The first convolution's weights are 0 but for one of 0.5 in filter 1 and one of −0.25 in filter 2."""
    values = {name: array.copy() for name, array in weights.parameters.items()}
    values["conv1.weight"][:] = 0
    values["conv1.weight"][0, 0, 0, 0] = 0.5
    values["conv1.weight"][1, 0, 4, 4] = -0.25
    weights.replace(network.spec, values, 1)
    return panel


def choice(panel: FiltersPanel) -> QComboBox:
    return panel.findChild(QComboBox, "filters_layer")


def view(panel: FiltersPanel) -> FilterView:
    return panel.findChild(FilterView)


def colour_at(panel: FiltersPanel, y: int, x: int) -> tuple[int, ...]:
    return view(panel).grab().toImage().pixelColor(x, y).getRgb()[:3]


def weight_place(panel: FiltersPanel, row: int, column: int, right: int = 0) -> tuple[int, int]:
    """A pixel inside a weight of the filter `right` places from the first."""
    mosaic = view(panel)._mosaic
    assert mosaic
    scale = mosaic.scale
    return 1 + row * scale + scale // 2, 1 + column * scale + scale // 2 + right * mosaic.pitch[1]


def test_colours_are_those_of_the_map(known: FiltersPanel) -> None:
    table = current_theme().diverging
    assert colour_at(known, *weight_place(known, 0, 0)) == tuple(table[254])
    assert colour_at(known, *weight_place(known, 0, 1)) == tuple(table[127])
    assert colour_at(known, *weight_place(known, 4, 4, right=1)) == tuple(table[127 - 64])


def test_the_scale_is_told(known: FiltersPanel) -> None:
    assert known.findChild(ColorBar).accessibleName() == "Colour scale from −0.5 to 0.5"


def test_pointing_tells_filter_and_weight(qtbot: QtBot, known: FiltersPanel) -> None:
    y, x = weight_place(known, 4, 4, right=1)
    QTest.mouseMove(view(known), QPoint(x, y))
    words = known.findChild(QLabel, "filters_told")
    qtbot.waitUntil(lambda: words.text().startswith("Filter 2, row 5, column 5: −0.2500"))
    QTest.mouseMove(known, QPoint(2, 2))


def test_new_weights_are_painted_at_once(network: NetworkModel, weights: WeightsModel, known: FiltersPanel) -> None:
    values = {**weights.parameters, "conv1.weight": np.full((6, 1, 5, 5), -0.5, np.float32)}
    weights.replace(network.spec, values, 2)
    assert colour_at(known, *weight_place(known, 0, 0)) == tuple(current_theme().diverging[0])


def test_deeper_layers_have_a_row_for_each_filter(qtbot: QtBot, known: FiltersPanel) -> None:
    qtbot.keyClick(choice(known), Qt.Key.Key_Down)
    mosaic = view(known)._mosaic
    assert mosaic
    assert (mosaic.rows, mosaic.columns) == (16, 6)


def test_the_choice_follows_the_network(network: NetworkModel, panel: FiltersPanel, qtbot: QtBot) -> None:
    qtbot.keyClick(choice(panel), Qt.Key.Key_Down)
    network.edit("Filters", network.spec.replace("conv1", Convolution(filters=7, padding=(2, 2))))
    assert choice(panel).currentText() == "conv2: 16 × 7 × 5×5"
    network.set_spec(two_layer_perceptron())
    assert [choice(panel).itemText(row) for row in range(choice(panel).count())] == ["dense1: 128 × 1 × 28×28"]
    network.edit("Remove", network.spec.remove("dense1"))


def test_zoom_and_fit(qtbot: QtBot, known: FiltersPanel) -> None:
    fitting = view(known).width()
    qtbot.mouseClick(known.findChild(QToolButton, "filters_zoom_in"), Qt.MouseButton.LeftButton)
    assert view(known).width() > fitting
    qtbot.mouseClick(known.findChild(QToolButton, "filters_fit_into_the_panel"), Qt.MouseButton.LeftButton)
    assert view(known).width() == fitting


def test_weights_that_are_no_numbers_do_not_break_it(
    network: NetworkModel, weights: WeightsModel, known: FiltersPanel
) -> None:
    values = {**weights.parameters, "conv1.weight": np.full((6, 1, 5, 5), np.nan, np.float32)}
    weights.replace(network.spec, values, 2)
    view(known).grab()


def test_a_network_without_weights_says_so(panel: FiltersPanel, network: NetworkModel, weights: WeightsModel) -> None:
    network.set_spec(vgg16())
    assert choice(panel).count() == 14
    assert "only made when training begins" in panel.findChild(QLabel, "filters_told").text()
    network.set_spec(two_layer_perceptron())
    assert "only made" not in panel.findChild(QLabel, "filters_told").text()


def test_a_transposed_convolution_has_a_row_for_each_output(
    qtbot: QtBot, panel: FiltersPanel, network: NetworkModel, weights: WeightsModel
) -> None:
    network.set_spec(autoencoder())
    qtbot.keyClick(choice(panel), Qt.Key.Key_End)
    assert choice(panel).currentText() == "upconv2: 1 × 16 × 4×4"
    mosaic = view(panel)._mosaic
    assert mosaic
    assert (mosaic.rows, mosaic.columns) == (1, 16)
    value = weights.parameters["upconv2.weight"][3, 0, 1, 2]
    scale, (_, across) = mosaic.scale, mosaic.pitch
    QTest.mouseMove(view(panel), QPoint(1 + 2 * scale + scale // 2 + 3 * across, 1 + scale + scale // 2))
    words = panel.findChild(QLabel, "filters_told")
    told = f"Filter 1, input 4, row 2, column 3: {value:+.4f}".replace("-", "−")
    qtbot.waitUntil(lambda: words.text().startswith(told))
    QTest.mouseMove(panel, QPoint(2, 2))


@pytest.mark.parametrize("name", PRESETS)
def test_every_layer_of_every_preset_can_be_looked_at(
    qtbot: QtBot, panel: FiltersPanel, network: NetworkModel, weights: WeightsModel, name: str
) -> None:
    network.set_spec(PRESETS[name]())
    qtbot.waitUntil(lambda: weights.spec == network.spec)  # many weights are drawn in the background
    for _ in range(choice(panel).count()):
        assert view(panel).grab().isNull() == weights.missing
        qtbot.keyClick(choice(panel), Qt.Key.Key_Down)
    assert panel.findChild(ColorBar).isVisible() == (name not in ("alexnet", "vgg16"))
