"""What was measured, arranged as people read it: phases, in each the layers, in each a row for every device. No Qt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nnstudio.engine.backend import Phase
from nnstudio.engine.xray import Comparison, Row, XRay
from nnstudio.network import LAYERS, Family
from nnstudio.units import figure

OPTIMIZER = "All weights"
"""What the update works on: it belongs to no layer."""
_MILLISECONDS_FROM = 10e-3


@dataclass(frozen=True)
class Findings:
    """The X-rays of one network, one a device, and what they differ in when there are two."""

    xrays: tuple[XRay, ...]
    comparison: Comparison | None = None


@dataclass(frozen=True)
class Line:
    """A layer in a phase; ``rows`` has one entry a device, ``None`` where that device does no such work."""

    node: str
    kind: str
    phase: Phase
    rows: tuple[Row | None, ...]

    @property
    def name(self) -> str:
        return self.node or OPTIMIZER

    @property
    def family(self) -> Family | None:
        """The layer's family; ``None`` for what belongs to no layer."""
        return LAYERS[self.kind].family if self.kind in LAYERS else None

    @property
    def ratio(self) -> float | None:
        return ratio([row.seconds if row else None for row in self.rows])


@dataclass(frozen=True)
class Section:
    """A phase with its lines in the order of computation, and what they add up to on each device."""

    phase: Phase
    lines: tuple[Line, ...]

    @property
    def seconds(self) -> tuple[float, ...]:
        return self._sums("seconds")

    @property
    def shares(self) -> tuple[float, ...]:
        return self._sums("share")

    @property
    def ratio(self) -> float | None:
        return ratio(self.seconds)

    def _sums(self, field: str) -> tuple[float, ...]:
        per_device = zip(*(line.rows for line in self.lines), strict=True)
        return tuple(sum(getattr(row, field) for row in rows if row) for rows in per_device)


def sections(xrays: tuple[XRay, ...]) -> tuple[Section, ...]:
    """The phases of a step, rows of the same layer beside each other."""
    by_place = [{(row.phase, row.node): row for row in xray.rows} for xray in xrays]
    places = dict.fromkeys(place for rows in by_place for place in rows)
    lines = []
    for phase, node in places:
        rows = tuple(found.get((phase, node)) for found in by_place)
        kind = next(row.kind for row in rows if row)
        lines.append(Line(node, kind, phase, rows))
    return tuple(
        Section(phase, members) for phase in Phase if (members := tuple(line for line in lines if line.phase is phase))
    )


def ratio(seconds: Iterable[float | None]) -> float | None:
    """How many times as long the second takes; ``None`` unless there are two to compare."""
    match list(seconds):
        case [float(first), float(second)] if first > 0:
            return second / first
    return None


# ---- figures with as many digits as they deserve


def time_unit(seconds: Iterable[float]) -> tuple[str, float]:
    """One unit for a whole column, and how many of it a second has: a column is read downwards."""
    return ("ms", 1e3) if max(seconds, default=0.0) >= _MILLISECONDS_FROM else ("µs", 1e6)


def percent(share: float) -> str:
    """``0.123`` as people write it."""
    return f"{share:.1%}".replace("%", " %")


def times(value: float) -> str:
    """A ratio, as in ``3.4×``."""
    return f"{figure(value)}×"
