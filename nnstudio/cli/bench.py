"""``nnstudio bench``: the engine X-ray in a terminal."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from itertools import groupby
from math import isfinite

from tqdm import tqdm

from nnstudio.cli.loading import network_and_batch
from nnstudio.cli.output import InputError, Printer, user_input
from nnstudio.engine.backend import Backend
from nnstudio.engine.devices import AUTO, NUMPY, list_devices, open_backend
from nnstudio.engine.rehearsal import Progress
from nnstudio.engine.xray import Comparison, Row, XRay, compare, examine
from nnstudio.network import NetworkSpec
from nnstudio.units import duration, figure

MOST_DEVICES = 2


def run(options: argparse.Namespace) -> int:
    with user_input():
        spec, batch_size = network_and_batch(options.network, options.batch_size)
        backends = _backends(options.device)
    with _progress(quiet=options.json) as report:
        xrays, comparison = _examined(spec, backends, batch_size, report)
    if options.json:
        _say_json(xrays, comparison)
    else:
        print("\n".join(_lines(xrays, comparison)))
    return 0


def _backends(keys: Sequence[str] | None) -> list[Backend]:
    """Those that were asked for; otherwise the fastest, and NumPy to compare it with."""
    if keys and len(keys) > MOST_DEVICES:
        raise InputError(f"--device can be given at most twice, and it was {len(keys)} times.")
    backends = [open_backend(key) for key in keys or (AUTO, NUMPY)]
    return list({backend.key: backend for backend in backends}.values())


def _examined(
    spec: NetworkSpec, backends: list[Backend], batch_size: int, report: Progress
) -> tuple[tuple[XRay, ...], Comparison | None]:
    peaks = {device.key: device.peaks for device in list_devices()}
    first, *others = backends
    if not others:
        return (examine(spec, first, batch_size=batch_size, peaks=peaks[first.key], progress=report),), None
    second = others[0]
    both = peaks[first.key], peaks[second.key]
    comparison = compare(spec, first, second, batch_size=batch_size, peaks=both, progress=report)
    return (comparison.first, comparison.second), comparison


@contextmanager
def _progress(quiet: bool) -> Iterator[Progress]:
    """A bar on a terminal."""
    silent = quiet or not sys.stderr.isatty()
    bar_format = "{desc} {percentage:3.0f}%|{bar}|"
    with tqdm(desc="Measuring", total=1.0, bar_format=bar_format, disable=silent, leave=False) as bar:

        def show(share: float) -> None:
            bar.update(share - bar.n)

        yield show


# ---- for programs


def _say_json(xrays: Sequence[XRay], comparison: Comparison | None) -> None:
    printer = Printer(as_json=True)
    for xray in xrays:
        rows = [{**asdict(row), "gflops": row.gflops, "gbs": row.gbs} for row in xray.rows]
        fields = {**asdict(xray), "images_per_second": xray.images_per_second, "rows": rows}
        printer.say("", event="xray", **fields)
    if comparison:
        difference = comparison.largest_difference
        printer.say(
            "",
            event="comparison",
            devices=[comparison.first.key, comparison.second.key],
            largest_difference=difference if isfinite(difference) else None,
            where=comparison.where,
        )


# ---- for people

COLUMNS = (("time", 9), ("GFLOP/s", 8), ("GB/s", 6), ("share", 7))


def _lines(xrays: Sequence[XRay], comparison: Comparison | None) -> Iterator[str]:
    """One device: a table with an explanation in each row. Two: their figures side by side."""
    first = xrays[0]
    yield f"{first.network}, batches of {first.batch_size:,}"
    for xray in xrays:
        alone = duration(sum(row.seconds for row in xray.rows))
        step = f"{duration(xray.step_seconds)} a step ({alone} when layer by layer is timed)"
        yield f"{xray.key}: {xray.device}, {step}, {xray.images_per_second:,.0f} images/s"
    yield ""
    yield from _table(xrays)
    if comparison:
        yield ""
        yield f"Largest difference between their results: {comparison.largest_difference:.1e} ({comparison.where})"


def _table(xrays: Sequence[XRay]) -> Iterator[str]:
    headings = "".join(f"{heading:>{width}}" for heading, width in COLUMNS)
    names = max(len(_name(row)) for row in xrays[0].rows)
    if len(xrays) > 1:
        yield (" " * names + "  ".join(f"{xray.key:>9}{'':<{len(headings) + 3}}" for xray in xrays)).rstrip()
    yield (" " * names + "  ".join(f"{headings}  {'limit':<10}" for _ in xrays)).rstrip()
    everything = zip(*(xray.rows for xray in xrays), strict=True)
    for phase, group in groupby(everything, key=lambda rows: rows[0].phase):
        yield phase
        for rows in group:
            cells = "  ".join(_cells(row, explained=len(xrays) == 1) for row in rows)
            yield f"{_name(rows[0]):<{names}}{cells}".rstrip()


def _name(row: Row) -> str:
    return f"  {row.node or 'all parameters'} ({row.kind})"


def _cells(row: Row, *, explained: bool) -> str:
    values = duration(row.seconds), figure(row.gflops), figure(row.gbs), f"{row.share:.1%}"
    cells = "".join(f"{value:>{width}}" for value, (_, width) in zip(values, COLUMNS, strict=True))
    return f"{cells}  {row.explanation if explained else row.limit:<10}"
