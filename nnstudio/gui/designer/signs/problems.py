"""The sign of a problem."""

from __future__ import annotations

from nnstudio.network import Problem
from nnstudio.network.check import Severity


def worst(problems: tuple[Problem, ...]) -> Severity | None:
    """The more serious kind of problem among them."""
    return min((problem.severity for problem in problems), key=list(Severity).index, default=None)


def problem_icon(severity: Severity) -> str:
    """A sign whose shape alone tells an error from a warning."""
    return "close-octagon" if severity is Severity.ERROR else "alert"
