"""A race: lanes in turn, and each to the bit what it would have been alone."""

from __future__ import annotations

import numpy as np
import pytest

from nnstudio.data.dataset import Dataset
from nnstudio.engine.augmentation import Augmentation
from nnstudio.engine.backend import Backend, DeviceError, TrainingState
from nnstudio.engine.devices import open_backend
from nnstudio.engine.losses import CrossEntropy
from nnstudio.engine.optimizers import SGD, Adam, Momentum
from nnstudio.engine.schedules import Cosine
from nnstudio.network import NetworkSpec
from nnstudio.network.presets import lenet5
from nnstudio.training.events import EpochDone, Event, Finished, Paused, Snapshot, Steps
from nnstudio.training.race import (
    MOST_LANES,
    LaneEvent,
    Race,
    RaceError,
    forked,
    race_places,
    race_variant,
    usual_variants,
)
from nnstudio.training.settings import TrainingSettings
from nnstudio.training.settings_path import SettingError, value_at
from nnstudio.training.trainer import Trainer

BASE = TrainingSettings(epochs=3, batch_size=8, optimizer=Momentum(learning_rate=0.02), seed=3)
VARIANTS = [
    BASE,
    BASE.model_copy(update={"optimizer": Adam(learning_rate=0.003, average=0.9), "schedule": Cosine()}),
    BASE.model_copy(update={"augmentation": Augmentation(shift=1, noise=0.1)}),
    BASE.model_copy(update={"loss": CrossEntropy(label_smoothing=0.1), "optimizer": SGD(learning_rate=0.1)}),
]


@pytest.fixture(scope="module", params=["numpy", "opencl"])
def device(request: pytest.FixtureRequest) -> Backend:
    try:
        return open_backend(request.param)
    except DeviceError as error:
        pytest.skip(f"no such device: {error}")


def begun(spec: NetworkSpec, data: Dataset, device: Backend, step: int = 40) -> TrainingState:
    """A state in the midst of the second epoch, which has 32 steps."""
    trainer = Trainer(spec, data, BASE, backend=device, snapshots_per_second=1e9)
    states = (event.state for event in trainer.run() if isinstance(event, Snapshot) and event.state)
    return next(state for state in states if state.step == step)


def lane(events: list[LaneEvent], number: int) -> list[Event]:
    return [each.event for each in events if each.lane == number]


def last(events: list[Event]) -> Finished:
    assert isinstance(events[-1], Finished)
    return events[-1]


def assert_same(first: TrainingState, second: TrainingState) -> None:
    assert (first.step, first.seen) == (second.step, second.seen)
    for ours, theirs in zip((first.parameters, *first.slots), (second.parameters, *second.slots), strict=True):
        for name in ours:
            np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)


def test_every_lane_is_that_variant_alone(device: Backend, small_network: NetworkSpec, stripes: Dataset) -> None:
    variants = VARIANTS if device.key == "numpy" else VARIANTS[:2]  # making a program takes long beside training
    race = Race(small_network, stripes, variants, BASE, begun(small_network, stripes, device), backend=device, epochs=2)
    events = list(race.run())
    assert not any(last(lane(events, number)).stopped for number in range(len(variants)))
    for number, (settings, state) in enumerate(zip(race.settings, race.states, strict=True)):
        alone = list(Trainer(small_network, stripes, settings, backend=device, state=state).run())
        ours = lane(events, number)
        assert_same(last(ours).state, last(alone).state)
        losses = [np.concatenate([each.losses for each in told if isinstance(each, Steps)]) for told in (ours, alone)]
        np.testing.assert_array_equal(*losses)
        epochs = [[each.validation_loss for each in told if isinstance(each, EpochDone)] for told in (ours, alone)]
        assert epochs[0] == epochs[1] and len(epochs[0]) == 2


def test_the_unchanged_lane_is_the_run_itself(small_network: NetworkSpec, stripes: Dataset) -> None:
    device = open_backend("numpy")
    whole = last(list(Trainer(small_network, stripes, BASE, backend=device).run()))
    race = Race(small_network, stripes, VARIANTS, BASE, begun(small_network, stripes, device), backend=device, epochs=2)
    assert_same(last(lane(list(race.run()), 0)).state, whole.state)


