"""Where a network's blocks stand: columns by longest path from the inputs, rows for branches. Without Qt.

The layering is the first step of Sugiyama's method (1981). The longest path through the network is one straight row.
A branch gets the nearest free row, and a connection that jumps over columns gets a lane of its own, so that it never
runs behind a block.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count

from nnstudio.network import Connection, NetworkSpec, Node, SpecError

Cell = tuple[int, int]
"""Column and row."""


@dataclass(frozen=True)
class Arrangement:
    """The cell of each node, and the row in which each connection longer than one column travels."""

    cells: Mapping[str, Cell]
    lanes: Mapping[Connection, int]


def arrange(spec: NetworkSpec) -> Arrangement:
    """Cells for every node; of several paths the longest keeps its row."""
    try:
        order = spec.ordered()
    except SpecError:  # in a loop there is no longest path: then the nodes stand as they are listed
        columns, depths = {node.id: index for index, node in enumerate(spec.nodes)}, {}
    else:
        columns, depths = _columns(spec, order), _depths(spec, order)
    taken: set[Cell] = set()
    cells: dict[str, Cell] = {}
    for name in sorted(columns, key=lambda name: (columns[name], -depths.get(name, 0))):
        row = next(row for row in _near(_wanted_row(spec, name, cells)) if (columns[name], row) not in taken)
        cells[name] = (columns[name], row)
        taken.add(cells[name])
    return Arrangement(cells, _lanes(spec, cells, taken))


def _wanted_row(spec: NetworkSpec, name: str, cells: Mapping[str, Cell]) -> int:
    """The row of the source that is farthest on: the last of the longest path to here."""
    sources = [cells[source] for source in spec.sources(name) if source in cells]
    return max(sources, key=lambda cell: cell[0])[1] if sources else 0


def _lanes(spec: NetworkSpec, cells: Mapping[str, Cell], taken: set[Cell]) -> dict[Connection, int]:
    """A row for each connection that jumps, free in all columns between; short jumps lie nearer to the blocks."""
    lanes: dict[Connection, int] = {}

    def between(link: Connection) -> range:
        return range(cells[link.source][0] + 1, cells[link.target][0])

    for link in sorted(spec.connections, key=lambda link: len(between(link))):
        if columns := between(link):
            row = cells[link.source][1]
            lanes[link] = next(r for r in _near(row) if not any((column, r) in taken for column in columns))
            taken.update((column, lanes[link]) for column in columns)
    return lanes


def _columns(spec: NetworkSpec, order: tuple[Node, ...]) -> dict[str, int]:
    """The length of the longest path to each node."""
    columns: dict[str, int] = {}
    for node in order:
        columns[node.id] = max((columns[source] + 1 for source in spec.sources(node.id)), default=0)
    return columns


def _depths(spec: NetworkSpec, order: tuple[Node, ...]) -> dict[str, int]:
    """The length of the longest path from each node to an end."""
    depths: dict[str, int] = {}
    for node in reversed(order):
        depths[node.id] = max((depths[target] + 1 for target in spec.targets(node.id)), default=0)
    return depths


def _near(row: int) -> Iterator[int]:
    """Rows from the nearest outwards, the one below first."""
    yield row
    for distance in count(1):
        yield row + distance
        yield row - distance
