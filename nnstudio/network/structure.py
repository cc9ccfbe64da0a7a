"""Problems of how layers are connected, whatever their settings, and what might mend them.

Repairs are proposals in the order in which they are tried; many fail in many networks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from graphlib import CycleError

from nnstudio.network.facts import Facts
from nnstudio.network.layers import Family, Layer, shape_text
from nnstudio.network.layers.dense import Dense
from nnstudio.network.layers.flatten import Flatten
from nnstudio.network.layers.input import Input
from nnstudio.network.layers.softmax_output import SoftmaxOutput
from nnstudio.network.nodes import Connection, Node, SpecError
from nnstudio.network.problems import Finding, error
from nnstudio.network.repairs import Repair, put_before, put_behind, put_first, take_out, take_out_all
from nnstudio.network.spec import NetworkSpec

USUAL_CLASSES = 10
MOST_PROPOSALS = 4
"""Layers that a repair proposes to connect another to."""


def cannot_be_computed(spec: NetworkSpec, reason: SpecError) -> Finding:
    """A network with a loop, or with a block that cannot be repeated."""
    hint = reason.hint.rstrip(".")
    repairs = [*_cut_loop(spec, reason), *(_repeat_once(group.id) for group in spec.groups if group.repeat > 1)]
    return error(None, reason.message.rstrip("."), hint[:1].lower() + hint[1:], *repairs)


def _cut_loop(spec: NetworkSpec, reason: SpecError) -> Iterator[Repair]:
    """Remove one of the loop's connections, preferably one that leads back to a layer listed earlier."""
    if isinstance(reason.__cause__, CycleError):
        around = set(reason.__cause__.args[1])
        place = {node.id: number for number, node in enumerate(spec.nodes)}
        links = [link for link in spec.connections if link.source in around and link.target in around]
        for link in sorted(links, key=lambda link: place[link.source] < place[link.target])[:MOST_PROPOSALS]:
            yield _disconnect(link)


def _disconnect(link: Connection) -> Repair:
    return Repair(
        f"Remove the connection {link.source} → {link.target}", lambda spec: spec.disconnect(link.target, link.port)
    )


def _repeat_once(group_id: str) -> Repair:
    return Repair(f"Repeat {group_id} only once", lambda spec: spec.change_group(group_id, repeat=1))


# ---- inputs of layers


def takes(layer: Layer, count: int) -> bool:
    """Whether a layer may have so many inputs."""
    return count >= layer.takes if layer.takes_more else count == layer.takes


def wrong_inputs(facts: Facts, node: Node) -> Finding:
    """A layer with too many inputs or too few."""
    title, wanted, got = node.layer.title, node.layer.takes, len(facts.sources[node.id])
    name = facts.origin[node.id]
    if got > wanted:
        accepts = {0: "no input", 1: "one input"}.get(wanted, f"{wanted} inputs")
        return error(
            name,
            f"{title} takes {accepts} but has {got}",
            "remove the surplus connection",
            _without_surplus(name, wanted),
        )
    least = "at least " if node.layer.takes_more else ""
    message = f"{title} needs {least}{wanted} inputs and has {got}" if got else f"{title} has no input"
    repairs = [*_feeding(facts, node.id)]
    if not got and not facts.of_family(Family.INPUT):
        repairs.insert(0, _add_input())
    if got == 1 and wanted > 1:
        repairs.append(take_out(name))
    return error(name, message, "connect a layer to it", *repairs)


def _without_surplus(name: str, wanted: int) -> Repair:
    def edit(spec: NetworkSpec) -> NetworkSpec:
        for link in spec.incoming(name)[wanted:]:
            spec = spec.disconnect(name, link.port)
        return spec

    return Repair("Remove the surplus connection", edit)


def _feeding(facts: Facts, taker: str) -> Iterator[Repair]:
    """Connect one of the layers listed before it, the nearest first, and best of all one that feeds nothing yet."""
    nodes, name = [node.id for node in facts.flat.nodes], facts.origin[taker]
    here = nodes.index(taker)
    givers = [
        giver
        for giver in (*reversed(nodes[:here]), *nodes[here + 1 :])
        if facts.layers[giver].family is not Family.OUTPUT and giver not in facts.sources[taker]
    ]
    givers.sort(key=lambda giver: bool(facts.targets[giver]))
    for giver in list(dict.fromkeys(facts.origin[giver] for giver in givers))[:MOST_PROPOSALS]:
        yield _connect(giver, name, f"Connect {giver} to it")


def _connect(giver: str, taker: str, title: str) -> Repair:
    """Into the first input that is free."""

    def edit(spec: NetworkSpec) -> NetworkSpec:
        fed = {link.port for link in spec.incoming(taker)}
        return spec.connect(giver, taker, next(port for port in range(len(fed) + 1) if port not in fed))

    return Repair(title, edit)


# ---- the network as a whole


def structure(facts: Facts) -> Iterator[Finding]:
    """Whether it has one input, one output, and no layers that lead nowhere."""
    if not facts.order:
        yield error(
            None, "The network is empty", "add an Input layer, or start from a preset",
            Repair("Add an Input, a Dense layer and a Softmax output", lambda spec: _smallest(spec, facts.classes)),
        )  # fmt: skip
        return
    ends = [node.id for node in facts.flat.nodes if not facts.targets[node.id]]
    yield from _inputs(facts)
    if len(ends) > 1:
        yield from (_unused(facts, name) for name in ends if facts.layers[name].family is not Family.OUTPUT)
    yield from _outputs(facts, ends)
    yield from _wrong_pictures(facts)


