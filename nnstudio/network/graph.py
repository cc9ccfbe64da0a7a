"""A network as it can be looked at: which nodes there are, and how they hang together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from itertools import count
from typing import Any, Self, cast

from pydantic import Field

from nnstudio.network.layers import Layer
from nnstudio.network.nodes import Connection, Group, Node, SpecError, Value

MAX_NODES = 2000


class Graph(Value):
    """Nodes and connections. Nothing here asks whether the network makes sense: that is ``check``'s work.

    Names of nodes and groups are unique, connections join existing nodes, each input port has at most one connection,
    and a node belongs to at most one group. ``expand`` gives the network as it is computed.
    """

    name: str = Field("Untitled", max_length=200)
    nodes: tuple[Node, ...] = Field((), max_length=MAX_NODES)
    connections: tuple[Connection, ...] = ()
    groups: tuple[Group, ...] = ()

    def model_post_init(self, _context: Any, /) -> None:
        ids = [node.id for node in self.nodes]
        known, taken = set(ids), set()
        _require_own_names(ids + [group.id for group in self.groups])
        _require_members(self.groups, known)
        for link in self.connections:
            if missing := {link.source, link.target} - known:
                raise SpecError(f"A connection names the layer “{min(missing)}”, which does not exist.")
            if (link.target, link.port) in taken:
                raise SpecError(f"Input {link.port} of “{link.target}” has two connections.", "Remove one of them.")
            taken.add((link.target, link.port))

    def __copy__(self) -> Self:
        """Without what was looked up: ``model_copy`` is about to change it."""
        return cast(Self, self.model_construct(**{name: getattr(self, name) for name in type(self).model_fields}))

    def node(self, node_id: str) -> Node:
        """The node of that name; ``SpecError`` when there is none."""
        if node_id not in self._nodes:
            raise SpecError(f"There is no layer named “{node_id}”.")
        return self._nodes[node_id]

    def incoming(self, node_id: str) -> tuple[Connection, ...]:
        """The connections into ``node_id``, in port order."""
        return self._incoming.get(node_id, ())

    def outgoing(self, node_id: str) -> tuple[Connection, ...]:
        """The connections out of ``node_id``, as listed."""
        return self._outgoing.get(node_id, ())

    def sources(self, node_id: str) -> tuple[str, ...]:
        """The nodes that feed ``node_id``, in port order."""
        return tuple(link.source for link in self.incoming(node_id))

    def targets(self, node_id: str) -> tuple[str, ...]:
        """The nodes that ``node_id`` feeds."""
        return tuple(link.target for link in self.outgoing(node_id))

    def group(self, group_id: str) -> Group:
        """The group of that name; ``SpecError`` when there is none."""
        for group in self.groups:
            if group.id == group_id:
                return group
        raise SpecError(f"There is no block named “{group_id}”.")

    def group_of(self, node_id: str) -> Group | None:
        """The group that a node belongs to."""
        return next((group for group in self.groups if node_id in group.members), None)

    @cached_property
    def _nodes(self) -> dict[str, Node]:
        return {node.id: node for node in self.nodes}

    @cached_property
    def _incoming(self) -> dict[str, tuple[Connection, ...]]:
        found = defaultdict[str, list[Connection]](list)
        for link in self.connections:
            found[link.target].append(link)
        return {name: tuple(sorted(links, key=lambda link: link.port)) for name, links in found.items()}

    @cached_property
    def _outgoing(self) -> dict[str, tuple[Connection, ...]]:
        found = defaultdict[str, list[Connection]](list)
        for link in self.connections:
            found[link.source].append(link)
        return {name: tuple(links) for name, links in found.items()}

    def before(self, node_id: str) -> frozenset[str]:
        """All nodes that have a part in what ``node_id`` is given."""
        return _reached(node_id, self.sources)

    def after(self, node_id: str) -> frozenset[str]:
        """All nodes that ``node_id`` has an effect on."""
        return _reached(node_id, self.targets)

    def ordered(self) -> tuple[Node, ...]:
        """Nodes such that each comes after its sources, otherwise as listed; ``SpecError`` on a cycle."""
        sorter = TopologicalSorter({node.id: self.sources(node.id) for node in self.nodes})
        place = {node.id: index for index, node in enumerate(self.nodes)}
        order: list[Node] = []
        try:
            sorter.prepare()
        except CycleError as error:
            raise SpecError(
                f"The layers {' → '.join(error.args[1])} form a loop.", "Remove one of their connections."
            ) from error
        while sorter.is_active():
            ready = sorted(sorter.get_ready(), key=place.__getitem__)
            order += [self._nodes[name] for name in ready]
            sorter.done(*ready)
        return tuple(order)

    def free_id(self, layer: Layer) -> str:
        """A name for a new layer: its prefix and the first free number."""
        return self.free_name(layer.prefix)

    def free_name(self, prefix: str) -> str:
        """``prefix`` and the first number with which it is the name of no node and no group."""
        taken = {node.id for node in self.nodes} | {group.id for group in self.groups}
        return next(name for number in count(1) if (name := f"{prefix}{number}") not in taken)


def _reached(start: str, neighbours: Callable[[str], tuple[str, ...]]) -> frozenset[str]:
    """All nodes on the ways from ``start``; itself only when a way leads back to it."""
    found, waiting = set[str](), [start]
    while waiting:
        new = set(neighbours(waiting.pop())) - found
        found |= new
        waiting += new
    return frozenset(found)


def _require_own_names(names: list[str]) -> None:
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise SpecError(f"Two layers have the same name “{twice}”.", "Give every layer its own name.")


def _require_members(groups: tuple[Group, ...], known: set[str]) -> None:
    taken: set[str] = set()
    for group in groups:
        if missing := set(group.members) - known:
            raise SpecError(f"The block “{group.id}” names the layer “{min(missing)}”, which does not exist.")
        if len(set(group.members)) < len(group.members) or not taken.isdisjoint(group.members):
            raise SpecError(f"A layer of the block “{group.id}” is named twice.", "A layer belongs to one block.")
        taken.update(group.members)
