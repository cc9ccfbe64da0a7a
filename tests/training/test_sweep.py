"""Which runs a sweep has: every combination, or some drawn by chance; and what is refused."""

from __future__ import annotations

import re
from math import log10

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.engine.optimizers import SGD, Adam, Momentum
from nnstudio.engine.schedules import Step
from nnstudio.training.settings import TrainingSettings
from nnstudio.training.settings_path import SettingError, places, value_at
from nnstudio.training.sweep import MOST_RUNS, Sweep
from nnstudio.training.sweep_values import read_values

BASE = TrainingSettings(epochs=2, optimizer=Adam(beta1=0.8), schedule=Step(every=4))
RATE = "optimizer.learning_rate"

GRIDS = {
    "a list": ("0.1, 0.01", False, (0.1, 0.01)),
    "words": ("adam, sgd", False, ("adam", "sgd")),
    "lists of numbers": ("[1,2], [3,4]", False, ([1, 2], [3, 4])),
    "twice the same": ("1, 2, 1", True, (1, 2)),
    "one value": ("7", True, (7,)),
    "whole numbers": ("1..5", True, (1, 2, 3, 4, 5)),
    "real numbers": ("0..1", False, (0.0, 0.25, 0.5, 0.75, 1.0)),
    "so many": ("0 .. 0.3 in 4", False, (0.0, 0.1, 0.2, 0.3)),
    "powers of ten": ("log 1e-4..1e-1", False, (0.0001, 0.001, 0.01, 0.1)),
    "powers of two": ("log 16..256 in 5", True, (16, 32, 64, 128, 256)),
    "one point": ("3..3", True, (3,)),
    "some of many whole numbers": ("1..1001 in 3", True, (1, 501, 1001)),
    "negative": ("-1..1 in 3", False, (-1.0, 0.0, 1.0)),
}


@pytest.mark.parametrize(("text", "whole", "expected"), GRIDS.values(), ids=GRIDS.keys())
def test_values_as_people_write_them(text: str, whole: bool, expected: tuple[object, ...]) -> None:
    assert read_values("x", text, whole=whole).grid() == expected


def test_a_grid_has_every_combination_in_order() -> None:
    variants = Sweep(((RATE, "0.1, 0.01"), ("batch_size", "16..18"))).variants(BASE)
    assert [(v.settings.optimizer.learning_rate, v.settings.batch_size) for v in variants] == [
        (0.1, 16), (0.1, 17), (0.1, 18), (0.01, 16), (0.01, 17), (0.01, 18)
    ]  # fmt: skip
    assert variants[0].name == "learning_rate=0.1, batch_size=16"
    assert variants[0].values == {RATE: 0.1, "batch_size": 16}
    assert all(v.settings.optimizer.beta1 == 0.8 and v.settings.epochs == 2 for v in variants), "all else stays"


def test_choices_are_varied_too() -> None:
    variants = Sweep(((RATE, "0.5"), ("optimizer.kind", "sgd, momentum, adam"))).variants(BASE)
    assert [v.settings.optimizer for v in variants] == [
        SGD(learning_rate=0.5), Momentum(learning_rate=0.5), Adam(learning_rate=0.5, beta1=0.8)
    ]  # fmt: skip
    assert variants[0].name == "learning_rate=0.5, optimizer=sgd"


def test_a_random_search_repeats_itself_and_stays_within() -> None:
    sweep = Sweep(((RATE, "log 1e-4..1e-1"), ("batch_size", "8..64"), ("initializer", "he_normal, he_uniform")),
                  "random", 40, 7)  # fmt: skip
    variants = sweep.variants(BASE)
    assert variants == sweep.variants(BASE)
    assert variants != Sweep(sweep.settings, "random", 40, 8).variants(BASE)
    rates = np.array([v.values[RATE] for v in variants])
    assert rates.min() >= 1e-4 and rates.max() <= 1e-1
    assert abs(np.median(np.log10(rates)) - -2.5) < 0.6, "spread evenly by the logarithm"
    assert len({v.name for v in variants}) == 40


