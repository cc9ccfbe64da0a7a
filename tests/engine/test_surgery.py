"""An edited network keeps what it has learned: what fits is the same, what is widened computes the same."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nnstudio.engine.backend import Array, TrainingState
from nnstudio.engine.correspondence import UNKNOWN, heirs, stretched
from nnstudio.engine.initializers import Initializer, initial_parameters
from nnstudio.engine.kinship import earlier_names
from nnstudio.engine.numpy.backend import NumpyBackend
from nnstudio.engine.optimizers import SGD, Adam
from nnstudio.engine.plan import compile_plan
from nnstudio.engine.surgery import Fate, Transplant, transplant, transplant_state
from nnstudio.network import Family, Layer, NetworkSpec, SpecError, check
from nnstudio.network.layers.activation import ReLU, Softmax, Tanh
from nnstudio.network.layers.convolution import Convolution, DepthwiseConvolution
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.dropout import Dropout
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.merge import Add, Concatenate
from nnstudio.network.layers.normalization import BatchNormalization, LayerNormalization
from nnstudio.network.layers.pooling import MaxPooling
from nnstudio.network.layers.reshape import Reshape
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.layers.transposed_convolution import TransposedConvolution
from nnstudio.network.presets import PRESETS, chain, lenet5
from tests.engine.networks import GRAPHS, SMALL_PRESETS, cases, graph, problem
from tests.network.strategies import Edit, edits

WIDTHS = ("filters", "units", "multiplier")
"""Settings that say how many channels come out."""


def answers(spec: NetworkSpec, parameters: dict[str, Array], images: Array) -> Array:
    """What the network says, computed by the reference in float64."""
    executable = NumpyBackend(np.float64).prepare(compile_plan(spec), batch_size=len(images))
    executable.write_parameters(parameters)
    return executable.predict(images)


def operated(spec: NetworkSpec, old: dict[str, Array], edited: NetworkSpec) -> Transplant:
    plan = compile_plan(edited)
    return transplant(spec, old, plan, initial_parameters(plan, Initializer.HE_NORMAL, 7))


def assert_same_function(spec: NetworkSpec, edited: NetworkSpec, seed: int = 0) -> Transplant:
    given = problem(spec, 3, keep=False, seed=seed)
    moved = operated(spec, given.parameters, edited)
    before, after = (
        answers(spec, given.parameters, given.images),
        answers(edited, dict(moved.parameters), given.images),
    )
    np.testing.assert_allclose(after, before, rtol=0, atol=1e-5)
    return moved


def wider(layer: Layer, factor: int) -> Layer | None:
    """The layer with so many times as many channels, if it chooses how many."""
    name = next((name for name in WIDTHS if name in type(layer).model_fields), None)
    return layer.model_copy(update={name: getattr(layer, name) * factor}) if name else None


def answer_layers(spec: NetworkSpec) -> set[str]:
    """Layers whose width is that of the answer, found by widening each: the answer's shape changes."""
    output = next(node.id for node in spec.nodes if node.layer.family is Family.OUTPUT)
    shape = check(spec).layers[output].output
    found = set()
    for node in spec.nodes:
        if (layer := wider(node.layer, 2)) is not None:
            report = check(spec.replace(node.id, layer)).layers.get(output)
            if report and report.output != shape:
                found.add(node.id)
    return found


def preserving(spec: NetworkSpec) -> Iterator[tuple[str, NetworkSpec]]:
    """The network with all its inner layers twice as wide, and with each alone where that is sound."""
    fixed = answer_layers(spec)
    everything = spec
    for node in spec.nodes:
        layer = wider(node.layer, 2) if node.id not in fixed else None
        if layer is None:
            continue
        alone = spec.replace(node.id, layer)
        if check(alone).ok:
            yield node.id, alone
        if isinstance(layer, DepthwiseConvolution):
            continue  # it is widened by what comes in
        everything = everything.replace(node.id, layer)
    for node in everything.nodes:
        if isinstance(node.layer, Reshape):
            everything = everything.replace(
                node.id, node.layer.model_copy(update={"channels": 2 * node.layer.channels})
            )
    if check(everything).ok and everything != spec:
        yield "everything", everything


def impossible(spec: NetworkSpec) -> bool:
    """Softmax inside a network: the shares of all change when there is one more."""
    return any(isinstance(node.layer, Softmax) for node in spec.nodes)


