"""A network as figures in papers have it: slabs as high as the pictures are, as wide as they have channels. Without Qt.

Lengths are in units of which the highest slab has 100. Heights grow with the picture's size to the power of 0.6 and
widths with the logarithm of the channels, or the last layers of a large network could not be seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log2, prod

from nnstudio.gui.designer.layout.arrangement import Cell, arrange
from nnstudio.network import Check, Connection, Family, LayerReport, NetworkSpec, SpecError, expand

HIGHEST = 100.0
THIN = 3.0
"""Width of layers that change values but not their number: activations, normalizations, sums."""
GAP = 7.0
SLANT = 0.16
"""How far a slab's depth goes to the right and up, as a share of its height."""
MOST_NEURONS = 40
"""With no more values than this in any layer, every neuron is drawn."""
_SHAPING = (Family.INPUT, Family.CONVOLUTION, Family.POOLING, Family.DENSE, Family.OUTPUT)


@dataclass(frozen=True)
class Slab:
    """One layer; ``left`` and ``middle`` are the left edge of its front and the height of its centre. ``depth`` is 0
    for vectors; ``units`` are its values where neurons are drawn."""

    family: Family
    left: float
    middle: float
    width: float
    height: float
    depth: float
    units: int

    @property
    def top(self) -> float:
        return self.middle - self.height / 2

    @property
    def right(self) -> float:
        return self.left + self.width


@dataclass(frozen=True)
class Link:
    """From one slab to the next, or over others past ``above``. ``full``: every value has an effect on every one."""

    source: str
    target: str
    above: float | None = None
    full: bool = False


@dataclass(frozen=True)
class Schematic:
    """Everything that is drawn, from (0, ``top``) to (``width``, ``bottom``)."""

    slabs: Mapping[str, Slab]
    links: tuple[Link, ...]
    width: float
    top: float
    bottom: float
    neurons: bool


def lay_out(spec: NetworkSpec, check: Check) -> Schematic:
    """Places for all layers whose shapes are known."""
    try:
        spec = expand(spec).spec
    except SpecError:  # then it has no reports of the further copies either
        spec = spec.model_copy(update={"groups": ()})
    reports = {node.id: check.layers[node.id] for node in spec.nodes if node.id in check.layers}
    neurons = bool(reports) and max(prod(report.output) for report in reports.values()) <= MOST_NEURONS
    if neurons:
        spec = _without_reshaping(spec)
        reports = {node.id: reports[node.id] for node in spec.nodes if node.id in reports}
    cells = {name: cell for name, cell in arrange(spec).cells.items() if name in reports}
    flat = {name: _slab(spec.node(name).layer.family, report, reports, neurons) for name, report in reports.items()}
    slabs = _placed(flat, cells)
    above = min((slab.top - slab.depth * SLANT for slab in slabs.values()), default=0.0)
    links = tuple(_link(link, spec, slabs, cells) for link in spec.connections if _both(link, slabs))
    return Schematic(
        slabs=slabs,
        links=links,
        width=max((slab.right + slab.depth * SLANT for slab in slabs.values()), default=0.0),
        top=above - (2 * GAP if any(link.above is not None for link in links) else 0),
        bottom=max((slab.middle + slab.height / 2 for slab in slabs.values()), default=0.0),
        neurons=neurons,
    )


def _without_reshaping(spec: NetworkSpec) -> NetworkSpec:
    """Layers that only lay values out differently would show every neuron twice."""
    for node in spec.nodes:
        if node.layer.family is Family.RESHAPE and spec.sources(node.id):
            spec = spec.mute(node.id)
    return expand(spec).spec


def _slab(family: Family, report: LayerReport, reports: Mapping[str, LayerReport], neurons: bool) -> Slab:
    """A layer's size, still without a place."""
    shape, units = report.output, prod(report.output)
    thin = bool(report.inputs) and shape == report.inputs[0] and family not in _SHAPING
    if neurons:
        return Slab(family, 0, 0, HIGHEST / 8, HIGHEST, 0, units)
    if len(shape) == 1:
        return Slab(family, 0, 0, THIN if thin else 2 * THIN, min(HIGHEST, 14 + 7 * log2(units)), 0, units)
    pictures = [other.output for other in reports.values() if len(other.output) == 3]
    highest, widest = (max(picture[axis] for picture in pictures) for axis in (1, 2))
    shares = shape[1] / highest, shape[2] / widest
    height, depth = (max(5.0, HIGHEST * share**0.6) for share in shares)
    return Slab(family, 0, 0, THIN if thin else THIN + 2.2 * log2(shape[0]), height, depth, units)


def _placed(slabs: Mapping[str, Slab], cells: Mapping[str, Cell]) -> dict[str, Slab]:
    """Column by column from the left, thin ones close to what they belong to; rows below each other."""
    columns: dict[int, list[str]] = {}
    rows: dict[int, list[str]] = {}
    for name, (column, row) in cells.items():
        columns.setdefault(column, []).append(name)
        rows.setdefault(row, []).append(name)
    left, lefts = 0.0, dict[int, float]()
    for column in sorted(columns):
        members = [slabs[name] for name in columns[column]]
        before = [slabs[name] for name in columns.get(column - 1, [])]
        close = all(slab.width == THIN for slab in members) and before
        if before:
            left += 1 if close else GAP + max(slab.depth for slab in before) * SLANT
        lefts[column] = left
        left += max(slab.width for slab in members)
    middle, middles = 0.0, dict[int, float]()
    for row in sorted(rows):
        half = max(slabs[name].height / 2 + slabs[name].depth * SLANT / 2 for name in rows[row])
        middles[row] = middle + half if middles else 0.0
        middle = middles[row] + half + 2 * GAP
    return {
        name: Slab(
            slab.family, lefts[cells[name][0]], middles[cells[name][1]], slab.width, slab.height, slab.depth, slab.units
        )
        for name, slab in slabs.items()
    }


def _both(link: Connection, slabs: Mapping[str, Slab]) -> bool:
    return link.source in slabs and link.target in slabs


def _link(link: Connection, spec: NetworkSpec, slabs: Mapping[str, Slab], cells: Mapping[str, Cell]) -> Link:
    (first, row), (last, end) = cells[link.source], cells[link.target]
    above = None
    if last - first > 1 and row == end:
        between = [slabs[name] for name, (column, other) in cells.items() if first < column < last and other == row]
        above = min(slab.top - slab.depth * SLANT for slab in between) - GAP if between else None
    return Link(link.source, link.target, above, full=spec.node(link.target).layer.family is Family.DENSE)
