"""Whether the steps have the right size."""

from __future__ import annotations

from math import isfinite
from statistics import median

import numpy as np

from nnstudio.training.doctor.chart import Chart
from nnstudio.training.doctor.finding import Evidence, Finding, Series, Severity
from nnstudio.training.doctor.remedies import clip, rate_times
from nnstudio.training.doctor.wording import plain, share
from nnstudio.training.events import Measured

USUAL = "about 1/1,000 is usual"
TOO_LARGE, TOO_SMALL = 0.1, 1e-5
"""Update-to-weight ratios."""
_STEPS, _BLOCKS = 100, 5
"""A judgement about loss that does not move needs so many steps and blocks of steps."""
_FLAT = 0.01
"""A loss that fell by less than this share has not moved."""
_LEARNED = 0.3
"""Share of the loss of guessing below which most is learned, and standing still is no illness."""
_JUMP, _HIGHER = 1.35, 0.08
"""A spike is so many times the least loss before, and higher by this share of the loss of guessing."""
_SPIKES = 2


def updates_too_large(chart: Chart) -> Finding | None:
    """Steps that replace a good part of the weights each time.

    Looks for: weights whose step was more than a tenth of their size in each of the last measurements. About 1/1,000 is
    usual (Karpathy, CS231n); Adam begins with up to 1/50 and soon comes down.
    """
    found = [_ratios(chart, reading) for reading in chart.agreed]
    names = [name for name in chart.weights if found and all(ratios.get(name, 0) > TOO_LARGE for ratios in found)]
    if not names:
        return None
    worst = max(names, key=lambda name: found[-1][name])
    return Finding(
        "updates_too_large",
        Severity.WARNING,
        "Steps are too large for the weights",
        f"Each step changes {worst} by {found[-1][worst]:.0%} of its size; {USUAL}. What was learned is overwritten "
        "before it can be of use.",
        tuple(Evidence(f"Step of {name}", f"{found[-1][name]:.0%} of its size") for name in names[:4]),
        chart.reading_series(
            f"Step of {worst}, share of its size",
            (_ratios(chart, reading).get(worst, 0.0) for reading in chart.readings),
            TOO_LARGE,
        ),
        (rate_times(chart, 0.1), *clip(chart)),
        extent=min(ratios[worst] for ratios in found),
    )


def updates_too_small(chart: Chart) -> Finding | None:
    """Steps that change next to nothing, although there is much to learn.

    Looks for: all weights' steps below 1/100,000 of their size in each of the last measurements (a hundred times less
    than usual; even small rates that work, such as 0.01 for SGD, make some 7/10,000), at the full learning rate, while
    the loss is still above a third of what guessing costs. It waits until it is known whether the loss moves all the
    same: where it does not, that is what there is to say.
    """
    largest = [max(_ratios(chart, reading).values(), default=0.0) for reading in chart.agreed]
    if not largest or max(largest) > TOO_SMALL or not _watched_long(chart) or not _much_to_learn(chart):
        return None
    return Finding(
        "updates_too_small",
        Severity.NOTE,
        "Steps are very small",
        f"No layer changes by more than {share(max(largest))} of its size in a step; {USUAL}. Training may take a "
        "hundred times longer than it must.",
        (
            Evidence("Largest step", f"{share(largest[-1])} of the weights"),
            Evidence("Learning rate", plain(chart.rate)),
        ),
        _largest_series(chart),
        (rate_times(chart, 10),),
        extent=TOO_SMALL / max(largest[-1], 1e-12),
    )