@pytest.mark.parametrize("name", SMALL_PRESETS)
def test_a_widened_preset_computes_the_same(name: str) -> None:
    spec = PRESETS[name]()
    edits = list(preserving(spec))
    assert edits or name in ("perceptron", "rosenblatt"), "those have no inner layers"
    for _, edited in [*edits[:1], *edits[-2:]]:
        moved = assert_same_function(spec, edited)
        assert Fate.WIDENED in moved.fates.values()
        assert Fate.NEW not in moved.fates.values()


GRAPH_SPECS = {f"{kind}-{number}": graph(*case) for kind, rows in GRAPHS.items() for number, case in enumerate(rows)}


@pytest.mark.parametrize("name", [name for name, spec in GRAPH_SPECS.items() if not impossible(spec)])
def test_a_widened_graph_computes_the_same(name: str) -> None:
    spec = GRAPH_SPECS[name]
    for _, edited in preserving(spec):
        moved = assert_same_function(spec, edited)
        assert Fate.NEW not in moved.fates.values()


@cache
def widenable() -> list[tuple[NetworkSpec, list[str]]]:
    """Every case with its layers that can be made wider."""
    found = []
    for spec in (spec for _, spec in cases() if not impossible(spec)):
        fixed = answer_layers(spec)
        names = [node.id for node in spec.nodes if wider(node.layer, 2) and node.id not in fixed]
        found += [(spec, names)] if names else []
    return found


@settings(max_examples=40)
@given(st.data())
def test_any_layer_widened_by_any_amount_computes_the_same(data: st.DataObject) -> None:
    """Where nothing has to be drawn anew; and in a chain without groups and normalization nothing has to."""
    spec, names = data.draw(st.sampled_from(widenable()))
    for name in data.draw(st.sets(st.sampled_from(names), min_size=1)):
        layer = spec.node(name).layer
        setting = next(setting for setting in WIDTHS if setting in type(layer).model_fields)
        more = getattr(layer, setting) + data.draw(st.integers(1, 9))
        edited = spec.replace(name, layer.model_copy(update={setting: more}))
        assume(check(edited).ok)
        old = problem(spec, 2, keep=False).parameters
        moved = operated(spec, old, edited)
        if Fate.NEW not in moved.fates.values():
            assert_same_function(spec, edited)
        else:
            assert any(isinstance(node.layer, LayerNormalization) or _groups(node.layer) > 1 for node in spec.nodes)


def _groups(layer: Layer) -> int:
    return getattr(layer, "groups", 1)


@settings(max_examples=30)
@given(st.integers(1, 12), st.integers(0, 12), st.integers(0, 3))
def test_paths_widened_alike_still_add_up(filters: int, more: int, seed: int) -> None:
    def residual(width: int) -> NetworkSpec:
        before = [Convolution(filters=width, kernel=1), ReLU()]
        path: list[Layer] = [Convolution(filters=width, kernel=3, padding=1), BatchNormalization(), Tanh()]
        depthwise: list[Layer] = [DepthwiseConvolution(padding=1)]
        return graph((1, 4, 4), before, [path, [], depthwise], [Add(), BatchNormalization()])

    moved = assert_same_function(residual(filters), residual(filters + more), seed)
    assert Fate.NEW not in moved.fates.values()
    assert (moved.fates["conv2"] is Fate.KEPT) == (more == 0)


def test_grouped_convolutions_are_widened_with_what_they_read() -> None:
    def grouped(width: int) -> NetworkSpec:
        return chain(
            "test",
            [
                Input(height=6, width=6),
                Convolution(filters=2 * width, kernel=3),
                ReLU(),
                Convolution(filters=4 * width, kernel=2, groups=2),
                TransposedConvolution(filters=3),
                Flatten(),
                Dense(units=4),
                SoftmaxOutput(),
            ],
        )

    moved = assert_same_function(grouped(3), grouped(5))
    assert moved.fates["conv2"] is Fate.WIDENED
    assert moved.fates["upconv1"] is Fate.WIDENED


# ---- what fits


@pytest.fixture
def learned() -> tuple[NetworkSpec, dict[str, Array]]:
    return lenet5(), problem(lenet5(), 1, keep=False).parameters


Learned = tuple[NetworkSpec, dict[str, Array]]


