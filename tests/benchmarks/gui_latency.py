"""Does training disturb the window, and the window training?

    xvfb-run -a -s "-screen 0 1920x1080x24" python -m tests.benchmarks.gui_latency [--device auto] [--rounds 3]

LeNet-5 is trained with nothing else in the process, and then in the window with all panels visible, in turns and each
in a process of its own. Told are the training speeds, and the times between two turns of the window's event loop,
measured by a timer of 1 ms.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from statistics import median
from time import perf_counter

import numpy as np

EPOCHS = 100_000
"""More than there is time for."""
SETTLING = 1.5
"""Seconds of training that are not counted."""
TARGET_GAP_MS, TARGET_SHARE = 20, 0.85


def alone(device: str, data: str, seconds: float) -> dict[str, float]:
    """Training without a window: images a second."""
    from nnstudio.data.catalog import load_dataset
    from nnstudio.engine.devices import open_backend
    from nnstudio.network.presets import lenet5
    from nnstudio.training.events import Steps
    from nnstudio.training.settings import TrainingSettings
    from nnstudio.training.trainer import Trainer

    settings = TrainingSettings(epochs=EPOCHS)
    trainer = Trainer(lenet5(), load_dataset(data), settings, backend=open_backend(device))
    began, first = perf_counter(), 0
    counted_from = 0.0
    for event in trainer.run():
        now = perf_counter()
        if isinstance(event, Steps):
            if now - began < SETTLING:
                first, counted_from = event.step, now
            elif now - counted_from > seconds:
                return {"images_per_second": (event.step - first) * settings.batch_size / (now - counted_from)}
    raise SystemExit("training ended too early")


def in_window(device: str, data: str, seconds: float) -> dict[str, float]:
    """Training in the window with all panels: images a second, and the gaps in milliseconds."""
    from PySide6.QtCore import Qt, QTimer

    from nnstudio.gui import app
    from nnstudio.gui.main_window import MainWindow
    from nnstudio.gui.models.training_model import TrainingPhase
    from nnstudio.gui.workspaces import Workspace

    everything = (("training", "palette"), ("draw", "designer"), ("plots", "properties"), ("filters",))
    turns: list[float] = []
    result: dict[str, float] = {}

    def begin(window: MainWindow, _arguments: object) -> None:
        window.resize(1920, 1060)
        window.workspaces.arrange(Workspace("all", "All", "", "", everything, (3, 6, 6, 4)))
        training = window.training
        training.choose(dataset=data, device=device)
        training.set_settings(training.settings.model_copy(update={"epochs": EPOCHS}))
        tick = QTimer(window)
        tick.setTimerType(Qt.TimerType.PreciseTimer)
        tick.timeout.connect(lambda: turns.append(perf_counter()))

        def running() -> None:
            if training.state is TrainingPhase.RUNNING:
                QTimer.singleShot(round(1000 * SETTLING), measure)

        def measure() -> None:
            first, since = training.status.step, perf_counter()
            tick.start(1)
            QTimer.singleShot(round(1000 * seconds), lambda: done(first, since))

        def done(first: int, since: float) -> None:
            tick.stop()
            images = (training.status.step - first) * training.settings.batch_size
            gaps = 1000 * np.diff(turns)
            result.update(images_per_second=images / (perf_counter() - since), turns=len(gaps))
            result.update({f"gap_{name}": float(np.percentile(gaps, share)) for name, share in PERCENTILES.items()})
            window.close_without_asking()

        training.stateChanged.connect(running)
        QTimer.singleShot(1500, training.play)  # what is imported later is there by then

    app.open_first = begin
    app.main([])
    return result


PERCENTILES = {"50": 50, "95": 95, "99": 99, "max": 100}
PARTS = {"alone": alone, "window": in_window}


def measured(part: str, options: argparse.Namespace) -> dict[str, float]:
    """One part in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.gui_latency", "--part", part]
    command += ["--device", options.device, "--data", options.data, "--seconds", str(options.seconds)]
    return dict(json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--data", default="digits")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        print(json.dumps(PARTS[options.part](options.device, options.data, options.seconds)))
        return
    speeds: dict[str, list[float]] = {part: [] for part in PARTS}
    gaps: list[dict[str, float]] = []
    for number in range(options.rounds):
        for part in PARTS:
            result = measured(part, options)
            speeds[part].append(result["images_per_second"])
            print(f"round {number + 1}, {part}: {json.dumps({k: round(v, 1) for k, v in result.items()})}", flush=True)
            if part == "window":
                gaps.append(result)
    share = median(speeds["window"]) / median(speeds["alone"])
    gap = median(result["gap_99"] for result in gaps)
    print(f"\ntraining in the window: {share:.0%} of its speed alone (at least {TARGET_SHARE:.0%})")
    print(f"99 % of the event loop's turns within {gap:.1f} ms (at most {TARGET_GAP_MS} ms)")


if __name__ == "__main__":
    main()
