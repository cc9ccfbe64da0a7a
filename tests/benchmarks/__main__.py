"""The speed table of NN Studio's engine: ``python -m tests.benchmarks``.

    python -m tests.benchmarks [--only lenet-64,vgg] [--rounds 7] [--seconds 0.5] [--threads N] [--json FILE]

Prints Markdown for the README. All contenders of a row do the same work in one run, by turns (``contest.py``); medians
of the rounds count. Run it on a machine that has nothing else to do: what others used of it is told beneath the table.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from nnstudio.errors import NNStudioError
from nnstudio.files import atomic_write
from tests.benchmarks import machine


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="ROWS", default="", help="rows, or how their names begin, with commas")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.5, help="about how long a turn takes")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="for every contender")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there too")
    options = parser.parse_args(argv)
    machine.limit_threads(options.threads)  # before the imports that start threads
    from tests.benchmarks.row import NotHereError, Settings
    from tests.benchmarks.rows import rows
    from tests.benchmarks.table import HEAD, Measured

    wanted = tuple(options.only.split(","))
    chosen = [row for row in rows() if row.key.startswith(wanted)]
    if not chosen:
        parser.error(f"--only names none of {', '.join(row.key for row in rows())}")
    warning = machine.load_warning()
    if warning:
        print(warning, file=sys.stderr)
    settings = Settings(options.rounds, options.seconds, options.threads)
    measured, missing = [], []
    for row in chosen:
        print(f"{row.key}: {row.work} ...", file=sys.stderr, flush=True)
        watch = machine.Watch()
        try:
            results = tuple(row.measure(settings))
        except (NotHereError, NNStudioError, subprocess.CalledProcessError) as reason:
            missing.append(f"{row.key}: {reason}")
            continue
        measured.append(Measured(row, results, watch.others()))
        print("\n".join(measured[-1].lines()), file=sys.stderr, flush=True)
    print(HEAD)
    for entry in measured:
        print("\n".join(entry.lines()))
    about = [machine.description(options.threads), _method(options.rounds), *filter(None, [warning])]
    about += [_disturbance({entry.row.key: entry.others for entry in measured})] if measured else []
    about += [f"Not measured: {'; '.join(missing)}."] if missing else []
    print("\n" + "\n\n".join(about))
    if options.json:
        report = {"about": about, "rows": [entry.as_json() for entry in measured]}
        atomic_write(options.json, json.dumps(report, indent=2) + "\n")


def _method(rounds: int) -> str:
    return (
        f"Medians of {rounds} rounds, contenders in turn. All are compared with the faster of PyTorch eager and "
        "torch.compile as everybody writes them; what tuning gains there is told too. ResNet-20 is compared with "
        "eager, the product with NumPy in the same environment, growth with the smallest set and the fewest epochs, "
        "and what layers move with a copy of as many bytes."
    )


def _disturbance(others: dict[str, float]) -> str:
    worst = max(others, key=lambda key: others[key])
    doubt = "" if others[worst] < machine.BUSY else " Such figures are doubtful: run it again when all is quiet."
    return f"Other processes used up to {others[worst]:.0%} of the processor meanwhile (row {worst}).{doubt}"


if __name__ == "__main__":
    main()
