"""The form and the figures of the selected layer."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from nnstudio.gui.designer import DesignerPanel, PropertiesPanel
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.gui.widgets.form import DeclarationForm
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.presets import lenet5


def text(panel: QWidget, name: str) -> str:
    return panel.findChild(QLabel, name).text().replace("\N{NO-BREAK SPACE}", " ")


def rename(qtbot: QtBot, properties: PropertiesPanel, name: str) -> QLineEdit:
    field = properties.findChild(QLineEdit, "layer_name")
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, name)
    return field


def test_nothing_selected_says_what_to_do(properties: PropertiesPanel) -> None:
    assert properties.findChild(QLabel, "properties_empty").isVisible()


def test_figures_are_those_of_the_check(designer: DesignerPanel, properties: PropertiesPanel) -> None:
    designer.selection.select("conv1")
    assert text(properties, "layer_title") == "Convolution"
    assert text(properties, "layer_summary") == Convolution.summary
    assert text(properties, "fact_input") == "1×28×28"
    assert text(properties, "fact_output") == "6×28×28"
    assert text(properties, "fact_parameters") == "6 × (1 × 5 × 5) + 6 = 156"
    assert text(properties, "fact_multiply_adds") == "117,600 an image"
    designer.selection.select("dense1")
    assert text(properties, "fact_parameters") == "120 × 400 + 120 = 48,120"
    designer.selection.select("relu1")
    assert text(properties, "fact_parameters") == "none"


def test_a_name_that_is_typed_renames_the_layer(
    qtbot: QtBot, designer: DesignerPanel, properties: PropertiesPanel, network: NetworkModel
) -> None:
    designer.selection.select("conv1")
    qtbot.keyClick(rename(qtbot, properties, "features"), Qt.Key.Key_Return)
    assert network.spec == lenet5().rename("conv1", "features")
    assert network.undo_stack.undoText() == "Rename conv1 to features"
    assert network.undo_stack.count() == 1
    assert designer.selection.selected == "features"
    network.undo_stack.undo()
    assert designer.selection.selected == "conv1"
    assert properties.findChild(QLineEdit, "layer_name").text() == "conv1"


def test_a_name_that_cannot_be_is_refused(
    qtbot: QtBot, designer: DesignerPanel, properties: PropertiesPanel, network: NetworkModel
) -> None:
    designer.selection.select("conv1")
    refusal = properties.findChild(QLabel, "layer_name_refusal")
    reasons = {"conv2": "There is already a layer or block named “conv2”.", "1st": "starts with a letter"}
    for name, reason in reasons.items():
        field = rename(qtbot, properties, name)
        assert reason in refusal.text()
        assert refusal.isVisible()
        qtbot.keyClick(field, Qt.Key.Key_Return)
        assert field.text() == "conv1"
        assert not refusal.isVisible()
    assert network.spec == lenet5()


def test_turning_one_setting_is_one_step_and_another_setting_a_second(
    qtbot: QtBot, designer: DesignerPanel, properties: PropertiesPanel, network: NetworkModel
) -> None:
    designer.selection.select("conv1")
    filters = properties.findChild(QWidget, "field_filters").focusProxy()
    for _ in range(4):
        qtbot.keyClick(filters, Qt.Key.Key_Up)
    assert network.spec.node("conv1").layer == Convolution(filters=10, padding=(2, 2))
    assert network.undo_stack.count() == 1
    assert network.undo_stack.undoText() == "Change conv1 filters"
    qtbot.keyClick(properties.findChild(QWidget, "field_kernel_height"), Qt.Key.Key_Up)
    assert network.undo_stack.count() == 2
    assert network.undo_stack.undoText() == "Change conv1 kernel"
    network.undo_stack.undo()
    network.undo_stack.undo()
    assert network.spec == lenet5()
    assert filters.text() == "6"


def test_a_kernel_that_does_not_fit_is_named_beside_its_repair(
    qtbot: QtBot, designer: DesignerPanel, properties: PropertiesPanel
) -> None:
    designer.selection.select("conv2")
    for part in ("height", "width"):
        box = properties.findChild(QWidget, f"field_kernel_{part}")
        box.setFocus()
        box.selectAll()
        qtbot.keyClicks(box, "33")
        qtbot.keyClick(box, Qt.Key.Key_Return)
    words = [label.text() for label in properties.findChild(QWidget, "layer_problems").findChildren(QLabel)]
    assert "Kernel 33×33 is larger than its input 14×14." in words
    assert "Use padding 10 or a kernel of at most 14." in words
    assert text(properties, "fact_input") == "unknown until the problem is solved"
    assert designer.scene.blocks["conv2"].content.problems


def test_removing_the_selected_layer_shows_the_one_before_it(
    qtbot: QtBot, designer: DesignerPanel, properties: PropertiesPanel
) -> None:
    designer.selection.select("conv2")
    with qtbot.waitActive(designer):
        designer.activateWindow()
    qtbot.keyClick(designer.view, Qt.Key.Key_Delete)
    assert text(properties, "layer_title") == "Max pooling"


def test_the_panel_cannot_get_narrower_than_the_form(
    qtbot: QtBot, designer: DesignerPanel, properties: PropertiesPanel
) -> None:
    form = properties.findChild(DeclarationForm)
    properties.resize(10, 400)
    designer.selection.select("conv1")
    qtbot.waitUntil(lambda: form.minimumSizeHint().width() > 200 and form.width() >= form.minimumSizeHint().width())