def _smallest(spec: NetworkSpec, classes: int | None) -> NetworkSpec:
    spec = put_first(spec, Input())
    return put_behind(spec, spec.nodes[0].id, [Flatten(), Dense(units=classes or USUAL_CLASSES), SoftmaxOutput()])


def _add_input() -> Repair:
    return Repair("Add an Input", lambda spec: put_first(spec, Input()))


def _inputs(facts: Facts) -> Iterator[Finding]:
    inputs = list(dict.fromkeys(facts.origin[name] for name in facts.of_family(Family.INPUT)))
    if not inputs:
        yield error(None, "The network has no input", "add an Input layer at its start", _add_input())
    for name in inputs[1:]:
        yield error(name, "There is more than one input", "keep one Input layer", _instead(name, inputs[0]))


def _instead(name: str, other: str) -> Repair:
    """One layer feeds what another has fed."""

    def edit(spec: NetworkSpec) -> NetworkSpec:
        for link in spec.outgoing(name):
            spec = spec.connect(other, link.target, link.port)
        return spec.remove(name)

    return Repair(f"Use {other} instead", edit)


def _unused(facts: Facts, name: str) -> Finding:
    """A layer that leads nowhere: something may wait for it, or else it goes, with all that leads only to it."""
    designed = facts.origin[name]
    waiting = [node.id for node in facts.order if node.layer.takes > len(facts.sources[node.id]) and node.id != name]
    repairs = [_connect(designed, facts.origin[taker], f"Connect it to {facts.origin[taker]}") for taker in waiting]
    return error(
        designed,
        f"Nothing uses the output of {facts.layers[name].title}",
        "connect it onwards or remove it",
        *repairs[:MOST_PROPOSALS],
        take_out_all(_only_for(facts, name)),
    )


def _only_for(facts: Facts, name: str) -> list[str]:
    """A layer and those before it that lead to nothing else, by their designed names."""
    gone, left = [name], list(facts.sources[name])
    while left:
        before = left.pop()
        if before not in gone and all(target in gone for target in facts.targets[before]):
            gone.append(before)
            left += facts.sources[before]
    return list(dict.fromkeys(facts.origin[one] for one in gone))


def _outputs(facts: Facts, ends: list[str]) -> Iterator[Finding]:
    outputs = list(dict.fromkeys(facts.origin[name] for name in facts.of_family(Family.OUTPUT)))
    if not outputs:
        last = facts.origin[ends[-1]] if ends else None
        repairs = _endings(last, facts.classes or USUAL_CLASSES) if last else ()
        yield error(last, "The network has no output", "add a Softmax output layer at its end", *repairs)
    for name in outputs[1:]:
        extra = [flat for flat, origin in facts.origin.items() if origin == name]
        yield error(
            name, "There is more than one output", "keep one output layer",
            take_out(name), take_out_all(_only_for(facts, extra[0])),
        )  # fmt: skip
    followed = dict.fromkeys(facts.origin[name] for name in facts.of_family(Family.OUTPUT) if facts.targets[name])
    for name in followed:
        yield error(
            name, "A layer follows the output", "move the output layer to the end", *_moves_to_end(ends, facts, name)
        )


def _endings(last: str, classes: int) -> Iterator[Repair]:
    """What makes an answer of a vector of scores, of a picture, or of other values."""
    yield Repair("Add a Softmax output", lambda spec: put_behind(spec, last, [SoftmaxOutput()]))
    ending = (Flatten(), Dense(units=classes), SoftmaxOutput())
    yield Repair("Add Flatten, Dense and a Softmax output", lambda spec: put_behind(spec, last, ending))


def _moves_to_end(ends: Iterable[str], facts: Facts, output: str) -> Iterator[Repair]:
    """Take the output out of its place and put it behind the end."""
    for end in dict.fromkeys(facts.origin[name] for name in ends):

        def edit(spec: NetworkSpec, end: str = end) -> NetworkSpec:
            moved = spec.node(output)
            spec = spec.remove(output).add(moved.layer, output)
            return spec.connect(end, output)

        if end != output:
            yield Repair(f"Move it behind {end}", edit)


def _wrong_pictures(facts: Facts) -> Iterator[Finding]:
    """A network that answers with a picture learns to give the one that it was given."""
    inputs = [name for name in facts.of_family(Family.INPUT) if name in facts.reports]
    outputs = [name for name in facts.of_family(Family.OUTPUT) if name in facts.reports]
    for name in outputs if inputs else ():
        answer, given = facts.reports[name].output, facts.reports[inputs[0]].output
        if len(answer) == 3 and answer != given:
            yield error(
                facts.origin[name],
                f"The network answers with a picture of {shape_text(answer)} and is given one of {shape_text(given)}",
                "make them the same size, or insert a Flatten layer before the output",
                _flatten_before(facts.origin[name]),
            )


def _flatten_before(name: str) -> Repair:
    return Repair("Insert Flatten before it", lambda spec: put_before(spec, name, {0: Flatten()}))
