"""One-click repairs: edits of the network as it is designed, which mend one problem.

All edits are pure. Rules propose them, the best first; what is not right by construction is tried before it is offered
(``trials``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from nnstudio.network.layers import Layer
from nnstudio.network.layers.remedies import ChangeSettings, InsertBefore, Remedy, TakeOut
from nnstudio.network.nodes import Connection, Group, Node
from nnstudio.network.spec import NetworkSpec

Edit = Callable[[NetworkSpec], NetworkSpec]


@dataclass(frozen=True)
class Repair:
    """What it does, in the imperative, and the edit; two with one title count as equal.

    ``certain`` says that the edit is right by construction, so that nobody needs to try it: it changes no shape and
    cuts no path.
    """

    title: str
    edit: Edit = field(compare=False)
    certain: bool = field(default=False, compare=False)


# ---- repairs of one layer


def change(
    title: str, node_id: str, layer: Layer, settings: Mapping[str, Any], *, certain: bool = False
) -> list[Repair]:
    """Other settings of a layer; none where ``layer`` cannot have them."""
    if changed(layer, settings) is None:
        return []

    def edit(spec: NetworkSpec) -> NetworkSpec:
        new = changed(spec.node(node_id).layer, settings)
        return spec if new is None else spec.replace(node_id, new)

    return [Repair(title, edit, certain)]


def changed(layer: Layer, settings: Mapping[str, Any]) -> Layer | None:
    """The layer with other settings, if it can have them."""
    try:
        return type(layer).model_validate({**dict(layer), **settings})
    except ValidationError:
        return None


def resize(title: str, node_id: str, layer: Layer, size: int) -> list[Repair]:
    """Another number of units or channels."""
    return change(title, node_id, layer, {layer.sized_by: size}) if layer.sized_by else []


def take_out(node_id: str, *, certain: bool = False) -> Repair:
    """Remove a layer; what fed it feeds its targets."""
    return Repair(f"Remove {node_id}", lambda spec: spec.remove(node_id), certain)


def take_out_all(node_ids: Iterable[str]) -> Repair:
    """Remove layers and connect nothing in their place."""
    gone = tuple(node_ids)

    def edit(spec: NetworkSpec) -> NetworkSpec:
        for name in gone:
            for link in spec.incoming(name):
                spec = spec.disconnect(name, link.port)
            spec = spec.remove(name)
        return spec

    return Repair(f"Remove {listed(gone)}", edit)


def by_remedy(remedy: Remedy, node_id: str, layer: Layer) -> Iterator[Repair]:
    """What a layer itself proposes; ``MoveToPictures`` is the business of whoever knows the shapes."""
    match remedy:
        case ChangeSettings(title, settings):
            yield from change(title, node_id, layer, settings)
        case InsertBefore(title, layers):
            yield Repair(title, lambda spec: put_before(spec, node_id, layers))
            yield Repair(title, lambda spec: put_before(spec, node_id, layers, inside=True))
        case TakeOut():
            yield take_out(node_id)


# ---- edits


def put_before(spec: NetworkSpec, node_id: str, layers: Mapping[int, Layer], *, inside: bool = False) -> NetworkSpec:
    """The network with layers in front of some of a layer's inputs, counted from 0; ``inside`` its block, if any."""
    links = spec.incoming(node_id)
    for number, layer in layers.items():
        spec = put_between(spec, links[number], layer, inside=inside)
    return spec


def put_between(spec: NetworkSpec, link: Connection, layer: Layer, *, inside: bool = False) -> NetworkSpec:
    """The network with a layer on a connection. It joins the block that both ends belong to, or ``inside`` that of the
    target."""
    new = Node(id=spec.free_id(layer), layer=layer)
    at = spec.nodes.index(spec.node(link.target))
    links = [other for other in spec.connections if other != link]
    links += [
        Connection(source=link.source, target=new.id),
        Connection(source=new.id, target=link.target, port=link.port),
    ]
    group = spec.group_of(link.target)
    joined = group if group and (inside or link.source in group.members) else None
    return NetworkSpec(
        name=spec.name,
        nodes=(*spec.nodes[:at], new, *spec.nodes[at:]),
        connections=tuple(links),
        groups=tuple(_with_member(other, new.id) if other is joined else other for other in spec.groups),
    )


def put_behind(spec: NetworkSpec, node_id: str, layers: Iterable[Layer]) -> NetworkSpec:
    """The network with layers in a row at an end of it, outside of all blocks."""
    for layer in layers:
        name = spec.free_id(layer)
        spec = spec.add(layer, name).connect(node_id, name)
        node_id = name
    return spec


def put_after(spec: NetworkSpec, node_id: str, layer: Layer) -> NetworkSpec:
    """The network with a layer behind another, whose targets it feeds and whose block it joins."""
    name = spec.free_id(layer)
    return _taken_in(spec.insert_after(node_id, layer, name), name, spec.group_of(node_id))


def move_behind(spec: NetworkSpec, node_id: str, other: str) -> NetworkSpec:
    """The network with a layer behind another; it stays in the block that both belong to."""
    group = spec.group_of(node_id)
    together = group is not None and other in group.members
    return _taken_in(spec.move_after(node_id, other), node_id, group if together else None)


def put_first(spec: NetworkSpec, layer: Layer) -> NetworkSpec:
    """The network with a new start, which feeds the first layer that has no input."""
    new = Node(id=spec.free_id(layer), layer=layer)
    waiting = [node.id for node in spec.nodes if node.layer.takes and not spec.sources(node.id)]
    links = [Connection(source=new.id, target=name) for name in waiting[:1]]
    return NetworkSpec(
        name=spec.name, nodes=(new, *spec.nodes), connections=(*links, *spec.connections), groups=spec.groups
    )


def _taken_in(spec: NetworkSpec, name: str, group: Group | None) -> NetworkSpec:
    """The network with a layer as a member of a block, if it is none yet."""
    if group is None or spec.group_of(name) is not None:
        return spec
    groups = tuple(_with_member(one, name) if one.id == group.id else one for one in spec.groups)
    return NetworkSpec(name=spec.name, nodes=spec.nodes, connections=spec.connections, groups=groups)


def _with_member(group: Group, name: str) -> Group:
    return group.model_copy(update={"members": (*group.members, name)})


def listed(names: Iterable[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``, or of more the first and how many."""
    first, *others = names
    if not others:
        return first
    if len(others) > 2:
        return f"{first} and {len(others)} more"
    return f"{', '.join([first, *others[:-1]])} and {others[-1]}"
