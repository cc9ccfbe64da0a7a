"""Surgery: an edited network goes on with what the network before the edit has learned.

A tensor whose layer is still there and whose shape still fits keeps its values. Where a layer got more filters or units
than it had, it is widened as Net2Net does (Chen, Goodfellow and Shlens, 2016): each new unit is a copy of an old one,
and whoever reads the copies divides its weights among them, so that the network computes what it computed before.

Copies are read in unequal shares. With equal ones their gradients would be equal too, and they would stay twins for
ever; the paper adds noise to the weights for that reason, which changes the function a little. Unequal shares do not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cached_property
from typing import Self
from zlib import crc32

import numpy as np

from nnstudio.engine.backend import Array, TrainingState
from nnstudio.engine.correspondence import UNKNOWN, Given, Indices, Labels, heirs, labels_behind
from nnstudio.engine.kinship import earlier_names, exposed, grain, mixes
from nnstudio.engine.plan import Plan
from nnstudio.engine.widening import Site, Widened, widened
from nnstudio.network import NetworkSpec, Node, Shape

Parameters = Mapping[str, Array]
Spare = Mapping[tuple[str, tuple[int, ...]], Array]
"""Tensors of layers that were away for a while, by name and shape."""


class Fate(IntEnum):
    """What became of a tensor, the better the smaller."""

    KEPT = 0
    """It has its old values."""
    WIDENED = 1
    """It has copies and parts of its old values."""
    NEW = 2
    """Nothing of the old fits: it was just drawn."""


@dataclass(frozen=True)
class Transplant:
    """All parameters of the edited network, what became of each, and of which old ones they were made."""

    parameters: Parameters
    tensors: Mapping[str, Fate]
    origins: Mapping[str, str]

    @cached_property
    def fates(self) -> dict[str, Fate]:
        """Of each layer the worst of its tensors'."""
        return worst(self.tensors)


def worst(tensors: Mapping[str, Fate]) -> dict[str, Fate]:
    """The worst fate of each layer's tensors, by the layer's name."""
    layers: dict[str, Fate] = {}
    for name, fate in tensors.items():
        layer = name.rpartition(".")[0]
        layers[layer] = max(fate, layers.get(layer, Fate.KEPT))
    return layers


def transplant(
    old_spec: NetworkSpec,
    old_parameters: Parameters,
    plan: Plan,
    drawn: Parameters,
    *,
    spare: Spare | None = None,
    seed: int = 0,
) -> Transplant:
    """Parameters for ``plan``: those of ``old_spec`` where they fit or can be widened, then ``spare`` ones of the same
    name and shape, else ``drawn`` ones, of which there is one for each.

    ``old_spec`` is flat, as ``plan.spec`` is. Arrays that are kept are the same objects. The same arguments give the
    same values.
    """
    return _Surgeon(old_spec, old_parameters, plan, drawn, spare or {}, seed).operate()


def transplant_state(
    old_spec: NetworkSpec, state: TrainingState, plan: Plan, shown: Parameters, *, seed: int = 0
) -> TrainingState:
    """Where training of ``plan`` goes on after training of ``old_spec`` stood at ``state``, at the same step.

    ``shown`` are the parameters that ``state.result`` has become, with what was changed by hand. The optimizer's
    memory of tensors that are no longer the same begins anew; what is averaged goes on from the average.
    """
    moved = transplant(old_spec, state.parameters, plan, shown, seed=seed)
    parameters = {name: shown[name] for name in moved.parameters}
    if state.averaged:
        result = transplant(old_spec, state.result, plan, shown, seed=seed).parameters
        untouched = [name for name in result if np.array_equal(result[name], shown[name])]
        parameters |= {name: moved.parameters[name] for name in untouched}
    slots = tuple(_carried(slot, moved) for slot in (state.slots[:-1] if state.averaged else state.slots))
    average = (dict(shown),) if state.averaged else ()
    return replace(state, parameters=parameters, slots=slots + average, best=None)


def _carried(slot: Parameters, moved: Transplant) -> dict[str, Array]:
    """What an optimizer remembers of tensors that are the same; of others nothing."""
    return {
        name: slot[moved.origins[name]]
        if fate is Fate.KEPT and name in moved.origins
        else np.zeros_like(moved.parameters[name])
        for name, fate in moved.tensors.items()
    }


@dataclass(frozen=True)
class _Flow:
    """A sound network's nodes in order of computation, and the shapes that go in and come out of each."""

    spec: NetworkSpec
    order: tuple[Node, ...]
    inputs: Mapping[str, tuple[Shape, ...]]
    outputs: Mapping[str, Shape]

    @classmethod
    def of(cls, spec: NetworkSpec) -> Self:
        order = spec.ordered()
        inputs: dict[str, tuple[Shape, ...]] = {}
        outputs: dict[str, Shape] = {}
        for node in order:
            inputs[node.id] = tuple(outputs[source] for source in spec.sources(node.id))
            outputs[node.id] = node.layer.output_shape(inputs[node.id])
        return cls(spec, order, inputs, outputs)

    def labels(self, node: Node, labels: Labels, known: Mapping[str, Indices]) -> Indices:
        """Labels of what a layer makes of what is known already."""
        inputs = [known[source] for source in self.spec.sources(node.id)]
        return labels_behind(node.layer, Given(labels, inputs, self.inputs[node.id], self.outputs[node.id]))


