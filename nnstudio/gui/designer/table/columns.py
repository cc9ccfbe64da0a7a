"""The columns of the table: what each says of a layer, and what typing into it does. Without Qt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nnstudio.gui.designer.table import steps
from nnstudio.gui.designer.table.rows import NONE, Row
from nnstudio.gui.designer.table.steps import OPEN, Step
from nnstudio.network import NetworkSpec


@dataclass(frozen=True)
class Column:
    """A title, what stands in a row's cell, and what typing into it does (None: it can only be read)."""

    title: str
    tip: str
    text: Callable[[Row], str]
    change: Callable[[NetworkSpec, str, str], Step] | None = None
    figure: Callable[[Row], float | None] | None = None
    """The number behind the text, where it is one."""
    of_node: bool = False
    """Whether the text follows from the node alone."""

    def differs(self, old: Row, new: Row) -> bool:
        """Whether the column says something else of a row now."""
        return not (self.of_node and old.node is new.node) and self.text(old) != self.text(new)

    def copied(self, row: Row) -> str:
        """The cell for a spreadsheet: numbers with all their digits and without commas."""
        if self.figure is None:
            return " ".join(self.text(row).split())
        number = self.figure(row)
        return "" if number is None else repr(number)


def _count(number: int | None) -> str:
    return NONE if number is None else f"{number:,}"


COLUMNS = (
    Column("Name", "The layer’s name: letters, digits and _.", lambda row: row.name, steps.rename, of_node=True),
    Column("Layer", "What kind of layer it is.", lambda row: row.node.layer.title, steps.change_kind, of_node=True),
    Column(
        "Settings",
        "Write name=value, as in filters=12; settings that you leave out stay as they are.",
        lambda row: row.settings,
        steps.change_settings,
        of_node=True,
    ),
    Column(
        "Inputs",
        f"The layers that feed it, with commas between them; {OPEN} leaves an input open.",
        lambda row: row.inputs,
        steps.change_inputs,
    ),
    Column("Output", "Channels × height × width, or values, of one image.", lambda row: row.output),
    Column(
        "Parameters",
        "Numbers that are learned.",
        lambda row: _count(row.parameters),
        figure=lambda row: row.parameters,
    ),
    Column(
        "Multiply-adds",
        "Multiplications with addition for one image going forward.",
        lambda row: _count(row.multiply_adds),
        figure=lambda row: row.multiply_adds,
    ),
    Column(
        "Share",
        "Of all the network’s parameters.",
        lambda row: NONE if row.share is None else f"{row.share:.1%}",
        figure=lambda row: row.share,
    ),
    Column("Muted", "A muted layer is skipped.", lambda row: "yes" if row.node.muted else "no", of_node=True),
    Column(
        "Block",
        "The block that it belongs to; x3 behind the name has the block three times in a row.",
        lambda row: row.block,
        steps.change_block,
    ),
    Column("Problems", "What is wrong with it, and what to change.", lambda row: row.problem_text),
)
NAME, LAYER, SETTINGS, INPUTS, OUTPUT, PARAMETERS, MULTIPLY_ADDS, SHARE, MUTED, BLOCK, PROBLEMS = range(len(COLUMNS))


def spoken(row: Row, column: Column) -> str:
    """A cell for who cannot see where it stands; a name says too what is wrong with the layer."""
    parts = [f"{column.title}: {column.text(row) or 'none'}"]
    if column is COLUMNS[NAME]:
        parts += [f"{problem.severity}: {problem.message}, {problem.hint}" for problem in row.problems]
    return "; ".join(parts)


def as_lines(rows: Sequence[Row]) -> str:
    """Titles and rows with tabs between the cells, as spreadsheets take them."""
    lines = [[column.title for column in COLUMNS]]
    lines += [[column.copied(row) for column in COLUMNS] for row in rows]
    return "".join("\t".join(line) + "\n" for line in lines)