def test_what_fits_is_the_same_array(learned: Learned) -> None:
    spec, old = learned
    moved = operated(spec, old, spec.insert_after("relu1", Dropout(rate=0.2)).remove("pool2").remove("relu3"))
    for name, fate in moved.tensors.items():
        if fate is Fate.KEPT:
            assert moved.parameters[name] is old[name]
    assert moved.fates == dict.fromkeys(["conv1", "conv2", "dense2", "dense3"], Fate.KEPT) | {"dense1": Fate.NEW}
    assert moved.tensors["dense1.bias"] is Fate.KEPT


def test_units_are_copied_in_order_and_their_readers_divide(learned: Learned) -> None:
    spec, old = learned
    moved = operated(spec, old, spec.replace("dense2", Dense(units=126))).parameters
    copies = np.arange(126) * 84 // 126
    np.testing.assert_array_equal(moved["dense2.weight"], old["dense2.weight"][copies])
    np.testing.assert_array_equal(moved["dense2.bias"], old["dense2.bias"][copies])
    sums = np.stack([moved["dense3.weight"][:, copies == unit].sum(axis=1) for unit in range(84)], axis=1)
    np.testing.assert_allclose(sums, old["dense3.weight"], rtol=1e-6)
    alone = np.bincount(copies)[copies] == 1
    np.testing.assert_array_equal(moved["dense3.weight"][:, alone], old["dense3.weight"][:, copies[alone]])


def test_twins_do_not_stay_twins() -> None:
    """Copies with equal outgoing weights would have equal gradients, step after step."""
    spec = chain("test", [Input(height=4, width=4), Flatten(), Dense(units=3), Tanh(), Dense(units=2), SoftmaxOutput()])
    edited = spec.replace("dense1", Dense(units=6))
    given = problem(spec, 16, keep=False)
    executable = NumpyBackend(np.float64).prepare(compile_plan(edited), batch_size=16, optimizer=SGD(learning_rate=0.1))
    executable.write_parameters(operated(spec, given.parameters, edited).parameters)
    executable.load_samples(given.images, given.labels)
    executable.begin_epoch(np.arange(16))
    for _ in range(5):
        executable.train(0, 1)
    weight = executable.read_parameters()["dense1.weight"]
    assert all(np.abs(weight[twin] - weight[twin + 1]).max() > 1e-3 for twin in (0, 2, 4))


def test_the_answer_itself_cannot_be_widened(learned: Learned) -> None:
    spec, old = learned
    moved = operated(spec, old, spec.replace("dense3", Dense(units=12)))
    assert moved.fates["dense3"] is Fate.NEW
    assert moved.fates["dense2"] is Fate.KEPT


def test_a_narrowed_layer_and_its_readers_are_new(learned: Learned) -> None:
    spec, old = learned
    moved = operated(spec, old, spec.replace("conv2", Convolution(filters=12)))
    assert {name for name, fate in moved.tensors.items() if fate is Fate.NEW} == {
        "conv2.weight", "conv2.bias", "dense1.weight",
    }  # fmt: skip


def test_another_kernel_is_new_and_what_reads_it_stays(learned: Learned) -> None:
    spec, old = learned
    moved = operated(spec, old, spec.replace("conv1", Convolution(filters=9, kernel=3, padding=1)))
    assert moved.fates["conv1"] is Fate.NEW
    assert moved.fates["conv2"] is Fate.NEW, "its inputs stand for nothing that it knows"
    assert moved.fates["dense1"] is Fate.KEPT


def test_softmax_inside_is_honest() -> None:
    def layers(units: int) -> NetworkSpec:
        softmax = [Dense(units=units), Softmax(), Dense(units=2), SoftmaxOutput()]
        return chain("test", [Input(height=3, width=3), Flatten(), *softmax])

    spec = layers(4)
    moved = operated(spec, problem(spec, 1, keep=False).parameters, layers(6))
    assert moved.fates == {"dense1": Fate.WIDENED, "dense2": Fate.NEW}


