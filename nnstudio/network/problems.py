"""What can be wrong with a network, and how it is told."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from nnstudio.network.repairs import Repair


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Problem:
    """What is wrong, where (``None``: the network as a whole), what to change, and an edit that does so."""

    node: str | None
    message: str
    hint: str
    severity: Severity = Severity.ERROR
    repair: Repair | None = None

    def __str__(self) -> str:
        return f"{self.node + ': ' if self.node else ''}{self.message}: {self.hint}"


@dataclass(frozen=True)
class Finding:
    """A problem, and all that might mend it, the best first.

    ``key`` tells problems of one layer apart: the rule that found it, or what is wrong in words. The copies of a
    repeated layer have one problem between them.
    """

    problem: Problem
    repairs: tuple[Repair, ...] = ()
    key: str = ""

    @property
    def identity(self) -> tuple[str | None, str]:
        return self.problem.node, self.key or self.problem.message

    @property
    def is_error(self) -> bool:
        return self.problem.severity is Severity.ERROR


def error(node: str | None, message: str, hint: str, *repairs: Repair) -> Finding:
    """A finding that keeps the network from running."""
    return Finding(Problem(node, message, hint), repairs)
