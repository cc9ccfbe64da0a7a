"""One training step with everything in it kept, for people to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from nnstudio.engine.backend import Array, Phase
from nnstudio.engine.numpy.lane import Lane, parameter_views
from nnstudio.engine.numpy.layout import swap_weight
from nnstudio.engine.numpy.stopwatch import Watch


@dataclass(frozen=True)
class Traced:
    """What an op has made, (N, *shape) each: going forward its output; going back the gradients of its inputs, in the
    order of the inputs, and those of its ``parameters`` by their names. Where nothing before it learns inputs have
    none. The gather is the input node's."""

    node: str
    phase: Phase
    values: tuple[Array, ...]
    parameters: Mapping[str, Array] = field(default_factory=dict)


class Camera(Watch):
    """Copies what a lane has made at each lap."""

    def __init__(self, lane: Lane) -> None:
        self._lane, self._seen = lane, set[str]()
        self._gradients = parameter_views(lane.plan, lane.flat_gradient)
        self._ops = {op.node: op for op in lane.plan.ops}
        self.taken: list[Traced] = []

    def lap(self, node: str, phase: Phase) -> None:
        """The output node's second lap going forward is that of the loss, whose gradient its inputs have then."""
        if phase is Phase.FORWARD and node not in self._seen:
            self._seen.add(node)
            output = self._ops[node].output if node in self._ops else self._lane.plan.input.index
            self.taken.append(Traced(node, phase, (self._lane.value(output).copy(),)))
            return
        op = self._ops[node]
        inputs = op.inputs if self._lane.plan.needs_gradient(op) else ()
        own = {slot.name: swap_weight(self._gradients[slot.name]).copy() for slot in op.learned}
        self.taken.append(Traced(node, phase, tuple(self._lane.gradient(index).copy() for index in inputs), own))


def together(cameras: Sequence[Camera], count: int) -> list[Traced]:
    """What all lanes have made of a batch of ``count`` images; gradients of parameters are added up in their order."""
    return [_joined(lanes, count) for lanes in zip(*(camera.taken for camera in cameras), strict=True)]


def _joined(lanes: Sequence[Traced], count: int) -> Traced:
    first, *others = lanes
    values = tuple(np.concatenate(parts)[:count] for parts in zip(*(lane.values for lane in lanes), strict=True))
    parameters = {name: sum((lane.parameters[name] for lane in others), own) for name, own in first.parameters.items()}
    return Traced(first.node, first.phase, values, parameters)