def test_layer_normalization_can_be_doubled_but_not_stretched() -> None:
    def layers(units: int) -> NetworkSpec:
        normed = [Dense(units=units), LayerNormalization(), Tanh(), Dense(units=2), SoftmaxOutput()]
        return chain("test", [Input(height=3, width=3), Flatten(), *normed])

    assert set(assert_same_function(layers(4), layers(8)).fates.values()) == {Fate.WIDENED}
    moved = operated(layers(4), problem(layers(4), 1, keep=False).parameters, layers(6))
    assert moved.fates == {"dense1": Fate.WIDENED, "layernorm1": Fate.NEW, "dense2": Fate.NEW}


def test_a_new_branch_into_a_concatenation_changes_nothing_yet() -> None:
    """Weights of what it brings begin at 0."""
    branches: list[list[Layer]] = [[MaxPooling(kernel=3, stride=1)], [Convolution(filters=2, kernel=3)]]
    behind = [Concatenate(), BatchNormalization(), Convolution(filters=3, kernel=2)]
    spec = graph((2, 6, 6), [Convolution(filters=3, kernel=1)], branches, behind)
    merge = next(node.id for node in spec.nodes if isinstance(node.layer, Concatenate))
    start = spec.sources("pool1")[0]
    edited = spec.add(Convolution(filters=4, kernel=3), "third").connect(start, "third").connect("third", merge, 2)
    moved = assert_same_function(spec, edited)
    assert {name for name, fate in moved.fates.items() if fate is Fate.NEW} == {"third"}


def test_units_folded_into_pictures_are_widened_picture_by_picture() -> None:
    def folded(channels: int) -> NetworkSpec:
        drawing: list[Layer] = [Dense(units=6 * channels), Reshape(channels=channels, height=2, width=3), ReLU()]
        seen: list[Layer] = [Convolution(filters=2, kernel=2), Flatten(), Dense(units=3), SoftmaxOutput()]
        return chain("test", [Input(height=3, width=3), Flatten(), *drawing, *seen])

    assert Fate.NEW not in assert_same_function(folded(3), folded(5)).fates.values()


# ---- names


def test_a_renamed_layer_stands_where_it_stood(learned: Learned) -> None:
    spec, old = learned
    for edited in [
        spec.rename("conv1", "edges"),
        spec.rename("conv1", "edges").insert_after("relu2", Dropout()),
        spec.rename("dense1", "first").rename("dense2", "second").insert_after("input1", Dropout()),
        spec.rename("conv1", "edges").remove("dense3").insert_after("relu4", Dense(units=10), "scores"),
    ]:
        assert set(operated(spec, old, edited).tensors.values()) == {Fate.KEPT}


def test_names_that_are_swapped_and_layers_that_are(learned: Learned) -> None:
    spec, _ = learned
    swapped = spec.rename("conv1", "x").rename("conv2", "conv1").rename("x", "conv2")
    assert earlier_names(swapped, spec)["conv1"] == "conv2"
    moved = spec.move_after("conv2", "input1")
    assert earlier_names(moved, spec)["conv2"] == "conv2"


def test_spare_tensors_come_back_by_name_and_shape(learned: Learned) -> None:
    spec, old = learned
    without = spec.remove("dense2").remove("relu4")
    plan = compile_plan(spec)
    drawn = initial_parameters(plan, Initializer.HE_NORMAL, 3)
    kept = {name: values for name, values in old.items() if not name.startswith(("dense2", "dense3.w"))}
    spare = {(name, old[name].shape): old[name] for name in ("dense2.weight", "dense3.weight")}
    moved = transplant(without, kept, plan, drawn, spare=spare)
    assert moved.parameters["dense2.weight"] is old["dense2.weight"]
    assert moved.parameters["dense2.bias"] is drawn["dense2.bias"]
    assert moved.fates["dense2"] is Fate.NEW, "the worst of its tensors'"


def test_nothing_learned_is_all_new(learned: Learned) -> None:
    spec, _ = learned
    assert set(operated(spec, {}, spec).fates.values()) == {Fate.NEW}


def test_the_same_again(learned: Learned) -> None:
    spec, old = learned
    edited = spec.replace("conv1", Convolution(filters=9, kernel=5, padding=2))
    first, second = operated(spec, old, edited), operated(spec, old, edited)
    for name, values in first.parameters.items():
        np.testing.assert_array_equal(values, second.parameters[name])


