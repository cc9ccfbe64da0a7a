"""Whether training gets anywhere: plateaus, and answers no better than chance."""

from __future__ import annotations

from math import isnan, sqrt

from nnstudio.training.doctor.chart import Chart
from nnstudio.training.doctor.finding import Evidence, Finding, Remedy, Severity
from nnstudio.training.doctor.remedies import rate_times
from nnstudio.training.doctor.rules.rate import middle_ratio
from nnstudio.training.doctor.wording import percent

_EPOCHS, _STEPS = 6, 1_000
"""Without progress; fewer may be chance."""
_BETTER = 0.005
"""A loss that is lower by less than this share is no progress."""
_GOOD = 0.97
"""Accuracy from which standing still is the end of the way rather than an obstacle on it."""
_CHANCE_EPOCHS, _CHANCE_STEPS = 2, 1_000
"""Small networks may take some hundred steps before their answers change."""


def plateau(chart: Chart) -> Finding | None:
    """The loss has stopped falling, far from the goal.

    Looks for: six epochs and 1,000 steps on end, at the full learning rate, whose mean training losses are all within
    half a percent of what had been reached before, with a training accuracy below 97 %. Networks that answer with
    pictures have a floor that nobody knows, so for them there is no such judgement. A tenth of the rate often leads on
    (He et al., 2015, divide it when the error plateaus).
    """
    epochs = [epoch for epoch in chart.epochs if epoch.step > chart.changed_at]
    count = max(_EPOCHS, -(-_STEPS // max(1, chart.steps_per_epoch)))
    before, recent = epochs[:-count], epochs[-count:]
    if not before or not chart.full_rate or isnan(recent[-1].training_accuracy):
        return None
    best, now = min(epoch.training_loss for epoch in before), min(epoch.training_loss for epoch in recent)
    if now < (1 - _BETTER) * best or recent[-1].training_accuracy >= _GOOD:
        return None
    return Finding(
        "plateau",
        Severity.NOTE,
        f"No progress for {count} epochs",
        f"The training loss was {best:.4g} before and is {recent[-1].training_loss:.4g} now. Smaller steps may lead "
        "farther down; if they do not, this network cannot learn more from these data.",
        (
            Evidence("Best loss before", f"{best:.4g}"),
            Evidence("Training accuracy", percent(recent[-1].training_accuracy)),
        ),
        chart.epoch_series("training_loss", "Training loss"),
        (rate_times(chart, 0.1),),
    )


def stuck_at_chance(chart: Chart) -> Finding | None:
    """The answers are no better than always naming the most frequent class.

    Looks for: after at least 2 epochs and 1,000 steps, a training accuracy of the last two epochs within three standard
    errors of the largest class's share (or a tenth of that share, if this is more), and a loss not 5 % below guessing.
    """
    recent = [epoch for epoch in chart.epochs if epoch.step > chart.changed_at][-_CHANCE_EPOCHS:]
    classes = chart.plan.classes
    if len(recent) < _CHANCE_EPOCHS or not classes or chart.step - chart.changed_at < _CHANCE_STEPS:
        return None
    chance = _largest_share(chart) or 1 / classes
    pictures = max(1, chart.steps_per_epoch * chart.batch_size)
    margin = max(3 * sqrt(chance * (1 - chance) / pictures), 0.1 * chance)
    if max(epoch.training_accuracy for epoch in recent) > chance + margin:
        return None
    if recent[-1].training_loss < 0.95 * chart.guess_loss:
        return None
    accuracy = recent[-1].training_accuracy
    return Finding(
        "stuck_at_chance",
        Severity.WARNING,
        "No better than guessing",
        f"After {chart.step:,} steps {percent(accuracy)} of the training pictures are told right; naming the most "
        f"frequent class every time gives {percent(chance)}. Either the steps have the wrong size, or this network "
        "cannot see what tells the classes apart.",
        (
            Evidence("Training accuracy", percent(accuracy)),
            Evidence("By guessing", percent(chance)),
            Evidence("Loss", f"{recent[-1].training_loss:.3g}"),
        ),
        chart.epoch_series("training_accuracy", "Training accuracy"),
        _other_rate(chart),
    )


def _largest_share(chart: Chart) -> float:
    if chart.facts is None or not sum(chart.facts.counts):
        return 0.0
    return max(chart.facts.counts) / sum(chart.facts.counts)


def _other_rate(chart: Chart) -> tuple[Remedy, ...]:
    """Larger steps where they are small, smaller ones where they are large, else either."""
    ratio = middle_ratio(chart)
    larger, smaller = rate_times(chart, 10), rate_times(chart, 0.1)
    if ratio is not None and ratio < 1e-4:
        return (larger,)
    if ratio is not None and ratio > 1e-2:
        return (smaller,)
    return smaller, larger
