"""Networks learn from real data here and in PyTorch, several times each: do both reach the same?

    python -m tests.benchmarks.real_training --data DIR [--only vgg,resnet] [--seeds 3] [--epochs N] [--json FILE]

DIR holds `cifar10-subset.zip` (an image folder) and `fashion-mnist` (IDX files). Both sides begin with the same
weights, see the pictures in the same order, and have the same optimizer, learning rates, batches and augmentation. A
run takes minutes, so each is added to FILE as soon as it is done, and those that are there already are not done again.
In the end, or with `--report` at once, a Markdown table is printed: whether our mean lies within one standard deviation
of PyTorch's.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from statistics import mean, stdev
from time import perf_counter

from nnstudio.data.dataset import Dataset
from nnstudio.engine.backend import Backend
from nnstudio.engine.devices import open_backend
from nnstudio.files import atomic_write
from nnstudio.training.events import EpochDone, Failed, Finished
from nnstudio.training.trainer import Trainer
from tests.benchmarks import machine
from tests.benchmarks.assignments import ASSIGNMENTS, Assignment
from tests.benchmarks.run_record import OURS, PYTORCH, Curves, RunRecord, known

HEAD = """\
| network | learned from | result | NN Studio | PyTorch | difference | within one standard deviation | minutes a run |
|---|---|---|---:|---:|---:|---|---:|"""


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="where the data sets are")
    parser.add_argument("--only", metavar="NAMES", default="", help="networks, or how their names begin, with commas")
    parser.add_argument("--seeds", type=int, default=3, help="runs on each side")
    parser.add_argument("--epochs", type=int, help="for all, instead of their own")
    parser.add_argument("--pictures", type=int, metavar="N", help="learn from N pictures only, to try it out")
    parser.add_argument("--device", default="auto", help="where NN Studio trains")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="for PyTorch")
    parser.add_argument("--json", type=Path, metavar="FILE", default=Path("real_training.json"), help="all curves")
    parser.add_argument("--report", action="store_true", help="train nothing, print the table")
    options = parser.parse_args(argv)
    chosen = [work for work in ASSIGNMENTS if work.key.startswith(tuple(options.only.split(",")))]
    if not chosen:
        parser.error(f"--only names none of {', '.join(work.key for work in ASSIGNMENTS)}")
    if options.epochs is not None:
        chosen = [with_epochs(work, options.epochs) for work in chosen]
    store = Store(options.json, machine.description(options.threads))
    if not options.report:
        backend = open_backend(options.device)
        for work in chosen:
            learn(work, work.dataset(options.data, options.pictures), options.seeds, backend, options.threads, store)
    print("\n".join(report(chosen, store.runs, options.seeds)))


def with_epochs(work: Assignment, epochs: int) -> Assignment:
    return replace(work, settings=work.settings.model_copy(update={"epochs": epochs}))


def learn(work: Assignment, dataset: Dataset, seeds: int, backend: Backend, threads: int, store: Store) -> None:
    """The runs that are still missing, sides by turns."""
    from tests.benchmarks import torch_training

    for seed in range(seeds):
        for side in (OURS, PYTORCH):
            if store.has(work, dataset, side, seed):
                continue
            print(f"{work.title}, {side}, seed {seed} ...", file=sys.stderr, flush=True)
            if side == OURS:
                store.add(our_run(work, dataset, seed, backend))
            else:
                store.add(torch_training.run(work, dataset, seed, threads))
            print(f"    {_told(store.runs[-1])}", file=sys.stderr, flush=True)


def our_run(work: Assignment, dataset: Dataset, seed: int, backend: Backend) -> RunRecord:
    """Train once."""
    settings = work.settings.model_copy(update={"seed": seed})
    curves, began = Curves(), perf_counter()
    for event in Trainer(work.spec(), dataset, settings, backend=backend, snapshots_per_second=0.2).run():
        match event:
            case EpochDone():
                curves.add(
                    (event.training_loss, event.training_accuracy), (event.validation_loss, event.validation_accuracy)
                )
            case Failed():
                sys.exit(f"{event.message} {event.hint}")
            case Finished(test_loss=float(loss)):
                return RunRecord(
                    work.key, OURS, seed, settings.epochs, len(dataset.train), event.device, perf_counter() - began,
                    loss, known(event.test_accuracy), curves.values,
                )  # fmt: skip
    sys.exit(f"{work.title}: training ended without a result.")


def _told(run: RunRecord) -> str:
    accuracy = "" if run.test_accuracy is None else f", {run.test_accuracy:.2%} right"
    return f"test loss {run.test_loss:.4f}{accuracy}, {run.seconds:.0f} s"


class Store:
    """All runs in a file, to which each is added when it is done; ``about`` is the machine."""

    def __init__(self, path: Path, about: str = "") -> None:
        self.path, self.about = path, about
        self.runs: list[RunRecord] = []
        if path.exists():
            self.runs = [RunRecord(**run) for run in json.loads(path.read_text(encoding="utf-8"))["runs"]]

    def has(self, work: Assignment, dataset: Dataset, side: str, seed: int) -> bool:
        identity = work.key, side, seed, work.settings.epochs, len(dataset.train)
        return identity in {run.identity for run in self.runs}

    def add(self, run: RunRecord) -> None:
        self.runs.append(run)
        document = {"about": self.about, "runs": [asdict(each) for each in self.runs]}
        atomic_write(self.path, json.dumps(document, indent=1, allow_nan=False) + "\n")


# ---- the table


def report(chosen: Sequence[Assignment], runs: Sequence[RunRecord], seeds: int) -> Iterator[str]:
    """A row for each network that both sides have learned with so many epochs."""
    yield HEAD
    for work in chosen:
        own = [run for run in runs if (run.network, run.epochs) == (work.key, work.settings.epochs)]
        most = max((run.pictures for run in own), default=0)
        own = [run for run in own if run.pictures == most and run.seed < seeds]
        ours, theirs = ([run for run in own if run.side == side] for side in (OURS, PYTORCH))
        if ours and theirs:
            yield row(work, ours, theirs)


def row(work: Assignment, ours: Sequence[RunRecord], theirs: Sequence[RunRecord]) -> str:
    sides = [[run.result(work.judged) for run in side] for side in (ours, theirs)]
    difference = mean(sides[0]) - mean(sides[1])
    spread = stdev(sides[1]) if len(sides[1]) > 1 else None
    minutes = " and ".join(f"{mean(run.seconds for run in side) / 60:.1f}" for side in (ours, theirs))
    cells = [
        work.title, f"{ours[0].pictures:,} pictures of {work.data}, epochs: {work.settings.epochs}",
        f"test {work.judged}", *(_spread_text(work, values) for values in sides), _figure(work, difference, sign="+"),
        verdict(difference, spread), minutes,
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def verdict(difference: float, spread: float | None) -> str:
    """With the difference in standard deviations; ``spread`` is PyTorch's over its seeds, where there are several."""
    if spread is None:
        return "not known from one run"
    within = "yes" if abs(difference) <= spread else "no"
    return f"{within} ({abs(difference) / spread:.2f})" if spread else within


def _spread_text(work: Assignment, values: Sequence[float]) -> str:
    """Mean, standard deviation and number of runs."""
    spread = f" ± {_figure(work, stdev(values))}" if len(values) > 1 else ""
    return f"{_figure(work, mean(values))}{spread} ({len(values)})"


def _figure(work: Assignment, value: float, sign: str = "") -> str:
    return f"{value:{sign}.5f}" if work.judged == "loss" else f"{value:{sign}.2%}"


if __name__ == "__main__":
    main()
