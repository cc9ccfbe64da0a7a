"""How long a history of runs takes to open, to be put in the table, and to be written while a network learns.

    python -m tests.benchmarks.run_history [--runs 500] [--steps 2000]

Told are, in milliseconds and medians of some rounds: opening with the look through the whole database and reading all
lines; the same from making the panel until the table shows them; the curves of one run; and what one event costs the
thread that trains, on average over a minute of 30 events a second, transactions included.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

from nnstudio.network.presets import lenet5
from nnstudio.training.events import Started, Steps
from nnstudio.training.runs import Origin, RunRecorder, RunStore
from nnstudio.training.runs.recorder import TRAINING, VALIDATION
from nnstudio.training.settings import TrainingSettings

LIMIT = 300.0
"""Milliseconds for a history of 500 runs."""
ORIGIN = Origin(TrainingSettings(), lenet5(), "digits", "made:digits", "0.1.0")


def make_history(path: Path, runs: int, steps: int) -> list[str]:
    """Runs with curves of so many steps, in chunks of a second each; their uuids."""
    noise = np.random.default_rng(0)
    with RunStore.open(path) as store:
        for number in range(runs):
            run = store.begin(ORIGIN)
            with store.transaction():
                for first in range(1, steps, 500):
                    taken = np.arange(first, min(first + 500, steps + 1))
                    losses = np.exp(-taken / steps) + 0.1 * noise.random(len(taken))
                    figures = np.stack([losses, 1 - losses, np.full(len(taken), 0.01)])
                    store.append(run.uuid, TRAINING, (taken, figures))
                    store.append(run.uuid, VALIDATION, (taken[-1:], np.array([[0.2], [0.9 + noise.random() / 20]])))
                store.change(
                    run.uuid, status="done", ended=run.created + 60, step=steps, epoch=steps // 500, device="numpy",
                    validation_loss=0.1 + noise.random() / 10, validation_accuracy=0.9 + noise.random() / 20,
                    images_per_second=10_000 + number,
                )  # fmt: skip
            store.set_tags(run.uuid, ["sweep", f"group {number % 7}"])
        return [run.uuid for run in store.runs()]


def open_history(path: Path) -> None:
    with RunStore.open(path) as store:
        store.runs()


def open_panel(path: Path) -> None:
    """Until the table shows the first rows."""
    from PySide6.QtCore import QEventLoop

    from nnstudio.gui.runs.panel import RunsPanel
    from nnstudio.gui.runs.runs_model import RunsModel

    model, loop = RunsModel(path), QEventLoop()
    model.loaded.connect(loop.quit)
    panel = RunsPanel(model)
    panel.resize(900, 600)
    panel.show()
    loop.exec()
    panel.grab()
    model.shut_down()


def event_cost(path: Path) -> float:
    """Milliseconds that an event costs on average, a minute of them told without waiting in between."""
    now = iter(np.arange(10**6) / 60)  # two looks at the clock for each event
    recorder = RunRecorder(RunStore.open(path), ORIGIN, clock=lambda: float(next(now)))
    recorder.record(Started("numpy", 64, 500, 100, 0.01))
    losses, rates = np.random.default_rng(0).random(40), np.full(40, 0.01)
    began = perf_counter()
    for number in range(1, 1801):
        recorder.record(Steps(40 * number, 1, losses, losses, 0.01, 80_000.0, rates))
    cost = (perf_counter() - began) / 1800
    recorder.close()
    return 1e3 * cost


def timed(work: Callable[[], object], rounds: int = 5) -> float:
    """The median in milliseconds."""
    times = []
    for _ in range(rounds):
        began = perf_counter()
        work()
        times.append(1e3 * (perf_counter() - began))
    return median(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--steps", type=int, default=2000)
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    app = QApplication([])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "runs.sqlite"
        uuids = make_history(path, options.runs, options.steps)
        print(f"{options.runs} runs of {options.steps:,} steps, {path.stat().st_size / 2**20:.1f} MiB")
        print(f"open and read all lines  {timed(lambda: open_history(path)):8.1f} ms (limit {LIMIT:.0f})")
        print(f"until the panel shows it {timed(lambda: open_panel(path)):8.1f} ms (limit {LIMIT:.0f})")
        with RunStore(path) as store:
            print(f"curves of one run        {timed(lambda: store.curves(uuids[0])):8.1f} ms")
        print(f"an event, on average     {event_cost(path):8.3f} ms")
    app.quit()


if __name__ == "__main__":
    main()
