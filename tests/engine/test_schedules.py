"""Learning rates over a run: by the book, with what must always hold, and against PyTorch where it is installed."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from math import cos, inf, nan, pi

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from pydantic import TypeAdapter, ValidationError

from nnstudio.engine.schedules import (
    SCHEDULES,
    Constant,
    Cosine,
    Exponential,
    OneCycle,
    ReduceOnPlateau,
    Schedule,
    ScheduleBase,
    Step,
    WarmingUp,
)

PER_EPOCH, EPOCHS = 5, 8
TOTAL = PER_EPOCH * EPOCHS
WHOLE_RUN = range(TOTAL)


def over_the_run(schedule: ScheduleBase, losses: tuple[float, ...] = ()) -> np.ndarray:
    return schedule.factors(WHOLE_RUN, PER_EPOCH, TOTAL, losses)


# ---- stated examples


def test_constant() -> None:
    assert (over_the_run(Constant()) == 1).all()


def test_step_goes_down_at_the_beginning_of_epochs() -> None:
    found = over_the_run(Step(every=3, factor=0.5))
    assert_array_equal(found, [0.5 ** (step // PER_EPOCH // 3) for step in WHOLE_RUN])
    assert found[[14, 15, 29, 30]].tolist() == [1.0, 0.5, 0.5, 0.25]


def test_exponential_reaches_its_factor_after_each_epoch() -> None:
    found = over_the_run(Exponential(factor=0.8))
    assert_allclose(found[::PER_EPOCH], 0.8 ** np.arange(EPOCHS), rtol=1e-12)
    assert (np.diff(found) < 0).all()


def test_cosine() -> None:
    found = over_the_run(Cosine(end=0.2))
    assert_allclose(found, [0.2 + 0.8 * (1 + cos(pi * step / TOTAL)) / 2 for step in WHOLE_RUN], rtol=1e-12)
    assert (found[0], found[TOTAL // 2]) == (1.0, pytest.approx(0.6))


def test_one_cycle() -> None:
    found = over_the_run(OneCycle(rise=0.525, start=0.1, end=0.0, shape="linear"))
    assert_allclose(found[:21], np.linspace(0.1, 1, 21))
    assert_allclose(found[20:], np.linspace(1, 0, 20))


def test_warm_up_comes_before_everything_else() -> None:
    """An epoch and a half of 5 steps are 7.5; the cosine has the other 32.5 for itself."""
    found = over_the_run(Cosine(warmup=1.5))
    assert_allclose(found[:8], np.arange(8) / 7.5)
    assert_allclose(found[8:], [(1 + cos(pi * (step - 7.5) / 32.5)) / 2 for step in range(8, TOTAL)])


PLATEAU = ReduceOnPlateau(factor=0.5, patience=1, improvement=0.1, floor=0.2)


@pytest.mark.parametrize(
    ("losses", "factors"),
    [
        ((), [1]),
        ((3.0, 2.0, 1.0), [1, 1, 1, 1]),
        ((1.0, 1.0, 1.0, 1.0, 1.0), [1, 1, 1, 0.5, 0.5, 0.25]),  # two bad epochs each time, of which one is allowed
        ((1.0, 0.95, 0.91, 0.5), [1, 1, 1, 0.5, 0.5]),  # not a tenth better, so no better
        ((1.0, 0.95, 0.89, 0.89, 0.89), [1, 1, 1, 1, 1, 0.5]),
        ((1.0, nan, nan, 0.5, inf), [1, 1, 1, 0.5, 0.5, 0.5]),
        ((1.0,) * 9, [1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.2, 0.2, 0.2]),
    ],
)
def test_plateau(losses: tuple[float, ...], factors: list[float]) -> None:
    epochs = np.arange(len(factors)) * PER_EPOCH
    assert_allclose(PLATEAU.factors(epochs, PER_EPOCH, 100 * PER_EPOCH, losses), factors)
    assert_allclose(PLATEAU.factors(epochs + PER_EPOCH - 1, PER_EPOCH, 100 * PER_EPOCH, losses), factors)


def test_plateau_takes_back_nothing_when_more_losses_are_known() -> None:
    """What an epoch's steps were given depends on the epochs before it alone."""
    losses = tuple(np.random.default_rng(0).uniform(0.5, 1, EPOCHS))
    whole = over_the_run(PLATEAU, losses)
    for epoch in range(EPOCHS):
        steps = range(epoch * PER_EPOCH, (epoch + 1) * PER_EPOCH)
        assert_array_equal(PLATEAU.factors(steps, PER_EPOCH, TOTAL, losses[:epoch]), whole[steps.start : steps.stop])


