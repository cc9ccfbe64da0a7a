"""A network in figures: a table of its layers, what they come to, and what is wrong; as text and as Markdown."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nnstudio.network import Check, LayerReport, NetworkSpec, Node, SpecError, check, expand
from nnstudio.network.layers import shape_text
from nnstudio.network.layers.base import pair_text
from nnstudio.units import bytes_text

COLUMNS = ("Name", "Layer", "Settings", "Output", "Parameters", "Multiply-adds", "Receptive field")
FIGURES = ("Output", "Parameters", "Multiply-adds", "Receptive field")
"""What stands on the right of its column."""
UNKNOWN, NONE = "?", "–"


@dataclass(frozen=True)
class Summary:
    """What is told about a network; a row has a cell for each of ``COLUMNS``."""

    title: str
    rows: tuple[tuple[str, ...], ...]
    totals: tuple[str, ...]
    problems: tuple[str, ...]


def summary(spec: NetworkSpec, batch_size: int = 64) -> Summary:
    """Look at ``spec``, which may have errors; layers behind one have no figures."""
    report = check(spec, batch_size)
    nodes = _computed(spec)
    title = " ".join(spec.name.split()) or "Untitled"
    return Summary(
        title,
        tuple(_row(node, report.layers.get(node.id)) for node in nodes),
        (*_totals(report, len(nodes), batch_size), *_written_out(spec)),
        tuple(f"{problem.severity.capitalize()}: {problem}" for problem in report.problems),
    )


def _computed(spec: NetworkSpec) -> tuple[Node, ...]:
    """The layers as they are computed, in that order; as they are listed where there is none."""
    try:
        return expand(spec).spec.ordered()
    except SpecError:
        return spec.nodes


def _row(node: Node, report: LayerReport | None) -> tuple[str, ...]:
    about = (node.id, node.layer.title, node.layer.settings_text())
    if report is None:
        return (*about, *[UNKNOWN] * len(FIGURES))
    sees = report.receptive_field
    figures = (f"{count:,}" if count else NONE for count in (report.parameter_count, report.multiply_adds))
    return (*about, shape_text(report.output), *figures, pair_text(sees) if sees else "all")


def _totals(report: Check, layers: int, batch_size: int) -> list[str]:
    kept = sum(each.size for layer in report.layers.values() for each in layer.parameters if not each.learned)
    return [
        f"{layers:,} layers" if layers != 1 else "1 layer",
        f"{report.parameter_count:,} parameters" + (f", and {kept:,} running statistics" if kept else ""),
        f"{report.multiply_adds:,} multiply-adds for an image",
        f"{bytes_text(report.bytes)} while training with batches of {batch_size:,}",
    ]


def _written_out(spec: NetworkSpec) -> list[str]:
    """What of the network as it was designed does not show in the table."""
    muted = [node.id for node in spec.nodes if node.muted]
    notes = [f"Left out, since muted: {', '.join(muted)}"] if muted else []
    return notes + [f"Block {group.id} × {group.repeat}" for group in spec.groups if group.repeat > 1]


def as_text(summary: Summary) -> str:
    """For a terminal or a letter; columns are lined up."""
    table = [COLUMNS, *summary.rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = ["  ".join(map(_lined_up, COLUMNS, row, widths)).rstrip() for row in table]
    lines.insert(1, "  ".join("─" * width for width in widths))
    problems = summary.problems or ("No problems",)
    blocks = (
        [summary.title],
        lines if summary.rows else ["No layers"],
        list(summary.totals),
        list(problems),
    )
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _lined_up(column: str, cell: str, width: int) -> str:
    return cell.rjust(width) if column in FIGURES else cell.ljust(width)


def as_markdown(summary: Summary) -> str:
    """With a table in GitHub's manner."""
    sides = ["--:" if column in FIGURES else ":--" for column in COLUMNS]
    rows = [(f"`{name}`", *map(_plain, cells)) for name, *cells in summary.rows]
    table = ["| " + " | ".join(cells) + " |" for cells in (COLUMNS, sides, *rows)]
    problems = [_plain(problem) for problem in summary.problems] or ["None"]
    blocks = (
        [f"# {_plain(summary.title)}"],
        table,
        [f"- {_plain(total)}" for total in summary.totals],
        ["## Problems"],
        [f"- {problem}" for problem in problems],
    )
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _plain(text: str) -> str:
    """Text in which Markdown sees no marks."""
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", text)
