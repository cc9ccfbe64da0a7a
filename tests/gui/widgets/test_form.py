"""Forms come from declarations and give back valid models only."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel, ConfigDict, Field
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QLineEdit, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from nnstudio.engine.augmentation import Augmentation
from nnstudio.engine.losses import LOSSES, CrossEntropy
from nnstudio.engine.optimizers import OPTIMIZERS, Adam, Momentum
from nnstudio.engine.schedules import SCHEDULES
from nnstudio.gui.widgets.declared import summary_of
from nnstudio.gui.widgets.form import DeclarationForm, editor_for
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


# ---- every declaration


DECLARATIONS = {
    **LAYERS,
    **LOSSES,
    **SCHEDULES,
    **OPTIMIZERS,
    "augmentation": Augmentation,
    "settings": TrainingSettings,
}


def models_in(kind: Any) -> Iterator[type[BaseModel]]:
    """The declarations that a field's type is made of."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    for part in get_args(kind):
        yield from models_in(part)


@pytest.mark.parametrize("kind", DECLARATIONS.values(), ids=list(DECLARATIONS))
def test_every_field_of_every_declaration_has_an_editor(form: DeclarationForm, kind: type[BaseModel]) -> None:
    form.set_value(kind())
    for name, field in kind.model_fields.items():
        single = get_origin(field.annotation) is Literal and len(get_args(field.annotation)) == 1
        assert (form.findChild(QWidget, f"field_{name}") is None) == single, name
    assert form.value() == kind()
    assert kind.model_validate({name: form.editor(name).value() for name in form._editors}) == kind()


@pytest.mark.parametrize("kind", DECLARATIONS.values(), ids=list(DECLARATIONS))
def test_what_is_nested_is_tried_too(kind: type[BaseModel]) -> None:
    nested = {model for field in kind.model_fields.values() for model in models_in(field.annotation)}
    assert nested <= set(DECLARATIONS.values())


@pytest.mark.parametrize("annotation", [list[int], tuple[int, int, int], tuple[str, ...], dict[str, int], int | None])
def test_a_type_without_an_editor_is_not_left_out_silently(qtbot: QtBot, annotation: Any) -> None:
    class Odd(BaseModel):
        strange: annotation = Field(None)

    with pytest.raises(TypeError, match="no editor for the field 'strange'"):
        editor_for("strange", Odd.model_fields["strange"])


# ---- numbers on one line


def line(form: QWidget, name: str) -> QLineEdit:
    return form.findChild(QLineEdit, f"field_{name}_input")


def write_line(qtbot: QtBot, target: QLineEdit, text: str) -> None:
    target.setFocus()
    target.selectAll()
    qtbot.keyClicks(target, text)
    qtbot.keyClick(target, Qt.Key.Key_Return)


def test_class_weights_on_one_line(qtbot: QtBot, form: DeclarationForm) -> None:
    form.set_value(TrainingSettings())
    weights = line(form, "class_weights")
    assert weights.text() == ""
    with qtbot.waitSignal(form.changed) as changed:
        write_line(qtbot, weights, "1, 1,2.5")
    assert changed.args[0].loss == CrossEntropy(class_weights=(1, 1, 2.5))
    form.set_value(TrainingSettings(loss=CrossEntropy(class_weights=(0.1, 3))))
    assert weights.text() == "0.1, 3"
    with qtbot.waitSignal(form.changed) as changed:
        weights.selectAll()
        qtbot.keyClick(weights, Qt.Key.Key_Delete)
        qtbot.keyClick(weights, Qt.Key.Key_Return)
    assert changed.args[0].loss == CrossEntropy()


@pytest.mark.parametrize(
    ("text", "said"),
    [("1, two", "“two” is not a number"), ("1, -2", "Class weights: Input should be greater than or equal to 0")],
)
def test_class_weights_that_cannot_be(qtbot: QtBot, form: DeclarationForm, text: str, said: str) -> None:
    form.set_value(CrossEntropy())
    with qtbot.waitSignal(form.invalid), qtbot.assertNotEmitted(form.changed):
        write_line(qtbot, line(form, "class_weights"), text)
    refusal = form.findChild(QLabel, "form_refusal")
    assert refusal.isVisible()
    assert refusal.text().startswith(said)
    assert line(form, "class_weights").text() == text, "to be mended"
    with qtbot.waitSignal(form.changed):
        write_line(qtbot, line(form, "class_weights"), "1, 2")
    assert not refusal.isVisible()


# ---- groups


class Kitchen(BaseModel):
    model_config = ConfigDict(frozen=True)
    rooms: int = Field(1, ge=1, le=9)
    extras: Augmentation = Field(Augmentation(), title="Extras")


def test_a_group_folds_and_tells_what_is_set(qtbot: QtBot, form: DeclarationForm) -> None:
    form.set_value(Kitchen())
    head = form.findChild(QToolButton, "field_extras_fold")
    summary = form.findChild(QLabel, "field_extras_summary")
    assert summary.text() == "none"
    assert not box(form, "shift_input").isVisible()
    qtbot.waitUntil(head.isVisible)
    qtbot.mouseClick(head, Qt.MouseButton.LeftButton)
    assert box(form, "shift_input").isVisible()
    with qtbot.waitSignal(form.changed) as changed:
        write(qtbot, box(form, "shift_input"), "2")
    assert changed.args[0] == Kitchen(extras=Augmentation(shift=2))
    check = form.findChild(QCheckBox, "field_flip_horizontal_input")
    qtbot.mouseClick(check, Qt.MouseButton.LeftButton, pos=QPoint(8, check.height() // 2))
    qtbot.keyClick(head, Qt.Key.Key_Space)
    assert not check.isVisible()
    assert summary.text() == "shift 2 px, flip sideways"
    assert form.value() == Kitchen(extras=Augmentation(shift=2, flip_horizontal=True))


def test_a_group_may_be_edited_when_its_field_may(form: DeclarationForm) -> None:
    form.set_value(Kitchen())
    head = form.findChild(QToolButton, "field_extras_fold")
    form.set_editable(("rooms",))
    assert head.isEnabled(), "to look inside"
    assert not box(form, "shift_input").isEnabled()
    form.set_editable(("extras",))
    assert box(form, "shift_input").isEnabled()
    assert not box(form, "rooms_input").isEnabled()


def test_the_summary_has_units() -> None:
    assert summary_of(Augmentation(rotate=12.5, erase=0.25)) == "rotate 12.5 °, erase 0.25"