# ---- what must always hold

shares, factors = st.floats(0, 1), st.floats(0.01, 0.99)
warmups = st.one_of(st.just(0.0), st.floats(0.1, 20))
DRAWN: dict[str, st.SearchStrategy[ScheduleBase]] = {
    "constant": st.builds(Constant, warmup=warmups),
    "step": st.builds(Step, warmup=warmups, every=st.integers(1, 5), factor=factors),
    "exponential": st.builds(Exponential, warmup=warmups, factor=factors),
    "cosine": st.builds(Cosine, warmup=warmups, end=shares),
    "one_cycle": st.builds(
        OneCycle, rise=st.floats(0.01, 0.99), start=shares, end=shares, shape=st.sampled_from(["cosine", "linear"])
    ),
    "reduce_on_plateau": st.builds(
        ReduceOnPlateau, warmup=warmups, factor=factors, patience=st.integers(0, 3), floor=shares
    ),
}
runs = st.tuples(st.integers(1, 40), st.integers(1, 12))
"""Steps in an epoch, epochs."""
loss_lists = st.lists(st.one_of(st.floats(0, 10), st.just(nan)), max_size=12)


def test_every_schedule_is_drawn() -> None:
    assert DRAWN.keys() == SCHEDULES.keys()


@given(st.one_of(*DRAWN.values()), runs, loss_lists)
def test_factors_lie_between_0_and_1_and_each_step_stands_alone(
    schedule: ScheduleBase, run: tuple[int, int], losses: list[float]
) -> None:
    per_epoch, epochs = run
    steps = np.arange(per_epoch * epochs)
    found = schedule.factors(steps, per_epoch, steps.size, losses)
    assert (found.dtype, found.shape) == (np.float64, steps.shape)
    assert (found >= 0).all() and (found <= 1 + 1e-12).all()
    one_by_one = [float(schedule.factors(step, per_epoch, steps.size, losses)) for step in steps]
    assert_array_equal(found, one_by_one)


@given(st.one_of(*(DRAWN[kind] for kind in DRAWN if kind != "one_cycle")), runs)
def test_warm_up_rises_from_0_in_a_straight_line(schedule: WarmingUp, run: tuple[int, int]) -> None:
    per_epoch, epochs = run
    rise = schedule.warmup * per_epoch
    steps = np.arange(min(per_epoch * epochs, int(np.floor(rise))))
    found = schedule.factors(steps, per_epoch, per_epoch * epochs)
    assert_allclose(found, steps / rise if rise else [])
    after = schedule.factors([np.ceil(rise)], per_epoch, per_epoch * epochs)
    assert rise or after == 1


@given(st.one_of(DRAWN["exponential"], DRAWN["cosine"], DRAWN["one_cycle"]), st.integers(1, 10))
def test_no_jumps(schedule: ScheduleBase, epochs: int) -> None:
    """With so many steps that each is small, no two neighbours are far apart."""
    per_epoch = 10_000
    found = schedule.factors(np.arange(per_epoch * epochs), per_epoch, per_epoch * epochs)
    assert np.abs(np.diff(found)).max() < 0.02


@given(DRAWN["one_cycle"], runs)
def test_one_cycle_rises_and_falls(schedule: OneCycle, run: tuple[int, int]) -> None:
    total = run[0] * run[1]
    found = schedule.factors(np.arange(total), run[0], total)
    top = found.argmax()
    assert (np.diff(found[: top + 1]) >= -1e-12).all() and (np.diff(found[top:]) <= 1e-12).all()
    assert total < 3 or found[-1] == pytest.approx(schedule.end)


