"""Forms come from declarations and give back valid models only."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from nnstudio.engine.optimizers import Adam, Momentum
from nnstudio.gui.widgets.form import DeclarationForm
from nnstudio.gui.widgets.number_box import NumberBox
from nnstudio.network import LAYERS
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.pooling import MaxPooling
from nnstudio.training.settings import TrainingSettings


class Taste(StrEnum):
    SWEET = "sweet"
    VERY_SOUR = "very_sour"


class Cake(BaseModel):
    model_config = ConfigDict(frozen=True)
    kind: Literal["cake"] = "cake"
    slices: int = Field(8, ge=1, le=64, title="Slices", description="How many people.")
    sugar: float = Field(0.5, gt=0, lt=1, json_schema_extra={"unit": "kg"})
    taste: Taste = Taste.SWEET
    shape: Literal["round", "square"] = "round"
    candles: bool = False
    name: str = "Anna"


@pytest.fixture
def form(qtbot: QtBot) -> DeclarationForm:
    form = DeclarationForm()
    qtbot.addWidget(form)
    form.show()
    return form


def box(form: QWidget, name: str) -> NumberBox:
    return form.findChild(NumberBox, f"field_{name}")


def write(qtbot: QtBot, target: NumberBox, text: str) -> None:
    target.setFocus()
    target.selectAll()
    qtbot.keyClicks(target, text)
    qtbot.keyClick(target, Qt.Key.Key_Return)


def test_every_kind_of_field(qtbot: QtBot, form: DeclarationForm) -> None:
    form.set_value(Cake())
    assert form.findChild(QWidget, "field_kind") is None
    write(qtbot, box(form, "slices_input"), "12")
    write(qtbot, box(form, "sugar_input"), "0.25")
    form.findChild(QComboBox, "field_taste_input").setFocus()
    qtbot.keyClick(form.findChild(QComboBox, "field_taste_input"), Qt.Key.Key_Down)
    qtbot.keyClick(form.findChild(QComboBox, "field_shape_input"), Qt.Key.Key_Down)
    qtbot.mouseClick(form.findChild(QCheckBox, "field_candles_input"), Qt.MouseButton.LeftButton, pos=_middle(form))
    line = form.findChild(QLineEdit, "field_name_input")
    line.selectAll()
    qtbot.keyClicks(line, "Otto")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert form.value() == Cake(slices=12, sugar=0.25, taste=Taste.VERY_SOUR, shape="square", candles=True, name="Otto")


def _middle(form: DeclarationForm):  # type: ignore[no-untyped-def]
    check = form.findChild(QCheckBox, "field_candles_input")
    return check.rect().center().__class__(8, check.height() // 2)


def test_titles_units_help_and_names_for_screen_readers(form: DeclarationForm) -> None:
    form.set_value(Cake())
    slices = box(form, "slices_input")
    assert slices.accessibleName() == "Slices"
    assert slices.statusTip() == "How many people."
    assert box(form, "sugar_input").text() == "0.5 kg"
    assert form.findChild(QComboBox, "field_taste_input").itemText(1) == "Very sour"
    labels = {label.text(): label.buddy() for label in form.findChildren(QLabel) if label.buddy()}
    assert labels["Slices"].objectName() == "field_slices"


def test_an_edit_gives_one_new_model(qtbot: QtBot, form: DeclarationForm) -> None:
    before = Convolution()
    form.set_value(before)
    with qtbot.waitSignal(form.changed) as changed:
        write(qtbot, box(form, "filters_input"), "32")
    assert changed.args == [Convolution(filters=32)]
    assert before.filters == 6


def test_showing_a_value_is_no_edit(qtbot: QtBot, form: DeclarationForm) -> None:
    form.set_value(Convolution())
    with qtbot.assertNotEmitted(form.changed):
        form.set_value(Convolution(filters=9, kernel=(3, 3)))
    assert box(form, "filters_input").number() == 9
    assert (box(form, "kernel_height").number(), box(form, "kernel_width").number()) == (3, 3)


def test_ranges_come_from_the_declaration(form: DeclarationForm) -> None:
    form.set_value(Convolution())
    assert (box(form, "filters_input").minimum(), box(form, "filters_input").maximum()) == (1, 4096)
    assert (box(form, "padding_height").minimum(), box(form, "padding_height").maximum()) == (0, 32)


def test_values_refused_together_stay_until_mended(qtbot: QtBot, form: DeclarationForm) -> None:
    form.set_value(MaxPooling())
    with qtbot.waitSignal(form.invalid), qtbot.assertNotEmitted(form.changed):
        write(qtbot, box(form, "padding_height"), "2")
    refusal = form.findChild(QLabel, "form_refusal")
    assert refusal.isVisible()
    assert "at most half" in refusal.text()
    assert form.value() == MaxPooling()
    with qtbot.waitSignal(form.changed) as changed:
        write(qtbot, box(form, "kernel_height"), "4")
    assert changed.args == [MaxPooling(kernel=(4, 2), padding=(2, 0))]
    assert not refusal.isVisible()


def test_another_optimizer_has_another_form(qtbot: QtBot, form: DeclarationForm) -> None:
    form.set_value(TrainingSettings(optimizer=Adam(weight_decay=0.01)))
    kinds = form.findChild(QComboBox, "field_optimizer_input")
    with qtbot.waitSignal(form.changed) as changed:
        kinds.setFocus()
        kinds.setCurrentText("SGD")
        qtbot.keyClick(kinds, Qt.Key.Key_Down)
    # What was chosen on purpose is kept, what was a default becomes the new kind's default.
    assert form.value().optimizer == Momentum(weight_decay=0.01)  # type: ignore[attr-defined]
    assert changed.args[0].optimizer.weight_decay == 0.01
    write(qtbot, box(form, "momentum_input"), "0.5")
    assert form.value().optimizer.momentum == 0.5  # type: ignore[attr-defined]


def test_only_the_learning_rate(form: DeclarationForm) -> None:
    form.set_value(TrainingSettings())
    form.set_editable(("learning_rate",))
    assert box(form, "learning_rate_input").isEnabled()
    assert not box(form, "epochs_input").isEnabled()
    assert not box(form, "beta1_input").isEnabled()
    assert not form.findChild(QComboBox, "field_optimizer_input").isEnabled()
    form.set_editable(None)
    assert box(form, "epochs_input").isEnabled()


@pytest.mark.parametrize("kind", LAYERS.values(), ids=list(LAYERS))
def test_every_layer_has_a_form(form: DeclarationForm, kind: type[BaseModel]) -> None:
    form.set_value(kind())
    assert form.value() == kind()
