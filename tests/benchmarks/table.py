"""What was measured, as Markdown for the README and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nnstudio.units import figure
from tests.benchmarks.contest import Result
from tests.benchmarks.row import Goal, Row

HEAD = """| work | engine | measured (lowest – highest) | compared (lowest – highest) | wanted |
|---|---|---:|---:|---|"""


@dataclass(frozen=True)
class Measured:
    """A row, its results, and how much of the processor others used meanwhile (0 to 1)."""

    row: Row
    results: tuple[Result, ...]
    others: float

    @property
    def peer(self) -> Result | None:
        return self.row.best_peer(self.results)

    def ratios(self, result: Result) -> tuple[float, float, float] | None:
        """By the peer: of the medians, and the lowest and highest within a round."""
        peer = self.peer
        if peer is None:
            return None
        by_round = [self.row.ratio(*pair) for pair in zip(result.values, peer.values, strict=True)]
        return self.row.ratio(result.median, peer.median), min(by_round), max(by_round)

    def goal(self, result: Result) -> Goal | None:
        found = (goal for goal in self.row.goals if goal.name in result.name and not result.peer)
        return next(found, None)

    def lines(self) -> Iterator[str]:
        """Of the Markdown table."""
        for number, result in enumerate(self.results):
            work = "" if number else self.row.work
            cells = work, result.name, self._measured(result), self._compared(result), self._wanted(result)
            yield f"| {' | '.join(cells)} |"

    def _measured(self, result: Result) -> str:
        span = f" ({_digits(min(result.values))} – {_digits(max(result.values))})" if len(result.values) > 1 else ""
        return f"{_digits(result.median)} {self.row.unit}{span}"

    def _compared(self, result: Result) -> str:
        ratios = self.ratios(result)
        if ratios is None:
            return ""
        if result is self.peer:
            return "1"
        ratio, lowest, highest = ratios
        span = f" ({lowest:.2f} – {highest:.2f})" if len(result.values) > 1 else ""
        return f"{ratio:.2f} ×{span}"

    def _wanted(self, result: Result) -> str:
        goal = self.goal(result)
        if goal is None:
            return ""
        ratio = (self.ratios(result) or (1.0,))[0]
        return f"{goal.text(self.row.unit)}: {'reached' if goal.met(result.median, ratio) else 'missed'}"

    def as_json(self) -> dict[str, object]:
        return {
            "row": self.row.key,
            "work": self.row.work,
            "unit": self.row.unit,
            "others": self.others,
            "results": [
                {
                    "engine": result.name, "peer": result.peer, "median": result.median, "rounds": result.values,
                    "compared": self.ratios(result), "wanted": self._wanted(result),
                }
                for result in self.results
            ],
        }  # fmt: skip


def _digits(value: float) -> str:
    return figure(value) if value >= 1 else f"{value:.3f}"
