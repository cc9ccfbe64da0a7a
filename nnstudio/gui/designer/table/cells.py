"""What cells of the table say to the view: text, colour, sign, tooltip, and a sentence for screen readers."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from functools import cache
from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPixmap

from nnstudio.gui.designer.editing.parts import can_mute
from nnstudio.gui.designer.signs.layer_pictures import picture
from nnstudio.gui.designer.signs.problems import problem_icon, worst
from nnstudio.gui.designer.table.columns import COLUMNS, LAYER, MUTED, NAME, PROBLEMS, Column, spoken
from nnstudio.gui.designer.table.rows import Row
from nnstudio.gui.icons import SIZE, icon
from nnstudio.gui.theme import current_theme
from nnstudio.network import Layer
from nnstudio.network.check import Severity

PICTURE = QSize(25, 20)
"""How large a layer's picture stands beside its kind."""


class Role(IntEnum):
    """What cells say beside Qt's own roles."""

    ROW = Qt.ItemDataRole.UserRole
    """The `Row` as a whole."""


def _shown(row: Row, number: int) -> str | None:
    return None if number == MUTED else COLUMNS[number].text(row)


def _typed(row: Row, number: int) -> str:
    return COLUMNS[number].text(row)


def _checked(row: Row, number: int) -> Qt.CheckState | None:
    if number != MUTED or not can_mute(row.node.layer):
        return None
    return Qt.CheckState.Checked if row.node.muted else Qt.CheckState.Unchecked


def aligned(column: Column) -> Qt.AlignmentFlag:
    """Figures stand on the right, so that their digits stand below each other."""
    side = Qt.AlignmentFlag.AlignLeft if column.figure is None else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter


def _colour(row: Row, number: int) -> QColor | None:
    """A muted layer stands back, and so does a figure that is nothing; a layer with a problem stands out."""
    if number == NAME and (severity := worst(row.problems)):
        return current_theme().color(severity.value)
    figure = COLUMNS[number].figure
    nothing = figure is not None and not figure(row)
    return current_theme().color("quiet") if row.node.muted or nothing else None


def _sign(row: Row, number: int) -> QIcon | None:
    if number == LAYER:
        return _layer_icon(type(row.node.layer), current_theme().name)
    severity = worst(row.problems) if number == PROBLEMS else None
    return _severity_icon(severity, current_theme().name) if severity else None


def _explained(row: Row, number: int) -> str:
    if number == NAME and row.problems:
        return row.problem_text
    return COLUMNS[number].text(row) or COLUMNS[number].tip


def _spoken(row: Row, number: int) -> str:
    return spoken(row, COLUMNS[number])


CELLS: dict[int, Callable[[Row, int], Any]] = {
    Qt.ItemDataRole.DisplayRole: _shown,
    Qt.ItemDataRole.EditRole: _typed,
    Qt.ItemDataRole.CheckStateRole: _checked,
    Qt.ItemDataRole.TextAlignmentRole: lambda _, number: aligned(COLUMNS[number]),
    Qt.ItemDataRole.ForegroundRole: _colour,
    Qt.ItemDataRole.DecorationRole: _sign,
    Qt.ItemDataRole.ToolTipRole: _explained,
    Qt.ItemDataRole.AccessibleTextRole: _spoken,
    Role.ROW: lambda row, _: row,
}
"""What a cell says in each of its roles, from its row and the number of its column."""


@cache
def _layer_icon(layer: type[Layer], _theme: str) -> QIcon:
    ratios = {screen.devicePixelRatio() for screen in QGuiApplication.screens()}
    return _same_when_selected([picture(layer, ratio, PICTURE.height()) for ratio in ratios])


@cache
def _severity_icon(severity: Severity, _theme: str) -> QIcon:
    return _same_when_selected([icon(problem_icon(severity), severity.value).pixmap(SIZE, SIZE)])


def _same_when_selected(pixmaps: list[QPixmap]) -> QIcon:
    made = QIcon()
    for pixmap in pixmaps:
        for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):
            made.addPixmap(pixmap, mode)
    return made
