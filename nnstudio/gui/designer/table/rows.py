"""What the table shows of each layer. Without Qt."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nnstudio.gui.designer.signs.texts import output_text
from nnstudio.gui.designer.table import steps
from nnstudio.network import Check, Group, LayerReport, NetworkSpec, Node, Problem, SpecError, expand
from nnstudio.network.settings_text import settings_line

NONE = "–"
"""A figure that there is not: of a muted layer, or behind a mistake."""


@dataclass(frozen=True)
class Row:
    """One layer as the table shows it. Figures are those of all copies of a repeated layer, or None if unknown."""

    node: Node
    inputs: str
    output: str
    parameters: int | None
    multiply_adds: int | None
    share: float | None
    """Of all parameters of the network; None where there are none."""
    block: str
    problems: tuple[Problem, ...]

    @property
    def name(self) -> str:
        return self.node.id

    @property
    def settings(self) -> str:
        return settings_line(self.node.layer)

    @property
    def problem_text(self) -> str:
        return "; ".join(f"{problem.message}: {problem.hint}" for problem in self.problems)


def table_rows(spec: NetworkSpec, check: Check) -> list[Row]:
    """The layers in the order in which pictures pass them, or as listed where they form a loop."""
    try:
        nodes = spec.ordered()
    except SpecError:
        nodes = spec.nodes
    copies, total = _copies(spec), check.parameter_count
    blocks = {name: block_text(group) for group in spec.groups for name in group.members}
    problems = defaultdict[str | None, list[Problem]](list)
    for problem in check.problems:
        problems[problem.node].append(problem)
    return [
        _row(
            node,
            steps.inputs_line(spec.incoming(node.id)),
            [check.layers.get(name) for name in copies.get(node.id, (node.id,))],
            total,
            blocks.get(node.id, ""),
            tuple(problems[node.id]),
        )
        for node in nodes
    ]


def block_text(group: Group) -> str:
    """A block's name, and how often the network has it."""
    return group.id if group.repeat == 1 else f"{group.id} ×{group.repeat}"


def _copies(spec: NetworkSpec) -> Mapping[str, Sequence[str]]:
    """Of each layer in a repeated block the names of all that are computed; others are only themselves."""
    if all(group.repeat == 1 for group in spec.groups):
        return {}
    found = defaultdict[str, list[str]](list)
    try:
        for copy, name in expand(spec).origin.items():
            found[name].append(copy)
    except SpecError:
        return {}  # nothing is computed of such a network
    return found


def _row(
    node: Node,
    inputs: str,
    reports: Sequence[LayerReport | None],
    total: int,
    block: str,
    problems: tuple[Problem, ...],
) -> Row:
    known = [report for report in reports if report is not None]
    complete = bool(known) and len(known) == len(reports)
    parameters = sum(report.parameter_count for report in known) if complete else None
    return Row(
        node=node,
        inputs=inputs,
        output=output_text(known[-1]) if complete else NONE,
        parameters=parameters,
        multiply_adds=sum(report.multiply_adds for report in known) if complete else None,
        share=parameters / total if parameters is not None and total else None,
        block=block,
        problems=problems,
    )
