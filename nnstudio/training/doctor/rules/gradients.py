"""How the gradient fares on its way back through the layers."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod, sqrt
from statistics import median

from nnstudio.network import Family
from nnstudio.network.layers.activation import ReLU
from nnstudio.training.doctor.chart import Chart
from nnstudio.training.doctor.finding import Evidence, Finding, Remedy, Series, Severity
from nnstudio.training.doctor.remedies import begin_anew, clip, normalize, rate_times, replace_all
from nnstudio.training.doctor.wording import plain, share
from nnstudio.training.events import Measured

VANISHED = 1e-3
"""Gradient of the first layer beside the largest one's."""
EXPLODED, FAINT = 10.0, 0.01
"""Gradient beside the weights that it is the gradient of."""
_SMALL = 0.5
"""Weights beside fresh ones; those of Xavier and LeCun have 0.7."""
_SHORT = 3e-4
"""Update-to-weight ratio: a third of what is usual."""


def vanishing_gradients(chart: Chart) -> Finding | None:
    """The gradient fades on its way to the first layers, which hardly learn (Hochreiter, 1991; Bengio et al., 1994).

    Looks for: the norm of the first weights' gradient below a thousandth of the largest one's in each of the last
    measurements, in a network with at least three layers that learn. In healthy trainings both are within a factor of
    about 12. A sigmoid lets at most a quarter through; wide layers make up for some of that.
    """
    rests = [_rest(chart, reading) for reading in chart.agreed]
    if not rests or len(chart.weights) < 3 or not all(0 < rest < VANISHED for rest in rests):
        return None
    first = chart.weights[0]
    norms = dict(_norms(chart, chart.agreed[-1]))
    strongest = max(norms, key=lambda name: norms[name])
    squashing = [
        node.id
        for node in chart.spec.nodes
        if node.layer.family is Family.ACTIVATION and max(map(abs, node.layer.bounds)) <= 1 and not node.layer.shares
    ]
    return Finding(
        "vanishing_gradients",
        Severity.WARNING,
        f"The gradient has nearly vanished at {chart.designed(chart.layer_of(first))}",
        f"On its way back from the output the gradient becomes {1 / max(rests):,.0f} times smaller, so the first "
        "layers hardly learn anything. Activations that squash do that, and weights that began too small.",
        (
            Evidence(f"Gradient of {first}", plain(norms[first])),
            Evidence(f"Gradient of {strongest}", plain(norms[strongest])),
        ),
        _rest_series(chart),
        (
            *replace_all(chart, squashing, ReLU()),
            *normalize(chart),
            *begin_anew(chart),
        )[:3],
        extent=VANISHED / max(rests),
    )


def weights_too_small(chart: Chart) -> Finding | None:
    """Weights that began so small that next to nothing gets through the network, forward or back.

    Looks for: a gradient of all weights below 1/100 of their size in each of the last measurements, and steps below
    3/10,000 (Adam makes large ones even of such a gradient), in a network with at least three layers that learn, while
    the loss is within 2 % of what guessing costs and the weights are below half of what He et al. choose: otherwise it
    would be dead units that keep the gradient back. In healthy trainings the largest
    gradient is above 1/50 as long as the loss is so high, and comes down to 3/1,000 when all is learned. Each layer
    makes what comes in smaller by the same factor, so with depth hardly anything is left; Glorot and Bengio (2010) and
    He et al. (2015) choose the size of weights so that this factor is 1.
    """
    sizes = [_sizes(chart, reading) for reading in chart.agreed]
    if not sizes or len(chart.weights) < 3 or not chart.blocks:
        return None
    if not all(of_one and max(of_one)[0] < FAINT for of_one in sizes) or _usual_size(chart) > _SMALL:
        return None
    if any(parameter.update_ratio > _SHORT for _, parameter in chart.statistics(chart.agreed[-1])):
        return None
    loss = chart.blocks[-1][1]
    if not 0.98 * chart.guess_loss < loss < 1.02 * chart.guess_loss:
        return None
    size, name = max(max(of_one) for of_one in sizes)
    return Finding(
        "weights_too_small",
        Severity.WARNING,
        "The weights are too small: nothing gets through",
        f"Even the strongest gradient, that of {name}, has {share(size)} of the length of the weights it should "
        f"change, and after {chart.step:,} steps the loss is {loss:.3g}, as by guessing. Each layer makes the signal "
        "weaker, until pictures look alike to the last one.",
        (
            Evidence("Size of the weights", f"{_usual_size(chart):.2g} of the usual"),
            Evidence(f"Gradient of {name}", f"{share(size)} of its weights"),
            Evidence("Loss", f"{loss:.3g}"),
            Evidence("Loss of guessing", f"{chart.guess_loss:.3g}"),
        ),
        chart.loss_series(),
        (*begin_anew(chart), *normalize(chart)),
        extent=FAINT / max(size, 1e-12),
    )