class _Surgeon:
    """Goes through the edited network layer by layer, and knows of each channel which old one it stands for."""

    def __init__(
        self, old_spec: NetworkSpec, old: Parameters, plan: Plan, drawn: Parameters, spare: Spare, seed: int
    ) -> None:
        self.old, self.drawn, self.spare, self.seed = old, drawn, spare, seed
        self.now, self.before = _Flow.of(plan.spec), _Flow.of(old_spec)
        self.earlier = earlier_names(plan.spec, old_spec) if old else {}
        self.exposed = exposed(plan.spec, self.now.order)
        self.roles: dict[str, dict[str, Array]] = defaultdict(dict)
        for name, values in drawn.items():
            node, role = name.rsplit(".", 1)
            self.roles[node][role] = values
        self.labels = Labels()
        self.labels_now: dict[str, Indices] = {}
        self.labels_before: dict[str, Indices] = {}
        self.parameters: dict[str, Array] = {}
        self.tensors: dict[str, Fate] = {}
        self.origins: dict[str, str] = {}

    def operate(self) -> Transplant:
        widens = any(len(self._fitting(node)) < len(self._old(node)) for node in self.roles)
        if widens:
            for node in self.before.order:
                self.labels_before[node.id] = (
                    self._own(node.id)
                    if mixes(node.layer)
                    else self.before.labels(node, self.labels, self.labels_before)
                )
        for node in self.now.order:
            made = self._widened(node) if len(self._fitting(node.id)) < len(self._old(node.id)) else None
            self._carry(node.id, made)
            if widens:
                self.labels_now[node.id] = (
                    self._made(node.id, made)
                    if mixes(node.layer)
                    else self.now.labels(node, self.labels, self.labels_now)
                )
        return Transplant(
            {name: self.parameters[name] for name in self.drawn},
            {name: self.tensors[name] for name in self.drawn},
            self.origins,
        )

    def _old(self, node: str) -> dict[str, Array]:
        """What the layer had, by role."""
        earlier = self.earlier.get(node)
        return {role: self.old[name] for role in self.roles[node] if (name := f"{earlier}.{role}") in self.old}

    def _fitting(self, node: str) -> dict[str, Array]:
        """What of it still has the right shape."""
        return {role: old for role, old in self._old(node).items() if old.shape == self.roles[node][role].shape}

    def _own(self, old_node: str) -> Indices:
        """Labels for what an old layer makes of its own."""
        return self.labels.named(("own", old_node), self.before.outputs[old_node][0])

    def _made(self, node: str, made: Widened | None) -> Indices:
        """Labels for what a layer now makes of its own."""
        earlier = self.earlier.get(node, "")
        if "weight" in self._fitting(node):
            return self._own(earlier)
        if made and f"{node}.weight" in self.origins:
            return np.where(made.rows == UNKNOWN, UNKNOWN, self._own(earlier)[made.rows])
        return np.full(self.now.outputs[node][0], UNKNOWN)

    def _carry(self, node: str, made: Widened | None) -> None:
        """Find a layer's tensors."""
        earlier, fitting = self.earlier.get(node), self._fitting(node)
        larger = made.tensors if made else {}
        for role, drawn in self.roles[node].items():
            name = f"{node}.{role}"
            if role in fitting:
                self._put(name, fitting[role], Fate.KEPT, f"{earlier}.{role}")
            elif role in larger and larger[role].shape == drawn.shape:
                self._put(name, larger[role], Fate.WIDENED, f"{earlier}.{role}")
            elif (name, drawn.shape) in self.spare:
                self._put(name, self.spare[name, drawn.shape], Fate.KEPT)
            else:
                self._put(name, drawn, Fate.NEW)

    def _put(self, name: str, values: Array, fate: Fate, origin: str = "") -> None:
        self.parameters[name], self.tensors[name] = values, fate
        if origin:
            self.origins[name] = origin

    def _widened(self, node: Node) -> Widened | None:
        """The layer's tensors made larger, where that changes nothing of what comes out."""
        earlier, old, drawn = self.earlier[node.id], self._old(node.id), self.roles[node.id]
        units, units_before = self.now.outputs[node.id][0], self.before.outputs[earlier][0]
        if units < units_before or (node.id in self.exposed and units > units_before):
            return None
        if any(values.shape[2:] != drawn[role].shape[2:] for role, values in old.items()):
            return None
        source, source_before = self.now.spec.sources(node.id)[0], self.before.spec.sources(earlier)[0]
        columns = heirs(self.labels_now[source], self.labels_before[source_before])
        if columns is None or (columns == UNKNOWN).all():
            return None
        site = Site(
            was=self.before.spec.node(earlier).layer,
            columns=columns,
            channels_before=self.before.inputs[earlier][0][0],
            units=units,
            units_before=units_before,
            grain=grain(self.now.spec, node.id),
            old=old,
            drawn=drawn,
            generator=np.random.default_rng((self.seed, crc32(earlier.encode()))),
        )
        return widened(node.layer, site)