def test_lanes_are_never_more_than_a_turn_apart(small_network: NetworkSpec, stripes: Dataset) -> None:
    device = open_backend("numpy")
    race = Race(small_network, stripes, VARIANTS, BASE, begun(small_network, stripes, device), backend=device)
    done = dict.fromkeys(range(4), 0)
    for each in race.run():
        if isinstance(each.event, Steps):
            done[each.lane] += len(each.event.losses)
            assert max(done.values()) - min(done.values()) <= 16
    assert done == dict.fromkeys(range(4), 24), "from step 40 to the end of the epoch"


def test_a_lane_that_diverges_leaves_the_others_alone(small_network: NetworkSpec, stripes: Dataset) -> None:
    device = open_backend("numpy")
    wild = BASE.model_copy(update={"optimizer": SGD(learning_rate=100.0, weight_decay=10.0)})
    state = begun(small_network, stripes, device)
    events = list(Race(small_network, stripes, [wild, BASE], BASE, state, backend=device).run())
    assert any(isinstance(event, Paused) and "diverged" in event.reason for event in lane(events, 0))
    assert all(np.isfinite(values).all() for values in last(lane(events, 0)).state.parameters.values())
    alone = list(Race(small_network, stripes, [BASE], BASE, state, backend=device).run())
    assert_same(last(lane(events, 1)).state, last(lane(alone, 0)).state)


def test_it_can_be_stopped(small_network: NetworkSpec, stripes: Dataset) -> None:
    device = open_backend("numpy")
    race = Race(small_network, stripes, VARIANTS, BASE, begun(small_network, stripes, device), backend=device, epochs=9)
    events = []
    for each in race.run():
        events.append(each)
        if isinstance(each.event, Steps):
            race.stop()
    assert [last(lane(events, number)).stopped for number in range(4)] == [True] * 4


def test_a_fork_keeps_what_its_optimizer_can_use(small_network: NetworkSpec, stripes: Dataset) -> None:
    state = begun(small_network, stripes, open_backend("numpy"))
    same = forked(state, Momentum(), Momentum(learning_rate=1.0, momentum=0.5))
    assert same.slots is state.slots and same.step == 40
    other = forked(state, Momentum(), Adam(average=0.9))
    assert (other.step, other.seen, len(other.slots), other.averaged) == (0, state.seen, 3, True)
    assert not any(values.any() for slot in other.slots[:2] for values in slot.values())


@pytest.mark.parametrize(
    ("variants", "words"),
    [
        ([], "between 1 and 4 lanes, not 0"),
        ([BASE] * 5, "not 5"),
        ([BASE, BASE.model_copy(update={"batch_size": 9})], r"batch_size \(=9\) of lane 2 .* lane 1 \(=8\)"),
        ([BASE, BASE.model_copy(update={"seed": 4})], r"seed \(=4\) of lane 2"),
    ],
)
def test_what_cannot_race(
    variants: list[TrainingSettings], words: str, small_network: NetworkSpec, stripes: Dataset
) -> None:
    state = TrainingState({}, ({},), 0, seen=0)
    with pytest.raises(RaceError, match=words):
        Race(small_network, stripes, variants, BASE, state, backend=open_backend("numpy"))


# ---- what lanes may change


@pytest.mark.parametrize("base", [TrainingSettings(), BASE, VARIANTS[1]], ids=["adam", "momentum", "cosine"])
def test_to_change_a_setting_into_what_it_is_changes_nothing(base: TrainingSettings) -> None:
    for place in race_places(base):
        same = {place.path: value_at(base, place.path)}
        assert race_variant(lenet5(), base, same) == base, place.path


def test_usual_variants_differ_from_each_other_and_can_race() -> None:
    for base in (TrainingSettings(), BASE, TrainingSettings(optimizer=SGD(learning_rate=100.0))):
        variants = [race_variant(lenet5(), base, changes) for changes in usual_variants(base)]
        assert len(variants) == MOST_LANES and variants[0] == base
        assert len({each.model_dump_json() for each in variants[:3:2]} | {variants[3].model_dump_json()}) == 3


def test_what_does_not_go_together_is_said_in_plain_words() -> None:
    with pytest.raises(RaceError, match=r"Cosine has no setting “Factor”\. Remove that change, or choose Step or"):
        race_variant(lenet5(), BASE, {"schedule.kind": "cosine", "schedule.factor": 0.5})
    with pytest.raises(RaceError, match="Binary cross-entropy cannot judge what this network answers"):
        race_variant(lenet5(), BASE, {"loss.kind": "binary_cross_entropy"})
    with pytest.raises(SettingError, match=r"Learning rate \(=-1\): input should be greater than or equal to 0"):
        race_variant(lenet5(), BASE, {"optimizer.learning_rate": -1})
