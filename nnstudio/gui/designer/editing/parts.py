"""Parts of a network, of any number of layers: copied, pasted, muted, made a block. Without Qt."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from string import digits

from nnstudio.gui.designer.editing import edits
from nnstudio.gui.designer.editing.edits import Place
from nnstudio.network import Family, Layer, NetworkSpec, Node, SpecError
from nnstudio.network.expansion import entries, exits
from nnstudio.network.graph import MAX_NODES

BESIDE = 24
"""How far from what it was copied of a part that was placed by hand is put, in pixels right and down."""


def part_of(spec: NetworkSpec, names: Collection[str]) -> NetworkSpec:
    """These layers with the connections among them and the blocks that lie in them whole."""
    return NetworkSpec(
        name=spec.name,
        nodes=tuple(node for node in spec.nodes if node.id in names),
        connections=tuple(link for link in spec.connections if link.source in names and link.target in names),
        groups=tuple(group for group in spec.groups if set(group.members) <= set(names)),
    )


def part_from(text: str) -> NetworkSpec:
    """A part that was copied as text; ``SpecError`` says why another text is none."""
    if not text.strip():
        raise SpecError("There is nothing to paste.", "Copy layers first, here or in another window.")
    part = NetworkSpec.from_json(text)
    if not part.nodes:
        raise SpecError("The copied network has no layers.", "Copy layers first.")
    return part


def paste(spec: NetworkSpec, part: NetworkSpec, place: Place | None) -> tuple[NetworkSpec, tuple[str, ...]]:
    """The network with the part's layers under names of their own, and these names.

    A part with one way in and one way out goes into ``place``; any other is left for its ends to be connected.
    """
    if len(spec.nodes) + len(part.nodes) > MAX_NODES:
        raise SpecError(f"A network has at most {MAX_NODES:,} layers.", "Remove some first.")
    names: dict[str, str] = {}
    for node in part.nodes:
        names[node.id] = _free(spec, node)
        spec = spec.add(node.layer, names[node.id]).mute(names[node.id], node.muted)
    for link in part.connections:
        spec = spec.connect(names[link.source], names[link.target], link.port)
    for group in part.groups:
        spec = spec.join((names[name] for name in group.members), spec.free_name(group.id.rstrip(digits)), group.repeat)
    spec = spec.place({names[node.id]: (node.at[0] + BESIDE, node.at[1] + BESIDE) for node in part.nodes if node.at})
    ends = open_ends(part)
    if place and ends:
        spec = _put_between(spec, names[ends[0]], names[ends[1]], place)
    return spec, tuple(names.values())


def _free(spec: NetworkSpec, node: Node) -> str:
    """The layer's own name where it is free, else the next of its kind."""
    taken = {other.id for other in spec.nodes} | {group.id for group in spec.groups}
    return spec.free_id(node.layer) if node.id in taken else node.id


def open_ends(part: NetworkSpec) -> tuple[str, str] | None:
    """The one layer through which a part is entered and the one through which it is left, if that is so."""
    into = [node.id for node in part.nodes if len(part.sources(node.id)) < node.layer.takes]
    starts = [node.id for node in part.nodes if not node.layer.takes]
    out = [node.id for node in part.nodes if not part.targets(node.id)]
    if starts or len(into) != 1 or len(out) != 1 or part.node(out[0]).layer.family is Family.OUTPUT:
        return None
    return into[0], out[0]


def _put_between(spec: NetworkSpec, first: str, last: str, place: Place) -> NetworkSpec:
    moved = (place.connection, *place.along) if place.connection else ()
    for link in moved:
        spec = spec.connect(last, link.target, link.port)
    return spec.connect(place.source, first, edits.natural_port(spec, first))


def remove_all(spec: NetworkSpec, names: Iterable[str]) -> NetworkSpec:
    """The network without these layers; what fed each of them feeds what it fed."""
    for name in names:
        spec = edits.remove(spec, name)
    return spec


# ---- muting


def can_mute(layer: Layer) -> bool:
    """Whether there is something that goes on when the layer is skipped: not so at the network's ends."""
    return layer.takes > 0 and layer.family is not Family.OUTPUT


def mute(spec: NetworkSpec, names: Iterable[str]) -> NetworkSpec:
    """Skip all these layers that can be skipped, or take them all in again where all are skipped already."""
    chosen = [name for name in names if can_mute(spec.node(name).layer)]
    muted = not all(spec.node(name).muted for name in chosen)
    for name in chosen:
        spec = spec.mute(name, muted)
    return spec


# ---- blocks


def group_problem(spec: NetworkSpec, names: Collection[str]) -> str:
    """Why these layers cannot be a block, in a sentence; empty when they can."""
    ends = [name for name in names if spec.node(name).layer.family in (Family.INPUT, Family.OUTPUT)]
    if not names or ends:
        return f"“{ends[0]}” is an end of the network and belongs to no block." if ends else "Select layers first."
    between = left_out(spec, names)
    return f"“{min(between)}” lies between them, so it must belong to the block too." if between else ""


def left_out(spec: NetworkSpec, names: Collection[str]) -> frozenset[str]:
    """The layers that lie on a way from one of these to another without being one of them."""
    behind, before = set[str](), set[str]()
    for name in names:
        behind |= spec.after(name)
        before |= spec.before(name)
    return frozenset((behind & before) - set(names))


def repeatable(spec: NetworkSpec, group_id: str) -> bool:
    """Whether a block could be followed by a copy of itself: one layer feeds it, one of its layers leads out."""
    group = spec.group(group_id)
    ends = {link.source for link in exits(spec, group)} | {name for name in group.members if not spec.targets(name)}
    return len({link.source for link in entries(spec, group)}) == 1 and len(ends) == 1
