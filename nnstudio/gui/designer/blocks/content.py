"""What a block says: all of it worked out from the checked network, nothing drawn yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from nnstudio.gui.designer.editing.edits import input_ports
from nnstudio.gui.designer.signs.texts import output_text, spoken
from nnstudio.gui.inspect.mosaic import Source, sources
from nnstudio.gui.models.block_options import PLAIN, BlockLook, Measure
from nnstudio.network import Check, Family, LayerReport, NetworkSpec, Node, Problem
from nnstudio.units import bytes_text, counted, short_count


@dataclass(frozen=True)
class BlockContent:
    """What a block shows."""

    node_id: str
    family: Family
    title: str
    settings: str
    output: str
    parameters: str
    untrained: bool
    problems: tuple[Problem, ...]
    spoken: str
    inputs: tuple[bool, ...]
    """Of each input, whether something feeds it."""
    needed: int
    """The first so many must be fed."""
    gives: bool
    """Whether other layers may follow."""
    figures: tuple[str, ...] = ()
    """What somebody wants to see beside output and parameters."""
    share: float = 0.0
    """From 0 to 1, of what the bar measures; no bar at 0."""
    share_text: str = ""
    """The same in words; of all where it stands below the number of parameters."""
    kernels: Source | None = None
    """Where the filters are found that the block shows."""
    fate: str = ""
    """What an edit has done to its weights, in a word: ``kept``, ``widened`` or ``new``; empty when nothing."""
    muted: bool = False
    members: tuple[Family, ...] = ()
    """For a block of layers, their families in the order in which pictures pass them."""
    repeat: int = 1
    """How many times a block of layers stands in a row."""


@dataclass(frozen=True)
class Whole:
    """What is worked out once for all blocks of a network: totals, and where filters are found.

    Costs are by the designed layer, all its copies together.
    """

    look: BlockLook = PLAIN
    costs: Mapping[str, int] = field(default_factory=dict)
    total: int = 0
    kernels: Mapping[str, Source] = field(default_factory=dict)

    @classmethod
    def of(cls, flat: NetworkSpec, check: Check, look: BlockLook, origin: Mapping[str, str] | None = None) -> Whole:
        """For a network as it is computed; ``origin`` has the designed layer of each, where that is another."""
        costs: dict[str, int] = defaultdict(int)
        for name, report in check.layers.items():
            costs[(origin or {}).get(name, name)] += _cost(report, look.share)
        found = sources(flat, check) if look.thumbnails else []
        kernels = {source.node: source for source in found if _worth_showing(flat, source)}
        return cls(look, costs, sum(costs.values()), kernels)

    def share(self, names: Collection[str]) -> float:
        """The part of the whole that these layers have, to a thousandth: an edit changes all shares a little, and what
        cannot be seen shall not be painted anew."""
        cost = sum(self.costs.get(name, 0) for name in names)
        return max(round(cost / self.total, 3), 0.001) if cost else 0.0


def _cost(report: LayerReport, measure: Measure) -> int:
    match measure:
        case Measure.PARAMETERS:
            return report.parameter_count
        case Measure.COMPUTE:
            return report.multiply_adds
        case Measure.MEMORY:
            return report.bytes
        case Measure.NONE:
            return 0


def _worth_showing(flat: NetworkSpec, source: Source) -> bool:
    """Convolutions, and dense layers that look at the picture itself: theirs is recognised at a glance."""
    return flat.node(source.node).layer.family is Family.CONVOLUTION or source.shape[1] == 1


def block_content(
    node: Node,
    check: Check,
    *,
    connected: Collection[int] = (),
    untrained: bool = False,
    fate: str = "",
    whole: Whole | None = None,
) -> BlockContent:
    """What the checked network says about one of its layers, whose inputs ``connected`` are fed; ``untrained`` when
    others know more than this one. ``whole`` is the network that shares are parts of."""
    whole = whole or Whole()
    report = check.layers.get(node.id)
    learned = report.parameter_count if report else 0
    thing = "new parameter" if untrained else "parameter"
    share, measure = whole.share([node.id]), whole.look.share
    return BlockContent(
        node_id=node.id,
        family=node.layer.family,
        title=node.layer.title,
        settings=node.layer.settings_text(),
        output="skipped" if node.muted else output_text(report),
        parameters=counted(learned, thing) if learned else "",
        untrained=untrained,
        problems=check.problems_of(node.id),
        spoken=_all_in_words(node, check, fate, share_text(share, measure)),
        inputs=tuple(port in connected for port in range(input_ports(node.layer, connected))),
        needed=node.layer.takes,
        gives=node.layer.family is not Family.OUTPUT,
        figures=_figures(report, whole.look),
        share=share,
        share_text=share_text(share, measure, "all" if measure is Measure.PARAMETERS else ""),
        kernels=whole.kernels.get(node.id),
        fate=fate,
        muted=node.muted,
    )


def share_text(share: float, measure: Measure, called: str = "") -> str:
    """``62 % of parameters``, or of what that is ``called`` instead; less than one in a hundred is not nothing."""
    if share <= 0 or measure is Measure.NONE:
        return ""
    per_cent = f"{100 * share:.0f}" if share >= 0.01 else "<\N{NO-BREAK SPACE}1"
    return f"{_together(f'{per_cent} %')} of {called or measure}"


def _figures(report: LayerReport | None, look: BlockLook) -> tuple[str, ...]:
    if report is None:
        return ()
    figures = []
    if look.multiply_adds and report.multiply_adds:
        figures.append(f"{_together(short_count(report.multiply_adds))} multiply-adds")
    if look.memory:
        figures.append(f"{_together(bytes_text(report.bytes))} memory")
    if look.receptive_field:
        seen = report.receptive_field
        figures.append(f"sees {seen[0]}×{seen[1]}\N{NO-BREAK SPACE}px" if seen else "sees everything")
    return tuple(figures)


def _together(figure: str) -> str:
    """A figure that stays on one line with its unit."""
    return figure.replace(" ", "\N{NO-BREAK SPACE}")


def _all_in_words(node: Node, check: Check, fate: str, share: str) -> str:
    parts = [spoken(node, check), "muted: pictures pass it unchanged" if node.muted else ""]
    parts += [f"weights {fate}" if fate else "", share]
    return "; ".join(part for part in parts if part)
