"""Numbers that are no numbers any more."""

from __future__ import annotations

from math import isfinite

from nnstudio.training.doctor.chart import Chart
from nnstudio.training.doctor.finding import Evidence, Finding, Severity
from nnstudio.training.doctor.remedies import clip, rate_times
from nnstudio.training.doctor.wording import plain
from nnstudio.training.events import Measured

_DIVERGED = "diverged"
"""What a pause says that a trainer has made because of this; there may be other reasons."""


def divergence(chart: Chart) -> Finding | None:
    """NaN or infinity in the loss, the weights, their gradients or the layers' outputs.

    Looks for: training that paused by itself because the loss was no number, or a measurement with something in it that
    is none. No threshold: one such value spoils all weights with the next step. The first layer on the way from the
    input is where it began, since going forward each layer hands it on to all behind it. The usual cause is a learning
    rate too high (Goodfellow et al., "Deep Learning", 2016, section 8.2.4), so that is what is reduced.
    """
    broken = chart.breakdown
    place = _first_not_finite(chart.latest) if chart.latest else ""
    if broken is None or _DIVERGED not in broken.reason:
        if not place:
            return None
        text = (
            f"There is NaN or infinity in {place}. From there it spreads to everything behind, and nothing is learned."
        )
        return _finding(chart, text, place, going=True)
    known = [slot.name for slot in chart.plan.slots if slot.name in broken.reason]
    place = place or next(iter(known), "")
    text = (
        f"{broken.reason} Most often the steps were too large. The weights are those after step {broken.step:,} again, "
        "from before it happened."
    )
    return _finding(chart, text, place, going=False)


def _finding(chart: Chart, text: str, place: str, *, going: bool) -> Finding:
    evidence = [Evidence("Learning rate", plain(chart.rate))]
    if place:
        evidence.insert(0, Evidence("First place without a number", place))
    return Finding(
        "divergence",
        Severity.ERROR,
        "The loss is no number any more",
        text,
        tuple(evidence),
        remedies=(rate_times(chart, 0.1, go_on=not going), *clip(chart)),
        extent=1.0 if going else 2.0,
    )


def _first_not_finite(measured: Measured) -> str:
    """The first layer whose output, else the first parameter whose values or gradient are no numbers."""
    for layer, activation in measured.activations.items():
        if not (isfinite(activation.mean) and isfinite(activation.deviation)):
            return layer
    for name, parameter in measured.parameters.items():
        if not (isfinite(parameter.norm) and isfinite(parameter.gradient_norm)):
            return name
    return ""
