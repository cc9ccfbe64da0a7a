"""Which layer of an edited network was which before, and what its neighbours ask of it when it is widened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nnstudio.network import Family, Layer, NetworkSpec, Node
from nnstudio.network.layers.reshape import Reshape


def earlier_names(now: NetworkSpec, then: NetworkSpec) -> dict[str, str]:
    """What each layer of ``now`` was called ``then``, without those that are new: a renamed layer stands where it
    stood."""
    kinds = {node.id: type(node.layer) for node in then.nodes}
    by_name = {node.id: node.id for node in now.nodes if kinds.get(node.id) is type(node.layer)}
    by_place = {new.id: old.id for new, old in zip(now.nodes, then.nodes, strict=False)}
    same_kinds = [type(node.layer) for node in now.nodes] == [type(node.layer) for node in then.nodes]
    if same_kinds and _unchanged(by_place, now, then) > _unchanged(by_name, now, then):
        return by_place
    return _with_neighbours(by_name, now, then)


def _unchanged(names: Mapping[str, str], now: NetworkSpec, then: NetworkSpec) -> int:
    """How many layers have the same settings and the same sources."""
    return sum(
        now.node(new).layer == then.node(old).layer
        and [names.get(source) for source in now.sources(new)] == list(then.sources(old))
        for new, old in names.items()
    )


def _with_neighbours(names: dict[str, str], now: NetworkSpec, then: NetworkSpec) -> dict[str, str]:
    """Those known by name, and layers of other names that are fed by the same or feed the same."""
    gone = {node.id: node for node in then.nodes if node.id not in names.values()}
    if not gone or len(names) == len(now.nodes):
        return names
    order = [node for node in now.ordered() if node.id not in names]
    for node, (new_around, old_around) in [
        *((node, (now.sources, then.sources)) for node in order),
        *((node, (now.targets, then.targets)) for node in reversed(order)),
    ]:
        around = [names.get(name) for name in new_around(node.id)]
        if node.id in names or not around:
            continue
        for old in gone.values():
            if type(old.layer) is type(node.layer) and list(old_around(old.id)) == around:
                names[node.id] = gone.pop(old.id).id
                break
    return names


def mixes(layer: Layer) -> bool:
    """Whether every channel that comes out has been weighed anew, so that one going in can be cut in two unnoticed."""
    return layer.family in (Family.CONVOLUTION, Family.DENSE)


def exposed(spec: NetworkSpec, order: Sequence[Node]) -> set[str]:
    """Layers whose channels are, unweighed, the network's answer: none of them can be there twice. ``order`` is that
    of computation."""
    found = {node.id for node in spec.nodes if node.layer.family is Family.OUTPUT}
    for node in reversed(order):
        if node.id in found and not mixes(node.layer):
            found.update(spec.sources(node.id))
    return found


def grain(spec: NetworkSpec, node_id: str) -> int:
    """How many units in a row become one channel, where a layer further on folds them into pictures; otherwise 1."""
    left, seen = [*spec.targets(node_id)], set[str]()
    while left:
        name = left.pop()
        if name in seen:
            continue
        seen.add(name)
        layer = spec.node(name).layer
        if isinstance(layer, Reshape):
            return layer.height * layer.width
        if not mixes(layer):
            left += spec.targets(name)
    return 1
