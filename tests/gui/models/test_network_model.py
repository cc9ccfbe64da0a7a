"""Edits can be undone, neighbouring ones of a kind together."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.network import NetworkSpec
from nnstudio.network.layers.convolution import Convolution
from nnstudio.network.presets import lenet5


def with_filters(spec: NetworkSpec, count: int) -> NetworkSpec:
    return spec.replace("conv1", Convolution(filters=count, padding=(2, 2)))


def test_edit_undo_redo(qtbot: QtBot, network: NetworkModel) -> None:
    first, second = network.spec, with_filters(network.spec, 8)
    with qtbot.waitSignals([network.specChanged, network.checkChanged]):
        network.edit("More filters", second)
    assert network.check.layers["conv1"].output[0] == 8
    network.undo_stack.undo()
    assert network.spec is first
    network.undo_stack.redo()
    assert network.spec is second


def test_an_edit_that_changes_nothing_is_none(network: NetworkModel) -> None:
    network.edit("Nothing", lenet5())
    assert network.undo_stack.count() == 0


def test_neighbouring_edits_of_one_key_are_one_step(network: NetworkModel) -> None:
    first = network.spec
    for count in (7, 8, 9):
        network.edit("Filters", with_filters(network.spec, count), merge_key="conv1.filters")
    assert network.undo_stack.count() == 1
    network.edit("Filters", with_filters(network.spec, 10), merge_key="other")
    network.edit("Filters", with_filters(network.spec, 11))
    assert network.undo_stack.count() == 3
    for _ in range(3):
        network.undo_stack.undo()
    assert network.spec is first


def test_a_drag_back_to_its_start_leaves_no_step(network: NetworkModel) -> None:
    first = network.spec
    network.edit("Filters", with_filters(first, 7), merge_key="conv1.filters")
    network.edit("Filters", first, merge_key="conv1.filters")
    assert network.undo_stack.count() == 0
    assert network.undo_stack.isClean()


def test_edits_after_saving_do_not_melt_into_those_before(network: NetworkModel) -> None:
    network.edit("Filters", with_filters(network.spec, 7), merge_key="conv1.filters")
    network.undo_stack.setClean()
    network.edit("Filters", with_filters(network.spec, 8), merge_key="conv1.filters")
    assert not network.undo_stack.isClean()
    network.undo_stack.undo()
    assert network.undo_stack.isClean()


def test_another_network_has_no_past(network: NetworkModel) -> None:
    network.edit("Filters", with_filters(network.spec, 7))
    network.set_spec(lenet5())
    assert not network.undo_stack.canUndo()


def test_memory_is_counted_for_the_batch_size(network: NetworkModel) -> None:
    before = network.check.bytes
    network.set_batch_size(128)
    assert network.check.bytes > before


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.one_of(st.integers(1, 20), st.just("undo"), st.just("redo")), max_size=30))
def test_undo_always_leads_back(qtbot: QtBot, steps: list[int | str]) -> None:
    model = NetworkModel(lenet5())
    seen = [model.spec]
    for step in steps:
        if isinstance(step, int):
            before = model.spec
            model.edit("Filters", with_filters(model.spec, step))
            if model.spec != before:
                seen[model.undo_stack.index() :] = [model.spec]
        else:
            getattr(model.undo_stack, step)()
        assert model.spec == seen[model.undo_stack.index()]
