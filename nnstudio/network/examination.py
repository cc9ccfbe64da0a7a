"""All that is found out about a network in one walk through it, before repairs are chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod

from nnstudio.network.advice import advise
from nnstudio.network.facts import Facts
from nnstudio.network.layers import Layer, LayerError
from nnstudio.network.layers.remedies import MoveToPictures
from nnstudio.network.nodes import Node, SpecError
from nnstudio.network.problems import Finding, error
from nnstudio.network.reach import reach_of
from nnstudio.network.repairs import Repair, by_remedy
from nnstudio.network.report import LayerReport
from nnstudio.network.spec import NetworkSpec
from nnstudio.network.structure import cannot_be_computed, structure, takes, wrong_inputs

BYTES_PER_VALUE = 4
MAX_PARAMETERS = 2**28
"""Parameters of one layer: 2**28 floats are 1 GiB, more than a small laboratory can train."""
MAX_ACTIVATIONS = 2**28
"""Values of one layer for one image."""


@dataclass(frozen=True)
class Examination:
    """Reports by the names of the flat network, and findings by those of the designed one, errors first.

    ``size`` is how many layers are computed, ``ordered`` whether there was no loop, ``hidden`` the layers whose own
    problems could not be seen.
    """

    reports: Mapping[str, LayerReport]
    findings: tuple[Finding, ...]
    size: int
    ordered: bool
    hidden: frozenset[str]

    @cached_property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.is_error)


def examine(spec: NetworkSpec, batch_size: int, classes: int | None, *, advice: bool = True) -> Examination:
    """Walk through ``spec``; a layer behind a broken one is not blamed for it. Advice is for sound networks only: where
    something is broken, that comes first."""
    try:
        facts = Facts.of(spec, batch_size, classes)
    except SpecError as reason:
        names = frozenset(node.id for node in spec.nodes)
        return Examination({}, (cannot_be_computed(spec, reason),), len(spec.nodes), False, names)
    findings = [*_walk(facts), *structure(facts)]
    if not findings and advice:
        findings = advise(facts)
    hidden = frozenset(facts.origin[name] for name in facts.layers if name not in facts.reports)
    once = {finding.identity: finding for finding in reversed(findings)}
    findings = list(reversed(once.values()))
    findings.sort(key=lambda finding: not finding.is_error)
    return Examination(facts.reports, tuple(findings), len(facts.order), True, hidden)


def _walk(facts: Facts) -> list[Finding]:
    """Make the reports, and find layers that cannot work on what they get."""
    findings = []
    for node in facts.order:
        sources = facts.sources[node.id]
        if not takes(node.layer, len(sources)):
            findings.append(wrong_inputs(facts, node))
        elif all(source in facts.reports for source in sources):
            try:
                facts.reports[node.id] = _report(node, tuple(facts.reports[s] for s in sources), facts.batch_size)
            except LayerError as reason:
                findings.append(_broken(facts, node, reason))
    return findings


def _report(node: Node, sources: tuple[LayerReport, ...], batch_size: int) -> LayerReport:
    layer, inputs = node.layer, tuple(source.output for source in sources)
    output = layer.output_shape(inputs)
    parameters = layer.parameters(inputs)
    learned, values = sum(parameter.size for parameter in parameters), prod(output)
    _require_size(layer, learned, values)
    used = 2 * BYTES_PER_VALUE * (learned + batch_size * values)
    depth = 1 + max((source.depth for source in sources), default=0)
    reach = (reach_of(layer, sources, 0), reach_of(layer, sources, 1)) if len(output) == 3 else (None, None)
    products = layer.multiply_adds(inputs)
    return LayerReport(node.id, inputs, output, parameters, products, used, layer, sources, depth, reach)


def _require_size(layer: Layer, learned: int, values: int) -> None:
    if learned > MAX_PARAMETERS:
        raise LayerError(
            f"{layer.title} would have {learned:,} parameters",
            f"at most {MAX_PARAMETERS:,} fit: make its input or its size smaller",
        )
    if values > MAX_ACTIVATIONS:
        raise LayerError(
            f"{layer.title} would give {values:,} values for each image",
            f"at most {MAX_ACTIVATIONS:,} fit: make it smaller",
        )


def _broken(facts: Facts, node: Node, reason: LayerError) -> Finding:
    name, repairs = facts.origin[node.id], list[Repair]()
    for remedy in reason.remedies:
        if isinstance(remedy, MoveToPictures):
            repairs += _moved_to_pictures(facts, node.id)
        else:
            repairs += by_remedy(remedy, name, node.layer)
    return error(name, reason.message, reason.hint, *repairs)


def _moved_to_pictures(facts: Facts, name: str) -> list[Repair]:
    """Behind the last layer before it that gives a picture."""
    behind, mover = None, facts.origin[name]
    for before in facts.back_from(name):
        if len(facts.reports[before].output) == 3:
            break
        behind = before
    else:
        return []
    place = facts.origin[before]
    if behind is None or mover == place:
        return []
    return [Repair(f"Move it before {facts.origin[behind]}", lambda spec: spec.move_after(mover, place))]
