"""What the rules of ``check`` look at: the network as it is computed, with what is known of it so far."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from nnstudio.network.expansion import expand
from nnstudio.network.layers import Family, Layer
from nnstudio.network.nodes import Node
from nnstudio.network.problems import Finding, Problem, Severity
from nnstudio.network.repairs import Repair, take_out
from nnstudio.network.report import LayerReport
from nnstudio.network.spec import NetworkSpec


@dataclass(frozen=True)
class Facts:
    """A flat network in the order of computation. Names are those of flat layers unless they are called designed."""

    designed: NetworkSpec
    flat: NetworkSpec
    origin: Mapping[str, str]
    order: tuple[Node, ...]
    batch_size: int
    classes: int | None
    reports: dict[str, LayerReport] = field(default_factory=dict)

    @classmethod
    def of(cls, designed: NetworkSpec, batch_size: int, classes: int | None) -> Facts:
        """``SpecError`` when the network has a loop or cannot be written out."""
        expansion = expand(designed)
        flat = expansion.spec
        order = flat.nodes if _is_ordered(flat) else flat.ordered()
        return cls(designed, flat, expansion.origin, order, batch_size, classes)

    @cached_property
    def layers(self) -> dict[str, Layer]:
        return {node.id: node.layer for node in self.order}

    @cached_property
    def sources(self) -> dict[str, tuple[str, ...]]:
        incoming = self.flat.incoming
        return {node.id: tuple([link.source for link in incoming(node.id)]) for node in self.order}

    @cached_property
    def targets(self) -> dict[str, tuple[str, ...]]:
        outgoing = self.flat.outgoing
        return {node.id: tuple([link.target for link in outgoing(node.id)]) for node in self.order}

    def of_family(self, *families: Family) -> list[str]:
        """The layers of some families, as listed."""
        return [node.id for node in self.flat.nodes if node.layer.family in families]

    def source(self, name: str) -> str | None:
        """The layer that feeds another, if there is just one."""
        sources = self.sources[name]
        return sources[0] if len(sources) == 1 else None

    def back_from(self, name: str) -> Iterator[str]:
        """Against the stream as long as there is one source only, from the source of ``name`` on."""
        at = self.source(name)
        while at is not None:
            yield at
            at = self.source(at)

    @cached_property
    def maps(self) -> tuple[str, ...]:
        """The layers that mix their inputs by learned weights: convolutions and dense layers."""
        return tuple(name for name, layer in self.layers.items() if is_map(layer))

    @cached_property
    def filters(self) -> tuple[str, ...]:
        """Those of them that give pictures."""
        return tuple(name for name in self.maps if len(self.reports[name].output) == 3)

    def learned(self, name: str) -> int:
        return self.reports[name].parameter_count

    def copies(self, name: str) -> list[str]:
        """The layers that were designed as one with ``name``, itself included."""
        return self._copies[self.origin[name]]

    @cached_property
    def _copies(self) -> dict[str, list[str]]:
        copies = defaultdict[str, list[str]](list)
        for name in self.layers:
            copies[self.origin[name]].append(name)
        return copies

    def take_out(self, name: str) -> list[Repair]:
        """The repair that removes a layer which keeps the shape; none for one that is repeated and may be needed
        elsewhere."""
        return [take_out(self.origin[name], certain=True)] if len(self.copies(name)) == 1 else []

    def warn(self, name: str | None, message: str, hint: str, *repairs: Repair) -> Finding:
        """A finding about a layer, by its designed name, that does not keep the network from running."""
        designed = self.origin[name] if name else None
        return Finding(Problem(designed, message, hint, Severity.WARNING), repairs)


def _is_ordered(flat: NetworkSpec) -> bool:
    """Whether every layer is listed behind its sources, as nearly always; sorting takes far longer than looking."""
    place = {node.id: number for number, node in enumerate(flat.nodes)}
    return all(place[link.source] < place[link.target] for link in flat.connections)


def is_map(layer: Layer) -> bool:
    """Whether it mixes its inputs by learned weights."""
    return layer.linear and layer.family in (Family.CONVOLUTION, Family.DENSE)
