"""What can be done to a network by hand: where a layer may go, and the network after it went there. Without Qt."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ValidationError

from nnstudio.network import Connection, Family, Layer, NetworkSpec, Node, SpecError
from nnstudio.network.spec import MAX_NODES


@dataclass(frozen=True)
class Place:
    """Where a layer can be put: on a connection, or (``connection`` is None) behind a layer that feeds nothing."""

    source: str
    connection: Connection | None = None

    def touches(self, node_id: str) -> bool:
        """Whether that layer is at one of the place's ends, so that moving it here would change nothing."""
        return node_id == self.source or (self.connection is not None and node_id == self.connection.target)


def places(spec: NetworkSpec) -> list[Place]:
    """Every place of a network. Behind an output is none: nothing may follow it."""
    ends = (node for node in spec.nodes if node.layer.family is not Family.OUTPUT and not spec.targets(node.id))
    return [Place(link.source, link) for link in spec.connections] + [Place(node.id) for node in ends]


def place_behind(spec: NetworkSpec, node_id: str) -> Place | None:
    """The place behind a layer, on its first connection; None behind an output."""
    return next((place for place in places(spec) if place.source == node_id), None)


def place_before(spec: NetworkSpec, node_id: str) -> Place | None:
    """The place on the first connection into a layer, if it has one."""
    link = next((link for link in spec.connections if link.target == node_id), None)
    return Place(link.source, link) if link else None


def natural_place(spec: NetworkSpec, selected: str | None, layer: Layer) -> Place | None:
    """Where a layer goes when only a selection says where: behind it, but never behind the output, and an output
    always at the end."""
    if not spec.nodes:
        return None
    last = spec.nodes[-1].id
    anchor = last if selected is None or layer.family is Family.OUTPUT else selected
    return place_behind(spec, anchor) or place_before(spec, anchor)


def insert(spec: NetworkSpec, layer: Layer, place: Place | None, name: str | None = None) -> NetworkSpec:
    """The network with a layer more. A layer that takes nothing (an input) goes in front of the first layer that still
    needs one; without a place a layer stays unconnected."""
    if len(spec.nodes) >= MAX_NODES:
        raise SpecError(f"The network already has {MAX_NODES:,} layers, the most it can have.", "Remove one first.")
    name = name or spec.free_id(layer)
    if layer.takes == 0:
        return _insert_first(spec, Node(id=name, layer=layer))
    if place is None:
        return spec.add(layer, name)
    link = place.connection
    if link is None or len(spec.targets(place.source)) == 1:
        return spec.insert_after(place.source, layer, name)
    # One of several connections: the others stay as they are.
    return spec.add(layer, name).connect(link.source, name).connect(name, link.target, link.port)


def _insert_first(spec: NetworkSpec, new: Node) -> NetworkSpec:
    waiting = (node.id for node in spec.nodes if node.layer.takes and not spec.sources(node.id))
    links = [Connection(source=new.id, target=target) for target in waiting][:1]
    return NetworkSpec(name=spec.name, nodes=(new, *spec.nodes), connections=(*links, *spec.connections))


def can_move(spec: NetworkSpec, node_id: str) -> bool:
    """Inputs and joins stay where they are: taken out, their neighbours could not be reconnected."""
    return spec.node(node_id).layer.takes == 1


def move(spec: NetworkSpec, node_id: str, place: Place) -> NetworkSpec:
    """The network with a layer taken out, its neighbours reconnected, and put in at ``place``."""
    if place.touches(node_id) or not can_move(spec, node_id):
        return spec
    return insert(spec.remove(node_id), spec.node(node_id).layer, place, node_id)


def step_place(spec: NetworkSpec, node_id: str, step: int) -> Place | None:
    """The place one layer back (``step`` −1) or on (+1) from where a layer is, if there is one."""
    neighbours = spec.sources(node_id) if step < 0 else spec.targets(node_id)
    if not neighbours:
        return None
    return place_before(spec, neighbours[0]) if step < 0 else place_behind(spec, neighbours[0])


def name_problem(spec: NetworkSpec, node_id: str, name: str) -> str:
    """Why a layer cannot have that name, in one sentence; empty when it can."""
    if name != node_id and any(node.id == name for node in spec.nodes):
        return f"There is already a layer named “{name}”."
    try:
        Node(id=name, layer=spec.node(node_id).layer)
    except ValidationError:
        return "A name has up to 64 letters, digits or _ and starts with a letter."
    return ""


def changed_fields(before: Layer, after: Layer) -> list[str]:
    """The names of the settings that differ."""
    return [name for name in type(after).model_fields if getattr(before, name) != getattr(after, name)]
