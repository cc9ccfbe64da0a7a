"""“Explain this layer”: what the panel says, and that it is so."""

from __future__ import annotations

import re
from types import MappingProxyType

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QTextCursor
from PySide6.QtWidgets import QApplication, QTextBrowser
from pytestqt.qtbot import QtBot

from nnstudio.gui.designer.explain.panel import ExplainPanel
from nnstudio.gui.designer.explain.worked import computed, curve, example_picture
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.models.selection_model import SelectionModel
from nnstudio.gui.models.weights_model import WeightsModel
from nnstudio.gui.theme import apply_theme, current_theme
from nnstudio.network import LAYERS, Layer, NetworkSpec
from nnstudio.network.layers.activation import Activation
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.pooling import AveragePooling, MaxPooling, Pooling
from nnstudio.network.presets import PRESETS, chain, lenet5, preset


class Desk:
    """The panel with its models."""

    def __init__(self, qtbot: QtBot, spec: NetworkSpec) -> None:
        self.network = NetworkModel(spec)
        self.selection, self.weights = SelectionModel(self.network), WeightsModel(self.network)
        self.panel = ExplainPanel(self.network, self.selection, self.weights)
        qtbot.addWidget(self.panel)
        self.panel.resize(340, 500)
        self.panel.show()
        qtbot.waitExposed(self.panel)

    @property
    def page(self) -> QTextBrowser:
        return self.panel.findChild(QTextBrowser, "explain_page")

    def text(self, selected: str | None = None) -> str:
        if selected is not None:
            self.selection.select(selected)
        return self.page.toPlainText().replace("\xa0", " ")


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    return Desk(qtbot, lenet5())


def test_the_first_convolution_with_its_numbers(desk: Desk) -> None:
    text = desk.text("conv1")
    assert re.match(r"\s*\S?\s*Convolution +conv1", text)
    assert "A small filter slides over the picture" in text
    assert "(28 + 2·2 − 5)/1 + 1 = 28" in text
    assert "6·(1·5·5 + 1) = 156" in text
    assert "6·28·28·1·5·5 = 117,600" in text
    assert "A 3×3 kernel with padding 1" in text


def test_it_follows_the_selection_and_the_network(desk: Desk) -> None:
    desk.selection.select("conv1")
    spec = desk.network.spec
    desk.network.edit("kernel", spec.replace("conv1", Convolution(filters=8, kernel=(7, 7))))
    assert "8·(1·7·7 + 1) = 400" in desk.text()
    desk.network.undo_stack.undo()
    assert "6·(1·5·5 + 1) = 156" in desk.text()
    assert "Max pooling" in desk.text("pool1")
    desk.selection.select(None)
    assert desk.text().lstrip().startswith("LeNet-5")


def test_the_kernel_is_the_one_in_the_weights(desk: Desk) -> None:
    text = desk.text("conv1")
    kernel = desk.weights.parameters["conv1.weight"][0, 0]
    written = [f"{value:.2f}".replace("-", "−") for value in kernel.ravel()]
    assert [cell for cell in text.splitlines() if re.fullmatch(r"−?\d\.\d\d", cell)] == written


def test_a_neurons_sum_has_its_weights(desk: Desk) -> None:
    text = desk.text("dense3")
    first, second = (float(value) for value in desk.weights.parameters["dense3.weight"][0, :2])
    sign = "−" if second < 0 else "+"
    assert f"y0 = {first:.3g}·x0 {sign} {abs(second):.3g}·x1".replace("-", "−") in text


def test_new_weights_come_by_themselves_unless_text_is_selected(qtbot: QtBot, desk: Desk) -> None:
    desk.selection.select("dense3")

    def learn(value: float, step: int) -> None:
        arrays = {name: np.full_like(array, value) for name, array in desk.weights.parameters.items()}
        desk.weights.replace(desk.weights.spec, MappingProxyType(arrays), step)

    learn(0.25, 7)
    qtbot.waitUntil(lambda: "y0 = 0.25·x0 + 0.25·x1" in desk.text())
    assert "after 7 steps" in desk.text()
    desk.page.selectAll()
    learn(0.5, 8)
    qtbot.waitUntil(lambda: not desk.panel._pause.isActive())
    assert "after 7 steps" in desk.text()
    cursor = desk.page.textCursor()
    cursor.movePosition(QTextCursor.MoveOperation.Start)
    desk.page.setTextCursor(cursor)
    learn(0.75, 9)
    qtbot.waitUntil(lambda: "after 9 steps" in desk.text())


