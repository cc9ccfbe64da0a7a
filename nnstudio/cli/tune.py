"""``nnstudio tune``: make a network faster on a device by trying ways to compute it."""

from __future__ import annotations

import argparse
import sys

from tqdm import tqdm

from nnstudio.cli.loading import network_and_batch
from nnstudio.cli.output import InputError, Printer, user_input
from nnstudio.engine.devices import open_backend
from nnstudio.engine.tuner import Tuned, TuningReport, tune
from nnstudio.units import duration


def run(options: argparse.Namespace) -> int:
    with user_input():
        spec, batch_size = network_and_batch(options.network, options.batch_size)
        if options.seconds <= 0:
            raise InputError(f"--seconds (={options.seconds:g}) must be more than 0.")
        key = open_backend(options.device).key
    printer = Printer(as_json=options.json)
    silent = options.json or not sys.stderr.isatty()
    with tqdm(desc="Tuning", disable=silent, leave=False, bar_format="{desc} {n_fmt} of {total_fmt}|{bar}|") as bar:

        def show(report: TuningReport) -> None:
            bar.total = report.questions
            bar.update(len(report.tuned) - bar.n)
            for tuned in report.tuned[-1:]:
                printer.say(_line(tuned), event="tuned", **vars(tuned))

        report = tune(spec, key, batch_size, seconds=options.seconds, progress=show)
    printer.say(
        report.summary, event="done", questions=report.questions, tuned=len(report.tuned), speedup=report.speedup
    )
    return 0


def _line(tuned: Tuned) -> str:
    what = f"{tuned.node:16} {tuned.kernel.replace('_', ' '):16} tile {' × '.join(map(str, tuned.best)):12}"
    if not tuned.kernel:
        what = f"{'all layers':33} {tuned.best[0]} images a vector"
    return f"{what:51} {duration(tuned.seconds):>9}  {tuned.gain}"
