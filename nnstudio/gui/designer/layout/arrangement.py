"""Where a network's blocks stand: columns by longest path from the inputs, rows for branches. Without Qt.

The drawing is Sugiyama's (1981): layers, then an order in each layer with few crossings, then places with straight
lines (Brandes and Köpf, 2002), as the library ``fast_sugiyama`` computes them. A connection that jumps over columns is
given to it as a chain of small nodes, so that it gets a lane of its own and never runs behind a block. Then everything
is shifted column by column until the longest path is one straight row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from fast_sugiyama import from_edges

from nnstudio.network import Connection, NetworkSpec, Node, SpecError

Cell = tuple[int, int]
"""Column and row."""
_Passage = tuple[Connection, int]
"""A connection in a column that it jumps over."""


@dataclass(frozen=True)
class Arrangement:
    """The cell of each node, and for each connection longer than one column its row in every column it jumps over."""

    cells: Mapping[str, Cell]
    lanes: Mapping[Connection, tuple[int, ...]]


def arrange(spec: NetworkSpec) -> Arrangement:
    """Cells for every node; of several paths the longest keeps its row. Parts that do not hang together stand below
    each other."""
    try:
        order = spec.ordered()
    except SpecError:  # in a loop there is no longest path: then the nodes stand in a row as they are listed
        cells = {node.id: (index, 0) for index, node in enumerate(spec.nodes)}
        return Arrangement(cells, _lanes(spec, {node: cell[0] for node, cell in cells.items()}, {}))
    columns, depths = _columns(spec, order), _depths(spec, order)
    rows: dict[str | _Passage, int] = {}
    below = 0
    for part in _parts(spec, order):
        found = _rows(spec, part, columns, depths)
        shift = below - min(found.values()) if below else 0
        rows |= {place: row + shift for place, row in found.items()}
        below = max(found.values()) + shift + 1
    return Arrangement({name: (column, rows[name]) for name, column in columns.items()}, _lanes(spec, columns, rows))


def _lanes(
    spec: NetworkSpec, columns: Mapping[str, int], rows: Mapping[str | _Passage, int]
) -> dict[Connection, tuple[int, ...]]:
    between = {link: range(columns[link.source] + 1, columns[link.target]) for link in spec.connections}
    return {link: tuple(rows.get((link, at), 1) for at in passed) for link, passed in between.items() if passed}


def _rows(
    spec: NetworkSpec, part: Iterable[Node], columns: Mapping[str, int], depths: Mapping[str, int]
) -> dict[str | _Passage, int]:
    """The row of each node of a connected part and of each passage, 0 for the longest path."""
    names = [node.id for node in part]
    trunk = _trunk(spec, names, columns, depths)
    if len(names) == 1:
        return {names[0]: 0}
    number: dict[str | _Passage, int] = {name: index for index, name in enumerate(trunk)}
    edges: list[tuple[int, int]] = []
    for link in _trunk_first(spec, names, trunk, columns):
        way: list[str | _Passage] = [link.source]
        way += [(link, at) for at in range(columns[link.source] + 1, columns[link.target])]
        chain = [number.setdefault(place, len(number)) for place in (*way, link.target)]
        edges += pairwise(chain)
    across = {node: x for node, (x, _) in from_edges(edges, vertex_spacing=1, dummy_vertices=True).flatten_positions()}
    start = columns[trunk[0]]
    by_column: dict[int, list[tuple[float, str | _Passage]]] = {}
    for place, node in number.items():
        column = columns[place] if isinstance(place, str) else place[1]
        by_column.setdefault(column, []).append((across[number[trunk[column - start]]] - across[node], place))
    return {place: row for places in by_column.values() for place, row in _whole_rows(places)}


def _whole_rows(places: list[tuple[float, str | _Passage]]) -> list[tuple[str | _Passage, int]]:
    """Whole numbers for the places of one column, in their order, the trunk (at 0) in row 0."""
    found: list[tuple[str | _Passage, int]] = []
    for way in (1, -1):
        row = 0 if way == 1 else -1
        for offset, place in sorted(
            ((offset, place) for offset, place in places if (offset >= 0) == (way == 1)), key=lambda pair: way * pair[0]
        ):
            row = max(row, round(offset)) if way == 1 else min(row, round(offset))
            found.append((place, row))
            row += way
    return found


def _trunk(spec: NetworkSpec, names: list[str], columns: Mapping[str, int], depths: Mapping[str, int]) -> list[str]:
    """The longest path, which has a node in each column of the part."""
    trunk = [max(names, key=lambda name: (depths[name], -columns[name]))]
    while targets := spec.targets(trunk[-1]):
        trunk.append(max(targets, key=depths.__getitem__))
    return trunk


def _trunk_first(spec: NetworkSpec, names: list[str], trunk: list[str], columns: Mapping[str, int]) -> list[Connection]:
    """The connections of a part, those of the trunk first: the library keeps the first of two ways on its side."""
    here, steps = set(names), set(pairwise(trunk))
    links = (link for link in spec.connections if link.source in here)
    return sorted(links, key=lambda link: ((link.source, link.target) not in steps, columns[link.source]))


def _parts(spec: NetworkSpec, order: tuple[Node, ...]) -> list[list[Node]]:
    """The nodes of each connected part, the part of the first node first."""
    part_of: dict[str, int] = {}
    for number, node in enumerate(order):
        waiting = [node.id]
        while waiting:
            name = waiting.pop()
            if name not in part_of:
                part_of[name] = number
                waiting += [*spec.sources(name), *spec.targets(name)]
    parts: dict[int, list[Node]] = {}
    for node in order:
        parts.setdefault(part_of[node.id], []).append(node)
    return list(parts.values())


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