@settings(max_examples=60)
@given(st.sampled_from([lenet5(), *GRAPH_SPECS.values()]), st.lists(edits(), min_size=1, max_size=8))
def test_whatever_is_edited_all_parameters_are_there(spec: NetworkSpec, steps: list[Edit]) -> None:
    edited = spec
    for step in steps:
        try:
            tried = step(edited)
        except SpecError:
            continue
        if check(tried).ok and check(tried).parameter_count < 100_000:
            edited = tried
    old = problem(spec, 1, keep=False).parameters
    moved = operated(spec, old, edited)
    plan = compile_plan(edited)
    assert {name: values.shape for name, values in moved.parameters.items()} == {
        slot.name: slot.shape for slot in plan.slots
    }
    for name, fate in moved.tensors.items():
        assert (moved.parameters[name] is old.get(moved.origins.get(name, ""))) == (fate is Fate.KEPT)


# ---- the state of training


def trained_state(spec: NetworkSpec, optimizer: Adam) -> TrainingState:
    given = problem(spec, 8, keep=False)
    executable = NumpyBackend().prepare(compile_plan(spec), batch_size=8, optimizer=optimizer)
    executable.write_parameters(given.parameters)
    executable.load_samples(given.images.astype(np.float32), given.labels)
    executable.begin_epoch(np.arange(8))
    for _ in range(3):
        executable.train(0, 1)
    return executable.read_state()


SMALL = chain("test", [Input(height=4, width=4), Flatten(), Dense(units=3), Tanh(), Dense(units=2), SoftmaxOutput()])


@pytest.mark.parametrize("average", [0.0, 0.9])
def test_the_optimizer_remembers_what_is_the_same(average: float) -> None:
    state = trained_state(SMALL, Adam(average=average))
    plan = compile_plan(SMALL.replace("dense1", Dense(units=5)))
    drawn = initial_parameters(plan, Initializer.HE_NORMAL, 0)
    shown = dict(transplant(SMALL, state.result, plan, drawn).parameters)
    moved = transplant_state(SMALL, state, plan, shown)
    assert (moved.step, moved.averaged, len(moved.slots)) == (3, bool(average), len(state.slots))
    for slot, before in zip(moved.slots[:2], state.slots[:2], strict=True):
        np.testing.assert_array_equal(slot["dense2.bias"], before["dense2.bias"])
        assert not slot["dense1.weight"].any()
        assert not slot["dense2.weight"].any()
    for name, values in moved.result.items():
        np.testing.assert_array_equal(values, shown[name])
    expected = transplant(SMALL, state.parameters, plan, drawn).parameters
    for name, values in moved.parameters.items():
        np.testing.assert_array_equal(values, expected[name])
    executable = NumpyBackend().prepare(plan, batch_size=8, optimizer=Adam(average=average))
    executable.write_state(moved)


@pytest.mark.parametrize("average", [0.0, 0.9])
def test_what_was_changed_by_hand_is_what_goes_on(average: float) -> None:
    state = trained_state(SMALL, Adam(average=average))
    shown = {name: values.copy() for name, values in state.result.items()}
    shown["dense2.bias"][0] = 5
    moved = transplant_state(SMALL, state, compile_plan(SMALL), shown)
    assert moved.parameters["dense2.bias"][0] == moved.result["dense2.bias"][0] == 5
    np.testing.assert_array_equal(moved.parameters["dense1.weight"], state.parameters["dense1.weight"])
    np.testing.assert_array_equal(moved.slots[0]["dense2.bias"], state.slots[0]["dense2.bias"])


# ---- the small pieces


@given(st.integers(1, 40), st.integers(0, 40))
def test_stretching_leaves_nobody_out_and_keeps_the_order(before: int, more: int) -> None:
    places = stretched(before + more, before)
    assert (np.diff(places) >= 0).all()
    assert set(places.tolist()) == set(range(before))
    copies = np.bincount(places)
    assert copies.max() - copies.min() <= 1


@given(st.lists(st.integers(0, 4), min_size=1, max_size=12), st.lists(st.integers(UNKNOWN, 4), max_size=16))
def test_heirs_stand_for_the_same(then: list[int], now: list[int]) -> None:
    places = heirs(np.array(now, np.int64), np.array(then))
    lacking = any(now.count(label) < then.count(label) for label in then)
    assert (places is None) == lacking
    if places is not None:
        for label, place in zip(now, places.tolist(), strict=True):
            assert place == UNKNOWN if label not in then else then[place] == label
        assert set(range(len(then))) <= set(places.tolist())
