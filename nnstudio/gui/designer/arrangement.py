"""Where a network's blocks stand: columns by longest path from the inputs, rows for branches. Without Qt.

The layering is the first step of Sugiyama's method (1981). A chain is one row. A branch gets the nearest free row, and
a connection that jumps over columns gets a lane of its own, so that it never runs behind a block.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count

from nnstudio.network import Connection, NetworkSpec, SpecError

Cell = tuple[int, int]
"""Column and row."""


@dataclass(frozen=True)
class Arrangement:
    """The cell of each node, and the row in which each connection longer than one column travels."""

    cells: Mapping[str, Cell]
    lanes: Mapping[Connection, int]


def arrange(spec: NetworkSpec) -> Arrangement:
    """Cells for every node; the row of each chain of the network stays straight where it can."""
    columns = _columns(spec)
    taken: set[Cell] = set()
    cells: dict[str, Cell] = {}
    for name in sorted(columns, key=lambda name: columns[name]):
        rows = [cells[source][1] for source in spec.sources(name) if source in cells]
        row = next(row for row in _near(rows[0] if rows else 0) if (columns[name], row) not in taken)
        cells[name] = (columns[name], row)
        taken.add(cells[name])
    lanes: dict[Connection, int] = {}
    for link in spec.connections:
        between = range(columns[link.source] + 1, columns[link.target])
        if between:
            row = cells[link.source][1]
            lanes[link] = next(r for r in _near(row) if not any((column, r) in taken for column in between))
            taken.update((column, lanes[link]) for column in between)
    return Arrangement(cells, lanes)


def _columns(spec: NetworkSpec) -> dict[str, int]:
    """The longest path to each node. In a loop there is none: then the nodes stand as they are listed."""
    try:
        order = spec.ordered()
    except SpecError:
        return {node.id: index for index, node in enumerate(spec.nodes)}
    columns: dict[str, int] = {}
    for node in order:
        columns[node.id] = max((columns[source] + 1 for source in spec.sources(node.id)), default=0)
    return columns


def _near(row: int) -> Iterator[int]:
    """Rows from the nearest outwards, the one below first."""
    yield row
    for distance in count(1):
        yield row + distance
        yield row - distance
