"""A network as it can be edited: every edit returns a new network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Self, TypeVar

from nnstudio.network.graph import MAX_NODES, Graph
from nnstudio.network.layers import Layer
from nnstudio.network.nodes import Connection, Drawn, Group, Node, SpecError, made


class EditableGraph(Graph):
    """What can be done to layers, to connections and to groups. Groups lose members that are gone."""

    def _with(
        self,
        nodes: Iterable[Node] | None = None,
        connections: Iterable[Connection] | None = None,
        groups: Iterable[Group] | None = None,
    ) -> Self:
        edited = self.nodes if nodes is None else tuple(nodes)
        if len(edited) > MAX_NODES:
            raise SpecError(f"A network has at most {MAX_NODES:,} layers.")
        return type(self)(
            name=self.name,
            nodes=edited,
            connections=self.connections if connections is None else tuple(connections),
            groups=_remaining(self.groups if groups is None else groups, {node.id for node in edited}),
        )

    def add(self, layer: Layer, node_id: str | None = None) -> Self:
        """Append an unconnected layer."""
        return self._with(nodes=(*self.nodes, made(Node, id=node_id or self.free_id(layer), layer=layer)))

    def append(self, layer: Layer, node_id: str | None = None) -> Self:
        """Append a layer fed by the one that was last."""
        if not self.nodes:
            return self.add(layer, node_id)
        return self.insert_after(self.nodes[-1].id, layer, node_id)

    def insert_after(self, source: str, layer: Layer, node_id: str | None = None) -> Self:
        """Put a layer behind ``source``: it takes over everything that ``source`` fed. Within a group it joins it."""
        new = made(Node, id=node_id or self.free_id(layer), layer=layer)
        at = self.nodes.index(self.node(source)) + 1
        moved = [
            Connection(source=new.id, target=c.target, port=c.port) if c.source == source else c
            for c in self.connections
        ]
        return self._with(
            (*self.nodes[:at], new, *self.nodes[at:]),
            (*moved, Connection(source=source, target=new.id)),
        ).within(new.id)

    def remove(self, node_id: str) -> Self:
        """Take a layer out; when it had exactly one source, that now feeds its targets."""
        node, sources = self.node(node_id), self.sources(node_id)
        kept = [c for c in self.connections if node_id not in (c.source, c.target)]
        if len(sources) == 1:
            kept += [
                Connection(source=sources[0], target=c.target, port=c.port)
                for c in self.connections
                if c.source == node_id
            ]
        return self._with((other for other in self.nodes if other is not node), kept)

    def move_after(self, node_id: str, source: str) -> Self:
        """Take a layer out of its place and put it behind ``source``, under its own name."""
        if node_id == source:
            return self
        moved = self.remove(node_id).insert_after(source, self.node(node_id).layer, node_id)
        return moved.mute(node_id, self.node(node_id).muted)

    def replace(self, node_id: str, layer: Layer) -> Self:
        """Give a node other settings, or another layer."""
        return self._changed(node_id, layer=layer)

    def mute(self, node_id: str, muted: bool = True) -> Self:
        """Skip a node, or take it in again."""
        return self._changed(node_id, muted=muted)

    def place(self, places: Mapping[str, tuple[int, int] | None]) -> Self:
        """Put nodes and closed groups somewhere on the canvas, or (``None``) leave that to the layout."""
        if unknown := places.keys() - {one.id for one in (*self.nodes, *self.groups)}:
            raise SpecError(f"There is no layer named “{min(unknown)}”.")
        return self._with(
            nodes=(_put(node, places) for node in self.nodes), groups=(_put(group, places) for group in self.groups)
        )

    def _changed(self, node_id: str, **fields: Any) -> Self:
        old = self.node(node_id)
        new = old.model_copy(update=fields)
        return self._with(nodes=(new if node is old else node for node in self.nodes))

    def rename(self, node_id: str, new_id: str) -> Self:
        """Give a node another name, in its connections too."""
        old = self.node(node_id)
        name = {node_id: new_id}
        new = made(Node, id=new_id, layer=old.layer, muted=old.muted, at=old.at)
        return self._with(
            (new if node is old else node for node in self.nodes),
            (
                Connection(source=name.get(c.source, c.source), target=name.get(c.target, c.target), port=c.port)
                for c in self.connections
            ),
            (
                group.model_copy(update={"members": tuple(name.get(member, member) for member in group.members)})
                for group in self.groups
            ),
        )

    def connect(self, source: str, target: str, port: int = 0) -> Self:
        """Feed ``source`` into a port of ``target``, in place of what fed it before."""
        kept = (c for c in self.connections if (c.target, c.port) != (target, port))
        return self._with(connections=(*kept, made(Connection, source=source, target=target, port=port)))

    def disconnect(self, target: str, port: int = 0) -> Self:
        """Leave a port of ``target`` open."""
        return self._with(connections=(c for c in self.connections if (c.target, c.port) != (target, port)))

    # ---- groups

    def join(self, members: Iterable[str], group_id: str | None = None, repeat: int = 1) -> Self:
        """Make a block of these nodes; they leave the groups that they were in."""
        listed = set(members)
        ordered = tuple(node.id for node in self.nodes if node.id in listed)
        if unknown := listed - set(ordered):
            raise SpecError(f"There is no layer named “{min(unknown)}”.")
        others = (
            group.model_copy(update={"members": tuple(name for name in group.members if name not in listed)})
            for group in self.groups
        )
        new = made(Group, id=group_id or self.free_name("block"), members=ordered, repeat=repeat)
        return self._with(groups=(*others, new))

    def within(self, node_id: str) -> Self:
        """Take a node into the group that all it is connected with belong to, if there is one."""
        beside = {*self.sources(node_id), *self.targets(node_id)}
        around = next((group for group in self.groups if beside and beside <= set(group.members)), None)
        if around is None or node_id in around.members or not (self.sources(node_id) and self.targets(node_id)):
            return self
        at = around.members.index(self.sources(node_id)[0]) + 1
        members = (*around.members[:at], node_id, *around.members[at:])
        new = around.model_copy(update={"members": members})
        return self._with(groups=(new if group is around else group for group in self.groups))

    def ungroup(self, group_id: str) -> Self:
        """Let a group's nodes stand for themselves again."""
        gone = self.group(group_id)
        return self._with(groups=(group for group in self.groups if group is not gone))

    def change_group(self, group_id: str, *, new_id: str | None = None, repeat: int | None = None) -> Self:
        """Give a group another name or number of repetitions."""
        old = self.group(group_id)
        count = old.repeat if repeat is None else repeat
        new = made(Group, id=new_id or old.id, members=old.members, repeat=count, at=old.at)
        return self._with(groups=(new if group is old else group for group in self.groups))


_Placed = TypeVar("_Placed", bound=Drawn)


def _put(one: _Placed, places: Mapping[str, tuple[int, int] | None]) -> _Placed:
    return one.model_copy(update={"at": places[one.id]}) if one.id in places else one


def _remaining(groups: Iterable[Group], known: set[str]) -> tuple[Group, ...]:
    """Groups without members that are gone; without any a group is gone too."""
    kept = []
    for group in groups:
        members = tuple(name for name in group.members if name in known)
        if members:
            kept.append(group if members == group.members else group.model_copy(update={"members": members}))
    return tuple(kept)
