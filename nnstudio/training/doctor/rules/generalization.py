"""Whether what is learned holds for other pictures, and whether that is judged fairly."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

from nnstudio.training.doctor.chart import Chart
from nnstudio.training.doctor.finding import Evidence, Finding, Severity
from nnstudio.training.doctor.remedies import augment, decay, drop_out, stop_early
from nnstudio.training.doctor.wording import percent
from nnstudio.training.events import EpochDone

_EPOCHS = 3
_RISEN, _FALLEN = 1.1, 0.9
_MATTERS = 0.02
"""Share of the loss of guessing that a rise must have to be worth a word."""
_GAP, _GAP_EPOCHS = 0.07, 5
"""So much fewer validation than training pictures are told right, without getting better for so many epochs."""
_GAIN, _REMEMBERED = 0.005, 100
"""More than this is a gain in accuracy; epochs that are looked back at."""
_ALL = 0.97
"""Training accuracy from which there is hardly anything left to learn from the training pictures."""
CONTAMINATED = 0.01
"""Share of the validation pictures."""


def overfitting(chart: Chart) -> Finding | None:
    """The network learns the training pictures by heart.

    Looks for: a validation loss that had its best before the last three epochs, and in each of them has been at least
    10 % above it, by 2 % of what guessing costs, and 10 % above the training loss, while that has fallen by another
    10 % and the validation accuracy has not become better. This is the generalization loss of
    Prechelt ("Early Stopping, but When?", 1998) with a threshold of 10, kept up long enough not to be chance.

    Or for a gap: at least 97 % of the training pictures are told right, and 7 points fewer of the validation pictures,
    of which in five epochs on end no more than half a point was gained; half that gap keeps it up. Small networks come
    to rest like that, without a loss that rises: LeNet-5 with 300 digits of MNIST at 9 to 13 points. In healthy
    trainings that get so far the gap is 5 points at most.
    """
    return _rising_loss(chart) or _standing_gap(chart)


def _rising_loss(chart: Chart) -> Finding | None:
    if len(chart.epochs) <= _EPOCHS:
        return None
    best = min(chart.epochs, key=lambda epoch: epoch.validation_loss)
    now, recent = chart.epochs[-1], chart.epochs[-_EPOCHS:]
    if best in recent or now.training_loss > _FALLEN * best.training_loss:
        return None
    line = max(_RISEN * best.validation_loss, best.validation_loss + _MATTERS * chart.guess_loss)
    line = max(line, _RISEN * now.training_loss)
    if min(epoch.validation_loss for epoch in recent) <= line or _more_accurate(now, best):
        return None
    return Finding(
        "overfitting",
        Severity.WARNING,
        "The network learns the training pictures by heart",
        f"Since epoch {best.epoch} the training loss fell from {best.training_loss:.3g} to {now.training_loss:.3g}, "
        f"but that of pictures it does not learn from rose from {best.validation_loss:.3g} to "
        f"{now.validation_loss:.3g}. The weights of epoch {best.epoch} were the best.",
        (
            Evidence("Validation loss", f"{best.validation_loss:.3g} → {now.validation_loss:.3g}"),
            Evidence("Training loss", f"{best.training_loss:.3g} → {now.training_loss:.3g}"),
        ),
        chart.epoch_series("validation_loss", "Validation loss"),
        (*augment(chart), *drop_out(chart), *decay(chart), *stop_early(chart)),
        extent=now.validation_loss / best.validation_loss if best.validation_loss else 1.0,
    )


def _standing_gap(chart: Chart) -> Finding | None:
    epochs = chart.epochs[-_REMEMBERED:]
    now, before = epochs[-1], epochs[:-_GAP_EPOCHS]
    gap = now.training_accuracy - now.validation_accuracy
    if isnan(gap) or gap < _GAP / 2 or now.training_accuracy < _ALL:
        return None
    if not any(_stood_still(epochs[:end]) for end in range(_GAP_EPOCHS + 1, len(epochs) + 1)):
        return None
    best = max(epoch.validation_accuracy for epoch in before)
    return Finding(
        "overfitting",
        Severity.WARNING,
        "The network learns the training pictures by heart",
        f"It tells {percent(now.training_accuracy)} of the training pictures right, but only "
        f"{percent(now.validation_accuracy)} of those it does not learn from, and that hardly becomes better. More "
        "pictures help most, or more varied ones.",
        (
            Evidence("Training accuracy", percent(now.training_accuracy)),
            Evidence("Validation accuracy", percent(now.validation_accuracy)),
            Evidence("Best before", percent(best)),
        ),
        chart.epoch_series("validation_accuracy", "Validation accuracy"),
        (*augment(chart), *drop_out(chart), *decay(chart), *stop_early(chart)),
        extent=1 + gap,
    )


def _stood_still(epochs: Sequence[EpochDone]) -> bool:
    """Whether the last of these had a gap all along, and gained nothing on those before."""
    before, recent = epochs[:-_GAP_EPOCHS], epochs[-_GAP_EPOCHS:]
    gap = min(epoch.training_accuracy - epoch.validation_accuracy for epoch in recent)
    best = max(epoch.validation_accuracy for epoch in before)
    return gap >= _GAP and max(epoch.validation_accuracy for epoch in recent) <= best + _GAIN


def contaminated_validation(chart: Chart) -> Finding | None:
    """Validation pictures that are training pictures too: the network has seen the answers.

    Looks for: at least 1 % of the validation pictures equal to a training picture to the last bit. Fewer hardly change
    a figure; real data sets have a few (MNIST none, CIFAR-10 3 % near ones: Barz and Denzler, 2020).
    """
    facts = chart.facts
    if facts is None or not facts.validation or facts.duplicates < CONTAMINATED * facts.validation:
        return None
    share = facts.duplicates / facts.validation
    return Finding(
        "contaminated_validation",
        Severity.WARNING,
        "Validation pictures are among those to learn from",
        f"{facts.duplicates:,} of {facts.validation:,} validation pictures ({share:.0%}) are also training pictures. "
        "The network may know them by heart, so the validation accuracy promises too much. Take the copies out of one "
        "of both parts of the data set.",
        (Evidence("Copies", f"{facts.duplicates:,} of {facts.validation:,} pictures"),),
        extent=share,
    )


def _more_accurate(now: EpochDone, best: EpochDone) -> bool:
    """Whether more pictures are told right than when the loss was best: then it is only too sure of its errors."""
    return not isnan(now.validation_accuracy) and now.validation_accuracy > best.validation_accuracy + 0.002
