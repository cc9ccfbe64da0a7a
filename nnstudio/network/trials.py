"""Which repairs help: each is tried on the network before it is offered, as far as there is time for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from nnstudio.network.examination import Examination
from nnstudio.network.nodes import SpecError
from nnstudio.network.problems import Finding, Problem
from nnstudio.network.repairs import Repair
from nnstudio.network.spec import NetworkSpec

LAYERS_TRIED, FEWEST_TRIALS = 300, 3
"""A trial costs another check, so large networks get few of them: as many layers as this, all together."""

Examine = Callable[[NetworkSpec], Examination]


def with_repairs(spec: NetworkSpec, found: Examination, examine: Examine) -> tuple[Problem, ...]:
    """The problems, each with the first of its repairs that helps. Those that have none in time get it when the ones
    before them are mended."""
    left = max(FEWEST_TRIALS, LAYERS_TRIED // max(1, found.size))
    problems = []
    for finding in found.findings:
        offered = None
        for repair in finding.repairs:
            if not repair.certain and not left:
                break
            left -= not repair.certain
            if repair.certain or helps(spec, found, finding, repair, examine):
                offered = repair
                break
        problems.append(replace(finding.problem, repair=offered))
    return tuple(problems)


def helps(spec: NetworkSpec, found: Examination, finding: Finding, repair: Repair, examine: Examine) -> bool:
    """Whether an edit ends the problem and makes no error, but for errors that were there and could not be seen: those
    of layers behind broken ones."""
    try:
        after = examine(repair.edit(spec))
    except SpecError:
        return False
    if finding.identity in {other.identity for other in after.findings}:
        return False
    known = {other.identity for other in found.errors}
    return all(error.identity in known or _was_hidden(error, finding, found) for error in after.errors)


def _was_hidden(error: Finding, finding: Finding, found: Examination) -> bool:
    node = error.problem.node
    if node is None:
        return not found.ordered
    return node in found.hidden and node != finding.problem.node
