"""What can be done to a network by hand: where a layer may go, and the network after it went there. Without Qt."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from pydantic import ValidationError

from nnstudio.network import Connection, Family, Group, Layer, NetworkSpec, Node, SpecError
from nnstudio.network.graph import MAX_NODES

MOST_PORTS = 256
"""Inputs that a layer can have."""


@dataclass(frozen=True)
class Place:
    """Where a layer can be put: on a connection, or (``connection`` is None) behind a layer that feeds nothing.

    Connections ``along`` it come from the same layer and are drawn as one with it: they go into the same closed block.
    """

    source: str
    connection: Connection | None = None
    along: tuple[Connection, ...] = field(default=(), compare=False)

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
    """The place on the connection into a layer's first input that has one, if any has."""
    link = next(iter(spec.incoming(node_id)), None)
    return Place(link.source, link) if link else None


def natural_place(spec: NetworkSpec, selected: str | None, layer: Layer) -> Place | None:
    """Where a layer goes when only a selection says where: behind it, but never behind the output, and an output
    always at the end."""
    if not spec.nodes:
        return None
    anchor = _end(spec) if selected is None or layer.family is Family.OUTPUT else selected
    return place_behind(spec, anchor) or place_before(spec, anchor)


def _end(spec: NetworkSpec) -> str:
    """The output, or the layer that comes last."""
    outputs = (node.id for node in spec.nodes if node.layer.family is Family.OUTPUT)
    try:
        return next(outputs, spec.ordered()[-1].id)
    except SpecError:
        return spec.nodes[-1].id  # in a loop none comes last


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
    if link is None or len(spec.targets(place.source)) == 1 + len(place.along):
        return spec.insert_after(place.source, layer, name)
    # Some of several connections: the others stay as they are.
    spec = spec.add(layer, name).connect(link.source, name)
    for moved in (link, *place.along):
        spec = spec.connect(name, moved.target, moved.port)
    return spec.within(name)


def _insert_first(spec: NetworkSpec, new: Node) -> NetworkSpec:
    waiting = (node.id for node in spec.nodes if node.layer.takes and not spec.sources(node.id))
    links = [Connection(source=new.id, target=target) for target in waiting][:1]
    nodes, connections = (new, *spec.nodes), (*links, *spec.connections)
    return NetworkSpec(name=spec.name, nodes=nodes, connections=connections, groups=spec.groups)


def can_move(spec: NetworkSpec, node_id: str) -> bool:
    """Inputs and joins stay where they are: taken out, their neighbours could not be reconnected."""
    return spec.node(node_id).layer.takes == 1


def move(spec: NetworkSpec, node_id: str, place: Place) -> NetworkSpec:
    """The network with a layer taken out, its neighbours reconnected, and put in at ``place``."""
    if place.touches(node_id) or not can_move(spec, node_id):
        return spec
    node = spec.node(node_id)
    return insert(remove(spec, node_id), node.layer, place, node_id).mute(node_id, node.muted)


def remove(spec: NetworkSpec, node_id: str) -> NetworkSpec:
    """The network without a layer: what fed it feeds its targets. Of several sources that is the one at the first
    input; the others feed nothing any more, unless they feed other layers too."""
    for link in spec.incoming(node_id)[1:]:
        spec = spec.disconnect(node_id, link.port)
    return spec.remove(node_id)


# ---- connections


def input_ports(layer: Layer, connected: Collection[int]) -> int:
    """How many inputs a layer shows: those it has, those it needs, and a free one as long as it takes more."""
    shown = max(layer.takes, max(connected, default=-1) + 1)
    full = all(port in connected for port in range(shown))
    return shown + 1 if layer.takes_more and full and shown < MOST_PORTS else shown


def connected_ports(spec: NetworkSpec, node_id: str) -> frozenset[int]:
    """The inputs of a layer that are fed."""
    return frozenset(link.port for link in spec.incoming(node_id))


def natural_port(spec: NetworkSpec, target: str) -> int:
    """The input that a new connection to a layer goes into: its first free one, or the first of all where none is."""
    connected = connected_ports(spec, target)
    shown = range(input_ports(spec.node(target).layer, connected))
    return next((port for port in shown if port not in connected), 0)


def connection_at(spec: NetworkSpec, target: str, port: int) -> Connection | None:
    """What feeds an input."""
    return next((link for link in spec.incoming(target) if link.port == port), None)


def connect(spec: NetworkSpec, source: str, target: str, port: int | None = None) -> NetworkSpec:
    """The network with a layer fed into an input of another, in place of what fed it before; without a port into the
    natural one. Raises ``SpecError`` where that cannot be."""
    if problem := connection_problem(spec, source, target):
        raise SpecError(problem)
    port = natural_port(spec, target) if port is None else port
    before = connection_at(spec, target, port)
    return spec if before and before.source == source else spec.connect(source, target, port)


def connection_problem(spec: NetworkSpec, source: str, target: str) -> str:
    """Why a layer cannot feed another, in one sentence; empty when it can."""
    giver, taker = spec.node(source).layer, spec.node(target).layer
    if giver.family is Family.OUTPUT:
        return f"{giver.title} “{source}” is the network’s answer: nothing can follow it."
    if not taker.takes:
        return f"{taker.title} “{target}” takes no input."
    if source == target:
        return f"“{source}” cannot feed itself: that would be a loop."
    if source in spec.after(target):
        return f"“{source}” cannot feed “{target}”, which comes before it: that would be a loop."
    return ""


def step_place(spec: NetworkSpec, node_id: str, step: int) -> Place | None:
    """The place one layer back (``step`` −1) or on (+1) from where a layer is, if there is one."""
    neighbours = spec.sources(node_id) if step < 0 else spec.targets(node_id)
    if not neighbours:
        return None
    return place_before(spec, neighbours[0]) if step < 0 else place_behind(spec, neighbours[0])


def name_problem(spec: NetworkSpec, node_id: str, name: str) -> str:
    """Why a layer cannot have that name, in one sentence; empty when it can."""
    return _taken(spec, node_id, name) or _malformed(lambda: Node(id=name, layer=spec.node(node_id).layer))


def group_name_problem(spec: NetworkSpec, group_id: str, name: str) -> str:
    """Why a block cannot have that name, in one sentence; empty when it can."""
    return _taken(spec, group_id, name) or _malformed(lambda: Group(id=name, members=spec.group(group_id).members))


def _taken(spec: NetworkSpec, old: str, name: str) -> str:
    if name != old and any(one.id == name for one in (*spec.nodes, *spec.groups)):
        return f"There is already a layer or block named “{name}”."
    return ""


def _malformed(make: Callable[[], object]) -> str:
    try:
        make()
    except ValidationError:
        return "A name has up to 64 letters, digits or _ and starts with a letter."
    return ""


def changed_fields(before: Layer, after: Layer) -> list[str]:
    """The names of the settings that differ."""
    return [name for name in type(after).model_fields if getattr(before, name) != getattr(after, name)]
