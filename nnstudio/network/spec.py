"""A network as an immutable value: nodes, connections, and edits that return a new network."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from itertools import count
from typing import Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SerializeAsAny, ValidationError

from nnstudio.errors import NNStudioError
from nnstudio.network.layers import LAYERS, Layer

FORMAT = "nnstudio-network"
FORMAT_VERSION = 1
MAX_NODES = 2000


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


class Node(_Value):
    """A layer with its name in the network."""

    id: Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_identifier)]
    layer: Annotated[SerializeAsAny[Layer], BeforeValidator(_layer_from)]


class Connection(_Value):
    """The output of ``source`` goes into input number ``port`` of ``target``."""

    source: str
    target: str
    port: int = Field(0, ge=0, le=255)


class NetworkSpec(_Value):
    """Nodes and connections. Nothing here asks whether the network makes sense: that is ``check``'s work.

    Node ids are unique, connections join existing nodes, and each input port has at most one connection.
    """

    name: str = Field("Untitled", max_length=200)
    nodes: tuple[Node, ...] = Field((), max_length=MAX_NODES)
    connections: tuple[Connection, ...] = ()

    def model_post_init(self, _context: Any, /) -> None:
        ids = [node.id for node in self.nodes]
        if len(set(ids)) != len(ids):
            twice = next(name for name in ids if ids.count(name) > 1)
            raise SpecError(f"Two layers have the same name “{twice}”.", "Give every layer its own name.")
        known, taken = set(ids), set()
        for link in self.connections:
            if missing := {link.source, link.target} - known:
                raise SpecError(f"A connection names the layer “{min(missing)}”, which does not exist.")
            if (link.target, link.port) in taken:
                raise SpecError(f"Input {link.port} of “{link.target}” has two connections.", "Remove one of them.")
            taken.add((link.target, link.port))

    # ---- looking

    def node(self, node_id: str) -> Node:
        """The node of that name; ``SpecError`` when there is none."""
        for node in self.nodes:
            if node.id == node_id:
                return node
        raise SpecError(f"There is no layer named “{node_id}”.")

    def incoming(self, node_id: str) -> tuple[Connection, ...]:
        """The connections into ``node_id``, in port order."""
        links = (link for link in self.connections if link.target == node_id)
        return tuple(sorted(links, key=lambda link: link.port))

    def sources(self, node_id: str) -> tuple[str, ...]:
        """The nodes that feed ``node_id``, in port order."""
        return tuple(link.source for link in self.incoming(node_id))

    def targets(self, node_id: str) -> tuple[str, ...]:
        """The nodes that ``node_id`` feeds."""
        return tuple(link.target for link in self.connections if link.source == node_id)

    def ordered(self) -> tuple[Node, ...]:
        """Nodes such that each comes after its sources, otherwise as listed; ``SpecError`` on a cycle."""
        by_id = {node.id: node for node in self.nodes}
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
            order += [by_id[name] for name in ready]
            sorter.done(*ready)
        return tuple(order)

    def free_id(self, layer: Layer) -> str:
        """A name for a new layer: its prefix and the first free number."""
        taken = {node.id for node in self.nodes}
        return next(name for number in count(1) if (name := f"{layer.prefix}{number}") not in taken)

    # ---- editing: each returns a new network

    def _with(self, nodes: Iterable[Node] | None = None, connections: Iterable[Connection] | None = None) -> Self:
        edited = self.nodes if nodes is None else tuple(nodes)
        if len(edited) > MAX_NODES:
            raise SpecError(f"A network has at most {MAX_NODES:,} layers.")
        return type(self)(
            name=self.name,
            nodes=edited,
            connections=self.connections if connections is None else tuple(connections),
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
        """Put a layer behind ``source``: it takes over everything that ``source`` fed."""
        new = _made(Node, id=node_id or self.free_id(layer), layer=layer)
        at = self.nodes.index(self.node(source)) + 1
        moved = [
            Connection(source=new.id, target=c.target, port=c.port) if c.source == source else c
            for c in self.connections
        ]
        return self._with((*self.nodes[:at], new, *self.nodes[at:]), (*moved, Connection(source=source, target=new.id)))

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
        return self.remove(node_id).insert_after(source, self.node(node_id).layer, node_id)

    def replace(self, node_id: str, layer: Layer) -> Self:
        """Give a node other settings, or another layer."""
        old = self.node(node_id)
        return self._with(nodes=(Node(id=old.id, layer=layer) if node is old else node for node in self.nodes))

    def rename(self, node_id: str, new_id: str) -> Self:
        """Give a node another name, in its connections too."""
        old = self.node(node_id)
        name = {node_id: new_id}
        return self._with(
            (_made(Node, id=new_id, layer=old.layer) if node is old else node for node in self.nodes),
            (
                Connection(source=name.get(c.source, c.source), target=name.get(c.target, c.target), port=c.port)
                for c in self.connections
            ),
        )

    def connect(self, source: str, target: str, port: int = 0) -> Self:
        """Feed ``source`` into a port of ``target``, in place of what fed it before."""
        kept = (c for c in self.connections if (c.target, c.port) != (target, port))
        return self._with(connections=(*kept, _made(Connection, source=source, target=target, port=port)))

    def disconnect(self, target: str, port: int = 0) -> Self:
        """Leave a port of ``target`` open."""
        return self._with(connections=(c for c in self.connections if (c.target, c.port) != (target, port)))

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
