"""What can be typed into the table, without a table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.gui.designer.table.columns import COLUMNS, Column
from nnstudio.gui.designer.table.rows import table_rows
from nnstudio.gui.designer.table.steps import as_kind, change_block, change_inputs, change_kind, inputs_line, mute
from nnstudio.network import LAYERS, NetworkSpec, SpecError, check
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.layers.pooling import MaxPooling
from nnstudio.network.presets import PRESETS, lenet5


@pytest.mark.parametrize("kind", LAYERS)
def test_any_layer_can_become_any_other(kind: str) -> None:
    for other in LAYERS:
        assert as_kind(LAYERS[other](), kind).kind == kind


def test_settings_that_the_new_kind_cannot_have_are_its_usual_ones() -> None:
    layer = Convolution(filters=9, kernel=(2, 2), stride=(2, 2), padding=(2, 2))
    assert as_kind(layer, "max_pooling") == MaxPooling(kernel=(2, 2), stride=(2, 2), padding=(0, 0))
    assert as_kind(layer, "depthwise_convolution").settings_text() == "2×2 /2×2 pad 2×2"


def test_a_kind_is_named_by_its_title_too() -> None:
    spec = change_kind(lenet5(), "pool1", " average Pooling ").spec
    assert spec.node("pool1").layer.kind == "average_pooling"
    with pytest.raises(SpecError, match="There is no layer “pooool”"):
        change_kind(lenet5(), "pool1", "pooool")
    assert change_kind(lenet5(), "pool1", "Max pooling").spec == lenet5()


@pytest.mark.parametrize("preset", PRESETS)
def test_what_a_table_shows_can_be_typed_and_changes_nothing(preset: str) -> None:
    spec = PRESETS[preset]()
    for row in table_rows(spec, check(spec)):
        for column in COLUMNS:
            if column.change:
                assert column.change(spec, row.name, column.text(row)).spec == spec


@given(st.sampled_from([node.id for node in lenet5().nodes]), st.sampled_from(COLUMNS), st.text(max_size=30))
def test_any_text_is_taken_or_refused(name: str, column: Column, text: str) -> None:
    if column.change is None:
        return
    try:
        NetworkSpec.from_json(column.change(lenet5(), name, text).spec.to_json())
    except SpecError as error:
        assert error.message


@given(st.lists(st.sampled_from(["conv1", "relu1", "pool1", "–"]), min_size=1, max_size=6))
def test_inputs_are_written_as_they_are_read(names: list[str]) -> None:
    spec = lenet5().replace("pool2", LAYERS["concatenate"]())
    while names and names[-1] == "–":
        names.pop()
    edited = change_inputs(spec, "pool2", ", ".join(names)).spec
    assert inputs_line(edited.incoming("pool2")) == ", ".join(names)


def test_a_block_must_hold_together() -> None:
    spec = change_block(lenet5(), "conv1", "stage").spec
    with pytest.raises(SpecError, match=r"relu1.* lies between"):
        change_block(spec, "pool1", "stage")
    for name in ("relu1", "pool1"):
        spec = change_block(spec, name, "stage").spec
    with pytest.raises(SpecError, match=r"relu1.* lies between"):
        change_block(spec, "relu1", "")
    assert change_block(spec, "pool1", "stage x 3").spec.group("stage").repeat == 3
    with pytest.raises(SpecError, match="is no block"):
        change_block(spec, "pool1", "stage of 3")


def test_the_ends_of_a_network_are_not_muted() -> None:
    for name in ("input1", "output1"):
        with pytest.raises(SpecError, match="an end of the network"):
            mute(lenet5(), name, muted=True)
