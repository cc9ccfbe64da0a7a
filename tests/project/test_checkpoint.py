"""A run in progress as a file: what is written is read, bit for bit, and damage is told."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.data.points import points
from nnstudio.engine.backend import TrainingState
from nnstudio.engine.numpy import NumpyBackend
from nnstudio.engine.optimizers import SGD, Adam
from nnstudio.network.presets import preset
from nnstudio.network.presets.points import two_layer_network
from nnstudio.project import ProjectError
from nnstudio.project.archive import Archive
from nnstudio.project.checkpoint import Checkpoint, RunFacts, pack_checkpoint, read_checkpoint, read_facts
from nnstudio.training.events import Finished, Snapshot
from nnstudio.training.settings import TrainingSettings
from nnstudio.training.trainer import Trainer

SPEC = two_layer_network()


def archive(data: bytes) -> Archive:
    return Archive(io.BytesIO(data))


def random_state(seed: int, slots: int, **fields: object) -> TrainingState:
    generator = np.random.default_rng(seed)
    shapes = {"dense1.weight": (32, 2), "dense1.bias": (32,), "dense2.weight": (2, 32), "dense2.bias": (2,)}

    def arrays() -> dict[str, np.ndarray]:
        return {name: generator.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}

    return TrainingState(arrays(), tuple(arrays() for _ in range(slots)), **fields)  # type: ignore[arg-type]


def assert_same(one: TrainingState, other: TrainingState) -> None:
    """To the bit; NaN is NaN."""
    for these, those in zip((one.parameters, *one.slots), (other.parameters, *other.slots), strict=True):
        assert these.keys() == those.keys()
        for name in these:
            assert these[name].tobytes() == those[name].tobytes()
    assert (one.step, one.averaged, one.seen) == (other.step, other.averaged, other.seen)
    np.testing.assert_array_equal(one.validation_losses, other.validation_losses)
    assert (one.best is None) == (other.best is None)
    if one.best and other.best:
        assert_same(one.best, other.best)


@given(
    seed=st.integers(0, 2**32 - 1),
    slots=st.integers(0, 3),
    averaged=st.booleans(),
    losses=st.lists(st.floats(width=64), max_size=5),
    seen=st.none() | st.integers(0, 2**60),
    best=st.booleans(),
)
def test_what_is_written_is_read(
    seed: int, slots: int, averaged: bool, losses: list[float], seen: int | None, best: bool
) -> None:
    judged = random_state(seed + 1, slots, step=3, validation_losses=tuple(losses)) if best else None
    state = random_state(
        seed, slots, step=17, averaged=averaged, validation_losses=tuple(losses), seen=seen, best=judged
    )
    facts = RunFacts(run="a", dataset="spirals", device="numpy", epoch=2, steps_per_epoch=10)
    settings = TrainingSettings(epochs=9, optimizer=SGD(learning_rate=1 / 3))
    made = pack_checkpoint(Checkpoint(facts, SPEC, settings, state))
    read = read_checkpoint(archive(made))
    assert_same(read.state, state)
    assert (read.spec, read.settings) == (SPEC, settings)
    told = read_facts(archive(made))
    assert (told.name, told.step, told.epoch, told.epochs) == (SPEC.name, 17, 2, 9)


def test_a_run_goes_on_exactly_from_the_file() -> None:
    """The weights at the end are those of a run that was never interrupted."""
    data, settings = points("spirals"), TrainingSettings(epochs=3, batch_size=50, optimizer=Adam(average=0.9))

    def trainer(state: TrainingState | None) -> Trainer:
        return Trainer(SPEC, data, settings, backend=NumpyBackend(), state=state)

    states, end = [], None
    for event in trainer(None).run():
        if isinstance(event, Snapshot):
            states.append(event.state)
        elif isinstance(event, Finished):
            end = event.state
    middle = next(state for state in states if state and 40 <= state.step < 120)
    kept = read_checkpoint(archive(pack_checkpoint(Checkpoint(RunFacts(), SPEC, settings, middle)))).state
    *_, last = trainer(kept).run()
    assert isinstance(last, Finished)
    assert end is not None
    assert_same(last.state, end)


@pytest.fixture(scope="module")
def good() -> bytes:
    return pack_checkpoint(Checkpoint(RunFacts(run="a"), SPEC, TrainingSettings(), random_state(0, 2, step=1)))


@given(data=st.data())
def test_damage_is_told_whatever_it_is(data: st.DataObject, good: bytes) -> None:
    made = bytearray(good)
    for place in data.draw(st.lists(st.integers(0, len(made) - 1), min_size=1, max_size=4)):
        made[place] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(made)))
    for damaged in (bytes(made), bytes(made[:end])):
        try:
            read_checkpoint(archive(damaged))
        except ProjectError as error:
            assert error.message


def test_the_state_of_another_network_is_refused() -> None:
    checkpoint = Checkpoint(RunFacts(), preset("perceptron"), TrainingSettings(), random_state(0, 1, step=1))
    with pytest.raises(ProjectError):
        pack_checkpoint(checkpoint)
