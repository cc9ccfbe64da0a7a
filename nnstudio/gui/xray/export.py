"""The X-ray as text, for a report or a spreadsheet. No Qt."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from io import StringIO

from nnstudio.engine.xray import Row, XRay
from nnstudio.gui.xray.table import Findings, Line, percent, sections, times
from nnstudio.units import duration, figure

_TOGETHER = "\N{NO-BREAK SPACE}"
_FIGURES = ("Time", "Share", "GFLOP/s", "GB/s", "Limit")
_FIELDS = (
    "device", "key", "network", "batch_size", "node", "kind", "phase",
    "seconds", "share", "flops", "bytes", "launches", "gflops", "gbs", "limit",
)  # fmt: skip


def as_markdown(findings: Findings) -> str:
    """What the panel shows: the totals, then a table with the devices side by side."""
    xrays = findings.xrays
    lines = [f"**Engine X-ray of {xrays[0].network}**, batch {xrays[0].batch_size}", ""]
    lines += [f"- {xray.device}: {totals(xray)}. {peaks(xray)}" for xray in xrays]
    if comparison := difference(findings):
        lines.append(f"- {comparison}")
    names = [f"{figures} ({xray.device})" if len(xrays) > 1 else figures for xray in xrays for figures in _FIGURES]
    titles = ["Layer", "Phase", *names, *(["Ratio"] if len(xrays) > 1 else [])]
    lines += ["", _table_row(titles), _table_row(["---"] * len(titles))]
    lines += [_table_row(_cells(line)) for section in sections(xrays) for line in section.lines]
    return "\n".join(lines) + "\n"


def as_csv(findings: Findings) -> str:
    """One row for each layer, phase and device, in plain units: seconds, operations, bytes."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_FIELDS)
    for xray in findings.xrays:
        for row in xray.rows:
            known = {"device": xray.device, "key": xray.key, "network": xray.network, "batch_size": xray.batch_size}
            writer.writerow(known[field] if field in known else getattr(row, field) for field in _FIELDS)
    return text.getvalue()


EXPORTS: dict[str, Callable[[Findings], str]] = {"Markdown": as_markdown, "CSV": as_csv}
"""What it can be copied as."""


# ---- the sentences that the panel tells too


def totals(xray: XRay) -> str:
    """How long a step takes and what that means."""
    return f"{duration(xray.step_seconds)} a step · {xray.images_per_second:,.0f} images/s"


def peaks(xray: XRay) -> str:
    """What the device can do at most, as far as that is known."""
    found = [f"{figure(xray.peaks.gflops)} GFLOP/s"] if xray.peaks.gflops else []
    found += [f"{figure(xray.peaks.gbs)} GB/s"] if xray.peaks.gbs else []
    found += [f"{duration(xray.peaks.launch_seconds)} a launch"] if xray.peaks.launch_seconds else []
    parts = " · ".join(part.replace(" ", _TOGETHER) for part in found)
    return f"Peaks: {parts}" if found else "Its peaks are not known"


def difference(findings: Findings) -> str:
    """How far the results of two devices are apart; empty when there is one."""
    found = findings.comparison
    if found is None:
        return ""
    return f"Largest difference between their results: {found.largest_difference:.1e} of {found.where}"


def _cells(line: Line) -> list[str]:
    cells = [line.name, line.phase]
    for row in line.rows:
        cells += _figures(row) if row else ["–"] * len(_FIGURES)
    if len(line.rows) > 1:
        cells.append("–" if line.ratio is None else times(line.ratio))
    return cells


def _figures(row: Row) -> list[str]:
    return [duration(row.seconds), percent(row.share), figure(row.gflops), figure(row.gbs), row.limit]


def _table_row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
