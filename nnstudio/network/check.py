"""Shapes, costs and problems of a network, known before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from math import prod

from nnstudio.network.expansion import expand
from nnstudio.network.layers import Family, Layer, LayerError, Parameter, Shape, shape_text
from nnstudio.network.spec import NetworkSpec, Node, SpecError

BYTES_PER_VALUE = 4
MAX_PARAMETERS = 2**28
"""Parameters of one layer: 2**28 floats are 1 GiB, more than a small laboratory can train."""
MAX_ACTIVATIONS = 2**28
"""Values of one layer for one image."""


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Problem:
    """What is wrong, where (``None``: the network as a whole), and what to change."""

    node: str | None
    message: str
    hint: str
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        return f"{self.node + ': ' if self.node else ''}{self.message}: {self.hint}"


@dataclass(frozen=True)
class LayerReport:
    """One layer's shapes and costs; ``bytes`` counts parameters and one batch of outputs, each with its gradients."""

    node: str
    inputs: tuple[Shape, ...]
    output: Shape
    parameters: tuple[Parameter, ...]
    multiply_adds: int
    bytes: int

    @property
    def parameter_count(self) -> int:
        """Values that are learned."""
        return sum(parameter.size for parameter in self.parameters if parameter.learned)


@dataclass(frozen=True)
class Check:
    """The result of ``check``: a report for each layer whose shapes are known, and all problems."""

    layers: Mapping[str, LayerReport]
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        return not any(problem.severity is Severity.ERROR for problem in self.problems)

    @property
    def parameter_count(self) -> int:
        return sum(report.parameter_count for report in self.layers.values())

    @property
    def multiply_adds(self) -> int:
        return sum(report.multiply_adds for report in self.layers.values())

    @property
    def bytes(self) -> int:
        return sum(report.bytes for report in self.layers.values())

    def problems_of(self, node: str) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.node == node)


def check(spec: NetworkSpec, batch_size: int = 64) -> Check:
    """Walk through ``spec`` and report every layer's shapes and costs and every problem; never raises.

    A layer behind a broken one is not blamed for it: it has no report and no problem of its own. Reports are of the
    network as it is computed (``expand``); problems name the layers as they are designed.
    """
    try:
        expansion = expand(spec)
        spec, order = expansion.spec, expansion.spec.ordered()
    except SpecError as error:
        return Check({}, (_as_problem(error),))
    reports: dict[str, LayerReport] = {}
    problems: list[Problem] = []
    for node in order:
        sources = spec.sources(node.id)
        if not _takes(node.layer, len(sources)):
            problems.append(_wrong_inputs(node, len(sources)))
        elif all(source in reports for source in sources):
            try:
                reports[node.id] = _report(node, tuple(reports[source].output for source in sources), batch_size)
            except LayerError as error:
                problems.append(Problem(node.id, error.message, error.hint))
    problems += _structure_problems(spec)
    problems += [*_wrong_pictures(spec, reports), *_dead_ends(spec, reports)]
    designed = (replace(p, node=expansion.origin[p.node]) if p.node else p for p in problems)
    return Check(reports, tuple(dict.fromkeys(designed)))


def _as_problem(error: SpecError) -> Problem:
    """The error's two sentences in the form that problems have."""
    hint = error.hint.rstrip(".")
    return Problem(None, error.message.rstrip("."), hint[:1].lower() + hint[1:])


def _report(node: Node, inputs: tuple[Shape, ...], batch_size: int) -> LayerReport:
    layer = node.layer
    output = layer.output_shape(inputs)
    parameters = layer.parameters(inputs)
    learned, values = sum(parameter.size for parameter in parameters), prod(output)
    _require_size(layer, learned, values)
    used = 2 * BYTES_PER_VALUE * (learned + batch_size * values)
    return LayerReport(node.id, inputs, output, parameters, layer.multiply_adds(inputs), used)


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


