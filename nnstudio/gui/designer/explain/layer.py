"""What the explain panel shows of a layer: rich text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.gui.designer.explain.pictures import curve_picture
from nnstudio.gui.designer.explain.rich_text import (
    formula_text,
    grid,
    heading,
    kernel_table,
    paragraph,
    sentence,
    subtitle,
)
from nnstudio.gui.designer.explain.worked import Worked, worked_value
from nnstudio.gui.designer.signs.formulas import formula_html, legend_html
from nnstudio.gui.theme import current_theme
from nnstudio.network import Check, Family, LayerError, LayerReport, NetworkSpec, Node, Shape
from nnstudio.network.layers.explanation import Explanation, Reckoning
from nnstudio.units import counted

Parameters = Mapping[str, NDArray[np.floating[Any]]]


def layer_page(spec: NetworkSpec, check: Check, node: Node, parameters: Parameters, step: int) -> str:
    """Everything about one layer of the network as it is designed."""
    layer = node.layer
    parts = [heading(layer.family, layer.title, node.id), *_circumstances(spec, node), paragraph(layer.purpose)]
    inputs = _inputs(spec, check, node)
    explanation = None
    if inputs is not None:
        try:
            explanation = layer.explain(inputs)
        except LayerError as error:
            parts.append(paragraph(f"{sentence(error.message)} {sentence(error.hint)}", "error"))
    parts += [subtitle("Formula"), formula_text(layer.formula), paragraph(legend_html(layer.where), "quiet", raw=True)]
    parts += _numbers(explanation)
    if report := check.layers.get(node.id):
        parts += _worked(node, report, parameters, step)
    parts += [subtitle("Good to know"), paragraph(layer.tip)]
    return "".join(parts)


def _circumstances(spec: NetworkSpec, node: Node) -> list[str]:
    """What is special about its place in the network."""
    notes = []
    if node.muted:
        notes.append("This layer is muted: what comes in goes straight on. Here is what it would do.")
    group = next((group for group in spec.groups if node.id in group.members), None)
    if group and group.repeat > 1:
        notes.append(
            f"It belongs to the block “{group.id}”, which is there {group.repeat} times, each time with weights of its "
            "own. This is the first."
        )
    elif group:
        notes.append(f"It belongs to the block “{group.id}”.")
    return [paragraph(note, "warning" if node.muted and note is notes[0] else "quiet") for note in notes]


def _inputs(spec: NetworkSpec, check: Check, node: Node) -> tuple[Shape, ...] | None:
    """The shapes that come in, past muted layers; `None` where they are not known."""
    if report := check.layers.get(node.id):
        return report.inputs
    sources = [_output(spec, check, source) for source in spec.sources(node.id)]
    complete = node.layer.takes <= len(sources) and all(shape is not None for shape in sources)
    return tuple(shape for shape in sources if shape is not None) if complete else None


def _output(spec: NetworkSpec, check: Check, name: str) -> Shape | None:
    """What a layer gives, or in place of a muted one what comes to its first input."""
    seen = set[str]()
    while name not in check.layers and name not in seen and spec.node(name).muted and spec.sources(name):
        seen.add(name)
        name = spec.sources(name)[0]
    report = check.layers.get(name)
    return report.output if report else None


def _numbers(explanation: Explanation | None) -> list[str]:
    """The formula filled in, and each figure with its reckoning."""
    above = subtitle("With this layer’s numbers")
    if explanation is None:
        return [above, paragraph("They are not known until the problem before or at this layer is solved.", "quiet")]
    filled = [formula_text(explanation.filled)] if explanation.filled else []
    learns = any(reckoning.what == "parameters" for reckoning in explanation.reckonings)
    nothing = [] if learns else [paragraph("It has nothing to learn.", "quiet")]
    return [above, *filled, _reckonings(explanation.reckonings), *nothing]


def _reckonings(reckonings: tuple[Reckoning, ...]) -> str:
    """A row for each figure; height and width share one where they are reckoned alike."""
    rows: dict[tuple[str, str], list[Reckoning]] = {}
    for reckoning in reckonings:
        kind = "size" if reckoning.what in ("height", "width") else reckoning.what
        rows.setdefault((kind, reckoning.numbers), []).append(reckoning)
    return f'<table cellspacing="0" cellpadding="2">{"".join(map(_figure_row, rows.values()))}</table>'


def _figure_row(alike: list[Reckoning]) -> str:
    """``height, width | ⌊(H + 2p − k)/s⌋ + 1 = (28 + 2·0 − 5)/1 + 1 = 24``."""
    first, quiet = alike[0], current_theme().quiet
    names = ", ".join(reckoning.what for reckoning in alike)
    value = f"{first.value:,}"
    terms = [f'<span style="color:{quiet}">{formula_html(first.symbols)}</span>'] if first.symbols else []
    terms += [first.numbers] if first.numbers != value else []
    reckoned = " = ".join([*terms, f"<b>{value}</b>"])
    return f'<tr><td style="color:{quiet}">{names}&nbsp;&nbsp;</td><td>{reckoned}</td></tr>'


def _worked(node: Node, report: LayerReport, parameters: Parameters, step: int) -> list[str]:
    worked = worked_value(node, report, parameters)
    if worked is None:
        return []
    has_weights = worked.line or worked.kernel is not None
    learned = f"Its weights now, after {counted(step, 'step')}" if step else "Its weights now"
    return [
        subtitle(learned if has_weights else "An example"),
        paragraph(worked.told, "quiet"),
        _worked_body(worked, node.layer.family),
    ]


def _worked_body(worked: Worked, family: Family) -> str:
    if worked.line:
        return formula_text(worked.line)
    if worked.kernel is not None:
        return kernel_table(worked.kernel)
    if worked.curve is not None:
        return f"<p>{curve_picture(*worked.curve, family, worked.told)}</p>"
    assert worked.before is not None
    assert worked.after is not None
    before, after = grid(worked.before, worked.window), grid(worked.after, (1, 1) if any(worked.window) else (0, 0))
    middle = '<td style="vertical-align:middle">&nbsp;→&nbsp;</td>'
    return f'<table cellspacing="0"><tr><td>{before}</td>{middle}<td>{after}</td></tr></table>'
