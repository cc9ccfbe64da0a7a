"""How the gradient fares on its way back through the layers."""

from __future__ import annotations

from collections.abc import Iterator

from nnstudio.engine.initializers import Initializer
from nnstudio.network import Family
from nnstudio.network.layers.activation import ReLU
from nnstudio.training.doctor.chart import Chart
from nnstudio.training.doctor.finding import Evidence, Finding, Remedy, Series, Severity
from nnstudio.training.doctor.remedies import clip, initialize, normalize, rate_times, replace_all
from nnstudio.training.events import Measured

VANISHED = 1e-3
"""Gradient of the first layer beside the largest one's."""
EXPLODED = 10.0
"""Gradient beside the weights that it is the gradient of."""


def vanishing_gradients(chart: Chart) -> Finding | None:
    """The gradient fades on its way to the first layers, which hardly learn (Hochreiter, 1991; Bengio et al., 1994).

    Looks for: the norm of the first weights' gradient below a thousandth of the largest one's in each of the last
    measurements, in a network with at least three layers that learn. In healthy networks both are within a factor of
    about 30. A sigmoid lets at most a quarter through; wide layers make up for some of that.
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
            Evidence(f"Gradient of {first}", f"{norms[first]:.1e}"),
            Evidence(f"Gradient of {strongest}", f"{norms[strongest]:.1e}"),
        ),
        _rest_series(chart),
        (
            *replace_all(chart, squashing, ReLU()),
            *normalize(chart),
            *initialize(chart, Initializer.HE_NORMAL, "He’s normally distributed"),
        )[:3],
        extent=VANISHED / max(rests),
    )


def exploding_gradients(chart: Chart) -> Finding | None:
    """The gradient grows on its way back (Pascanu et al., 2013).

    Looks for: weights whose gradient was more than ten times as long as the weights themselves in each of the last
    measurements. In healthy networks it is shorter than they are; with this one even a learning rate of 0.1 replaces
    all that a layer knows in a single step.
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
    sizes = [
        (parameter.gradient_norm / parameter.norm, name)
        for name, parameter in chart.statistics(reading)
        if parameter.norm > 0
    ]
    return max(sizes, default=(0.0, ""))