def _usual_size(chart: Chart) -> float:
    """How long the weights are beside fresh ones of He et al. (2015), whose variance is 2 / fan-in: the median."""
    norms = {name: parameter.norm for name, parameter in chart.statistics(chart.agreed[-1])}
    slots = [slot for slot in chart.plan.slots if slot.name in norms]
    return median(norms[slot.name] / sqrt(2 * prod(slot.shape) / slot.parameter.fan_in) for slot in slots)


def exploding_gradients(chart: Chart) -> Finding | None:
    """The gradient grows on its way back (Pascanu et al., 2013).

    Looks for: weights whose gradient was more than ten times as long as the weights themselves in each of the last
    measurements. In healthy trainings it is shorter than they are (1.3 times at most in those of the presets); with
    this one even a learning rate of 0.1 replaces all that a layer knows in a single step.
    """
    sizes = [_largest(chart, reading) for reading in chart.agreed]
    if not sizes or not all(size > EXPLODED for size, _ in sizes):
        return None
    size, name = sizes[-1]
    parameter = chart.agreed[-1].parameters[name]
    remedies: tuple[Remedy, ...] = (*clip(chart), *normalize(chart), rate_times(chart, 0.1))
    return Finding(
        "exploding_gradients",
        Severity.WARNING,
        f"Exploding gradients in {chart.designed(chart.layer_of(name))}",
        f"The gradient of {name} is {size:,.0f} times as long as the weights themselves: a small step throws away what "
        "was learned. Shortening long gradients keeps their direction and takes the harm out of them.",
        (
            Evidence(f"Gradient of {name}", f"{parameter.gradient_norm:.3g}"),
            Evidence("Its weights", f"{parameter.norm:.3g}"),
        ),
        chart.reading_series(
            f"Gradient of {name}",
            (reading.parameters[name].gradient_norm if name in reading.parameters else 0 for reading in chart.readings),
        ),
        remedies,
        extent=size,
    )


def _norms(chart: Chart, reading: Measured) -> list[tuple[str, float]]:
    return [(name, parameter.gradient_norm) for name, parameter in chart.statistics(reading)]


def _rest(chart: Chart, reading: Measured) -> float:
    """What arrives at the first layer, as a share of the largest; 1 where there is nothing to compare."""
    norms = [norm for _, norm in _norms(chart, reading)]
    return norms[0] / max(norms) if norms and max(norms) > 0 else 1.0


def _rest_series(chart: Chart) -> Series:
    values: Iterator[float] = (_rest(chart, reading) for reading in chart.readings)
    return chart.reading_series("First gradient as a share of the largest", values, VANISHED)


def _largest(chart: Chart, reading: Measured) -> tuple[float, str]:
    """The largest gradient beside its weights, and whose it is."""
    return max(_sizes(chart, reading), default=(0.0, ""))


def _sizes(chart: Chart, reading: Measured) -> list[tuple[float, str]]:
    """Gradients beside their weights, and whose they are."""
    return [
        (parameter.gradient_norm / parameter.norm, name)
        for name, parameter in chart.statistics(reading)
        if parameter.norm > 0
    ]