def test_settings_are_read_by_kind_and_keep_their_ranges() -> None:
    reader: TypeAdapter[ScheduleBase] = TypeAdapter(Schedule)
    for kind in SCHEDULES.values():
        assert reader.validate_python(kind().model_dump()) == kind()
        assert all(field.title and field.description for name, field in kind.model_fields.items() if name != "kind")
    for wrong in ({"kind": "triangle"}, {"kind": "step", "every": 0}, {"kind": "cosine", "warmup": -1},
                  {"kind": "one_cycle", "warmup": 1}, {"kind": "exponential", "factor": nan}):  # fmt: skip
        with pytest.raises(ValidationError):
            reader.validate_python(wrong)


# ---- PyTorch

PEERS: dict[str, tuple[ScheduleBase, Callable[..., object], int]] = {
    "step": (Step(every=3, factor=0.3), lambda s, o: s.StepLR(o, 3, 0.3), PER_EPOCH),
    "exponential": (Exponential(factor=0.7), lambda s, o: s.ExponentialLR(o, 0.7 ** (1 / PER_EPOCH)), 1),
    "cosine": (Cosine(end=0.1), lambda s, o: s.CosineAnnealingLR(o, TOTAL, eta_min=0.1), 1),
    "one cycle, cosine": (
        OneCycle(rise=0.35, start=0.05, end=0.01),
        lambda s, o: s.OneCycleLR(o, 1.0, TOTAL, pct_start=0.35, div_factor=20, final_div_factor=5), 1,
    ),
    "one cycle, linear": (
        OneCycle(rise=0.35, start=0.05, end=0.01, shape="linear"),
        lambda s, o: s.OneCycleLR(
            o, 1.0, TOTAL, pct_start=0.35, div_factor=20, final_div_factor=5, anneal_strategy="linear"
        ), 1,
    ),
    "warm-up and steps": (
        Step(warmup=2, every=2, factor=0.5),
        lambda s, o: s.SequentialLR(
            o, [s.LambdaLR(o, lambda step: step / (2 * PER_EPOCH)), s.StepLR(o, 2 * PER_EPOCH, 0.5)], [2 * PER_EPOCH]
        ), 1,
    ),
}  # fmt: skip
"""Ours, theirs for a learning rate of 1, and after how many steps theirs is told to go on."""


@pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch is not installed")
@pytest.mark.parametrize("name", PEERS)
@pytest.mark.filterwarnings("ignore:The epoch parameter in:UserWarning")  # PyTorch, of its own SequentialLR
def test_pytorch_gives_the_same_rates(name: str) -> None:
    import torch

    schedule, make, every = PEERS[name]
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], 1.0)
    peer, rates = make(torch.optim.lr_scheduler, optimizer), []
    for step in range(1, TOTAL + 1):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step % every == 0:
            peer.step()
    assert_allclose(over_the_run(schedule), rates, rtol=1e-9, atol=1e-12)


@pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch is not installed")
@pytest.mark.parametrize("seed", range(5))
def test_pytorch_reduces_on_the_same_plateaus(seed: int) -> None:
    import torch

    losses = np.round(np.random.default_rng(seed).uniform(0.8, 1.0, 40) * np.linspace(1, 0.8, 40), 3)
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], 1.0)
    peer = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=0.5, patience=2, threshold=0.01, min_lr=0.05, eps=0.0
    )
    rates = [1.0]
    for loss in losses:
        peer.step(loss)
        rates.append(optimizer.param_groups[0]["lr"])
    schedule = ReduceOnPlateau(factor=0.5, patience=2, improvement=0.01, floor=0.05)
    assert len(set(rates)) > 2
    assert_allclose(schedule.factors(np.arange(41) * PER_EPOCH, PER_EPOCH, 41 * PER_EPOCH, tuple(losses)), rates)
