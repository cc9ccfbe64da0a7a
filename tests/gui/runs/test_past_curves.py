"""What a run had measured before, and what it measures after it was taken up again, are one course."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.gui.models.curve_keeper import take_measured, take_steps
from nnstudio.gui.models.curves import Curves, Judgement, Mark
from nnstudio.gui.runs.past_curves import followed
from tests.gui.plots.course import judged, measured, steps


def course(first: int, last: int) -> Curves:
    """A run that measured each of these steps, and judged itself at each tenth."""
    curves = Curves()
    for step in range(first, last + 1):
        curves.training_loss.extend([step], [1 / step])
        take_steps(curves, steps(step, [1 / step]), 64)
        take_measured(curves, measured(step, norm=float(step)))
        if step % 10 == 0:
            curves.validation_loss.extend([step], [2 / step])
            curves.judge(Judgement(judged(step // 10), "digits", ()))
            curves.marks.append(Mark(step, "changed"))
    curves.steps_per_epoch = 10 if last >= first else 0
    return curves


@given(kept=st.integers(0, 30), taken_up=st.integers(0, 30), more=st.integers(0, 30))
def test_both_together_are_as_if_nothing_had_happened(kept: int, taken_up: int, more: int) -> None:
    """Also where more was kept than the step at which it was taken up; what was lost in between is missing."""
    taken_up = min(kept, taken_up)
    expected = course(1, taken_up + more if more else kept)
    found = followed(course(1, kept), course(taken_up + 1, taken_up + more))
    assert_alike(found, expected)
    found.training_loss.extend([1000], [0.5])  # it goes on
    assert found.training_loss.x[-1] == 1000


def assert_alike(found: Curves, expected: Curves) -> None:
    for name in ("training_loss", "validation_loss", "learning_rate", "speed", "memory", "seconds"):
        np.testing.assert_allclose(getattr(found, name).x, getattr(expected, name).x)
        np.testing.assert_allclose(getattr(found, name).y, getattr(expected, name).y)
    for family, others in zip(found.layered, expected.layered, strict=True):
        assert family.keys() == others.keys()
        for name, curve in family.items():
            assert (curve.x.tolist(), curve.y.tolist()) == (others[name].x.tolist(), others[name].y.tolist())
    for histories, others in (
        (found.weight_histograms, expected.weight_histograms),
        (found.activation_histograms, expected.activation_histograms),
    ):
        assert histories.keys() == others.keys()
        for name, history in histories.items():
            assert [(column.first, column.high) for column in history.columns] == [
                (column.first, column.high) for column in others[name].columns
            ]
    assert found.marks == expected.marks
