"""The table behind the view: phases, below them their layers; one block of columns for each device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QFont, QStandardItem, QStandardItemModel

from nnstudio.gui.xray.table import Line, Section, percent, sections, time_unit, times
from nnstudio.units import duration, figure

if TYPE_CHECKING:
    from nnstudio.engine.xray import Row, XRay

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_NOTHING = -1.0
"""Sorts what is not there below all that is."""


class Role(IntEnum):
    """What the view reads beside the text."""

    PART = Qt.ItemDataRole.UserRole
    """The `Section` or the `Line`."""
    SORT = Qt.ItemDataRole.UserRole + 1
    BAR = Qt.ItemDataRole.UserRole + 2
    """How long a bar is, of the longest in the table, from 0 to 1."""
    LIMIT = Qt.ItemDataRole.UserRole + 3


@dataclass(frozen=True)
class Column:
    """What is told about each row of a device."""

    title: str
    tip: str
    text: Callable[[Row], str]
    value: Callable[[Row], float | str]
    alignment: Qt.AlignmentFlag = _RIGHT


def _columns(unit: str, scale: float) -> tuple[Column, ...]:
    """A device's block; times are in `unit`, of which a second has `scale`."""
    return (
        Column(
            f"Time ({unit})", "Time of one step that is spent here",
            lambda row: figure(row.seconds * scale) if row.launches else "–", lambda row: row.seconds,
        ),
        Column("Share", "Share of the time of all rows", lambda row: percent(row.share), lambda row: row.share, _LEFT),
        Column(
            "GFLOP/s", "Thousand millions of floating-point operations a second",
            lambda row: figure(row.gflops) if row.flops else "–", lambda row: row.gflops,
        ),
        Column(
            "GB/s", "Thousand millions of bytes a second, of those that must be read or written at least",
            lambda row: figure(row.gbs) if row.bytes else "–", lambda row: row.gbs,
        ),
        Column(
            "Limit", "What keeps it from being faster", lambda row: row.limit.capitalize(), lambda row: row.limit, _LEFT
        ),
    )  # fmt: skip


BLOCK = 5
"""Columns of a device; the first column of all is the layer's name, and the last, of two devices, the ratio."""
SHARE, LIMIT = 1, 4


class XRayItems(QStandardItemModel):
    """Filled anew with every measurement; sorts the layers within their phases."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setSortRole(Role.SORT)
        self.xrays: tuple[XRay, ...] = ()
        self._columns = _columns("µs", 1e6)
        self._longest, self._scale = 1.0, 1e6

    def show_xrays(self, xrays: tuple[XRay, ...]) -> None:
        """One block of columns for each of them, and how their times compare when there are two."""
        self.clear()
        rows = [row for xray in xrays for row in xray.rows]
        unit, self._scale = time_unit(row.seconds for row in rows)
        self.xrays, self._columns = xrays, _columns(unit, self._scale)
        self._longest = max((row.share for row in rows), default=1.0) or 1.0
        self._set_titles()
        for order, section in enumerate(sections(xrays)):
            items = self._section_items(order, section)
            for place, line in enumerate(section.lines):
                items[0].appendRow(self._line_items(place, line))
            self.appendRow(items)  # with its lines, so that the view looks once

    def _set_titles(self) -> None:
        titles = [("Layer", "Sort by it for the order of computation", _LEFT)]
        titles += [(column.title, column.tip, column.alignment) for _ in self.xrays for column in self._columns]
        if len(self.xrays) > 1:
            first, second = (xray.device for xray in self.xrays)
            titles.append(("Ratio", f"How many times as long {second} takes as {first}", _RIGHT))
        self.setColumnCount(len(titles))
        for place, (title, tip, alignment) in enumerate(titles):
            header = QStandardItem(title)
            header.setToolTip(tip)
            header.setTextAlignment(alignment)
            if place:  # what people look for first is the slowest
                header.setData(Qt.SortOrder.DescendingOrder, Qt.ItemDataRole.InitialSortOrderRole)
            self.setHorizontalHeaderItem(place, header)

    def _section_items(self, order: int, section: Section) -> list[QStandardItem]:
        """A phase and its sums; what does not add up stays empty."""
        items = [_item(section.phase.capitalize(), order)]
        for seconds, share in zip(section.seconds, section.shares, strict=True):
            items += [_item(figure(seconds * self._scale), seconds, _RIGHT), _item(percent(share), share)]
            items[-1].setData(0.0, Role.BAR)  # no bar, but the figure stands over those of the lines
            items += [_item("", _NOTHING) for _ in range(SHARE + 1, BLOCK)]
        items += self._ratio_items(section.ratio)
        bold = QFont()
        bold.setWeight(QFont.Weight.DemiBold)
        for item in items:
            item.setFont(bold)
            item.setData(section, Role.PART)
        return items

    def _line_items(self, place: int, line: Line) -> list[QStandardItem]:
        items = [_item(line.name, place)]
        items[0].setData(self._spoken(line), Qt.ItemDataRole.AccessibleTextRole)
        for row in line.rows:
            items += self._row_items(row) if row else self._missing_items()
        items += self._ratio_items(line.ratio)
        for item in items:
            item.setData(line, Role.PART)
        return items

    def _row_items(self, row: Row) -> list[QStandardItem]:
        items = [_item(column.text(row), column.value(row), column.alignment) for column in self._columns]
        items[SHARE].setData(row.share / self._longest, Role.BAR)
        items[SHARE].setToolTip(percent(row.share))
        items[LIMIT].setData(row.limit, Role.LIMIT)
        items[LIMIT].setToolTip(row.explanation)
        return items

    def _missing_items(self) -> list[QStandardItem]:
        return [_item("–", _NOTHING, column.alignment) for column in self._columns]

    def _ratio_items(self, ratio: float | None) -> list[QStandardItem]:
        if len(self.xrays) < 2:
            return []
        return [_item("–", _NOTHING, _RIGHT) if ratio is None else _item(times(ratio), ratio, _RIGHT)]

    def _spoken(self, line: Line) -> str:
        """A line as a screen reader says it."""
        parts = [
            f"{xray.device}: {duration(row.seconds)}, {percent(row.share)}, {row.explanation}"
            for xray, row in zip(self.xrays, line.rows, strict=True)
            if row
        ]
        return "; ".join([f"{line.name}, {line.phase}", *parts])


def _item(text: str, value: float | str, alignment: Qt.AlignmentFlag = _LEFT) -> QStandardItem:
    item = QStandardItem(text)
    item.setEditable(False)
    item.setData(value, Role.SORT)
    item.setTextAlignment(alignment)
    return item
