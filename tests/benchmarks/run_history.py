"""How long a history of runs takes to open, to be put in the table, and to be written while a network learns.

    python -m tests.benchmarks.run_history [--runs 500] [--steps 2000] [--measured 120]

Told are, in milliseconds and medians of some rounds: opening after a clean end and reading all lines; the same from
making the panel until the table shows them; the curves of one run, and with histograms and answers; opening with the
look through the whole database that follows a sudden end; and what one event costs the writing thread, on average over
a minute of 30 events a second, transactions included.
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
from nnstudio.training.events import Histogram, Judged, Started, Steps
from nnstudio.training.runs import Origin, RunRecorder, RunStore, Spread
from nnstudio.training.runs.recorder import TRAINING, VALIDATION
from nnstudio.training.settings import TrainingSettings

LIMIT = 300.0
"""Milliseconds for a history of 500 runs."""
ORIGIN = Origin(TrainingSettings(), lenet5(), "digits", "made:digits", "0.1.0")


def make_history(path: Path, runs: int, steps: int, measured: int = 0) -> list[str]:
    """Runs with curves of so many steps, in chunks of a second each, so many times measured inside, and judged in every
    tenth of them; their uuids."""
    noise = np.random.default_rng(0)
    with RunStore.open(path) as store:
        for number in range(runs):
            run = store.begin(ORIGIN)
            with store.transaction() as database:
                for first in range(1, steps, 500):
                    taken = np.arange(first, min(first + 500, steps + 1))
                    losses = np.exp(-taken / steps) + 0.1 * noise.random(len(taken))
                    figures = np.stack([losses, 1 - losses, np.full(len(taken), 0.01)])
                    store.append(run.uuid, TRAINING, (taken, figures))
                    store.append(run.uuid, VALIDATION, (taken[-1:], np.array([[0.2], [0.9 + noise.random() / 20]])))
                if number == 0:
                    measure(store, run.uuid, steps, measured)
                else:  # the same, which is quicker than to pack it anew
                    database.execute(
                        "INSERT INTO measurement (run, kind, step, data) "
                        "SELECT ?, kind, step, data FROM measurement WHERE run = 1", (number + 1,)
                    )  # fmt: skip
                store.change(
                    run.uuid, status="done", ended=run.created + 60, step=steps, epoch=steps // 500, device="numpy",
                    validation_loss=0.1 + noise.random() / 10, validation_accuracy=0.9 + noise.random() / 20,
                    images_per_second=10_000 + number,
                )  # fmt: skip
            store.set_tags(run.uuid, ["sweep", f"group {number % 7}"])
        return [run.uuid for run in store.runs()]


def measure(store: RunStore, uuid: str, steps: int, measured: int) -> None:
    """Look inside a run, evenly."""
    noise = np.random.default_rng(1)
    for step in np.linspace(1, steps, measured, dtype=int).tolist():
        store.add_spread(uuid, _spread(noise, step))
    for step in np.linspace(1, steps, measured // 10, dtype=int).tolist():
        store.add_judgement(uuid, _judged(noise, step))


def _spread(noise: np.random.Generator, step: int) -> Spread:
    """As of LeNet-5, whose layers have so many weights."""
    layers = {"conv1": 150, "conv2": 2400, "dense1": 48_000, "dense2": 10_080, "output": 840}
    bell = np.exp(-(np.linspace(-3, 3, 64) ** 2) / 2)

    def histogram(values: int) -> Histogram:
        return Histogram(-1.0, 1.0, noise.poisson(values * bell / bell.sum()))

    parameters = {f"{name}.{part}": histogram(size if part == "weight" else 10)
                  for name, size in layers.items() for part in ("weight", "bias")}  # fmt: skip
    return Spread(step, parameters, {name: histogram(60_000) for name in (*layers, "pool1", "pool2", "flatten")})


def _judged(noise: np.random.Generator, step: int) -> Judged:
    """1,000 pictures, of which 3 % are mistaken."""
    labels = noise.integers(0, 10, 1000)
    answers = np.where(noise.random(1000) < 0.03, noise.integers(0, 10, 1000), labels)
    sure = (1 - noise.exponential(0.02, 1000)).clip(0, 1).astype(np.float32)
    return Judged(step, step, "validation", np.arange(1000), labels, answers, sure)


def open_history(path: Path) -> None:
    with RunStore.open(path) as store:
        store.runs()


def look_through(path: Path) -> None:
    """As after a sudden end."""
    with RunStore(path) as store:  # leaves a log, which is what tells of one
        store.change(store.runs()[0].uuid, notes="")
        open_history(path)


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
    parser.add_argument("--measured", type=int, default=120)
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    app = QApplication([])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "runs.sqlite"
        uuids = make_history(path, options.runs, options.steps, options.measured)
        print(f"{options.runs} runs of {options.steps:,} steps, {path.stat().st_size / 2**20:.1f} MiB")
        print(f"open and read all lines  {timed(lambda: open_history(path)):8.1f} ms (limit {LIMIT:.0f})")
        print(f"until the panel shows it {timed(lambda: open_panel(path)):8.1f} ms (limit {LIMIT:.0f})")
        with RunStore(path) as store:
            print(f"curves of one run        {timed(lambda: store.curves(uuids[0])):8.1f} ms")
            inside = timed(lambda: store.curves(uuids[0], inside=True))
            print(f"with histograms, answers {inside:8.1f} ms")
        print(f"look through everything  {timed(lambda: look_through(path)):8.1f} ms")
        print(f"an event, on average     {event_cost(path):8.3f} ms")
    app.quit()


if __name__ == "__main__":
    main()
