"""How far a value reaches back into the picture: its receptive field.

Behind windows only, value number ``o`` along an axis depends on the pixels from ``jump o + first`` to ``jump o + last``
(Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill, 2019). Resampling
layers break that rule: behind them the stretch is followed back layer by layer, to where the rule holds.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

from nnstudio.network.layers import Layer

if TYPE_CHECKING:
    from nnstudio.network.report import LayerReport


class Reach(NamedTuple):
    """Along one axis, in pixels of the picture; those outside of it count too."""

    jump: int
    first: int
    last: int

    def back(self, first: int, last: int) -> tuple[int, int]:
        """The pixels that the values from ``first`` to ``last`` depend on."""
        return self.jump * first + self.first, self.jump * last + self.last


PIXEL = Reach(1, 0, 0)
"""What a pixel of the picture itself depends on."""


def reach_of(layer: Layer, sources: tuple[LayerReport, ...], axis: int) -> Reach | None:
    """The rule for a layer's values, if there is one."""
    if not sources:
        return PIXEL
    given = [source.reach[axis] for source in sources]
    head = given[0]
    if head is None or type(layer).sees is not Layer.sees:
        return None
    jump, first, last = head
    for other in given[1:]:
        if other is None or other.jump != jump:
            return None
        first, last = min(first, other.first), max(last, other.last)
    window = layer.window()
    if window is None:
        return Reach(jump, first, last)
    kernel, stride, padding, dilation = (pair[axis] for pair in window)
    start = first - jump * padding
    return Reach(jump * stride, start, start + last - first + jump * dilation * (kernel - 1))


def extent(report: LayerReport, axis: int) -> int | None:
    """How many pixels a value in the middle depends on; ``None`` where it depends on all."""
    middle = report.output[1 + axis] // 2
    seen = {report.node: (middle, middle)}
    waiting = [(-report.depth, report.node, report)]
    pixels: list[int] = []
    while waiting:  # the deepest first, so that all that lies behind a layer has been there before it
        _, name, here = heappop(waiting)
        rule = here.reach[axis]
        if rule is not None:
            pixels += rule.back(*seen[name])
            continue
        needed = here.layer.sees(*seen[name], axis)
        for source in here.sources:
            if needed is None or len(source.output) != 3:
                return None
            if needed[0] > needed[1]:
                continue  # between the stamps of a transposed convolution that lie far apart there is nothing
            if source.node in seen:
                known = seen[source.node]
                seen[source.node] = min(known[0], needed[0]), max(known[1], needed[1])
            else:
                seen[source.node] = needed
                heappush(waiting, (-source.depth, source.node, source))
    return max(pixels) - min(pixels) + 1 if pixels else 0
