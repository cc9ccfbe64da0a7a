"""What must not grow: the time for an image with the number of images, and memory with the number of epochs."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import psutil

from nnstudio.data.dataset import Dataset, Samples
from nnstudio.engine.devices import DeviceInfo, open_backend
from nnstudio.network.presets import lenet5
from nnstudio.training.events import EpochDone, Failed
from nnstudio.training.recorder import Recorder
from nnstudio.training.settings import TrainingSettings
from nnstudio.training.timeline import Budget
from nnstudio.training.trainer import Trainer
from tests.benchmarks.contest import Contender, Result, contest, timed
from tests.benchmarks.engine_side import Training
from tests.benchmarks.keeping import recorders
from tests.benchmarks.networks import noise

COUNTS = (10_000, 60_000, 600_000)
BATCH = 64
EPOCHS = (20, 100, 200)
"""After which memory is read: the first leaves time for everything that is made once."""


def time_per_image(device: DeviceInfo, rounds: int) -> list[Result]:
    """Microseconds for an image of LeNet-5's training, by the size of the data set; the smallest is the peer. A turn is
    as many steps as the largest set has, so that every set pays for its epochs' beginnings in full."""
    backend = open_backend(device.key)
    with ExitStack() as stack:
        contenders = []
        for count in COUNTS:
            work = timed(Training(stack, backend, lenet5(), BATCH, count))
            contenders.append(Contender(f"{device.label}, {count:,} images", work, BATCH, peer=count == min(COUNTS)))
        results = contest(contenders, rounds, seconds=0, units=max(COUNTS) // BATCH)
    return [Result(result.name, tuple(1e6 / rate for rate in result.values), result.peer) for result in results]


def memory_by_epochs(device: DeviceInfo) -> list[Result]:
    """MiB of a new process that trains on and on, as the program does, after some epochs; the fewest are the peer."""
    command = [sys.executable, "-m", __name__, device.key]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    sizes = zip(EPOCHS, json.loads(output.splitlines()[-1]), strict=True)
    return [Result(f"{device.label}, {epochs} epochs", (size,), peer=epochs == min(EPOCHS)) for epochs, size in sizes]


def child(key: str) -> None:
    """Print the process's memory after each of ``EPOCHS``, with everything measured and kept as the program does. What
    the timeline may take of memory is chosen by the user; here it is little, so that it is full before the first
    reading."""
    settings = TrainingSettings(epochs=max(EPOCHS), batch_size=BATCH)
    budget = Budget(memory=8 * 2**20)
    with tempfile.TemporaryDirectory() as folder, recorders(Path(folder), settings, key, budget) as hearing:
        print(json.dumps(sizes(key, settings, hearing)))


def sizes(key: str, settings: TrainingSettings, hearing: Sequence[Recorder]) -> list[float]:
    samples = Samples(*noise(5000, (1, 28, 28)))
    dataset = Dataset("noise", samples, Samples(*noise(1000, (1, 28, 28))), None, tuple("0123456789"))
    found = []
    for event in Trainer(lenet5(), dataset, settings, backend=open_backend(key), measures=True).run():
        for recorder in hearing:
            recorder.record(event)
        if isinstance(event, Failed):
            sys.exit(event.message)
        if isinstance(event, EpochDone) and event.epoch in EPOCHS:
            found.append(psutil.Process().memory_info().rss / 2**20)
    return found


if __name__ == "__main__":
    child(sys.argv[1])
