"""Whether a gradient arrives, and what is learned in vain."""

from __future__ import annotations

from collections.abc import Iterator
from math import isinf, prod

from nnstudio.network.facts import Facts
from nnstudio.network.layers import Family
from nnstudio.network.layers.activation import ReLU
from nnstudio.network.problems import Finding
from nnstudio.network.repairs import Edit, Repair, change, move_behind
from nnstudio.network.spec import NetworkSpec


def no_slope(facts: Facts) -> Iterator[Finding]:
    """A layer that lets no gradient through, where somebody behind it waits for one that comes no other way."""
    stopped = [name for name, layer in facts.layers.items() if not layer.differentiable]
    if not stopped:
        return
    reached = set(facts.of_family(Family.OUTPUT))
    for node in reversed(facts.order):
        if node.id in reached and node.layer.differentiable:
            reached.update(facts.sources[node.id])
    waiting = {name for name in facts.reports if facts.learned(name)} - reached
    for name in stopped:
        if not waiting.isdisjoint(facts.flat.before(name)):
            message = f"{facts.layers[name].title} has no slope, so nothing before it can learn"
            yield facts.warn(name, message, "put it before all layers with weights, or choose another")


SMALLEST_REST = 1 / 64
"""Of a gradient, by the slopes of the activations alone."""
MOST_SATURATING = 8


def gradient_vanishes(facts: Facts) -> Iterator[Finding]:
    """Many squashing activations one behind the other: the gradient shrinks at each, until the first layers learn
    nothing (Hochreiter, 1991).

    A sigmoid lets at most a quarter through, so three leave 1/64. Tanh lets all through around 0, so more of them do no
    harm. Normalization brings values back to where slopes are steep, and a shortcut leads past: the easiest way counts.
    """
    ways: dict[str, tuple[str, ...]] = {}
    told = False
    for name, layer in facts.layers.items():
        way = min((ways[source] for source in facts.sources[name]), key=len, default=())
        if layer.family is Family.NORMALIZATION:
            way = ()
        elif layer.family is Family.ACTIVATION and not any(map(isinf, layer.bounds)) and not layer.shares:
            way = (*way, name)
        ways[name] = way
        rest = prod(facts.layers[at].steepest for at in way)
        if way and not told and way[-1] == name and (rest <= SMALLEST_REST or len(way) >= MOST_SATURATING):
            told = True
            yield _vanishing(facts, way, rest)


def _vanishing(facts: Facts, way: tuple[str, ...], rest: float) -> Finding:
    names = tuple(dict.fromkeys(facts.origin[name] for name in way))
    left = f"at most 1/{round(1 / rest)} of a gradient passes them" if rest < 1 else "each flattens large values"
    kinds = " and ".join(dict.fromkeys(facts.layers[name].title.lower() for name in way))

    def edit(spec: NetworkSpec) -> NetworkSpec:
        for name in names:
            spec = spec.replace(name, ReLU())
        return spec

    return facts.warn(
        way[-1],
        f"{len(way)} activations that squash ({kinds}) one behind the other: {left}",
        "use ReLU in the hidden layers, or batch normalization before each",
        Repair("Use ReLU instead of all of them", edit, certain=True),
    )


def wasted_bias(facts: Facts) -> Iterator[Finding]:
    """A bias right before batch normalization, which takes the mean away and with it the bias: it learns nothing and
    costs time. The normalization has a bias of its own."""
    for name in facts.maps:
        layer, targets = facts.layers[name], facts.targets[name]
        if not getattr(layer, "bias", False) or not targets or not all(facts.layers[at].centres for at in targets):
            continue
        normalization = facts.layers[targets[0]].title
        yield facts.warn(
            name,
            f"{normalization} behind it takes its bias away again",
            "turn the bias off; the normalization has its own",
            *change("Turn the bias off", facts.origin[name], layer, {"bias": False}, certain=True),
        )


def noise_before_normalization(facts: Facts) -> Iterator[Finding]:
    """Dropout or noise right before batch normalization: while training it makes values spread more than when the
    network is used, so the running statistics are wrong for use (Li et al., "Understanding the Disharmony between
    Dropout and Batch Normalization by Variance Shift", 2018)."""
    for name, layer in facts.layers.items():
        before = facts.source(name)
        if not layer.centres or before is None or not facts.layers[before].noisy:
            continue
        noisy, here = facts.origin[before], facts.origin[name]
        repairs = []
        if noisy in facts.designed.sources(here):  # else one follows the other as the next copy of a block
            repairs = [Repair(f"Move it behind {here}", _moved(noisy, here), certain=True)]
        yield facts.warn(
            before,
            f"{facts.layers[before].title} right before {here} spoils the statistics that it normalizes by",
            "put it behind the normalization",
            *repairs,
        )


def _moved(name: str, behind: str) -> Edit:
    return lambda spec: move_behind(spec, name, behind)


def batch_of_one(facts: Facts) -> Iterator[Finding]:
    """Batch normalization over a single value: its mean is the value itself, so all that is left is 0.

    That happens with batches of one image where no picture is left, only a vector or 1×1 pixels.
    """
    for name, layer in facts.layers.items():
        if layer.centres and facts.batch_size * prod(facts.reports[name].output[1:]) == 1:
            yield facts.warn(
                name,
                f"{layer.title} has one value of each channel in a batch of 1, so it gives 0",
                "use larger batches, or layer normalization",
            )