def test_text_is_selected_by_mouse_and_copied(qtbot: QtBot, desk: Desk) -> None:
    desk.selection.select("conv1")
    viewport = desk.page.viewport()
    qtbot.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=QPoint(90, 20))
    assert desk.page.textCursor().selectedText() in ("Convolution", "conv1")
    qtbot.keyClick(desk.page, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() in ("Convolution", "conv1")


def test_it_scrolls_by_keyboard_and_stays_where_it_was(qtbot: QtBot, desk: Desk) -> None:
    desk.panel.resize(340, 200)
    desk.selection.select("conv1")
    desk.panel.setFocus()
    bar = desk.page.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    qtbot.keyClick(desk.page, Qt.Key.Key_PageDown)
    place = bar.value()
    assert place > 0
    desk.network.edit("filters", desk.network.spec.replace("conv1", Convolution(filters=7, kernel=(5, 5))))
    assert bar.value() == place
    desk.selection.select("conv2")
    assert bar.value() == 0


def test_a_layer_behind_a_mistake(desk: Desk) -> None:
    desk.network.edit("cut", desk.network.spec.disconnect("conv2"))
    text = desk.text("pool2")
    assert "not known until the problem" in text
    assert "max" in text
    desk.network.edit("kernel", lenet5().replace("conv2", Convolution(filters=16, kernel=(40, 40))))
    text = desk.text("conv2")
    assert "Kernel 40×40 is larger than its input 14×14. Use padding" in text


def test_a_muted_layer_and_a_repeated_block(desk: Desk) -> None:
    spec = lenet5().mute("relu1").mute("pool1")
    desk.network.edit("mute", spec)
    text = desk.text("pool1")
    assert "This layer is muted" in text
    assert "(28 + 2·0 − 2)/2 + 1 = 14" in text, "what it would do behind a muted layer"
    same = Convolution(filters=6, kernel=(3, 3), padding=(1, 1))
    repeated = chain("again", [LAYERS["input"](), Convolution(), same, *lenet5_end()]).join(["conv2"], "deep", 3)
    desk.network.edit("repeat", repeated)
    text = desk.text("conv2")
    assert "block “deep”" in text
    assert "3 times" in text
    assert "6·(6·3·3 + 1) = 330" in text
    desk.selection.select_group("deep")
    text = desk.text()
    assert "There 3 times in a row" in text
    assert "990" in text


def lenet5_end() -> list[Layer]:
    return [LAYERS[kind]() for kind in ("flatten", "dense", "softmax_output")]


@pytest.mark.parametrize("name", PRESETS)
def test_whole_networks_have_a_history(desk: Desk, name: str) -> None:
    desk.network.set_spec(preset(name))
    text = desk.text()
    assert "History" in text
    assert f"{desk.network.check.parameter_count:,}" in text
    assert "Begun as" not in text


def test_changed_networks_and_ones_own(desk: Desk) -> None:
    desk.network.edit("more", lenet5().insert_after("conv1", LAYERS["batch_normalization"]()))
    assert "Begun as: LeCun" in desk.text()
    desk.network.edit("own", lenet5().model_copy(update={"name": "Mine <b>"}))
    assert "A network of your own." in desk.text()
    assert "Mine <b>" in desk.text()
    desk.network.set_spec(NetworkSpec())
    assert "It is empty" in desk.text()
    desk.network.set_spec(chain("silent", [LAYERS["input"]()]).mute("input1"))
    assert "Muted" in desk.text()


@pytest.mark.parametrize("kind", LAYERS)
def test_every_kind_of_layer_is_explained(qtbot: QtBot, desk: Desk, kind: str) -> None:
    layer = LAYERS[kind]
    desk.network.set_spec(around(layer()))
    text = desk.text("subject")
    assert layer.title in text
    assert layer.purpose in text
    assert layer.tip in text
    assert "not known" not in text
    assert not desk.panel.grab().isNull()


def around(layer: Layer) -> NetworkSpec:
    """A network in which a layer works, called “subject”."""
    if layer.takes == 0:
        return chain("x", [layer]).rename("input1", "subject")
    shape = {"channels": 1, "height": 1, "width": 1} if "reshape" in repr(layer) else {"height": 12, "width": 12}
    spec = NetworkSpec(name="x").add(LAYERS["input"](**shape), "entrance")
    end = "entrance"
    if type(layer).__name__ in ("Dense", "SoftmaxOutput"):
        spec, end = spec.add(LAYERS["flatten"](), "flat").connect("entrance", "flat"), "flat"
    spec = spec.add(layer, "subject")
    for port in range(layer.takes):
        spec = spec.connect(end, "subject", port)
    return spec


def test_it_works_only_while_it_is_seen(qtbot: QtBot, desk: Desk) -> None:
    desk.panel.hide()
    before = desk.text()
    desk.selection.select("conv1")
    assert desk.text() == before
    desk.panel.show()
    assert "Convolution" in desk.text()


def test_both_themes(qapp: QApplication, desk: Desk) -> None:
    before = current_theme().name
    desk.selection.select("conv1")
    try:
        for scheme in ("dark", "light"):
            apply_theme(qapp, "dark" if scheme == "dark" else "light")
            html = desk.page.toHtml()
            assert current_theme().quiet in html
            assert current_theme().families[LAYERS["convolution"].family] in html
    finally:
        apply_theme(qapp, before)


# ---- examples are what the engine computes


def test_examples_of_poolings_are_true() -> None:
    picture = example_picture(MaxPooling())
    assert picture is not None
    assert picture.shape == (4, 4)
    windows = picture.reshape(2, 2, 2, 2).swapaxes(1, 2).reshape(2, 2, 4)
    np.testing.assert_allclose(computed(MaxPooling(), picture), windows.max(-1), rtol=1e-6)
    np.testing.assert_allclose(computed(AveragePooling(), picture), windows.mean(-1), rtol=1e-6)


@pytest.mark.parametrize("kind", [kind for kind, layer in LAYERS.items() if issubclass(layer, Activation)])
def test_curves_are_the_activations(kind: str) -> None:
    layer = LAYERS[kind]()
    assert isinstance(layer, Activation)
    places, values = curve(layer)
    assert len(places) == len(values)
    known = {"relu": np.maximum(places, 0), "tanh": np.tanh(places), "sigmoid": 1 / (1 + np.exp(-places))}
    if kind in known:
        np.testing.assert_allclose(values, known[kind], atol=1e-6)


def test_too_large_a_window_has_no_example() -> None:
    assert example_picture(MaxPooling(kernel=20, stride=1)) is None
    larger = example_picture(MaxPooling(kernel=6, stride=1))
    assert larger is not None
    assert larger.shape == (6, 6)
    assert all(example_picture(layer()) is not None for layer in LAYERS.values() if issubclass(layer, Pooling))