def _takes(layer: Layer, count: int) -> bool:
    return count >= layer.takes if layer.takes_more else count == layer.takes


def _wrong_inputs(node: Node, got: int) -> Problem:
    title, wanted = node.layer.title, node.layer.takes
    if got > wanted:
        takes = {0: "no input", 1: "one input"}.get(wanted, f"{wanted} inputs")
        return Problem(node.id, f"{title} takes {takes} but has {got}", "remove the surplus connection")
    least = "at least " if node.layer.takes_more else ""
    message = f"{title} needs {least}{wanted} inputs and has {got}" if got else f"{title} has no input"
    return Problem(node.id, message, "connect a layer to it")


def _structure_problems(spec: NetworkSpec) -> list[Problem]:
    if not spec.nodes:
        return [Problem(None, "The network is empty", "add an Input layer, or start from a preset")]
    problems: list[Problem] = []
    inputs = [node for node in spec.nodes if node.layer.family is Family.INPUT]
    if not inputs:
        problems.append(Problem(None, "The network has no input", "add an Input layer at its start"))
    problems += [Problem(node.id, "There is more than one input", "keep one Input layer") for node in inputs[1:]]
    ends = [node for node in spec.nodes if not spec.targets(node.id)]
    for node in ends:
        if node.layer.family is not Family.OUTPUT and len(ends) > 1:
            problems.append(
                Problem(node.id, f"Nothing uses the output of {node.layer.title}", "connect it onwards or remove it")
            )
    outputs = [node for node in spec.nodes if node.layer.family is Family.OUTPUT]
    if not outputs:
        problems.append(
            Problem(ends[-1].id if ends else None, "The network has no output", "add a Softmax output layer at its end")
        )
    problems += [Problem(node.id, "There is more than one output", "keep one output layer") for node in outputs[1:]]
    problems += [
        Problem(node.id, "A layer follows the output", "move the output layer to the end")
        for node in outputs
        if spec.targets(node.id)
    ]
    return problems


def _wrong_pictures(spec: NetworkSpec, reports: Mapping[str, LayerReport]) -> list[Problem]:
    """A network that answers with a picture learns to give the one that it was given."""
    given = next((reports[node.id].output for node in spec.nodes if _is(node, Family.INPUT, reports)), None)
    return [
        Problem(
            node.id,
            f"The network answers with a picture of {shape_text(reports[node.id].output)} and is given one of "
            f"{shape_text(given)}",
            "make them the same size, or insert a Flatten layer before the output",
        )
        for node in spec.nodes
        if given and _is(node, Family.OUTPUT, reports) and len(reports[node.id].output) == 3
        if reports[node.id].output != given
    ]


def _is(node: Node, family: Family, reports: Mapping[str, LayerReport]) -> bool:
    return node.layer.family is family and node.id in reports


def _dead_ends(spec: NetworkSpec, reports: Mapping[str, LayerReport]) -> list[Problem]:
    """Layers that let no gradient through, where somebody behind waits for one that comes no other way."""
    stopped = [node for node in spec.nodes if not node.layer.differentiable]
    if not stopped:
        return []
    reached = {node.id for node in spec.nodes if node.layer.family is Family.OUTPUT}
    for node in reversed(spec.ordered()):
        if node.id in reached and node.layer.differentiable:
            reached.update(spec.sources(node.id))
    waiting = {name for name, report in reports.items() if report.parameter_count} - reached
    return [
        Problem(
            node.id,
            f"{node.layer.title} has no slope, so nothing before it can learn",
            "put it before all layers with weights, or choose another",
            Severity.WARNING,
        )
        for node in stopped
        if not waiting.isdisjoint(_before(spec, node.id))
    ]


def _before(spec: NetworkSpec, node_id: str) -> set[str]:
    """All nodes that have a part in what ``node_id`` is given."""
    found, left = set[str](), [*spec.sources(node_id)]
    while left:
        node = left.pop()
        if node not in found:
            found.add(node)
            left += spec.sources(node)
    return found
