"""How fast does the window follow the timeline's cursor, and what does keeping a timeline cost?

    python -m tests.benchmarks.scrubbing [--device auto] [--seconds 5] [--rounds 3]

LeNet-5 has a run with some hundred moments. The cursor goes through them, and counted is how many positions a second
are shown by everything that looks at weights: the filters are painted, the thumbnails are made, and the drawing is
judged by the weights of then, each before the next position. Once all moments are in memory, once all are on disk.
Then LeNet-5 is trained with batches of 64, with and without a timeline that is written, in turns.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter, thread_time

import numpy as np

from nnstudio.data.catalog import load_dataset
from nnstudio.engine.backend import TrainingState
from nnstudio.engine.devices import open_backend
from nnstudio.network import expand
from nnstudio.network.presets import lenet5
from nnstudio.training.events import Steps
from nnstudio.training.settings import TrainingSettings
from nnstudio.training.timeline import Budget, TimelineRecorder, Timelines
from nnstudio.training.trainer import Trainer

TARGET_POSITIONS, TARGET_COST = 20, 0.01
SETTLING = 1.0
"""Seconds of training that are not counted."""


def positions(folder: Path, *, on_disk: bool, count: int = 300) -> float:
    """Positions a second that filters, thumbnails and the drawing's prediction follow."""
    from tests.benchmarks.onlookers import Onlookers, wait_until

    store = Timelines(folder, Budget(memory=2**30, disk=2**31))
    onlookers = Onlookers(store)
    timeline = store.begin(onlookers.network.flat)
    for step in range(count):
        timeline.put(_state(onlookers.weights.parameters, step))
    if on_disk:
        timeline.ended = True
        timeline.tell()
        wait_until(lambda: not timeline.next_to_write())
        timeline.memory_budget = 0
        timeline.put(timeline.state(count - 1))
    onlookers.timeline.show_timeline(timeline)
    onlookers.draw_a_line()
    began = perf_counter()
    for step in range(count - 1):
        onlookers.look_at(step)
    seconds = perf_counter() - began
    onlookers.close()
    return (count - 1) / seconds


def _state(parameters: object, step: int) -> TrainingState:
    generator = np.random.default_rng(step)
    values = {
        name: (array + 0.01 * generator.standard_normal(array.shape)).astype(np.float32)
        for name, array in dict(parameters).items()  # type: ignore[call-overload]
    }
    return TrainingState(values, (dict(values),), step)


class _Timed(Timelines):
    """Knows how long its thread has worked."""

    seconds = 0.0

    def _write_some(self) -> bool:
        began = thread_time()
        try:
            return super()._write_some()
        finally:
            self.seconds += thread_time() - began


def training_speed(device: str, seconds: float, folder: Path | None) -> tuple[float, float]:
    """Images a second, with a timeline in `folder` or without; and which share of the time both threads of the
    timeline worked, which other programs on the machine do not disturb."""
    settings, spec = TrainingSettings(epochs=100_000), expand(lenet5()).spec
    trainer = Trainer(spec, load_dataset("digits"), settings, backend=open_backend(device))
    store = _Timed(folder) if folder else None
    recorder = TimelineRecorder(store.begin(spec)) if store else None
    began = perf_counter()
    counted_from, first, speed, worked = 0.0, 0, 0.0, 0.0
    for event in trainer.run():
        if recorder:
            before = thread_time()
            recorder.record(event)
            worked += thread_time() - before
        now = perf_counter()
        if isinstance(event, Steps):
            if now - began < SETTLING:
                counted_from, first = now, event.step
            elif now - counted_from > seconds:
                speed = (event.step - first) * settings.batch_size / (now - counted_from)
                break
    share = 0.0
    if store and recorder:
        share = (worked + store.seconds) / (perf_counter() - began)
        recorder.close()
        store.close()
    return speed, share


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for where in ("memory", "disk"):
            rate = positions(Path(folder) / where, on_disk=where == "disk")
            print(f"from {where}: {rate:.0f} positions/s (at least {TARGET_POSITIONS})", flush=True)
        shares = []
        for number in range(options.rounds):
            plain, _ = training_speed(options.device, options.seconds, None)
            kept, share = training_speed(options.device, options.seconds, Path(folder) / f"round{number}")
            shares.append(share)
            speeds = f"{plain:,.0f} images/s, with a timeline {kept:,.0f}"
            print(f"round {number + 1}: {speeds}; it works {share:.2%} of the time", flush=True)
    print(f"a timeline works {median(shares):.2%} of the time that training takes (at most {TARGET_COST:.0%})")


if __name__ == "__main__":
    main()
