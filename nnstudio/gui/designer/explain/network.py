"""What the explain panel shows of a block and of a whole network: rich text."""

from __future__ import annotations

from nnstudio.data.names import DATASETS
from nnstudio.gui.designer.explain.pictures import network_picture
from nnstudio.gui.designer.explain.rich_text import facts_table, heading, paragraph, subtitle
from nnstudio.network import Check, Family, Group, NetworkSpec, SpecError, expand
from nnstudio.network.layers import shape_text
from nnstudio.network.presets import template_of
from nnstudio.units import bytes_text

_MOST_PICTURED = 150
"""Layers of a network whose figure can still be made out."""


def block_page(spec: NetworkSpec, check: Check, group: Group) -> str:
    """A block: what is in it, and what it costs all times together."""
    titles = [f"{spec.node(name).layer.title} {name}" for name in group.members]
    often = f"There {group.repeat} times in a row, each time with weights of its own." if group.repeat > 1 else ""
    facts = {"Layers": ", ".join(titles)}
    try:
        origin = expand(spec).origin
    except SpecError as error:
        return "".join([heading(None, group.id, "block"), paragraph(f"{error}", "error"), facts_table(facts)])
    reports = [report for name, report in check.layers.items() if origin[name] in group.members]
    facts["Parameters"] = f"{sum(report.parameter_count for report in reports):,}"
    facts["Multiply-adds"] = f"{sum(report.multiply_adds for report in reports):,} a picture"
    return "".join([heading(None, group.id, "block"), paragraph(often), facts_table(facts)])


def network_page(spec: NetworkSpec, flat: NetworkSpec, check: Check, batch_size: int) -> str:
    """The whole network: what it is, where it comes from, what it costs."""
    template, unchanged = template_of(flat)
    parts = [heading(None, spec.name, "network")]
    if not spec.nodes:
        return "".join([*parts, paragraph("It is empty. Layers that you put in are explained here.")])
    if len(flat.nodes) <= _MOST_PICTURED:
        parts.append(f"<p>{network_picture(flat, check)}</p>")
    if template is None:
        parts.append(paragraph("A network of your own."))
    else:
        parts.append(paragraph(template.summary if unchanged else f"Begun as: {template.summary}"))
        parts += [subtitle("History"), paragraph(template.history)]
    parts += [subtitle("Figures"), facts_table(_network_facts(spec, flat, check, batch_size))]
    if template is not None:
        data = ", ".join(DATASETS[name] for name in template.data) or "a folder of your own pictures, sorted by class"
        parts += [subtitle("What it learns from"), paragraph(data), paragraph(template.effort, "quiet")]
    return "".join([*parts, paragraph("Select a layer to have it explained.", "quiet")])


def _network_facts(spec: NetworkSpec, flat: NetworkSpec, check: Check, batch_size: int) -> dict[str, str]:
    weighted = sum(bool(report.parameter_count) for report in check.layers.values())
    ends = [node for family in (Family.INPUT, Family.OUTPUT) for node in flat.nodes if node.layer.family is family]
    shapes = [check.layers[node.id].output for node in ends if node.id in check.layers]
    facts = {"Layers": f"{len(flat.nodes)}, {weighted} of them with weights"}
    if len(shapes) == 2:
        facts["From, to"] = " → ".join(map(shape_text, shapes))
    if spec.groups:
        facts["Blocks"] = ", ".join(f"{g.id} × {g.repeat}" if g.repeat > 1 else g.id for g in spec.groups)
    if muted := [node.id for node in spec.nodes if node.muted]:
        facts["Muted"] = ", ".join(muted)
    return facts | {
        "Parameters": f"{check.parameter_count:,}",
        "Multiply-adds": f"{check.multiply_adds:,} a picture",
        "Memory": f"{bytes_text(check.bytes)} at batch {batch_size}",
    }
