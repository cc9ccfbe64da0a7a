"""A network as an immutable value: nodes, connections, and edits that return a new network."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from itertools import count
from typing import Annotated, Any, Self, TypeVar, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializeAsAny,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
)

from nnstudio.errors import NNStudioError
from nnstudio.network.layers import LAYERS, Layer

FORMAT = "nnstudio-network"
FORMAT_VERSION = 2
"""Version 1 had no muted layers, blocks and places on the canvas; reading it needs no more than their defaults."""
MAX_NODES = 2000
MAX_REPEAT = 100


class SpecError(NNStudioError):
    """A network cannot be read or edited as asked."""


def _layer_from(value: Any) -> Any:
    """Build the declared layer that a mapping's ``kind`` names."""
    if not isinstance(value, Mapping):
        return value
    kind = value.get("kind")
    if not isinstance(kind, str) or kind not in LAYERS:
        raise ValueError(
            f"there is no layer of kind {kind!r} in this version of NN Studio; known are {', '.join(LAYERS)}"
        )
    return LAYERS[kind].model_validate(value)


def _identifier(name: str) -> str:
    if not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name):
        raise ValueError("a layer's name is made of letters, digits and _, and starts with no digit")
    return name


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Identifier = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_identifier)]
_Coordinate = Annotated[int, Field(ge=-1_000_000, le=1_000_000)]


class _Drawn(_Value):
    """What stands on the canvas: ``at`` is where somebody has put it, in pixels right and down; ``None`` leaves that to
    the layout."""

    id: Identifier
    at: tuple[_Coordinate, _Coordinate] | None = None

    @model_serializer(mode="wrap")
    def _without_the_usual(self, fields: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Files say only of few layers that they are muted or placed by hand."""
        usual = {"muted": False, "at": None}
        return {name: value for name, value in fields(self).items() if name not in usual or value != usual[name]}


class Node(_Drawn):
    """A layer with its name in the network. A muted one is skipped: what comes to its first input goes on instead of
    its output."""

    layer: Annotated[SerializeAsAny[Layer], BeforeValidator(_layer_from)]
    muted: bool = False


class Connection(_Value):
    """The output of ``source`` goes into input number ``port`` of ``target``."""

    source: str
    target: str
    port: int = Field(0, ge=0, le=255)


class Group(_Drawn):
    """Layers that belong together: a block with a name, which the network has ``repeat`` times in a row."""

    members: tuple[str, ...] = Field(min_length=1)
    repeat: int = Field(1, ge=1, le=MAX_REPEAT)


class NetworkSpec(_Value):
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

    # ---- looking

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

    # ---- editing: each returns a new network

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
        return self._with(nodes=(*self.nodes, _made(Node, id=node_id or self.free_id(layer), layer=layer)))

    def append(self, layer: Layer, node_id: str | None = None) -> Self:
        """Append a layer fed by the one that was last."""
        if not self.nodes:
            return self.add(layer, node_id)
        return self.insert_after(self.nodes[-1].id, layer, node_id)

    def insert_after(self, source: str, layer: Layer, node_id: str | None = None) -> Self:
        """Put a layer behind ``source``: it takes over everything that ``source`` fed. Within a group it joins it."""
        new = _made(Node, id=node_id or self.free_id(layer), layer=layer)
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
        new = _made(Node, id=new_id, layer=old.layer, muted=old.muted, at=old.at)
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
        return self._with(connections=(*kept, _made(Connection, source=source, target=target, port=port)))

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
        new = _made(Group, id=group_id or self.free_name("block"), members=ordered, repeat=repeat)
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
        new = _made(Group, id=new_id or old.id, members=old.members, repeat=count, at=old.at)
        return self._with(groups=(new if group is old else group for group in self.groups))

    # ---- JSON

    def to_json(self) -> str:
        """Readable JSON with a format version."""
        document = {"format": FORMAT, "format_version": FORMAT_VERSION, **self.model_dump(mode="json")}
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read what ``to_json`` wrote; ``SpecError`` says in one sentence what is wrong with anything else."""
        try:
            document = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise SpecError(f"This is not a network file: it is not readable JSON ({error}).") from error
        if not isinstance(document, dict) or document.pop("format", None) != FORMAT:
            raise SpecError("This is not a network file of NN Studio.", "Choose a file that NN Studio has saved.")
        version = document.pop("format_version", None)
        if type(version) is not int or version < 1:
            raise SpecError("The network file has no valid format version.")
        if version > FORMAT_VERSION:
            raise SpecError(
                f"The network file has format version {version}; this program reads up to {FORMAT_VERSION}.",
                "Update NN Studio.",
            )
        try:
            return cls.model_validate(document)
        except ValidationError as error:
            place, message = _first_complaint(error)
            raise SpecError(f"The network file is damaged at “{place}”: {message}.") from error


_Placed = TypeVar("_Placed", bound=_Drawn)


def _put(one: _Placed, places: Mapping[str, tuple[int, int] | None]) -> _Placed:
    return one.model_copy(update={"at": places[one.id]}) if one.id in places else one


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


def _remaining(groups: Iterable[Group], known: set[str]) -> tuple[Group, ...]:
    """Groups without members that are gone; without any a group is gone too."""
    kept = []
    for group in groups:
        members = tuple(name for name in group.members if name in known)
        if members:
            kept.append(group if members == group.members else group.model_copy(update={"members": members}))
    return tuple(kept)


_Made = TypeVar("_Made", bound=_Value)


def _made(kind: type[_Made], **fields: Any) -> _Made:
    """A value of ``kind``; ``SpecError`` when a field is not possible."""
    try:
        return kind(**fields)
    except ValidationError as error:
        place, message = _first_complaint(error)
        raise SpecError(f"“{fields[place]}” is not possible: {message}.") from error


def _first_complaint(error: ValidationError) -> tuple[str, str]:
    """Where the first problem is, and what."""
    first = error.errors()[0]
    return ".".join(str(part) for part in first["loc"]), first["msg"].removeprefix("Value error, ")
