"""A network as it is computed: muted layers skipped, repeated blocks written out, places on the canvas left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from types import MappingProxyType

from nnstudio.network.graph import MAX_NODES
from nnstudio.network.nodes import Connection, Group, Node, SpecError
from nnstudio.network.spec import NetworkSpec

_LONGEST = 64
"""Characters of a node's name."""


@dataclass(frozen=True)
class Expansion:
    """The flat network, and of each of its nodes the one it was designed as.

    The first copy of a repeated layer has the designed layer's name; a muted layer is missing.
    """

    spec: NetworkSpec
    origin: Mapping[str, str]


def expand(spec: NetworkSpec) -> Expansion:
    """Write out what is short for something. Expanding a flat network changes nothing.

    Raises ``SpecError`` when a repeated block is not entered and left at one layer, or is too often repeated.
    """
    origin = {node.id: node.id for node in spec.nodes}
    if not spec.groups and not any(node.muted or node.at for node in spec.nodes):
        return Expansion(spec, MappingProxyType(origin))
    for group in spec.groups:
        if group.repeat > 1:
            spec, copies = _repeat(spec, group)
            origin |= copies
    spec = _skip_muted(spec)
    nodes = tuple(node if node.at is None else Node(id=node.id, layer=node.layer) for node in spec.nodes)
    flat = NetworkSpec(name=spec.name, nodes=nodes, connections=spec.connections)
    return Expansion(flat, MappingProxyType({node.id: origin[node.id] for node in nodes}))


def entries(spec: NetworkSpec, group: Group) -> tuple[Connection, ...]:
    """The connections into a group from outside."""
    members = set(group.members)
    return tuple(link for link in spec.connections if link.target in members and link.source not in members)


def exits(spec: NetworkSpec, group: Group) -> tuple[Connection, ...]:
    """The connections out of a group."""
    members = set(group.members)
    return tuple(link for link in spec.connections if link.source in members and link.target not in members)


def _repeat(spec: NetworkSpec, group: Group) -> tuple[NetworkSpec, dict[str, str]]:
    """The network with a group's further copies in a row behind it, and the member that each new node is a copy of."""
    if len(spec.nodes) + (group.repeat - 1) * len(group.members) > MAX_NODES:
        raise SpecError(
            f"Block “{group.id}” × {group.repeat} would make more than {MAX_NODES:,} layers.", "Repeat it less often."
        )
    into, out = entries(spec, group), exits(spec, group)
    end = _only_end(spec, group, into, out)
    inside = [c for c in spec.connections if c.source in group.members and c.target in group.members]
    taken = {node.id for node in spec.nodes} | {other.id for other in spec.groups}
    nodes, links, origin = [], [c for c in spec.connections if c not in out], dict[str, str]()
    last = end
    for number in range(2, group.repeat + 1):
        names = {member: _copy_name(member, number, taken) for member in group.members}
        taken.update(names.values())
        origin |= {copy: member for member, copy in names.items()}
        nodes += [spec.node(member).model_copy(update={"id": names[member], "at": None}) for member in group.members]
        links += [Connection(source=last, target=names[c.target], port=c.port) for c in into]
        links += [Connection(source=names[c.source], target=names[c.target], port=c.port) for c in inside]
        last = names[end]
    links += [Connection(source=last, target=c.target, port=c.port) for c in out]
    at = max(index for index, node in enumerate(spec.nodes) if node.id in group.members) + 1
    others = (other for other in spec.groups if other is not group)
    written = NetworkSpec(
        name=spec.name,
        nodes=(*spec.nodes[:at], *nodes, *spec.nodes[at:]),
        connections=tuple(links),
        groups=tuple(others),
    )
    return written, origin


def _only_end(spec: NetworkSpec, group: Group, into: tuple[Connection, ...], out: tuple[Connection, ...]) -> str:
    """The member that leads out, where the next copy goes on."""
    inner_ends = [name for name in group.members if not spec.targets(name)]
    ends = {link.source for link in out} | set(inner_ends)
    if len(ends) != 1 or len({link.source for link in into}) != 1:
        raise SpecError(
            f"Block “{group.id}” is repeated, so one layer must feed it and one of its layers must lead out.",
            "Choose other layers for the block, or repeat it once.",
        )
    return ends.pop()


def _copy_name(member: str, number: int, taken: set[str]) -> str:
    """``conv1_2`` for the second ``conv1``, or a longer name if that is taken."""
    for underscores in count(1):
        tail = "_" * underscores + str(number)
        if (name := member[: _LONGEST - len(tail)] + tail) not in taken:
            return name
    raise AssertionError("count never ends")


def _skip_muted(spec: NetworkSpec) -> NetworkSpec:
    muted = {node.id for node in spec.nodes if node.muted}
    if not muted:
        return spec

    def giver(name: str) -> str | None:
        """What arrives where the output of ``name`` is wanted."""
        seen = set[str]()
        while name in muted:
            first = spec.sources(name)[:1]
            if not first or name in seen:
                return None
            seen.add(name)
            name = first[0]
        return name

    links = [
        Connection(source=source, target=link.target, port=link.port)
        for link in spec.connections
        if link.target not in muted and (source := giver(link.source)) is not None
    ]
    return NetworkSpec(
        name=spec.name, nodes=tuple(node for node in spec.nodes if node.id not in muted), connections=tuple(links)
    )
