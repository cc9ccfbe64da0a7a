"""What the network answers, and what it is asked."""

from __future__ import annotations

import numpy as np

from nnstudio.network.repairs import listed
from nnstudio.training.doctor.chart import Chart
from nnstudio.training.doctor.finding import Evidence, Finding, Severity
from nnstudio.training.doctor.remedies import begin_anew, less_decay, rate_times, weigh_classes

ONE_ANSWER = 0.95
"""Share of the answers."""
RARE = 0.2
"""Of an even share."""
_LEAST = 20
"""Pictures that a class should have for its count to be judged."""
_STEPS = 200
"""Before that many networks have one answer only, and soon find others."""


def constant_answers(chart: Chart) -> Finding | None:
    """Nearly the same answer to every picture.

    Looks for: after 200 steps, one class in at least 95 % of the answers to the validation pictures of the last epoch,
    although less than three quarters of them belong to it.
    """
    judged = chart.judged.get("validation")
    if judged is None or not len(judged.answers) or judged.step < chart.changed_at + _STEPS:
        return None
    counts = np.bincount(judged.answers)
    answer = int(counts.argmax())
    share, right = counts[answer] / len(judged.answers), float(np.mean(judged.labels == answer))
    if share < ONE_ANSWER or right >= 0.75:
        return None
    name = _name(chart, answer)
    return Finding(
        "constant_answers",
        Severity.ERROR,
        f"Nearly every picture is called “{name}”",
        f"{share:.0%} of the validation pictures get the answer “{name}”, which is right for {right:.0%}. The network "
        "has given up looking at pictures: often a first step that was too large has switched its units off. If "
        "smaller steps do not help, begin anew.",
        (Evidence(f"Answered “{name}”", f"{share:.0%}"), Evidence(f"Really “{name}”", f"{right:.0%}")),
        chart.epoch_series("validation_accuracy", "Validation accuracy"),
        (*less_decay(chart), rate_times(chart, 0.1), *begin_anew(chart)),
        extent=float(share),
    )


def class_imbalance(chart: Chart) -> Finding | None:
    """Classes that are so rare in the training data that ignoring them costs next to nothing.

    Looks for: a class with less than a fifth of an even share of the training pictures, where an even share would be at
    least 20, and no class weights. Google's machine-learning course calls a minority below 20 % of the data a moderate
    imbalance; of a tenth each, as digits have, the smallest class of MNIST has 90 %.
    """
    counts = _counts(chart)
    even = counts.sum() / max(1, len(counts))
    if not len(counts) or even < _LEAST or chart.settings.loss.class_weights:
        return None
    rare = np.flatnonzero(counts < RARE * even)
    if not len(rare):
        return None
    least, most = int(counts.argmin()), int(counts.argmax())
    missing = "" if counts[least] else " A class without pictures cannot be learned at all: add some."
    names = listed([f"“{_name(chart, int(number))}”" for number in rare])
    return Finding(
        "class_imbalance",
        Severity.WARNING,
        f"Rare among the training pictures: {names}",
        f"There are {counts[most]:,} of “{_name(chart, most)}” and {counts[least]:,} of “{_name(chart, least)}”. Never "
        f"answering with a rare class costs little, so the network may learn just that.{missing}",
        (
            Evidence(f"Fewest: “{_name(chart, least)}”", _pictures(int(counts[least]))),
            Evidence(f"Most: “{_name(chart, most)}”", _pictures(int(counts[most]))),
        ),
        remedies=(weigh_classes(counts.tolist()),),
        extent=float(even / max(1, counts[least])),
    )


def _counts(chart: Chart) -> np.ndarray:
    """Training pictures of each class: of all where that is known, else of the selection that was judged."""
    if chart.facts is not None:
        return np.asarray(chart.facts.counts)
    judged = chart.judged.get("train")
    return np.bincount(judged.labels, minlength=chart.plan.classes) if judged else np.empty(0, np.int64)


def _name(chart: Chart, number: int) -> str:
    known = chart.facts.class_names if chart.facts else ()
    return known[number] if number < len(known) else f"class {number}"


def _pictures(count: int) -> str:
    return f"{count:,} picture{'s' if count != 1 else ''}"
