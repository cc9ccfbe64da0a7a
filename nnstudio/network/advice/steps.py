"""From one layer to the next: layers that add nothing to their neighbours."""

from __future__ import annotations

from collections.abc import Iterator

from nnstudio.network.facts import Facts, is_map
from nnstudio.network.layers import Family, Shape
from nnstudio.network.layers.activation import ReLU
from nnstudio.network.problems import Finding
from nnstudio.network.repairs import Repair, put_after

BOTTLENECK = 4
"""A middle this many times narrower than both ends is narrow on purpose."""


def no_activation_between(facts: Facts) -> Iterator[Finding]:
    """Two layers with weights and nothing between them that bends: together they are one linear map.

    Average poolings, dropout, normalization and reshaping between them change nothing about that. Two customs are
    meant so and get no warning: a bottleneck far narrower than what is around it (the code of an autoencoder,
    MobileNetV2's linear bottlenecks), and a convolution split into cheaper parts (depthwise and 1×1, n×1 and 1×n).
    """
    for second in facts.maps:
        first, behind = None, second
        for name in facts.back_from(second):
            layer = facts.layers[name]
            if is_map(layer):
                first = name
                break
            if not layer.linear:
                break
            behind = name
        if first and not _is_bottleneck(facts, first, second) and not _is_split(facts, first, second):
            yield _collapse(facts, first, second, behind)


def _collapse(facts: Facts, first: str, second: str, behind: str) -> Finding:
    """``behind`` is the layer that follows the first of both."""
    one, other = facts.origin[first], facts.origin[second]
    anchor = facts.origin[behind] if facts.layers[behind].centres else one
    between = f"between {one} and {other}" if one != other else f"between {one} and its next copy"
    return facts.warn(
        second,
        f"No activation {between}: two linear layers in a row can do no more than one",
        "insert an activation such as ReLU between them",
        Repair(f"Insert ReLU behind {anchor}", lambda spec: put_after(spec, anchor, ReLU()), certain=True),
    )


def _width(shape: Shape) -> int:
    """Channels, or units."""
    return shape[0]


def _is_bottleneck(facts: Facts, first: str, second: str) -> bool:
    before, after = facts.reports[first], facts.reports[second]
    ends = min(_width(before.inputs[0]), _width(after.output))
    return BOTTLENECK * _width(before.output) <= ends


def _is_split(facts: Facts, first: str, second: str) -> bool:
    """Parts of one convolution: over places and over channels, or over rows and over columns."""
    windows = [facts.layers[name].window() for name in (first, second)]
    if windows[0] is None or windows[1] is None:
        return False
    (rows, columns), (other_rows, other_columns) = windows[0].kernel, windows[1].kernel
    if (rows == 1 and other_columns == 1) or (columns == 1 and other_rows == 1):
        return True
    return any(_sees_one_channel(facts, name) for name in (first, second))


def _sees_one_channel(facts: Facts, name: str) -> bool:
    """Whether each filter looks at a single channel of several."""
    report = facts.reports[name]
    weight = next((parameter for parameter in report.parameters if parameter.role == "weight"), None)
    return weight is not None and len(weight.shape) == 4 and weight.shape[1] == 1 < report.inputs[0][0]


def two_activations_in_a_row(facts: Facts) -> Iterator[Finding]:
    """An activation right behind another: nothing is learned between them, so the second bends what the first has bent.

    A softmax inside a network that turns scores of any size into shares is no second activation, one behind a bounded
    activation is.
    """
    for name, layer in facts.layers.items():
        before = facts.source(name)
        if before is None or layer.family is not Family.ACTIVATION:
            continue
        first = facts.layers[before]
        if first.family is not Family.ACTIVATION or (layer.shares and max(map(abs, first.bounds)) > 1):
            continue
        yield facts.warn(
            name,
            f"{first.title} {facts.origin[before]} comes right before: nothing is learned between two activations",
            "remove one of them",
            *facts.take_out(name),
        )


def changes_nothing(facts: Facts) -> Iterator[Finding]:
    """A layer whose settings make it give back what it gets: dropout of 0 %, a pooling of 1×1, Flatten on a vector."""
    for name, layer in facts.layers.items():
        if layer.takes == 1 and all(layer.idle(facts.reports[copy].inputs) for copy in facts.copies(name)):
            yield facts.warn(
                name,
                f"{layer.title} changes nothing here",
                "remove it, or give it other settings",
                *facts.take_out(name),
            )
