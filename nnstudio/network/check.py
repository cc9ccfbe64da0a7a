"""Shapes, costs and problems of a network, known before anything runs."""

from __future__ import annotations

from nnstudio.network.examination import Examination, examine
from nnstudio.network.problems import Problem, Severity
from nnstudio.network.repairs import Repair
from nnstudio.network.report import Check, LayerReport
from nnstudio.network.spec import NetworkSpec
from nnstudio.network.trials import with_repairs

__all__ = ["Check", "LayerReport", "Problem", "Repair", "Severity", "check"]


def check(spec: NetworkSpec, batch_size: int = 64, classes: int | None = None, *, advice: bool = True) -> Check:
    """Walk through ``spec`` and report every layer's shapes and costs and every problem; never raises.

    A layer behind a broken one is not blamed for it: it has no report and no problem of its own. Reports are of the
    network as it is computed (``expand``); problems and repairs are about the layers as they are designed. Sound
    networks get advice as well. ``classes`` is how many the data has, where that is known. Whoever runs the network
    instead of mending it needs neither advice nor repairs: without ``advice`` there are none, in half of the time.
    """

    def look(edited: NetworkSpec) -> Examination:
        """Advice about the edited network matters only where the repair is to follow advice."""
        return examine(edited, batch_size, classes, advice=not found.errors)

    found = examine(spec, batch_size, classes, advice=advice)
    problems = with_repairs(spec, found, look) if advice else tuple(finding.problem for finding in found.findings)
    return Check(found.reports, problems)