def rate_too_small(chart: Chart) -> Finding | None:
    """Nothing moves: neither the weights nor the loss.

    Looks for: over at least 100 steps and 5 blocks of steps since the last change, a loss that fell by less than 1 %
    from the first third to the last and stayed above a third of what guessing costs, and steps below 1/30,000 of the
    weights, at the full learning rate (a schedule that warms up or runs out makes small steps on purpose).
    """
    losses = [loss for _, loss in chart.blocks]
    third = len(losses) // 3
    if not _watched_long(chart) or not _much_to_learn(chart):
        return None
    before, now = float(np.mean(losses[:third])), float(np.mean(losses[-third:]))
    largest = [max(_ratios(chart, reading).values(), default=0.0) for reading in chart.agreed]
    if not largest or max(largest) > 3 * TOO_SMALL or not isfinite(now) or now < (1 - _FLAT) * before:
        return None
    return Finding(
        "rate_too_small",
        Severity.WARNING,
        "Nothing moves: the learning rate is too small",
        f"In {chart.step - chart.changed_at:,} steps the loss went from {before:.4g} to {now:.4g}, and no layer "
        f"changes by more than {share(max(largest))} of its size in a step; {USUAL}.",
        (
            Evidence("Loss", f"{before:.4g} → {now:.4g}"),
            Evidence("Largest step", f"{share(largest[-1])} of the weights"),
            Evidence("Learning rate", plain(chart.rate)),
        ),
        chart.loss_series(),
        (rate_times(chart, 10), rate_times(chart, 100)),
        extent=1.0,
    )


def edge_of_stability(chart: Chart) -> Finding | None:
    """The loss jumps up again and again: the learning rate is as high as training bears, or higher.

    Looks for: at least two spikes since the last change, each a block of steps whose mean loss is a third higher than
    the least before it, by at least 8 % of what guessing costs, with a return to below the middle between them. Blocks
    are long enough that chance alone does not do that. Gradient descent is stable only up to a rate of 2 / sharpness,
    and hovers there when it is set too high (Cohen et al., "Gradient Descent on Neural Networks Typically Occurs at the
    Edge of Stability", 2021).
    """
    spikes, height = _spikes(chart)
    if spikes < _SPIKES:
        return None
    lowest = min(chart.blocks, key=lambda block: block[1])[0]
    return Finding(
        "edge_of_stability",
        Severity.WARNING,
        "The loss jumps: the learning rate is at the edge",
        f"The loss has jumped up {spikes} times, once to {height:.3g}, after it had been lower already. Steps this "
        "large overshoot: at times they lead downhill, at times up the other side.",
        (
            Evidence("Jumps", f"{spikes}"),
            Evidence("Highest", f"{height:.3g}"),
            Evidence("Learning rate", plain(chart.rate)),
        ),
        chart.loss_series(),
        (rate_times(chart, 0.3), rate_times(chart, 0.1), rate_times(chart, 0.1, rewind=lowest), *clip(chart)),
        extent=spikes,
    )


def _spikes(chart: Chart) -> tuple[int, float]:
    """How often the loss jumped up and came back, and the highest of these."""
    least, count, high, highest = float("inf"), 0, False, 0.0
    matters = _HIGHER * chart.guess_loss
    for _, loss in chart.blocks:
        line = max(_JUMP * least, least + matters)
        if loss > line:
            count, high, highest = count + (not high), True, max(highest, loss)
        elif high and loss < (least + line) / 2:
            high = False
        least = min(least, loss)
    return count, highest


def _watched_long(chart: Chart) -> bool:
    """Whether it can be said if the loss moves."""
    return len(chart.blocks) >= _BLOCKS and chart.step - chart.changed_at >= _STEPS


def _much_to_learn(chart: Chart) -> bool:
    """Whether the loss is far from low, at the full learning rate, and there is a gradient that shows a way: without
    one no rate helps."""
    if not chart.blocks or not chart.readings or not chart.full_rate:
        return False
    if chart.blocks[-1][1] <= _LEARNED * chart.guess_loss:
        return False
    return any(parameter.gradient_norm > 0 for _, parameter in chart.statistics(chart.readings[-1]))


def _ratios(chart: Chart, reading: Measured) -> dict[str, float]:
    return {name: parameter.update_ratio for name, parameter in chart.statistics(reading)}


def _largest_series(chart: Chart) -> Series:
    values = (max(_ratios(chart, reading).values(), default=0.0) for reading in chart.readings)
    return chart.reading_series("Largest step, share of the weights", values, TOO_SMALL)


def middle_ratio(chart: Chart) -> float | None:
    """The median over all weights of the last measurement, where there is one."""
    ratios = _ratios(chart, chart.readings[-1]) if chart.readings else {}
    return median(ratios.values()) if ratios else None
