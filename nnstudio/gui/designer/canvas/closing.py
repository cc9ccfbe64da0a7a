"""The network as it is drawn: what a closed block holds is one block on the canvas."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import ClassVar

from nnstudio.gui.designer.blocks.content import BlockContent, Whole, share_text
from nnstudio.gui.designer.editing import parts
from nnstudio.gui.designer.editing.edits import Place, places
from nnstudio.gui.designer.signs.texts import output_text
from nnstudio.gui.models.network_model import NetworkModel
from nnstudio.network import Connection, Family, Group, Layer, NetworkSpec, Node
from nnstudio.units import counted


class ClosedBlock(Layer):
    """Stands for the layers of a group. It is drawn and never computed, so no list of layers has it."""

    title: ClassVar[str] = "Block"
    family: ClassVar[Family] = Family.MERGE
    summary: ClassVar[str] = "Layers that belong together."
    prefix: ClassVar[str] = "block"
    takes_more: ClassVar[bool] = True


@dataclass(frozen=True)
class Drawing:
    """What the canvas shows of a network."""

    designed: NetworkSpec
    network: NetworkSpec
    """With a `ClosedBlock` in place of each closed group's layers."""
    closed: Mapping[str, Group]
    real: Mapping[Connection, tuple[Connection, ...]]
    """The connections of the designed network that a drawn one stands for."""

    def shown(self, node_id: str) -> str:
        """The block that shows a layer: its own, or that of the closed group it is in."""
        return next((name for name, group in self.closed.items() if node_id in group.members), node_id)

    def end_of(self, name: str) -> str:
        """The layer whose output leaves the drawn block of that name."""
        if name not in self.closed:
            return name
        members = self.closed[name].members
        return next(member for member in reversed(members) if not set(self.designed.targets(member)) & set(members))

    def places(self) -> dict[Place, Place]:
        """Every place for a layer in the designed network, and the place where it is drawn."""
        found = {}
        for drawn in places(self.network):
            if drawn.connection is None:
                found[Place(self.end_of(drawn.source))] = drawn
            else:
                first, *others = self.real[drawn.connection]
                found[Place(first.source, first, tuple(others))] = drawn
        return found


def draw(spec: NetworkSpec, opened: Collection[str]) -> Drawing:
    """Close every block that is not opened. One that a way leaves and enters again is drawn open: closed, it would
    stand on both sides of what lies between."""
    closed = {
        group.id: group for group in spec.groups if group.id not in opened and not parts.left_out(spec, group.members)
    }
    if not closed:
        return Drawing(spec, spec, {}, {link: (link,) for link in spec.connections})
    block_of = {member: group.id for group in closed.values() for member in group.members}
    nodes: dict[str, Node] = {}
    for node in spec.nodes:
        if name := block_of.get(node.id):
            nodes.setdefault(name, Node(id=name, layer=ClosedBlock(), at=closed[name].at))
        else:
            nodes[node.id] = node
    real = _bundled(spec, block_of)
    network = NetworkSpec(name=spec.name, nodes=tuple(nodes.values()), connections=tuple(real))
    return Drawing(spec, network, closed, real)


def _bundled(spec: NetworkSpec, block_of: Mapping[str, str]) -> dict[Connection, tuple[Connection, ...]]:
    """The drawn connections: those from one block into the same closed block are one, and inside it there are none."""
    ports: dict[str, dict[str, int]] = {}
    real: dict[Connection, tuple[Connection, ...]] = {}
    for link in spec.connections:
        source, target = block_of.get(link.source, link.source), block_of.get(link.target, link.target)
        if source == target and target in block_of.values():
            continue
        port = link.port
        if target != link.target:
            taken = ports.setdefault(target, {})
            port = taken.setdefault(link.source, len(taken))
        drawn = Connection(source=source, target=target, port=port)
        real[drawn] = (*real.get(drawn, ()), link)
    return real


def group_content(network: NetworkModel, group: Group, fed: Collection[int], whole: Whole) -> BlockContent:
    """What a closed block shows: all its layers, in all repetitions, taken together."""
    check, members = network.check, set(group.members)
    copies = [name for name, designed in network.origin.items() if designed in members]
    learned = sum(check.layers[name].parameter_count for name in copies if name in check.layers)
    end = [name for name in copies if not {network.origin[t] for t in network.flat.targets(name)} & members]
    report = check.layers.get(end[-1]) if end else None
    layers, parameters = counted(len(members), "layer"), counted(learned, "parameter") if learned else ""
    problems = tuple(problem for problem in check.problems if problem.node in members)
    parts_spoken = [f"Block {group.id}", layers, f"repeated {group.repeat} times" if group.repeat > 1 else ""]
    parts_spoken += [f"output {output_text(report)}", parameters, *(f"{p.severity}: {p.message}" for p in problems)]
    return BlockContent(
        node_id="",
        family=Family.MERGE,
        title=group.id,
        settings="",
        output=output_text(report),
        parameters=parameters,
        untrained=False,
        problems=problems,
        spoken="; ".join(filter(None, parts_spoken)),
        inputs=(True,) * max(1, len(fed)),
        needed=0,
        gives=all(network.spec.node(name).layer.family is not Family.OUTPUT for name in members),
        members=tuple(network.spec.node(name).layer.family for name in group.members),
        repeat=group.repeat,
        share=whole.share(members),
        share_text=share_text(whole.share(members), whole.look.share),
    )
