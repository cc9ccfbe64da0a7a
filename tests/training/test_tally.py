"""What is counted of a run and of an epoch, against sums over all steps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.engine.backend import StepMetrics
from nnstudio.training.tally import Tally


def metrics(*steps: tuple[float, int, int]) -> StepMetrics:
    """Mean loss, right answers, images of each."""
    losses, correct, counts = zip(*steps, strict=True)
    return StepMetrics(np.array(losses, np.float64), np.array(correct), np.array(counts))


STRETCHES = st.lists(
    st.lists(st.tuples(st.floats(0, 10), st.integers(0, 5), st.integers(5, 9)), min_size=1), min_size=1
)


@given(STRETCHES, st.floats(0.01, 10))
def test_an_epoch_is_the_mean_over_its_images(stretches: list[list[tuple[float, int, int]]], seconds: float) -> None:
    tally = Tally()
    for stretch in stretches:
        tally.add(metrics(*stretch), seconds)
    steps = [step for stretch in stretches for step in stretch]
    images = sum(count for *_, count in steps)
    told = tally.end_epoch()
    assert told.loss == pytest.approx(sum(loss * count for loss, _, count in steps) / images, abs=1e-12)
    assert (told.correct, told.count) == (sum(right for _, right, _ in steps), images)
    assert told.images_per_second == pytest.approx(images / (seconds * len(stretches)))
    assert (tally.epoch.images, tally.run.images) == (0, images)


def test_steps_that_were_undone_do_not_count() -> None:
    tally = Tally()
    tally.add(metrics((1.0, 1, 4), (2.0, 2, 4)), 0.1)
    tally.add(metrics((8.0, 4, 4)), 0.1)
    tally.forget(2)
    tally.add(metrics((3.0, 3, 4)), 0.1)
    told = tally.end_epoch()
    assert (told.loss, told.correct, told.count) == (2.0, 4, 8)
    tally.forget(5)  # more than there are
    tally.add(metrics((5.0, 0, 4)), 0.1)
    assert tally.end_epoch().loss == 5.0


def test_a_step_that_was_waited_for_does_not_say_how_fast_steps_on_end_are() -> None:
    tally = Tally()
    tally.add(metrics((1.0, 1, 4)), 0.5, on_end=False)
    assert tally.seconds_per_step == 0.5, "nothing better is known"
    tally.add(metrics((1.0, 1, 4), (1.0, 1, 4)), 0.4)
    tally.add(metrics((1.0, 1, 4)), 0.5, on_end=False)
    assert tally.seconds_per_step == 0.2