def test_a_random_search_ends_where_there_are_no_more_combinations() -> None:
    assert len(Sweep((("batch_size", "8, 16, 32"),), "random", 10).variants(BASE)) == 3


REFUSED = {
    "nothing": (Sweep(()), "at least one setting"),
    "no values": (Sweep(((RATE, " "),)), "optimizer.learning_rate has no values"),
    "empty place": (Sweep(((RATE, "1,,2"),)), r"optimizer.learning_rate \(=1,,2\) has an empty place"),
    "no such setting": (Sweep((("speed", "1,2"),)), "speed: there is no setting “speed”. Known are epochs"),
    "out of range": (Sweep(((RATE, "0.1,-1"),)), r"learning_rate \(=-1\): input should be greater than or equal to 0"),
    "of another kind": (Sweep((("optimizer.momentum", "0.5"),)), "the optimizer adam has no momentum. These have"),
    "unknown kind": (Sweep((("optimizer.kind", "adam,fast"),)), "there is no optimizer “fast”"),
    "no range": (Sweep(((RATE, "a..b"),)), r"\(=a..b\) is no range of numbers"),
    "backwards": (Sweep(((RATE, "2..1"),)), "must not be larger"),
    "logarithm of 0": (Sweep(((RATE, "log 0..1"),)), "must begin above 0"),
    "no whole number": (Sweep((("batch_size", "1.5..3"),)), r"batch_size \(=1.5..3\): the setting takes whole"),
    "too few in a range": (Sweep(((RATE, "0..1 in 1"),)), "between 2 and"),
    "endless": (Sweep(((RATE, "0..1e999"),)), "must lie between -1e"),
    "a long range": (Sweep((("seed", "0..4000000000"),)), r"seed \(=0..4000000000\) has more than 200 values"),
    "too many": (Sweep(((RATE, "0..1 in 20"), ("batch_size", "1..20"))), "20 × 20 = 400 runs; .* at most 200"),
    "none drawn": (Sweep(((RATE, "0..1"),), "random", 0), r"number of runs \(=0\)"),
    "twice": (Sweep(((RATE, "1"), (RATE, "2"))), "varied twice"),
}


@pytest.mark.parametrize(("sweep", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused_says_why(sweep: Sweep, words: str) -> None:
    with pytest.raises(SettingError) as refusal:
        sweep.variants(BASE)
    assert re.search(words, str(refusal.value)), str(refusal.value)


@given(st.floats(1e-8, 1e3), st.floats(1, 1e4), st.booleans(), st.integers(0, 2**32))
def test_whatever_is_drawn_lies_in_its_range(low: float, factor: float, log: bool, seed: int) -> None:
    text = f"{'log ' if log else ''}{low!r}..{low * factor!r}"
    values = read_values("x", text, whole=False)
    drawn = [values.draw(np.random.default_rng(seed)), *values.grid()]
    assert all(low <= value <= low * factor for value in drawn)
    if log:
        assert log10(values.grid()[-1] / values.grid()[0]) == pytest.approx(log10(factor), abs=1e-3)


@given(st.text(max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        runs = Sweep(((RATE, text),)).variants(BASE)
    except SettingError:
        return
    assert 1 <= len(runs) <= MOST_RUNS


def test_some_of_a_long_range() -> None:
    variants = Sweep((("seed", "0..4000000000 in 3"),)).variants(BASE)
    assert [v.settings.seed for v in variants] == [0, 2_000_000_000, 4_000_000_000]


def test_every_place_can_be_varied() -> None:
    """Each setting of what is chosen, at the value that it has."""
    found = {place.path: place for place in places(BASE)}
    assert {"optimizer.kind", RATE, "optimizer.momentum", "schedule.every", "epochs"} <= found.keys()
    assert found[RATE].title == "Optimizer: learning rate" and found["batch_size"].whole
    for path in ("epochs", "batch_size", RATE, "schedule.factor", "loss.label_smoothing", "augmentation.rotate"):
        value = value_at(BASE, path)
        (variant,) = Sweep(((path, str(value)),)).variants(BASE)
        assert variant.settings == BASE
    assert value_at(BASE, "optimizer.momentum") is None
