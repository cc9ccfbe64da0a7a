"""Parts of a network that have fallen silent: dead units, and layers that learn nothing."""

from __future__ import annotations

from nnstudio.network.layers.activation import LeakyReLU
from nnstudio.network.repairs import listed
from nnstudio.training.doctor.chart import Chart
from nnstudio.training.doctor.finding import Evidence, Finding, Severity
from nnstudio.training.doctor.remedies import rate_times, replace_all
from nnstudio.training.doctor.wording import share

DEAD = 0.75
"""Share of a layer's units: twice what healthy trainings of the presets show (at most 39 %)."""
NEARLY_ALL = 0.9
_LOOKS = 24
"""A unit is only known to be dead when so many values of it were seen; of a channel each picture has many."""
_STILL, _MOVING = 1e-7, 1e-5
"""Update-to-weight ratios: of a layer that stands still, at most, and of the others, at least."""


def dead_rectifiers(chart: Chart) -> Finding | None:
    """Units behind a ReLU (or another activation that ends at 0) that are 0 for every picture: they get no gradient and
    do not come back.

    Looks for: a layer of which at least 75 % of the units or channels were 0 everywhere in each of the last
    measurements. Stanford's CS231n has 40 % of units that never wake on the whole training set as the mark of a
    learning rate set too high. Here at most 64 pictures are looked at, and a unit that waits for others is not dead:
    in healthy trainings up to 40 % of a layer wait, in a VGG that learns some hundred photographs by heart up to 66 %.
    From 90 % on hardly anything gets through.
    """
    shares: dict[str, float] = {}
    for node in chart.rectifiers:
        found = [chart.activation(reading, node.id) for reading in chart.agreed]
        if found and chart.looks(node.id) >= _LOOKS and all(each and each.dead >= DEAD for each in found):
            shares[node.id] = min(activation.dead for activation in found if activation)
    if not shares:
        return None
    worst = max(shares, key=lambda name: shares[name])
    several = len(shares) > 1
    severity = Severity.ERROR if shares[worst] >= NEARLY_ALL else Severity.WARNING
    text = (
        f"{shares[worst]:.0%} of the units of {chart.designed(worst)} answer 0 to every picture"
        f"{', and others are much like it' if several else ''}. A unit that is always 0 gets no gradient, so it does "
        "not come back by itself. Often the learning rate was too high."
    )
    series = chart.reading_series(
        f"Dead units of {chart.designed(worst)}",
        (reading.activations[worst].dead if worst in reading.activations else 0.0 for reading in chart.readings),
        DEAD,
    )
    return Finding(
        "dead_rectifiers",
        severity,
        f"Dead units in {listed([chart.designed(name) for name in shares])}",
        text,
        tuple(Evidence(f"Dead in {chart.designed(name)}", f"{share:.0%}") for name, share in shares.items()),
        series,
        (*replace_all(chart, list(shares), LeakyReLU()), rate_times(chart, 0.3)),
        extent=shares[worst],
    )


def layer_learns_nothing(chart: Chart) -> Finding | None:
    """One layer stands still while the others move.

    Looks for: weights whose last step was below 10⁻⁷ of their size in each of the last measurements, while that of
    another was above 10⁻⁵. About 10⁻³ is usual, and float32 keeps 7 digits: such a step changes next to nothing.
    """
    still: set[str] | None = None
    for reading in chart.agreed:
        ratios = {name: parameter.update_ratio for name, parameter in chart.statistics(reading)}
        if len(ratios) < 2 or max(ratios.values()) < _MOVING:
            return None
        now = {name for name, ratio in ratios.items() if ratio < _STILL}
        still = now if still is None else still & now
    if not still or len(still) == len(chart.weights):
        return None
    names = [name for name in chart.weights if name in still]
    layers = listed(dict.fromkeys(chart.designed(chart.layer_of(name)) for name in names))
    behind = [node for name in names for node in _rectifiers_behind(chart, chart.layer_of(name))]
    last = chart.agreed[-1]
    return Finding(
        "layer_learns_nothing",
        Severity.WARNING,
        f"Nothing is learned in {layers}",
        f"The weights of {layers} stand still while the others move: no gradient arrives there. Something behind lets "
        "none through, such as an activation that is flat for every picture.",
        tuple(
            Evidence(f"Step of {name}", f"{share(last.parameters[name].update_ratio)} of its size")
            for name in names[:4]
        ),
        remedies=tuple(replace_all(chart, behind, LeakyReLU())),
        extent=len(names),
    )


def _rectifiers_behind(chart: Chart, node: str) -> list[str]:
    """Activations that follow a layer at once and may have cut it off."""
    after = chart.spec.after(node)
    nearest = [other.id for other in chart.rectifiers if other.id in after]
    return nearest[:1]
