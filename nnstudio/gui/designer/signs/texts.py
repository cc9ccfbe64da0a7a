"""What the designer says about a layer: figures with units and digits that they deserve. Without Qt."""

from __future__ import annotations

from nnstudio.network import Check, LayerReport, Node, Parameter
from nnstudio.network.layers import shape_text
from nnstudio.units import counted


def parameter_formula(parameters: tuple[Parameter, ...]) -> str:
    """Where a layer's number of parameters comes from: ``6 × (1 × 5 × 5) + 6 = 156``. Empty when it learns none; values
    that it only keeps, such as running statistics, are counted apart."""
    learned = [parameter for parameter in parameters if parameter.learned]
    kept = sum(parameter.size for parameter in parameters if not parameter.learned)
    if not learned:
        return ""
    total = sum(parameter.size for parameter in learned)
    reckoning = " + ".join(_product(parameter.shape) for parameter in learned)
    return f"{reckoning} =\N{NO-BREAK SPACE}{total:,}" + (f", and {kept:,} running statistics" if kept else "")


def _product(shape: tuple[int, ...]) -> str:
    first, *rest = (f"{size:,}" for size in shape)
    if len(rest) > 1:
        return f"{first} × ({' × '.join(rest)})"
    return " × ".join((first, *rest))


def output_text(report: LayerReport | None) -> str:
    """``6×28×28``, ``120 values``, or ``?`` behind a mistake."""
    if report is None:
        return "?"
    return counted(report.output[0], "value") if len(report.output) == 1 else shape_text(report.output)


def spoken(node: Node, check: Check) -> str:
    """All that a block shows, in one line: for tooltips and screen readers."""
    report = check.layers.get(node.id)
    parts = [f"{node.layer.title} {node.id}", node.layer.settings_text()]
    parts += [f"output {output_text(report)}", counted(report.parameter_count, "parameter")] if report else []
    parts += [f"{problem.severity}: {problem.message}, {problem.hint}" for problem in check.problems_of(node.id)]
    return "; ".join(part for part in parts if part)
